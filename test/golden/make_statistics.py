"""Golden values for the statistics of studies, from mpmath, scipy and numpy.

    pip install mpmath numpy scipy; python make_statistics.py --out DIR [--seed N]
"""
import argparse
import json
import math
from pathlib import Path

import mpmath
import numpy as np
from scipy import stats

mpmath.mp.dps = 50


def t_tail(t, f):
    """P(T > t) to 50 digits."""
    f, t = mpmath.mpf(f), mpmath.mpf(t)
    return mpmath.betainc(f / 2, mpmath.mpf(1) / 2, 0, f / (f + t * t), regularized=True) / 2


def t_quantile(p, f):
    """Student's quantile to 40 digits: scipy's value, improved by Newton's method on the exact tail."""
    tail, f = 1 - mpmath.mpf(p), mpmath.mpf(f)
    density = lambda x: (1 + x * x / f) ** (-(f + 1) / 2) / (mpmath.sqrt(f) * mpmath.beta(f / 2, mpmath.mpf(1) / 2))
    t = mpmath.mpf(float(stats.t.ppf(float(p), float(f))))
    for _ in range(6):
        t += (t_tail(t, f) - tail) / density(t)
    return t


def quantiles(rng):
    freedoms = [1, 2, 3, 4, 9, 19, 99, 511, 2047, 1e5, 0.5, 2.7, *rng.uniform(1, 60, 6).round(3)]
    chances = [0.6, 0.9, 0.95, 0.975, 0.99, 0.9979166666666667, 0.99995, *rng.uniform(0.5, 1, 3).round(4)]
    return [{"probability": float(p), "freedom": float(f), "value": float(t_quantile(p, f))} for f in freedoms for p in chances]


def tails(rng):
    pairs = [(t, f) for f in (1, 2, 9, 30.5, 511) for t in (0.1, 1, 3, 10, 40)] + list(zip(rng.uniform(0, 8, 10), rng.uniform(1, 50, 10)))
    return [{"t": float(t), "freedom": float(f), "tail": float(t_tail(t, f))} for t, f in pairs]


def powers():
    cases = []
    for f in (1, 2, 4, 9, 19, 99):
        for alpha in (0.05, 0.05 / 12):
            critical = stats.t.ppf(1 - alpha / 2, f)
            for shift in (0.5, 2.0, 4.0):
                power = stats.nct.sf(critical, f, shift) + stats.nct.cdf(-critical, f, shift)
                cases.append({"noncentrality": shift, "freedom": f, "alpha": alpha, "power": float(power)})
    return cases


def sign_flips(rng):
    cases = []
    for n in (2, 3, 5, 6, 9, 10, 12):
        for shift in (0.0, 0.8):
            values = (rng.normal(shift, 1, n)).round(3)
            if n >= 5:
                values[1] = -values[0]
            test = stats.permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided")
            cases.append({"differences": values.tolist(), "p": float(test.pvalue)})
    return cases


def hedges(rng):
    cases = []
    for n in (3, 5, 10, 25):
        first, second = rng.normal(0.5, 0.05, n), rng.normal(0.55, 0.08, n)
        f = n - 1
        j = mpmath.gamma(mpmath.mpf(f) / 2) / (mpmath.sqrt(mpmath.mpf(f) / 2) * mpmath.gamma(mpmath.mpf(f - 1) / 2))
        deviation = math.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)
        cases.append({"baseline": first.tolist(), "method": second.tolist(), "g": float(j) * (second.mean() - first.mean()) / deviation})
    return cases


def crossed(rng):
    """Mean squares by least squares on dummy variables: how much each factor lowers the residual."""
    cases = []
    for s, p in ((2, 3), (3, 8), (5, 20), (10, 12)):
        table = rng.normal(0, 1, (s, 1)) * 0.1 + rng.normal(0, 1, (1, p)) * 0.3 + rng.normal(0, 0.2, (s, p))
        y, one = table.ravel(), np.ones((s * p, 1))
        seeds, problems = np.kron(np.eye(s), np.ones((p, 1))), np.kron(np.ones((s, 1)), np.eye(p))
        residual = lambda x: float(np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2))
        full = residual(np.hstack([one, seeds, problems]))
        cases.append({
            "table": table.tolist(),
            "mean": float(y.mean()),
            "seedSquare": (residual(np.hstack([one, problems])) - full) / (s - 1),
            "problemSquare": (residual(np.hstack([one, seeds])) - full) / (p - 1),
            "restSquare": full / ((s - 1) * (p - 1)),
        })
    return cases


def student_intervals(rng):
    cases = []
    for n in (2, 3, 5, 10):
        values = rng.normal(0.6, 0.03, n)
        low, high = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
        cases.append({"values": values.tolist(), "low": float(low), "high": float(high)})
    return cases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    values = {"quantiles": quantiles(rng), "tails": tails(rng), "powers": powers(), "signFlips": sign_flips(rng), "hedges": hedges(rng),
              "crossed": crossed(rng), "studentIntervals": student_intervals(rng)}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "statistics.json").write_text(json.dumps(values, separators=(",", ":"), allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
