"""How are the clinic and the omics best combined? Alternatives on the cohorts of a run, with its splits and latents.

Everything is learned inside the training patients. ``--noise`` gives the latents to other
patients, so that the omics know nothing: what a combination then loses against the clinic alone is the price of learning it.

    python tests/benchmarks/combine.py results/LIHC results/KIRC --embeddings ae dae vae --table combine.tsv
    python tests/benchmarks/combine.py results/LIHC results/KIRC --embeddings vae --noise --table noise.tsv
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)


def alternatives(clinic, omics, x_clinic, x_omics, train, time, event, folds):
    """Give the risk of all patients by every way to combine; `x_clinic` and `x_omics` hold the columns of the one model."""
    import numpy as np

    from stratomics.survival.likelihood_ratio import NestedCox
    from stratomics.survival.penalty import cross_validated_likelihood
    from stratomics.survival.ridge_cox import ridge_cox_path
    from stratomics.survival.stacking import stacking_weights

    def standard(values):
        return (values - values[train].mean()) / max(values[train].std(), 1e-12)

    z = np.column_stack([standard(clinic.risk), standard(omics.risk)])
    apart = np.column_stack([clinic.apart, omics.apart])
    apart = apart / np.maximum(apart.std(axis=0), 1e-12)
    nothing = np.zeros((len(train), 0))
    weights = np.nan_to_num(NestedCox.fit(nothing, time, event).add(apart).coef)
    if (weights < 0).any():
        kept = int(weights.argmax())
        alone = NestedCox.fit(nothing, time, event).add(apart[:, kept]).coef[0]
        weights = np.zeros(2)
        weights[kept] = max(np.nan_to_num(alone), 0.0)
    # Which of the two adds to the other, by the likelihood ratio at .05?
    gains = [NestedCox.fit(apart[:, [1 - i]], time, event).add(apart[:, i]) for i in (0, 1)]
    open_ = np.array([gain.chi2 > 3.84 and gain.coef[0] > 0 for gain in gains], dtype=float)
    # One model: the clinic as it is (a penalty too weak to matter), the latents with a ridge penalty.
    penalties = x_omics.shape[1] / np.logspace(-2, 1, 7)
    models = [np.hstack([100 * x_clinic, x_omics / np.sqrt(penalty)]) for penalty in penalties]

    def one_model(rows):
        own = [model[train] for model in models]
        return np.vstack([ridge_cox_path(x[rows], time[rows], event[rows], [1.0], tol=1e-2).risk(x)[0] for x in own])

    best = models[int(cross_validated_likelihood(one_model, time, event, folds).argmax())]
    return {
        "clinic": z[:, 0],
        "omics": z[:, 1],
        "sum of z": z.sum(axis=1),
        "one model": ridge_cox_path(best[train], time, event, [1.0]).risk(best)[0],
        "stacked": z @ weights,
        "gated": z @ (open_ if open_.any() else np.ones(2)),
        "pulled to equal": z @ stacking_weights([clinic.apart, omics.apart], time, event),
    }


def one_embedding(folder: Path, embedding: str, covariates: list[str], noise: bool):
    """Return held-out concordance by alternative, median over the repeats."""
    import numpy as np

    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.comparators.tuned_risk import clinical_risk, ridge_risk
    from stratomics.preprocess import fit_clinical_design
    from stratomics.runtime import derive_seed
    from stratomics.survival import concordance_harrell
    from stratomics.survival.penalty import inner_folds
    from stratomics.tables import load_arrays, read_table

    cohort = load_cohort(folder / "cohort.h5mu")
    latents = load_arrays(folder / embedding / "latents.safetensors")[0]
    splits = splits_from_table(read_table(folder / "splits.tsv"), cohort.patients)
    names = [name for name in covariates if name in cohort.clinical]
    found: dict[str, dict[str, list]] = {}
    for split in splits:
        if split.repeat is None:
            continue
        train, held_out = split.train, split.held_out
        time, event = cohort.time[train], cohort.event[train]
        folds = inner_folds(time, event, derive_seed(0, "combine", split.name))
        x = np.asarray(latents[split.name], dtype=np.float64)
        x = (x - x[train].mean(axis=0)) / np.maximum(x[train].std(axis=0), 1e-6)
        if noise:
            x = x[np.random.default_rng(1).permutation(len(x))]
        clinic = clinical_risk(cohort.clinical, train, names, time, event, folds)
        omics = ridge_risk(x, train, time, event, folds)
        design = fit_clinical_design(cohort.clinical, train, names)
        columns = design.transform(cohort.clinical)
        columns[:, design.n_main :] /= 100 * np.sqrt(event.sum())
        for name, risk in alternatives(clinic, omics, columns, x, train, time, event, folds).items():
            own = found.setdefault(name, {}).setdefault(split.repeat, [])
            own.append((held_out, risk[held_out], np.full(len(held_out), split.name)))
    row = {}
    for name, repeats in found.items():
        pooled = [[np.concatenate(part) for part in zip(*own, strict=True)] for own in repeats.values()]
        values = [concordance_harrell(cohort.time[at], cohort.event[at], risk, fold=fold) for at, risk, fold in pooled]
        row[name] = round(float(np.median(values)), 4)
    return row


def main() -> None:
    """Run from the command line."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cohorts", type=Path, nargs="+", help="results/<cohort> of a run")
    parser.add_argument("--embeddings", nargs="+", default=["ae", "dae", "vae"])
    tcga = ["age_at_initial_pathologic_diagnosis", "gender", "ajcc_pathologic_tumor_stage"]
    parser.add_argument("--covariates", nargs="+", default=tcga)
    parser.add_argument("--noise", action="store_true")
    parser.add_argument("--table", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for folder in options.cohorts:
        for embedding in options.embeddings:
            row = one_embedding(folder, embedding, options.covariates, options.noise)
            rows.append({"cohort": folder.name, "embedding": embedding, **row})
            print(rows[-1], file=sys.stderr, flush=True)
            pd.DataFrame(rows).to_csv(options.table, sep="\t", index=False)
    table = pd.DataFrame(rows)
    better = table[["clinic", "omics"]].max(axis=1)
    ways = list(table.columns[4:])
    for way in ways:
        gain = (table[way] - table["clinic"]).mean()
        print(
            f"{way}: mean gain over the clinic {gain:+.4f}, worst against the better part {(table[way] - better).min():+.4f}"
        )


if __name__ == "__main__":
    main()
