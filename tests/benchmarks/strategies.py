"""What does each way to fuse the omics buy? Strategies on the same cohorts and splits, beside the clinic and simple models.

Cohorts are those of a run (``results/<cohort>/cohort.h5mu``), strategies the ``embeddings`` of a config. Every figure is of
held-out patients, a median over the repeats: C of the risk, C of the risk with the clinic (weights learned among the training
patients), hazard ratio per step and C of the subtypes. Rows are appended as they come; what is there is not run again.

    python tests/benchmarks/strategies.py results/*/cohort.h5mu --config config/examples/strategies.yaml --table strategies.tsv
    python tests/benchmarks/strategies.py --table strategies.tsv --show
"""

from __future__ import annotations

import argparse
import sys
import time as clock
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)


def heldout_c(predictions, cohort, splits):
    """Return Harrell's C of held-out patients, pairs within folds, median over the repeats."""
    import numpy as np

    from stratomics.survival import concordance_harrell

    found = []
    for repeat in sorted({split.repeat for split in splits if split.repeat}):
        risk, fold = np.full(cohort.n, np.nan), np.full(cohort.n, "", dtype="U16")
        for split in splits:
            if split.repeat == repeat:
                own = predictions[predictions["split"] == split.name].set_index("patient")["risk"]
                risk[split.held_out] = own.reindex(cohort.patients).to_numpy(float)[split.held_out]
                fold[split.held_out] = split.name
        found.append(float(concordance_harrell(cohort.time, cohort.event, risk, fold=fold)))
    return float(np.median(found))


def study(path: Path, settings, table: Path) -> None:
    """Run every strategy and the simple models on one cohort."""
    import pandas as pd

    from stratomics.chain.run import run_chain
    from stratomics.cohort import load_cohort, make_splits
    from stratomics.comparators import fit_comparator
    from stratomics.comparators.combine import combine_methods
    from stratomics.preprocess.splits import preprocess_splits
    from stratomics.runtime import derive_seed

    cohort, seed = load_cohort(path), settings["seed"]
    name = cohort.name
    done = set()
    if table.is_file():
        rows = pd.read_csv(table, sep="\t")
        done = set(rows.loc[rows["cohort"] == name, "strategy"])
    evaluation = settings["evaluation"]
    splits = make_splits(
        cohort.time,
        cohort.event,
        folds=evaluation["folds"],
        repeats=evaluation["repeats"],
        seed=derive_seed(seed, "make_splits"),
        groups=cohort.groups,
    )

    def write(**row) -> None:
        pd.DataFrame([{"cohort": name, **row}]).to_csv(
            table, sep="\t", index=False, mode="a", header=not table.is_file()
        )
        print(row, flush=True)

    covariates = settings["covariates"][name]
    simple = [one for one in ("clinical", "ridge_cox", "elastic_net_cox") if one not in done]
    if simple:
        fitted, _, _ = preprocess_splits(cohort, splits, settings["preprocess"])
        for one in simple:
            started = clock.process_time()
            own = covariates if one == "clinical" else []
            predictions, arrays = fit_comparator(one, cohort, splits, fitted, {}, own, seed=seed)
            both = float("nan")
            if one != "clinical":
                added, _ = combine_methods(cohort, splits, {}, {}, {one: (predictions, arrays)}, covariates, seed=seed)
                both = heldout_c(added, cohort, splits)
            seconds = round(clock.process_time() - started, 1)
            c = heldout_c(predictions, cohort, splits)
            write(strategy=one, c=c, c_clinical=both, hr=float("nan"), c_subtype=float("nan"), k=0, seconds=seconds)
    for embedding in settings["embeddings"]:
        if embedding["name"] in done:
            continue
        started = clock.process_time()
        own = {**settings, "embeddings": [embedding]}
        result = run_chain(cohort, own, splits=splits, covariates=covariates)[embedding["name"]]
        seconds = round(clock.process_time() - started, 1)
        metrics = result.metrics[result.metrics["repeat"] == "median"].set_index("metric")["held_out"]
        latents, told = {"x": result.embedding.latents}, {"x": result.embedding.told}
        late = {"x": embedding["late"]["weights"]}
        added, _ = combine_methods(cohort, splits, latents, told, {}, covariates, seed=seed, late=late)
        write(
            strategy=embedding["name"],
            c=metrics["cindex"],
            c_clinical=heldout_c(added, cohort, splits),
            hr=metrics["hazard_ratio"],
            c_subtype=metrics["cindex_subtype"],
            k=result.subtypes["full"].n_subtypes,
            seconds=seconds,
        )


def main() -> None:
    import pandas as pd
    import yaml

    from stratomics.config import load_config
    from stratomics.config.schema import schema_file

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohorts", nargs="*", type=Path, help="results/<cohort>/cohort.h5mu")
    parser.add_argument(
        "--config", type=Path, help="a config whose embeddings are the strategies, with the cohorts' covariates"
    )
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    if arguments.show:
        rows = pd.read_csv(arguments.table, sep="\t")
        for column in ("c", "c_clinical", "hr", "c_subtype", "k", "seconds"):
            wide = rows.pivot(index="strategy", columns="cohort", values=column)
            wide["mean"] = wide.mean(axis=1)
            print(f"{column}\n{wide.round(3).to_string()}\n")
        return
    raw = yaml.safe_load(arguments.config.read_text(encoding="utf-8"))
    covariates = {one["name"]: one["clinical"]["covariates"] for one in raw["cohorts"]}
    simulated = [{"name": "any", "simulate": {"patients": 100}}]
    settings = dict(load_config({**raw, "cohorts": simulated}, schema_path=schema_file()))
    settings["covariates"] = covariates
    for embedding in settings["embeddings"]:
        for path in arguments.cohorts:
            study(path, {**settings, "embeddings": [embedding]}, arguments.table)


if __name__ == "__main__":
    main()
