"""Made-up tables of a cohort, and the scripts that judge and summarise it run on them, from files to files as the workflow does."""

from __future__ import annotations

import copy
import json
import runpy
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from stratomics.attribution.attention import ATTENTION_COLUMNS
from stratomics.chain.risk import SOURCE_COLUMNS
from stratomics.config import load_config
from stratomics.evaluation.enrichment import ENRICHMENT_COLUMNS
from stratomics.evaluation.pathways import PATHWAY_COLUMNS
from stratomics.evaluation.patterns import PATTERN_COLUMNS
from stratomics.evaluation.replication import FOLD_COLUMNS
from stratomics.tables import read_table, write_table

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
EMBEDDINGS = ["vae", "ae"]
METHODS = ["clinical", "pca", "mrna_only"]
STATISTICS = ["apparent_logrank_p", "heldout_logrank_p", "heldout_trend_z", "heldout_cindex", "heldout_cindex_subtype"]
STATISTICS += ["added_lr_p", "added_lr_risk_p"]
C = {"vae": 0.66, "ae": 0.52, "clinical": 0.62, "pca": 0.58, "mrna_only": 0.6}


def metrics_of(method, events):
    c = C[method]
    values = {
        "logrank_p": (1e-7, 0.004),
        "hazard_ratio": (2.9, 1.0 + 4 * (c - 0.5)),
        "cindex": (0.71, c),
        "cindex_subtype": (0.67, c - 0.04),
        "cindex_uno": (0.70, c),
        "n_subtypes": (3.0, 3.0),
        "ibs": (0.15, 0.18),
        "ibs_skill": (0.2, 0.1),
        "auc_365": (0.8, c),
        "auc_1095": (0.75, np.nan),
        "rmst_difference": (400.0, 200.0),
        "rmst_days": (1825.0, 1825.0),
        "risk_group_hazard_ratio": (2.7, 1.0 + 5 * (c - 0.5)),
        "risk_group_cindex": (0.68, c - 0.03),
    }
    rows = [
        (repeat, metric, apparent, held_out + shift, held_out - 0.05, held_out + 0.05, 300, events)
        for repeat, shift in (("r0", -0.01), ("r1", 0.01), ("median", 0.0), ("min", -0.01), ("max", 0.01))
        for metric, (apparent, held_out) in values.items()
    ]
    columns = ["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high", "n", "events"]
    return pd.DataFrame(rows, columns=columns)


