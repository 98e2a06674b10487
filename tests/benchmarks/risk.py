"""How strict should the ridge Cox on the latents be? Held-out concordance and calibration by penalty and by rule of choice.

Works on the results of a run: the cohort, the splits and the latents of each embedding. In every fold the latents are
standardised and the models fitted on training patients only; rules of choice see an inner cross-validation among these.
Concordance counts pairs within a fold; figures are medians over the repeats, then over the embeddings.

    python tests/benchmarks/risk.py results/LIHC results/KIRC --out risk.tsv
"""

from __future__ import annotations

import argparse
import sys
import time as clock
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)

# isort: split
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from stratomics.cohort import load_cohort, splits_from_table  # noqa: E402
from stratomics.cohort.types import Cohort, Split  # noqa: E402
from stratomics.runtime import derive_seed  # noqa: E402
from stratomics.subtypes.select import DEAD_SHARE  # noqa: E402
from stratomics.survival import concordance_harrell, cox_univariate  # noqa: E402
from stratomics.survival.penalty import inner_folds  # noqa: E402
from stratomics.survival.ridge_cox import partial_loglik, ridge_cox_path  # noqa: E402
from stratomics.tables import load_arrays, read_table  # noqa: E402

#: Variance over patients that the prior allows the log hazard, strictest first; the penalty is the number of latents over it.
VARIANCES = 10.0 ** np.array([-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0])
#: The rules of choice and, of `VARIANCES`, the positions that each may choose among.
GRIDS = {"7 from .01 to 10": range(7), "5 from .01 to 1": range(5), "3: .01, .1, 1": (0, 2, 4), "2: .03, .3": (1, 3)}
#: Inner fits may stop this far (in deviations) from their maximum.
COARSE = 1e-2


@dataclass(frozen=True)
class Run:
    """What a run left of a cohort: its patients, its splits, and the latents [n, L] by embedding and split."""

    name: str
    cohort: Cohort
    splits: list[Split]
    latents: dict[str, dict[str, np.ndarray]]

    @classmethod
    def load(cls, folder: Path) -> Run:
        """Read ``results/<cohort>``."""
        cohort = load_cohort(folder / "cohort.h5mu")
        splits = splits_from_table(read_table(folder / "splits.tsv"), cohort.patients)
        found = {path.parent.name: load_arrays(path)[0] for path in sorted(folder.glob("*/latents.safetensors"))}
        return cls(folder.name, cohort, splits, found)

    @property
    def folds(self) -> list[Split]:
        """Return the splits without `full`."""
        return [split for split in self.splits if split.repeat is not None]


def standardise(latents: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Scale latents [n, L] to mean 0 and standard deviation 1 among the training patients; dead ones become 0."""
    own = latents[train].astype(np.float64)
    spread = own.std(axis=0)
    alive = spread > DEAD_SHARE * spread.max()
    return np.where(alive, (latents - own.mean(axis=0)) / np.where(alive, spread, 1.0), 0.0)


def inner_scores(z: np.ndarray, time: np.ndarray, event: np.ndarray, penalties: np.ndarray, seed: int) -> np.ndarray:
    """Return what each inner fold adds to the cross-validated log partial likelihood under each penalty [folds, L]."""
    rows = []
    for fold in inner_folds(time, event, seed):
        own = fold.train
        risk = ridge_cox_path(z[own], time[own], event[own], penalties, tol=COARSE).risk(z)
        rows.append(partial_loglik(risk, time, event) - partial_loglik(risk[:, own], time[own], event[own]))
    return np.array(rows)


def choices(scores: np.ndarray) -> dict[str, int]:
    """Return the position in `VARIANCES` that each rule takes, given the `inner_scores`."""
    total = scores.sum(axis=0)
    chosen = {f"prior variance {variance:.2g}": i for i, variance in enumerate(VARIANCES)}
    for name, grid in GRIDS.items():
        best = max(grid, key=lambda i: total[i])
        chosen[f"best of {name}"] = best
        lost = scores - scores[:, [best]]
        error = lost.std(axis=0, ddof=1) * np.sqrt(len(scores))
        chosen[f"1-SE of {name}"] = min(i for i in grid if total[i] >= total[best] - error[i])
    return chosen


def study(run: Run) -> Iterator[dict[str, object]]:
    """Yield one row per embedding and way to the penalty."""
    time, event, n = run.cohort.time, run.cohort.event, run.cohort.n
    for embedding, latents in run.latents.items():
        risks: dict[str, dict[str, np.ndarray]] = {}
        taken: dict[str, list[float]] = {}
        fold = {repeat: np.full(n, "", dtype="U16") for repeat in {split.repeat for split in run.folds}}
        spent = 0.0
        for split in run.folds:
            train, unseen = split.train, split.held_out
            z = standardise(latents[split.name], train)
            fold[split.repeat][unseen] = split.name
            penalties = z.shape[1] / VARIANCES
            started = clock.process_time()
            path = ridge_cox_path(z[train], time[train], event[train], penalties)
            scores = inner_scores(z[train], time[train], event[train], penalties, derive_seed(0, "risk", split.name))
            spent += clock.process_time() - started
            predicted = path.risk(z[unseen])
            for name, position in choices(scores).items():
                by_repeat = risks.setdefault(name, {repeat: np.full(n, np.nan) for repeat in fold})
                by_repeat[split.repeat][unseen] = predicted[position]
                taken.setdefault(name, []).append(VARIANCES[position])
        for name, by_repeat in risks.items():
            c = [concordance_harrell(time, event, risk, fold=fold[r]) for r, risk in by_repeat.items()]
            slope = [
                cox_univariate(risk[:, None], time, event, strata=fold[r])["coef"].iloc[0]
                for r, risk in by_repeat.items()
            ]
            yield {
                "cohort": run.name,
                "embedding": embedding,
                "penalty": name,
                "cindex": float(np.median(c)),
                "calibration_slope": float(np.median(slope)),
                "variance": float(np.median(taken[name])),
                "ms": 1e3 * spent / len(run.folds),
            }


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folder of a cohort among the results of a run")
    parser.add_argument("--out", help="write the rows there (TSV)")
    arguments = parser.parse_args()
    table = pd.DataFrame([row for folder in arguments.results for row in study(Run.load(folder))])
    if arguments.out:
        table.to_csv(arguments.out, sep="\t", index=False, float_format="%.6g")
    for metric in ("cindex", "calibration_slope", "variance"):
        wide = table.pivot_table(index="penalty", columns="cohort", values=metric, aggfunc="median", sort=False)
        print(f"\n{metric}, median over the embeddings\n{wide.assign(mean=wide.mean(axis=1)).round(3).to_string()}")
    print(
        f"\n{table['ms'].mean():.1f} ms for the path and the inner cross-validation of a fold, all {len(VARIANCES)} penalties"
    )


if __name__ == "__main__":
    main()
