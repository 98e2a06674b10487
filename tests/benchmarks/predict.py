"""Train on a random 70 % of a cohort and predict the rest: from all omics, from some, from each alone, and from shifted tables.

Every figure is of patients the model never saw: Harrell's C of the risk, the log-rank p of the subtypes predicted, how many get the
subtype that all omics give them, and on a simulated cohort the adjusted Rand index to the planted subtypes. Beside them the
cross-fitted C, from folds within the 70 %. Shifts are scale, offset and a fifth of the features missing, and others; ``flagged``
are the omics whose table is named, ``unlike`` the share of patients who are. Rows are appended to the table as they come.

    python tests/benchmarks/predict.py --table predict.tsv --demo
    python tests/benchmarks/predict.py --table predict.tsv results/LIHC/cohort.h5mu results/KIRC/cohort.h5mu --seeds 0 1 2
    python tests/benchmarks/predict.py --table predict.tsv --show
    python tests/benchmarks/predict.py --table alarms.tsv --alarms results/*/cohort.h5mu --seeds 0 1 2 3 4 5 6 7
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)


def model_of(cohort, chain, embedding, settings):
    """Put the full fit of a chain that was run in memory together, as `export_model` does with files."""
    import numpy as np

    from stratomics.chain.fit import join_chains
    from stratomics.chain.subsets import Given, fit_subsets
    from stratomics.chain.survival import fit_survival
    from stratomics.model import Model
    from stratomics.model.reference import fit_reference

    on_latents = settings["classifier"]["predictors"] == "latents"
    chains = join_chains(chain.prognostic, chain.subtypes, chain.risks, chain.classified.models, on_latents)
    preprocess, network, own = chain.fitted["full"], chain.embedding.models["full"], chains["full"]
    subsets, _ = fit_subsets(
        cohort, Given(chain.splits[0], preprocess, network, own), settings["classifier"], seed=settings["seed"]
    )
    subtypes = own.subtypes
    predictions = chain.classified.predictions
    full = predictions[predictions["split"] == "full"].set_index("patient")
    risk = full["risk"].reindex(cohort.patients).to_numpy(np.float64)
    survival = fit_survival(own.risk.method, cohort.time, cohort.event, subtypes.labels, subtypes.n_subtypes, risk)
    described = {"horizons": [365.0, 1825.0], "embedding": embedding, "n_subtypes": subtypes.n_subtypes}
    return Model(described, preprocess, network, own, subsets, survival, fit_reference(cohort, preprocess))


def shifted(tables, seed: int) -> Iterator[tuple[str, dict]]:
    """Yield tables of the same patients as another laboratory might give them."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def second(table):
        table = table * 1.5 + 2 * float(np.nanmean(table.std()))
        return table.drop(columns=table.columns[rng.choice(table.shape[1], table.shape[1] // 5, replace=False)])

    def platform(table):
        gain, offset = rng.lognormal(0, 0.5, table.shape[1]), rng.normal(0, 2, table.shape[1])
        return table * gain + offset * table.std().to_numpy()

    changes = {
        "x 1000": lambda table: table * 1000,
        "x 0.001": lambda table: table * 0.001,
        "+ 10": lambda table: table + 10,
        "z-scores": lambda table: (table - table.mean()) / table.std(),
        "another platform": platform,
        "scale, offset, 20 % missing": second,
        "names permuted": lambda table: table.set_axis(rng.permutation(table.columns), axis=1),
    }
    for words, change in changes.items():
        yield words, {name: change(table) for name, table in tables.items()}


def study(cohort, settings, seed: int, truth, write) -> None:
    """Train on 70 % of the patients and predict the others."""
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    from stratomics.chain.run import run_chain
    from stratomics.config import defaults
    from stratomics.prediction import predict
    from stratomics.survival import concordance_harrell, pooled_logrank

    order = np.random.default_rng(seed).permutation(cohort.n)
    cut = round(0.7 * cohort.n)
    train, new = cohort.take(np.sort(order[:cut])), cohort.take(np.sort(order[cut:]))
    tables = {one.name: one.values for one in new.omics}
    batch = {one.name: one.batch for one in new.omics if one.batch is not None}
    for embedding in settings["embeddings"]:
        chain = run_chain(train, {**settings, "embeddings": [embedding]})[embedding["name"]]
        model = model_of(train, chain, embedding, settings)
        metrics = chain.metrics.query("repeat == 'median' and metric == 'cindex'")
        crossed, straight = float(metrics["held_out"].iloc[0]), None
        given = [
            ("+".join(names), {name: tables[name] for name in names}, batch)
            for k in range(len(tables), 0, -1)
            for names in combinations(tables, k)
        ]
        # Of a table of elsewhere the batch is not known.
        for words, own, known in [*given, *((words, own, {}) for words, own in shifted(tables, seed))]:
            found = predict(model, own, defaults("predict"), batch=known)
            table = found.predictions.set_index("patient")
            straight = table if straight is None else straight
            time, event = (new.clinical.loc[table.index, key].to_numpy() for key in ("time", "event"))
            subtype = table["subtype"].to_numpy()
            whole = found.shift[found.shift["patient"].isna() & found.shift["flagged"]]
            write(
                cohort=cohort.name,
                seed=seed,
                embedding=embedding["name"],
                subtypes=chain.subtypes["full"].n_subtypes,
                tables=words,
                n=len(table),
                events=int(event.sum()),
                cindex=float(concordance_harrell(time, event, table["risk"].to_numpy())),
                crossfitted_cindex=crossed,
                logrank_p=float(pooled_logrank(time, event, subtype, table["n_subtypes"].to_numpy())[2]),
                agreement=float((table["subtype"] == straight["subtype"].reindex(table.index)).mean()),
                ari=np.nan if truth is None else float(adjusted_rand_score(truth[table.index], subtype)),
                flagged=";".join(dict.fromkeys(whole["omics"])) or "none",
                unlike=float(table["unlike_training"].notna().mean()),
            )


def alarms(cohort, settings, seed: int, write) -> None:
    """Compare 30 % of a cohort, and a few of these, with the others: every alarm is a false one. Nothing is trained."""
    import numpy as np

    from stratomics.model.reference import fit_reference, standardised
    from stratomics.prediction.shift import patient_shift, table_shift
    from stratomics.preprocess import fit_preprocess

    order = np.random.default_rng(seed).permutation(cohort.n)
    cut = round(0.7 * cohort.n)
    train = cohort.take(np.sort(order[:cut]))
    fitted = fit_preprocess(train, np.arange(train.n), settings["preprocess"])
    reference = fit_reference(train, fitted)
    for size in (cohort.n - cut, 30, 15, 5, 1):
        new = cohort.take(np.sort(order[cut : cut + size]))
        unlike, named = np.zeros(new.n, dtype=bool), []
        for omics, one in zip(new.omics, fitted.omics, strict=True):
            own = reference.omics[one.name]
            standard = standardised(one, omics.values[list(one.features)].to_numpy())
            figures = table_shift(one, own, standard[omics.present])
            named += [f"{one.name}:{figure.statistic}" for figure in figures if figure.flagged]
            unlike |= [any(figure.flagged for figure in row) for row in patient_shift(one, own, standard)]
        row = {"tables": f"alarms of {size if size < 50 else 'all'}", "n": new.n, "flagged": ";".join(named) or "none"}
        write(cohort=cohort.name, seed=seed, **row, unlike=float(unlike.mean()))


def demo(settings):
    """Return the cohort of the demo and its planted subtypes."""
    from stratomics.cohort import build_cohort
    from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated

    one = settings["cohorts"][0]
    simulated = simulate_cohort("demo", one["simulate"])
    with TemporaryDirectory() as folder:
        write_simulated(simulated, folder)
        config = simulated_cohort_config(one["simulate"], folder, name="demo")
        cohort, _ = build_cohort(config, preprocess=settings["preprocess"], evaluation=settings["evaluation"])
    return cohort, simulated.truth.set_index("patient")["subtype"]


def main() -> None:
    """Run what is asked for, or show the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohorts", nargs="*", type=Path, help="cohort.h5mu of a run")
    parser.add_argument("--demo", action="store_true", help="the simulated cohort of config.yaml")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="of the draw of the 70 %%")
    parser.add_argument("--embeddings", nargs="+", default=["vae"], help="of config.yaml")
    parser.add_argument("--alarms", action="store_true", help="false alarms alone, in a table of their own")
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()

    import pandas as pd
    import yaml

    from stratomics.cohort import load_cohort
    from stratomics.config import load_config

    settings = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()), check_files=False)
    settings["embeddings"] = [one for one in settings["embeddings"] if one["name"] in options.embeddings]
    settings["evaluation"] |= {"repeats": 1, "bootstrap": 0}

    def write(**row) -> None:
        new = not options.table.is_file()
        pd.DataFrame([row]).to_csv(options.table, sep="\t", index=False, mode="a", header=new)
        print(row, flush=True)

    for seed in options.seeds:
        if options.demo:
            cohort, truth = demo(settings)
            study(cohort, settings, seed, truth, write)
        for path in options.cohorts:
            if options.alarms:
                alarms(load_cohort(path), settings, seed, write)
            else:
                study(load_cohort(path), settings, seed, None, write)
    if options.show:
        table = pd.read_csv(options.table, sep="\t")
        kept = ["cindex", "crossfitted_cindex", "logrank_p", "agreement", "ari", "unlike"]
        keys = ["cohort", "embedding", "tables"]
        print(table.groupby(keys, sort=False)[kept].median().round(3).to_string())


if __name__ == "__main__":
    main()
