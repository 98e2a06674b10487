"""Do omics seem to separate, and to add to the clinic, where they only tell in which hospital a patient was treated?

Patients of 12 hospitals of different size. Latents differ between hospitals (a batch effect) and say nothing else in the rows
``nothing`` and ``site``; in ``site`` the hospitals also differ in survival (standard deviation of the log hazard 1). In ``own`` a
latent has an effect on the hazard beside both. Age is the clinic. A linear risk of the latents is cross-fitted, cut into two
subtypes at the median of the training patients, and permuted with the splits and orders of the workflow, in four ways: as
without groups, with folds that keep them whole, with permutations within them, and with both: what ``clinical.groups`` does.

Shares of data sets in which the subtypes ``separate`` (permutation p of the log-rank test for trend <= .05), and in which they
``add`` (the larger of permutation p and nominal p of the likelihood ratio <= .05, and a gain in concordance of at least .02).

    python tests/benchmarks/site.py --datasets 200
    python tests/benchmarks/site.py site --datasets 20
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)

N, SITES, LATENTS, FOLDS, PERMUTATIONS = 240, 12, 8, 5, 39
#: Standard deviation of the log hazard between hospitals, and log hazard per standard deviation of what a latent shows.
ROWS = {"nothing": (0.0, 0.0), "site": (1.0, 0.0), "own": (1.0, 0.7)}
#: Whether folds keep groups whole, and whether survival is permuted within them.
WAYS = {"no groups": (False, False), "folds": (True, False), "permutation": (False, True), "groups": (True, True)}


def simulate(row: str, seed: int):
    """Draw a cohort with groups, and latents [N, LATENTS]."""
    import numpy as np
    import pandas as pd

    from stratomics.cohort.types import Cohort

    rng = np.random.default_rng([list(ROWS).index(row), seed])
    between, own = ROWS[row]
    site = rng.choice(SITES, size=N, p=rng.dirichlet(np.full(SITES, 2.0)))
    latents = 1.5 * rng.normal(size=(SITES, LATENTS))[site] + rng.normal(size=(N, LATENTS))
    signal, age = rng.normal(size=N), rng.normal(size=N)
    latents[:, 0] += (2 if own else 0) * signal
    hazard = between * rng.normal(size=SITES)[site] + own * signal + 0.4 * age
    died, left = rng.exponential(1500 * np.exp(-hazard)), rng.exponential(1500, N)
    patients = pd.Index([f"P{i:03d}" for i in range(N)], name="patient")
    follow_up = {"time": np.ceil(np.minimum(died, left)), "event": (died <= left).astype(np.int8), "age": age}
    groups = pd.Series([f"site {number}" for number in site], patients, dtype=object)
    return Cohort(row, (), pd.DataFrame(follow_up, patients), groups), latents


def heldout_risk(x, time, event, splits):
    """Cross-fit a linear risk [n], and cut it into subtypes 1 and 2 [n] at the median of the training patients."""
    import numpy as np

    risk, subtype = np.empty(len(x)), np.ones(len(x), dtype=np.int64)
    for split in splits:
        train, out = split.train, split.held_out
        # Martingale residuals by the latents: the first step of a ridge Cox model.
        later = time[train][:, None] <= time[train]
        hazard = (later / later.sum(axis=1, keepdims=True) * event[train][:, None]).sum(axis=0)
        z = x[train] - x[train].mean(axis=0)
        coef = np.linalg.solve(z.T @ z + 20 * np.eye(z.shape[1]), z.T @ (event[train] - hazard))
        risk[out] = x[out] @ coef
        subtype[out] += risk[out] > np.median(x[train] @ coef)
    return risk, subtype


def judge(cohort, latents, way: str, seed: int) -> dict[str, float]:
    """Say what would be concluded one way."""
    import numpy as np

    from stratomics.cohort import make_splits
    from stratomics.evaluation.added_lr import added_lr_subtype
    from stratomics.evaluation.added_value import added_value_table
    from stratomics.evaluation.permutation import permuted_order
    from stratomics.survival import trend_logrank

    whole, within = WAYS[way]
    time, event, age = cohort.time, cohort.event, cohort.clinical[["age"]].to_numpy()
    splits = make_splits(time, event, folds=FOLDS, repeats=1, seed=seed, groups=cohort.groups if whole else None)[1:]
    two = np.full(cohort.n, 2)
    trend, added = np.empty((2, PERMUTATIONS + 1))
    for b in range(PERMUTATIONS + 1):
        order = permuted_order(cohort.n, b, seed, cohort.groups if within else None)
        _, subtype = heldout_risk(latents, time[order], event[order], splits)
        trend[b] = trend_logrank(time[order], event[order], subtype, two)[0]
        added[b] = added_lr_subtype(age[order], time[order], event[order], subtype, two).p
    labels = cohort.clinical[["time", "event"]].reset_index().assign(n_subtypes=2, fold="")
    labels["risk"], labels["subtype"] = heldout_risk(latents, time, event, splits)
    clinic, _ = heldout_risk(age, time, event, splits)
    for split in splits:
        labels.loc[split.held_out, "fold"] = split.name
    ours, clinical = {"omics": {"r0": labels}}, {"r0": labels.assign(risk=clinic)}
    table = added_value_table(ours, clinical, age, cohort, {"bootstrap": 0}, covariates=["age"], seed=0)
    row = table.set_index("term").loc["subtype"]
    p = max((added <= added[0]).mean(), row["lr_p"])
    return {
        "separate": (trend >= trend[0]).mean() <= 0.05,
        "add": p <= 0.05 and row["delta"] >= 0.02,
        "nominal p <= .05": row["lr_p"] <= 0.05,
        "gain": row["delta"],
    }


def study(row: str, datasets: int, ways=WAYS):
    """Return the shares of a row, one line per way."""
    import pandas as pd

    found = [{"way": way, **judge(*simulate(row, seed), way, seed)} for seed in range(datasets) for way in ways]
    return pd.DataFrame(found).groupby("way", sort=False).mean().astype(float).round(3)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=list(ROWS), help=", ".join(ROWS))
    parser.add_argument("--datasets", type=int, default=200)
    given = parser.parse_args()
    for row in given.rows:
        print(f"{row}, {given.datasets} data sets\n{study(row, given.datasets).to_string()}", flush=True)


if __name__ == "__main__":
    main()