def permutation_tests(permutations):
    rows = []
    for embedding, p, adjusted, runs in (("vae", 0.005, 0.01, permutations), ("ae", 0.4, 0.4, permutations // 2)):
        for statistic in STATISTICS:
            share = 0.64 if statistic == "apparent_logrank_p" else np.nan
            rows.append((embedding, statistic, 1.0, 0.5, 0.1, 0.9, p, adjusted, runs, share))
    columns = ["embedding", "statistic", "observed", "null_mean", "null_q05", "null_q95", "p", "p_adjusted"]
    return pd.DataFrame(rows, columns=[*columns, "permutations", "null_share_below_05"])


CHECKS = pd.DataFrame(
    [
        ("cohort", "made_up", np.nan, "patients", "300", "note", "patients with every omics"),
        ("clinical", "clinical", np.nan, "stage", "10", "warning", "stage is missing for 10 patients"),
        ("patient", "mrna", "P7", "missing", "0.3", "dropped", "lacks 30 % of mrna"),
    ],
    columns=["level", "item", "id", "check", "value", "action", "message"],
)

#: Gene sets, one of which is named like markup.
PATHWAYS = pd.DataFrame(
    [
        (
            "vae",
            "mrna",
            1,
            "CYCLE<b>",
            40,
            30,
            50,
            9,
            1.5,
            0.0001,
            0.002,
            2.25,
            0.001,
            0.004,
            "A;B",
            "90 of 100 features",
        ),
        ("vae", "mrna", 2, "CYCLE<b>", 40, 30, 50, 1, 1.5, 0.8, 0.9, -1.25, 0.2, 0.4, "C", "90 of 100 features"),
        ("ae", "mrna", np.nan, "", *[np.nan] * 10, "", "0 of 100 features"),
    ],
    columns=PATHWAY_COLUMNS,
)

#: What became of the markers: two folds, one of which chose another number of subtypes.
REPLICATION = pd.DataFrame(
    [
        ("r0f1", 3, *[np.nan] * (len(FOLD_COLUMNS) - 3), "3 subtypes in this fold, 2 in the full fit"),
        ("r0f0", 2, "mrna", 1, 150, 30, 50, 40, 0.8, 0.625, 1.25, 0.75, ""),
        ("r0f0", 2, "mrna", 2, 90, 1, 50, np.nan, np.nan, np.nan, 1.5, np.nan, "fewer than 2 held-out patients"),
        ("r0f0", 2, "mi<rna", 1, 150, 30, 8, 6, 0.75, 0.5, 1.25, 0.75, ""),
    ],
    columns=FOLD_COLUMNS,
)

#: What was read, with names that Markdown would take for more than text.
DESCRIPTION = {
    "combinations": pd.DataFrame(
        {"omics": ["mrna+mi<rna", "mrna", ""], "patients": [300, 9, 1], "kept": [300, 0, 0]},
    ),
    "separation": pd.DataFrame(
        [
            ("mi<rna", "the|machine", step, 300, 2, silhouette, between)
            for step, silhouette, between in (
                ("transformed", 0.25, 0.1),
                ("standardised_together", 0.31, 0.12),
                ("standardised", -0.001, 0.0),
            )
        ],
        columns=["omics", "by", "step", "patients", "levels", "silhouette", "between"],
    ),
    "distances": pd.DataFrame(
        [("mrna", f"P{i}", 2.0, 3.0 + i, i > 1) for i in range(12)],
        columns=["omics", "patient", "distance", "z", "outlier"],
    ),
    "columns": pd.DataFrame(
        [
            ("age", "covariate", "numeric", 290, 10, 30.0, 61.5, 90.0, ""),
            (
                "<b>race",
                "annotation",
                "categorical",
                300,
                0,
                *[np.nan] * 3,
                "; ".join(f"l{i}: {9 - i}" for i in range(8)),
            ),
        ],
        columns=["covariate", "role", "kind", "known", "missing", "low", "median", "high", "levels"],
    ),
}


def attribution(reason="-"):
    """Shares of each omics; without a gradient of the subtypes where there is a reason."""
    rows = [
        (target, role, repeat, omics, np.nan if target == "subtype" and reason != "-" else value + shift, reason)
        for target, shift in (("risk", 0.0), ("subtype", 0.1))
        for role, repeat, own in (("held_out", "all", (0.3, 0.5)), ("apparent", "full", (0.1, 0.9)))
        for omics, value in zip(("mrna", "mi<rna"), own, strict=True)
    ]
    return pd.DataFrame(rows, columns=["target", "role", "repeat", "omics", "share", "reason"])


def sources(seen=True, omics=("all",)):
    """What the risk is made of; in the folds the networks count .3 and .5."""
    rows = [
        (split, one, 1 / len(omics), source, weight if seen else np.nan)
        for split, counts in (("full", 9.0), ("r0f0", 0.3), ("r0f1", 0.5))
        for one in omics
        for source, weight in [("networks", counts), ("ridge", 0.1)][not seen :]
    ]
    return pd.DataFrame(rows, columns=["split", *SOURCE_COLUMNS])


def attention(weighs=True):
    """Weights of two omics; of patients who have both, and of one who lacks the second."""
    weights = {"P1": (0.4, 0.6), "P2": (0.2, 0.8), "P3": (1.0, 0.0)} if weighs else {}
    rows = [
        ("r0f0", patient, "held_out", omics, weight)
        for patient, own in weights.items()
        for omics, weight in zip(("mrna", "mi<rna"), own, strict=True)
    ]
    rows += [("full", "P1", "train", omics, 0.5) for omics in ("mrna", "mi<rna") if weighs]
    return pd.DataFrame(rows, columns=list(ATTENTION_COLUMNS))


def cohort_tables(
    folder,
    *,
    permutations=199,
    comparators=True,
    covariates=True,
    events=110,
    covariate="stage",
    checks=CHECKS,
    patterns=(),
):
    """Write every input of the two scripts; the lists in the order of `EMBEDDINGS`."""
    paths = {}

    def put(name, table):
        paths[name] = str(folder / f"{name}.tsv")
        write_table(table, paths[name])

    tests = permutation_tests(permutations)
    put("tests", tests if permutations else tests.iloc[:0])
    theirs = pd.concat([metrics_of(m, events).assign(method=m) for m in METHODS])
    put("comparator_metrics", theirs if comparators else theirs.iloc[:0])
    compared = pd.DataFrame(
        [
            (e, m, metric, sign * (C[e] - C[m]), -0.05, 0.1, 0.2, 0.9, 300, events)
            for e in EMBEDDINGS
            for m in METHODS
            for metric, sign in (("cindex", 1), ("ibs", -1))
        ],
        columns=[
            *("embedding", "against", "metric", "difference", "ci_low", "ci_high", "p", "p_adjusted", "n", "events")
        ],
    )
    put("comparisons", compared if comparators else compared.iloc[:0])
    names = "age, sex, stage" if covariate == "stage" else covariate
    added = pd.DataFrame(
        [
            (e, term, 0.62, 0.62 + gain, gain, gain - 0.02, gain + 0.02, 8.1, 1, 0.004, 300, events, names, 0.12)
            for e, gain in (("vae", 0.035), ("ae", -0.003))
            for term in ("subtype", "risk")
        ],
        columns=[
            *("embedding", "term", "clinical_cindex", "combined_cindex", "delta", "ci_low", "ci_high", "lr_chi2"),
            *("lr_df", "lr_p", "n", "events", "covariates", "clinical_missing"),
        ],
    )
    put("added_value", added if covariates else added.iloc[:0])
    adjusted = pd.DataFrame(
        [
            ("vae", repeat, term, hr, hr - 0.3, hr + 0.3, 0.004, 300, events)
            for repeat in ("r0", "combined")
            for term, hr in (("subtype 2 of 2", 1.8), ("age", 1.1), (covariate, np.nan))
        ],
        columns=["embedding", "repeat", "term", "hazard_ratio", "ci_low", "ci_high", "p", "n", "events"],
    )
    put("hazard_ratios", adjusted if covariates else adjusted.iloc[:0])
    put(
        "agreement",
        pd.DataFrame(
            [("vae", "ae", "full", 0.41), ("vae", "ae", "r0", 0.2), ("vae", "ae", "r1", 0.3)],
            columns=["embedding_a", "embedding_b", "repeat", "ari"],
        ),
    )
    enrichment = pd.DataFrame(
        [
            (
                "vae",
                covariate,
                "ordinal",
                "kruskal_wallis",
                12.0,
                0.001,
                0.004,
                0.06,
                "epsilon_squared",
                290,
                10,
                *[np.nan] * 3,
            ),
            (
                "vae",
                "PAM50",
                "categorical",
                "chi_square",
                9.0,
                0.001,
                0.004,
                0.44,
                "cramers_v",
                300,
                0,
                0.25,
                0.38,
                0.19,
            ),
            ("vae", "sex", "categorical", "fisher", 0.1, 0.8, 0.8, 0.0, "cramers_v", 300, 0, 0.0, 0.0, 0.0),
            (
                "ae",
                covariate,
                "ordinal",
                "kruskal_wallis",
                4.0,
                0.04,
                0.08,
                0.01,
                "epsilon_squared",
                290,
                10,
                *[np.nan] * 3,
            ),
            ("ae", "constant", "categorical", "none", *[np.nan] * 4, "cramers_v", 300, 0, *[np.nan] * 3),
        ],
        columns=ENRICHMENT_COLUMNS,
    )
    put("pathways", PATHWAYS)
    put("enrichment", enrichment if covariates else enrichment.iloc[:0])
    put("checks", checks)
    for name, table in DESCRIPTION.items():
        paths[name] = str(folder / "description" / f"{name}.tsv")
        write_table(table, paths[name])
    names = (
        "metrics",
        "patterns",
        "prognostic",
        "sources",
        "attribution",
        "attention",
        "replication",
        "clusters",
        "stability",
        "training",
    )
    per_embedding = {name: [] for name in names}
    for e in EMBEDDINGS:
        own = {
            "metrics": metrics_of(e, events),
            "patterns": pd.DataFrame(list(patterns), columns=PATTERN_COLUMNS),
            "prognostic": pd.DataFrame(
                {
                    "split": "full",
                    "latent": ["z1", "z2", "z3"],
                    "selected": [True, True, False],
                    "reason": ["p < 0.05"] * 2 + ["p >= 0.05"],
                }
            ),
            "sources": sources(seen=e == "ae"),
            "attribution": attribution(),
            "attention": attention(weighs=e == "ae"),
            "replication": REPLICATION if e == "vae" else REPLICATION.iloc[:1],
            "clusters": pd.DataFrame(
                {
                    "split": "full",
                    "patient": [f"P{i}" for i in range(300)],
                    "subtype": [1] * 150 + [2] * 90 + [3] * 60,
                }
            ),
            "stability": pd.DataFrame(
                [
                    *(("pac", "2", 0.1), ("pac", "3", 0.15), ("pac_chosen", "3", 0.15), ("k_chosen_again", "3", 0.8)),
                    *(("ari_folds_mean", "all", 0.7 if e == "vae" else 0.2), ("ari_subsamples_full_mean", "all", 0.8)),
                    *(("ambiguous_share", "all", 0.1), ("continuum_p", "3", 0.3 if e == "vae" else 0.01)),
                    *(("k_folds", "2", 0.2), ("k_folds", "3", 0.8), ("k_folds_again", "3", 0.8)),
                ],
                columns=["measure", "item", "value"],
            ),
        }
        for name, table in own.items():
            path = folder / e / f"{name}.tsv"
            write_table(table, path)
            per_embedding[name].append(str(path))
        training = folder / e / "training.json"
        training.write_text(json.dumps({"device": "cpu", "seconds": 3.2}))
        per_embedding["training"].append(str(training))
    read = folder / "read.json"
    read.write_text(json.dumps({"settings": {}, "tables": [{"path": "mrna.tsv", "sha256": "0" * 64}]}))
    return paths | per_embedding | {"read": str(read)}


@cache
def _settings():
    embeddings = [{"name": name, "kind": name, "clinical": name == "ae"} for name in EMBEDDINGS]
    raw = {"cohorts": [{"name": "made_up", "simulate": {}}], "embeddings": embeddings}
    return load_config(raw, schema_path=SCRIPTS.parent / "workflow" / "schemas" / "config.schema.yaml")


def settings(**evaluation):
    """The cohort of a config, and the rest of it, with other settings of the evaluation."""
    known = copy.deepcopy(_settings())
    known["evaluation"] |= evaluation
    return known.pop("cohorts")[0], known


def run_scripts(folder, **options):
    """Run write_leaderboard, then write_summary; give back leaderboard, verdicts, summary and provenance."""
    gene_sets = options.pop("gmt", None)
    given = cohort_tables(folder, **options)
    permutations = options.get("permutations", 199)
    cohort, known = settings(folds=5, repeats=2, permutations=permutations)
    known["pathways"]["gmt"] = gene_sets
    evaluation = {"folds": 5, "repeats": 2, "permutations": permutations, "auc_days": [365, 1095], "horizon_days": 1825}
    out = {"leaderboard": folder / "leaderboard.tsv", "verdicts": folder / "verdicts.tsv"}
    first = SimpleNamespace(
        input=SimpleNamespace(**given),
        output=SimpleNamespace(**out),
        params=SimpleNamespace(
            embeddings=EMBEDDINGS,
            evaluation=evaluation,
            comparators=["clinical", "pca", "single_omics"] if options.get("comparators", True) else [],
            covariates=["age", "sex", "stage"] if options.get("covariates", True) else [],
        ),
        log=[str(folder / "write_leaderboard.log")],
    )
    runpy.run_path(str(SCRIPTS / "write_leaderboard.py"), init_globals={"snakemake": first})
    summary, provenance = folder / "summary.md", folder / "provenance.json"
    second = SimpleNamespace(
        input=SimpleNamespace(**given | {name: str(path) for name, path in out.items()}),
        output=SimpleNamespace(summary=str(summary), provenance=str(provenance)),
        params=SimpleNamespace(
            embeddings=EMBEDDINGS,
            cohort=cohort,
            settings=known,
            remembered=str(folder / "checksums.json"),
        ),
        log=[str(folder / "write_summary.log")],
    )
    runpy.run_path(str(SCRIPTS / "write_summary.py"), init_globals={"snakemake": second})
    return (
        read_table(out["leaderboard"]),
        read_table(out["verdicts"]),
        summary.read_text(encoding="utf-8"),
        json.loads(provenance.read_text()),
    )


def run_report(folder, *, feature="gene", title="curves", **options):
    """Run the scripts above, then write_report with three drawn figures; give back the path of the page.

    `feature` names the features of the second omics, `title` stands in every figure.
    """
    from stratomics.plots.style import new_figure, save_figure

    run_scripts(folder, **options)
    # Inputs are the files that the scripts above were given.
    given = cohort_tables(folder, **options)
    curves = pd.DataFrame(
        [
            (panel, group, 2, 150 + 10 * group, 60 - group, float(day))
            for panel in ("apparent", "held_out")
            for group in (1, 2)
            for day in range(3 if panel == "apparent" else 1500)
        ],
        columns=["panel", "group", "n_groups", "n", "n_events", "time"],
    )
    calibration = pd.DataFrame(
        [
            (e, "r0", subtype, 2, day, 150, 0.8, 0.75, 0.7, np.nan if day == 1095 else 0.8)
            for e in EMBEDDINGS
            for subtype in (1, 2)
            for day in (365, 1095)[: 3 - subtype]
        ],
        columns=[
            *("embedding", "repeat", "subtype", "n_subtypes", "days", "n", "predicted", "observed", "ci_low", "ci_high")
        ],
    )
    features = pd.DataFrame(
        [
            ("risk", 1, "mrna:A", 0.2, 0.011),
            ("risk", 2, f"mi:{feature}", -0.1, 0.004),
            ("subtype", 1, "mrna:B", 1, 0.1),
        ],
        columns=["target", "rank", "feature", "slope", "share"],
    )
    markers = pd.DataFrame(
        [(f"mi:{feature}", 1, 1.25, 0.875), ("mrna:A", 2, 0.75, -0.25), ("mrna:B", 2, 0.5, np.nan)],
        columns=["feature", "subtype", "difference", "heldout_difference"],
    )
    write_table(calibration, folder / "figures" / "calibration.tsv")
    patients = pd.DataFrame({"patient": ["P1", "P2"], "value": [1.5, 2.5]})
    write_table(patients, folder / "figures" / "sketch.tsv")
    for e in EMBEDDINGS:
        write_table(curves, folder / e / "figures" / "kaplan_meier.tsv")
        write_table(features, folder / e / "feature_attribution.tsv")
        write_table(markers, folder / e / "markers.tsv")
    figure = new_figure(60, 40)
    axes = figure.add_axes((0.2, 0.2, 0.7, 0.6))
    axes.plot([0, 1, 2], [0.5, 0.25, 0.125], marker="o")
    axes.imshow(np.eye(3))
    axes.set_title(title)
    shown = [{"name": "kaplan_meier", "item": "curves", "category": "4 Evaluation", "embedding": e} for e in EMBEDDINGS]
    shown.append({"name": "sketch", "item": "values", "category": "1 Cohort", "embedding": ""})
    places = ["/".join(filter(None, (one["embedding"], "figures", one["name"]))) for one in shown]
    for place in places:
        save_figure(figure, folder / f"{place}.png", folder / f"{place}.svg")
    third = SimpleNamespace(
        input=SimpleNamespace(
            **given,
            leaderboard=str(folder / "leaderboard.tsv"),
            verdicts=str(folder / "verdicts.tsv"),
            provenance=str(folder / "provenance.json"),
            horizons=str(folder / "figures" / "calibration.tsv"),
            sizes=[str(folder / e / "figures" / "kaplan_meier.tsv") for e in EMBEDDINGS],
            feature_attribution=[str(folder / e / "feature_attribution.tsv") for e in EMBEDDINGS],
            markers=[str(folder / e / "markers.tsv") for e in EMBEDDINGS],
            svg=[str(folder / f"{place}.svg") for place in places],
            table=[str(folder / f"{place}.tsv") for place in places],
        ),
        output=SimpleNamespace(report=str(folder / "report.html")),
        params=SimpleNamespace(cohort="made_up", embeddings=EMBEDDINGS, figures=shown),
        log=[str(folder / "write_report.log")],
    )
    runpy.run_path(str(SCRIPTS / "write_report.py"), init_globals={"snakemake": third})
    return folder / "report.html"
