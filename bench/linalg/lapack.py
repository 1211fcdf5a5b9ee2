"""Times numpy's SVD, which is LAPACK's dgesdd: a job in JSON comes in on a line, seconds and singular values go out."""

import json
import sys
import time

import numpy as np

for line in sys.stdin:
    job = json.loads(line)
    matrix = np.fromfile(job["file"]).reshape(job["rows"], job["columns"])
    start = time.perf_counter()
    for _ in range(job["times"]):
        if job["vectors"]:
            values = np.linalg.svd(matrix, full_matrices=False)[1]
        else:
            values = np.linalg.svd(matrix, compute_uv=False)
    seconds = (time.perf_counter() - start) / job["times"]
    print(json.dumps({"seconds": seconds, "values": values.tolist()}), flush=True)
