"""Verifies the cases of a file with Math-Verify, as accuracy rewards do: extraction of both sides, then comparison.

    python math_verify_side.py CASES.jsonl SECONDS PROCESSES

Prints one JSON object: verifications, seconds, and how many were equal in the first pass.
"""

import json
import sys
import time
from multiprocessing import Pool

from math_verify import parse, verify


def judge(case):
    try:
        return bool(verify(parse(case["gold"]), parse(case["answer"])))
    except Exception:
        return False


def main():
    path, seconds, processes = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    with open(path, encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    with Pool(processes) as pool:
        pool.map(judge, cases[: 4 * processes])
        done, equal, started = 0, None, time.perf_counter()
        while done == 0 or time.perf_counter() - started < seconds:
            verdicts = pool.map(judge, cases, chunksize=32)
            equal = sum(verdicts) if equal is None else equal
            done += len(cases)
        elapsed = time.perf_counter() - started
    print(json.dumps({"verifications": done, "seconds": elapsed, "equal": equal}))


if __name__ == "__main__":
    main()
