"""How often do two methods that are equally good differ at .05? The tests of ``comparisons.tsv`` on simulated cohorts.

Two ridge Cox models are trained in the same folds of the same cohort, each on features of its own that say as much of survival
as those of the other (``blocks``), nothing (``noise``), or on a random projection of all features (``projections``, drawn anew
in each split; ``fixed``, one for all splits: that pair differs for good, if only by luck). ``unequal``: one block says four times
as much, so that rejecting is right.

    python tests/benchmarks/comparisons.py --cohorts 600
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import stratomics.runtime  # noqa: F401  (first: it fixes the thread pools before numpy loads)

# isort: split
import numpy as np
from scipy.stats import t as student

from stratomics.cohort.splits import make_splits
from stratomics.evaluation.resampled import procedure_test
from stratomics.evaluation.yardstick import bootstrap_weights
from stratomics.survival import concordance_harrell, ridge_cox_path
from stratomics.survival.concordance import comparable_pairs

FEATURES, LATENTS, PENALTY = 20, 16, 30.0
#: Kind of pair, patients, share of events, folds, repeats.
SETTINGS = (
    ("blocks", 200, 0.4, 5, 2),
    ("blocks", 100, 0.3, 5, 2),
    ("blocks", 200, 0.4, 3, 1),
    ("blocks", 200, 0.4, 5, 4),
    ("noise", 200, 0.4, 5, 2),
    ("projections", 200, 0.4, 5, 2),
    ("fixed", 200, 0.4, 5, 2),
    ("unequal", 200, 0.4, 5, 2),
)


def draw(rng: np.random.Generator, kind: str, n: int, events: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw features [n, p] and follow-up [n] of a cohort."""
    if kind in ("projections", "fixed"):
        factors = rng.normal(size=(n, FEATURES))
        x = factors @ rng.normal(size=(FEATURES, 200)) + 2 * rng.normal(size=(n, 200))
        hazard = 0.2 * factors.sum(axis=1)
    else:
        size = {"blocks": (0.15, 0.15), "noise": (0.0, 0.0), "unequal": (0.24, 0.06)}[kind]
        x = rng.normal(size=(n, 2 * FEATURES))
        hazard = x @ (np.repeat(size, FEATURES) * np.tile([1, -1], FEATURES))
    death, censored = rng.exponential(np.exp(-hazard)), rng.exponential(events / (1 - events), n)
    return x, np.minimum(death, censored), death <= censored


def one_cohort(
    seed: int, kind: str, n: int, events: float, folds: int, repeats: int, draws: int = 199
) -> tuple[float, float, float]:
    """Compare two methods on one cohort.

    Returns
    -------
    bootstrap, uncorrected, corrected
        p of the percentile bootstrap with fitted models, of the t-test over folds as if they were independent, and of
        `procedure_test`.
    """
    rng = np.random.default_rng(seed)
    x, time, event = draw(rng, kind, n, events)
    projections = rng.normal(size=(2, x.shape[1], LATENTS))
    counts = np.vstack([np.ones(n), bootstrap_weights(n, draws, seed)])
    splits = [split for split in make_splits(time, event, folds=folds, repeats=repeats, seed=seed) if split.repeat]
    difference, pairs = np.zeros((repeats, folds)), np.zeros((repeats, folds))
    pooled = np.zeros((repeats, draws + 1))
    for repeat in range(repeats):
        risk, fold = np.zeros((2, n)), np.zeros(n, dtype=int)
        for position, split in enumerate(splits[repeat * folds : (repeat + 1) * folds]):
            fold[split.held_out] = position
            if kind == "projections":
                projections = rng.normal(size=projections.shape)
            for method in (0, 1):
                own = slice(method * FEATURES, (method + 1) * FEATURES)
                z = x @ projections[method] if kind in ("projections", "fixed") else x[:, own]
                z = (z - z[split.train].mean(axis=0)) / z[split.train].std(axis=0)
                path = ridge_cox_path(z[split.train], time[split.train], event[split.train], [PENALTY], tol=0.1)
                risk[method, split.held_out] = path.risk(z[split.held_out])[0]
        members = (fold == np.arange(folds)[:, None]).astype(float)
        pairs[repeat] = comparable_pairs(time, event, weights=members)
        difference[repeat] = np.subtract(
            *[concordance_harrell(time, event, r, fold=fold, weights=members) for r in risk]
        )
        pooled[repeat] = np.subtract(*[concordance_harrell(time, event, r, fold=fold, weights=counts) for r in risk])
    replicates = pooled[:, 1:].mean(axis=0)
    tail = min((replicates <= 0).sum(), (replicates >= 0).sum())
    # As many independent folds: what the corrections are there to mend.
    flat = difference.ravel()
    t = flat.mean() / (flat.std(ddof=1) / np.sqrt(flat.size))
    return (
        min(1.0, 2 * (1 + tail) / (draws + 1)),
        float(2 * student.sf(abs(t), flat.size - 1)),
        procedure_test(difference, pairs, float(replicates.var())).p,
    )


def main() -> None:
    """Print the share of cohorts with p <= .05, one row per setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=600)
    options = parser.parse_args()
    print("kind\tpatients\tevents\tfolds\trepeats\tbootstrap\tuncorrected\tcorrected\tcorrected <= .001")
    for setting in SETTINGS:
        p = np.array([one_cohort(seed, *setting) for seed in range(options.cohorts)])
        shares = [*(p <= 0.05).mean(axis=0), (p[:, 2] <= 0.001).mean()]
        print(*setting, *(f"{share:.3f}" for share in shares), sep="\t", flush=True)


if __name__ == "__main__":
    main()
