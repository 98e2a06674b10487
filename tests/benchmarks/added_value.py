"""Do omics seem to add to the clinic where they only repeat it, and are they found where they do add?

A clinical variable x drives survival, and the omics are x (its effect on the hazard) with some noise: they know nothing of their
own. ``missing``: 30 % of x are missing at random in the table. ``two_levels``: the table says only whether x is large or small.
``u_shaped``: the hazard rises on both sides of x. ``plain``: x is in the table as it is. In the rows ``own ...`` the omics have an
effect of their own on the hazard, once tied to x with a correlation of .5. The omics are as good as omics can be: no training
blurs them. Shares of data sets with p <= .05 and with "adds" (p <= .05, and a gain in concordance of at least .02).

    python tests/benchmarks/added_value.py --datasets 100
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)

COVARIATES = ["age", "sex", "x"]
#: Of the hazard per standard deviation: of x, and of the omics' own signal.
EFFECT, OWN = 0.8, 0.6
NOISE = 0.5
#: Name, what is wrong with x in the table, whether the omics have an effect of their own, and how far that is tied to x.
ROWS = [
    ("plain", "", False, 0.0),
    ("missing", "missing", False, 0.0),
    ("two_levels", "two_levels", False, 0.0),
    ("u_shaped", "u_shaped", False, 0.0),
    ("own", "", True, 0.0),
    ("own, missing", "missing", True, 0.0),
    ("own, two_levels", "two_levels", True, 0.0),
    ("own tied to x, two_levels", "two_levels", True, 0.5),
]


def simulate(fault: str, own: bool, tied: float, seed: int, n: int = 300):
    """Make a clinical table (with time and event), and what the omics say of every patient [n]."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    x, age, signal = rng.normal(size=n), rng.normal(60, 10, n), rng.normal(size=n)
    effect = (x**2 - 1) / np.sqrt(2) if fault == "u_shaped" else x
    signal = tied * effect + np.sqrt(1 - tied**2) * signal
    hazard = EFFECT * effect + own * OWN * signal + 0.03 * (age - 60)
    survival, censoring = rng.exponential(1500 * np.exp(-hazard)), rng.exponential(1200, n)
    recorded = x
    if fault == "missing":
        recorded = np.where(rng.random(n) < 0.3, np.nan, x)
    if fault == "two_levels":
        recorded = np.where(x > np.median(x), "large", "small")
    table = pd.DataFrame(
        {
            "time": np.ceil(np.minimum(survival, censoring)),
            "event": (survival <= censoring).astype(int),
            "age": age,
            "sex": rng.choice(["F", "M"], n),
            "x": recorded,
        },
        index=pd.Index([f"P{i:03d}" for i in range(n)], name="patient"),
    )
    return table, (signal if own else effect) + NOISE * rng.normal(size=n)


def judge(table, omics, seed: int):
    """Return the rows of ``added_value.tsv`` for the omics as a risk and cut into two subtypes."""
    import numpy as np

    from stratomics.cohort import make_splits
    from stratomics.cohort.types import Cohort
    from stratomics.comparators.tuned_risk import clinical_risk
    from stratomics.evaluation.added_value import added_value_table
    from stratomics.preprocess import design_of_known

    cohort = Cohort("simulated", (), table)
    labels = table[["time", "event"]].reset_index().assign(risk=omics, subtype=1, n_subtypes=2, fold="")
    clinic = np.empty(cohort.n)
    for split in make_splits(cohort.time, cohort.event, folds=5, repeats=1, seed=seed)[1:]:
        train, out = split.train, split.held_out
        fitted = clinical_risk(table, train, COVARIATES, cohort.time[train], cohort.event[train])
        clinic[out] = fitted.risk[out]
        labels.loc[out, "fold"] = split.name
        labels.loc[out, "subtype"] = 1 + (omics[out] > np.median(omics[out]))
    _, design = design_of_known(table, COVARIATES)
    ours, clinical = {"omics": {"r0": labels}}, {"r0": labels.assign(risk=clinic)}
    return added_value_table(ours, clinical, design, cohort, {"bootstrap": 0}, covariates=COVARIATES, seed=0)


def main() -> None:
    """Run from the command line."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=100)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    found = []
    for name, fault, own, tied in ROWS:
        rows = [judge(*simulate(fault, own, tied, seed), seed) for seed in range(options.datasets)]
        for term, each in pd.concat(rows).groupby("term", sort=False):
            known = each["lr_p"] <= 0.05
            shares = {"p <= .05": known.mean(), "adds": (known & (each["delta"] >= 0.02)).mean()}
            found.append({"row": name, "term": term, "datasets": len(each), **shares, "gain": each["delta"].mean()})
            print(found[-1], file=sys.stderr, flush=True)
    table = pd.DataFrame(found).round(3)
    if options.table:
        table.to_csv(options.table, sep="\t", index=False)
    print(table.to_csv(sep="\t", index=False), end="")


if __name__ == "__main__":
    main()
