"""Does the permutation test hold its level, and does it find what is there? Many simulated cohorts, the code of the workflow.

``null``: cohorts whose survival has nothing to do with the omics (the clinical effect stays). The share of cohorts with
a held-out permutation p below .05 must be near .05; the share with an apparent log-rank p below .05 stands beside it.
``power``: cohorts with planted subtypes at several effects. Settings are cheap (small networks, few folds), the code path
is that of a run: intake, splits, preprocessing, training, selection, clustering, classifier, permutations.

    python tests/benchmarks/calibration.py null --cohorts 200 --table null.tsv
    python tests/benchmarks/calibration.py power --cohorts 20 --table power.tsv
    python tests/benchmarks/calibration.py summary null.tsv power.tsv

Rows are appended as cohorts finish; a study that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)

EFFECTS = (0.4, 0.7, 1.0)
KINDS = ("ae", "dae", "vae", "cox")
STUDIES = {
    "null": {
        "simulate": {
            "patients": 100,
            "subtypes": 2,
            "null": True,
            "omics": [
                {"name": "mrna", "features": 60, "values": "log_normal"},
                {"name": "mirna", "features": 40, "values": "counts"},
            ],
        },
        "network": {"hidden": [16], "latent": 8, "epochs": 25, "patience": 8},
        "subtypes": {"range": [2, 3], "restarts": 3},
        "classifier": {"top_features": 10, "inner_folds": 2},
        "evaluation": {"folds": 3, "repeats": 1, "permutations": 59, "survival_permutations": 59},
    },
    "power": {
        "simulate": {},
        "network": {"hidden": [64], "latent": 16, "epochs": 60, "patience": 10},
        "subtypes": {"restarts": 5},
        "classifier": {"top_features": 50, "inner_folds": 3},
        "evaluation": {"folds": 3, "repeats": 1, "permutations": 19},
    },
}


def one_cohort(study: str, effect: float, seed: int, kinds: tuple[str, ...] = KINDS):
    """Simulate one cohort, run the chain and its permutation test, and return one row per embedding and statistic."""
    import pandas as pd

    from stratomics.catalogue import chain_settings, uses_survival
    from stratomics.chain.run import run_chain
    from stratomics.cohort import build_cohort
    from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
    from stratomics.config import load_config
    from stratomics.embedding.splits import survival_studies
    from stratomics.embedding.study import retrain
    from stratomics.evaluation.permutation import permutation_tests, permute_survival
    from stratomics.preprocess import design_of_known

    about = STUDIES[study]
    extra = {
        "vae": {"warmup_epochs": 5},
        "cox": {"committee": 3, "supervised": {"hidden": [16], "latent": 4, "epochs": 10}},
    }
    config = {
        "cohorts": [{"name": f"{study}_study", "simulate": {**about["simulate"], "effect": effect, "seed": seed}}],
        "embeddings": [{"kind": kind, **about["network"], **extra.get(kind, {})} for kind in kinds],
        **{key: about[key] for key in ("subtypes", "classifier", "evaluation")},
        "device": "cpu",
        "seed": seed,
    }
    settings = load_config(config)
    simulate = settings["cohorts"][0]["simulate"]
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        write_simulated(simulate_cohort(f"{study}_study", simulate), folder)
        files = simulated_cohort_config(simulate, folder, name=f"{study}_study")
        cohort, _ = build_cohort(files, preprocess=settings["preprocess"], evaluation=settings["evaluation"])
    _, design = design_of_known(cohort.clinical, files["clinical"]["covariates"])
    permutations = []
    own = {one["name"]: one for one in settings["embeddings"]}
    for name, chain in run_chain(cohort, settings).items():
        again = None
        if uses_survival(own[name]):
            again = partial(retrain, survival_studies(cohort, chain.splits, chain.fitted, own[name], seed=seed))
        table = permute_survival(
            cohort,
            chain.splits,
            chain.fitted.__getitem__,
            chain.embedding.latents,
            chain_settings(own[name], settings),
            range(settings["evaluation"]["permutations"] + 1),
            told=chain.embedding.told,
            retrain=again,
            design=design,
            seed=seed,
        )
        permutations.append(table.assign(embedding=name))
    tests = permutation_tests(pd.concat(permutations, ignore_index=True))
    tests = tests.assign(study=study, effect=effect, seed=seed, events=cohort.n_events)
    return tests.assign(seconds=round(time.monotonic() - started, 1))


def run(study: str, seeds: range, kinds: tuple[str, ...], table: Path, jobs: int) -> None:
    """Run the cohorts that `table` does not hold yet, and append their rows."""
    import pandas as pd

    done = set()
    if table.exists():
        done = set(pd.read_csv(table, sep="\t")[["effect", "seed"]].itertuples(index=False, name=None))
    effects = EFFECTS if study == "power" else (0.0,)
    todo = [(effect, seed) for seed in seeds for effect in effects if (effect, seed) not in done]
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(one_cohort, study, effect, seed, kinds) for effect, seed in todo]
        for count, future in enumerate(as_completed(futures), start=1):
            future.result().to_csv(table, sep="\t", index=False, mode="a", header=not table.exists())
            print(f"{count} of {len(todo)} cohorts", file=sys.stderr, flush=True)


def summary(paths: list[Path]) -> str:
    """Count, per study, effect and embedding, how often each test rejects."""
    import pandas as pd

    # The name of the study `null` must not be read as a missing value.
    rows = pd.concat([pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""]) for path in paths])
    found = []
    for (study, effect, embedding), own in rows.groupby(["study", "effect", "embedding"]):
        by = dict(iter(own.groupby("statistic")))
        found.append(
            {
                "study": study,
                "effect": effect,
                "embedding": embedding,
                "cohorts": own["seed"].nunique(),
                "permutations": int(own["permutations"].iloc[0]),
                "apparent p < .05": (by["apparent_logrank_p"]["observed"] < 0.05).mean(),
                "nominal held-out p < .05": (by["heldout_logrank_p"]["observed"] < 0.05).mean(),
                "permutation p of the log-rank test <= .05": (by["heldout_logrank_p"]["p"] <= 0.05).mean(),
                "permutation p of the trend <= .05": (by["heldout_trend_z"]["p"] <= 0.05).mean(),
                "permutation p of the trend < .05": (by["heldout_trend_z"]["p"] < 0.05).mean(),
                "adjusted p of the trend <= .05": (by["heldout_trend_z"]["p_adjusted"] <= 0.05).mean(),
                "permutation p of the C of the labels <= .05": (by["heldout_cindex_subtype"]["p"] <= 0.05).mean(),
                "permutation p of the C of the risk <= .05": (by["heldout_cindex"]["p"] <= 0.05).mean(),
                "permutation p of added subtype <= .05": (by["added_lr_p"]["p"] <= 0.05).mean(),
                "permutation p of added risk <= .05": (by["added_lr_risk_p"]["p"] <= 0.05).mean(),
                "mean held-out C of the labels": by["heldout_cindex_subtype"]["observed"].mean(),
                "mean held-out C of the risk": by["heldout_cindex"]["observed"].mean(),
            }
        )
    return pd.DataFrame(found).round(3).to_csv(sep="\t", index=False)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for study in STUDIES:
        command = commands.add_parser(study)
        command.add_argument("--cohorts", type=int, default=200 if study == "null" else 20)
        command.add_argument("--first", type=int, default=0, help="seed of the first cohort")
        command.add_argument("--embeddings", nargs="+", choices=KINDS, default=KINDS)
        command.add_argument("--table", type=Path, required=True)
        command.add_argument("--jobs", type=int, default=2)
    command = commands.add_parser("summary")
    command.add_argument("tables", type=Path, nargs="+")
    options = parser.parse_args()
    if options.command == "summary":
        print(summary(options.tables), end="")
    else:
        seeds = range(options.first, options.first + options.cohorts)
        run(options.command, seeds, tuple(options.embeddings), options.table, options.jobs)


if __name__ == "__main__":
    main()
