"""Time univariate Cox regression of many features against loops over lifelines and over R's bare fitter.

    python tests/benchmarks/cox_speed.py --features 20000 --patients 350 --threads 2

The loops are timed on a sample of the features and scaled up. R runs ``survival::coxph.fit``, the routine under ``coxph``
without formula, model frame or residuals, with all that does not depend on the feature prepared outside the loop; it is left
out where ``Rscript`` or its survival package is absent. The coefficients of the samples are compared as well.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import stratomics.runtime  # noqa: F401  (holds BLAS to one thread, before numpy is imported)

# isort: split
import numpy as np
import pandas as pd

from stratomics.survival import cox_univariate

R_LOOP = """
suppressPackageStartupMessages(library(survival))
a <- commandArgs(trailingOnly = TRUE)
n <- as.integer(a[2]); p <- as.integer(a[3])
values <- readBin(a[1], "double", n * (p + 2))
y <- Surv(values[1:n], values[n + 1:n])
x <- matrix(values[-(1:(2 * n))], n, p)
control <- coxph.control()
names <- as.character(1:n)
coef <- numeric(p)
seconds <- system.time(for (j in 1:p) {
  coef[j] <- survival:::coxph.fit(x[, j, drop = FALSE], y, NULL, NULL, NULL, control, NULL, "efron", names, FALSE)$coefficients
}, gcFirst = TRUE)[["elapsed"]]
cat(seconds, "\\n")
cat(sprintf("%.15g", coef), "\\n")
"""


def main() -> None:
    """Print one row per implementation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=int, default=20_000)
    parser.add_argument("--patients", type=int, default=350)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--lifelines-sample", type=int, default=50)
    parser.add_argument("--r-sample", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    n, p = options.patients, options.features

    rng = np.random.default_rng(options.seed)
    x = rng.normal(size=(n, p))
    days = np.ceil(rng.exponential(1000, n) * np.exp(-0.4 * x[:, 0]))
    event = rng.random(n) < 0.4
    print(f"{p} features, {n} patients, {event.sum()} events, {os.cpu_count()} cores\n")

    rows = []
    for threads in sorted({1, options.threads}):
        runs = []
        for _ in range(5):
            started = time.perf_counter()
            ours = cox_univariate(x, days, event, threads=threads)
            runs.append(time.perf_counter() - started)
        rows.append((f"stratomics, {threads} thread(s), best of 5", p, min(runs), ours["coef"].to_numpy()))
    rows.append(("lifelines CoxPHFitter, loop", *loop_lifelines(x[:, : options.lifelines_sample], days, event)))
    if shutil.which("Rscript"):
        rows.append(("R survival:::coxph.fit, loop", *loop_r(x[:, : options.r_sample], days, event)))

    fastest = min(seconds for _, fitted, seconds, _ in rows if fitted == p)
    print(f"{'implementation':<38}{'timed on':>10}{'s for all':>12}{'times ours':>12}{'max coef difference':>22}")
    for name, fitted, seconds, coef in rows:
        total = seconds * p / fitted
        difference = np.abs(coef - ours["coef"].to_numpy()[:fitted]).max()
        print(f"{name:<38}{fitted:>10}{total:>12.3f}{total / fastest:>12.1f}{difference:>22.1e}")


def loop_lifelines(x: np.ndarray, days: np.ndarray, event: np.ndarray) -> tuple[int, float, np.ndarray]:
    """Return the number of features, the seconds of the loop and the coefficients."""
    from lifelines import CoxPHFitter

    frames = [pd.DataFrame({"x": column, "time": days, "event": event}) for column in x.T]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.perf_counter()
        coef = [CoxPHFitter().fit(frame, duration_col="time", event_col="event").params_["x"] for frame in frames]
        return len(coef), time.perf_counter() - started, np.array(coef)


def loop_r(x: np.ndarray, days: np.ndarray, event: np.ndarray) -> tuple[int, float, np.ndarray]:
    """Return the same from R."""
    with tempfile.TemporaryDirectory() as folder:
        script, data = Path(folder, "loop.R"), Path(folder, "data.bin")
        script.write_text(R_LOOP)
        data.write_bytes(np.concatenate([days, event, x.T.ravel()]).astype(np.float64).tobytes())
        command = ["Rscript", str(script), str(data), str(x.shape[0]), str(x.shape[1])]
        seconds, coef = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return x.shape[1], float(seconds), np.array(coef.split(), dtype=np.float64)


if __name__ == "__main__":
    main()
