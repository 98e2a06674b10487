"""Which rules look at which key of the config: a row for every key.

A job runs again when Snakemake finds other parameters or inputs than those it ran with. Here the workflow is laid out in this
process once per changed key, and its jobs are compared with those of the unchanged config; that whatever follows such a job
runs again too, and nothing else does, is for `test_reruns` to see, with Snakemake's own eyes.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

import stratomics.config
from stratomics.config.schema import read_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
CONFIG: dict[str, Any] = {
    "cohorts": [
        {
            "name": "one",
            "omics": [{"name": name, "path": f"{name}.tsv"} for name in ("mrna", "mirna")],
            "clinical": {
                "path": "clinical.tsv",
                "patient": "id",
                "time": "days",
                "event": "dead",
                "event_codes": {"event": ["dead"], "censored": ["alive"]},
                "covariates": ["age", "sex"],
                "annotations": ["grade"],
            },
        },
        {"name": "two", "simulate": {"omics": [{"name": "mrna", "features": 600, "values": "log_normal"}]}},
        {
            "name": "three",
            "source": {"xena": "TCGA-LIHC"},
            "omics": [{"name": name} for name in ("mrna", "mirna", "methylation", "protein", "copy_number")],
            "clinical": {"covariates": ["age"]},
        },
    ],
    "pathways": {"gmt": "sets.tsv"},
    "retrieval": {"cache": "cache", "xena": {"hosts": ["https://archive.example.org/"]}},
    "embeddings": [{"kind": kind} for kind in ("ae", "dae", "vae", "cox")],
    "predict": [
        {
            "name": "hospital",
            "model": "model",
            "omics": [{"name": name, "path": f"{name}.tsv"} for name in ("mrna", "mirna")],
            "clinical": {
                "path": "clinical.tsv",
                "patient": "id",
                "time": "days",
                "event": "dead",
                "event_codes": {"event": ["dead"], "censored": ["alive"]},
            },
        }
    ],
    "device": "cpu",
}

#: Its provenance holds every setting.
SUMMARY = {"write_summary"}
INTAKE = {"build_cohort", "annotate_cohort", "write_checks"} | SUMMARY
ACROSS = {"compare_cohorts", "plot_cohorts"}
#: The steps of the chain, each with those that repeat it.
REPEATED = {"permute_survival", "fit_comparator"}
SELECTED = {"select_latents", "measure_stability"} | REPEATED | SUMMARY
CLUSTERED = {"cluster_patients", "measure_stability"} | REPEATED | SUMMARY
SCORED = {"fit_risk"} | REPEATED | SUMMARY
#: The model that is exported holds the classifier.
CLASSIFIED = {"fit_classifier", "measure_subsets", "export_embedding"} | REPEATED | SUMMARY
TRAINED = {"train_embedding", "export_embedding"} | SUMMARY
JUDGED = {"evaluate_subtypes", "compare_methods"} | SUMMARY
#: New patients are judged by the same settings.
NEW = {"predict_patients"}
#: The model is told at which days survival is asked for, and in which unit it takes an omics.
HORIZONS = {"export_embedding"}
LEADERBOARD = {"write_leaderboard"}
#: The captions and the verdict say how often and into how many folds.
SPLIT = {"make_splits", "evaluate_subtypes"} | LEADERBOARD | SUMMARY
PER_EMBEDDING = {
    "train_embedding",
    "select_latents",
    "cluster_patients",
    "fit_risk",
    "fit_classifier",
    "evaluate_subtypes",
}
PER_EMBEDDING |= {
    "measure_stability",
    "permute_survival",
    "export_embedding",
    "plot_kaplan_meier",
    "plot_umap",
    "plot_training",
}
PER_EMBEDDING |= {
    "measure_subsets",
    "attribute_omics",
    "find_markers",
    "plot_prognostic_latents",
    "plot_feature_heatmap",
}
#: What has an input or a row per embedding.
OF_EMBEDDINGS = {
    "combine_clinical",
    "compare_methods",
    "measure_enrichment",
    "measure_pathways",
    "summarise_permutations",
    "write_leaderboard",
    "write_model_cards",
    "write_report",
    "write_summary",
}
OF_EMBEDDINGS |= {f"plot_{name}" for name in ("calibration", "comparators", "consensus", "enrichment", "k_selection")}
OF_EMBEDDINGS |= {
    "plot_pathways",
    "plot_omics_attribution",
    "plot_optimism",
    "plot_permutation_null",
    "project_embeddings",
}
EVERYTHING = INTAKE | PER_EMBEDDING | OF_EMBEDDINGS | {"make_splits", "fit_preprocess", "fit_comparator"}
EVERYTHING |= {"describe_cohort"}

#: Another value for every key, and the rules whose own jobs that changes.
TABLE: list[tuple[set[str], dict[str, Any]]] = [
    (
        EVERYTHING | {"compare_cohorts"},
        {"cohorts[0].name": "other"},
    ),
    (
        INTAKE,
        {
            "cohorts[0].omics[0].name": "other",
            "cohorts[0].omics[0].path": "other.tsv",
            "cohorts[0].omics[0].format": "gct",
            "cohorts[0].omics[0].column": "unstranded",
            "cohorts[0].omics[0].map": "other.tsv",
            "cohorts[0].omics[0].min_mutated": 0.05,
            "cohorts[0].omics[0].transform": "log2p1",
            "cohorts[0].omics[0].batch": "site",
            "cohorts[0].clinical.path": "other.tsv",
            "cohorts[0].clinical.format": "xena",
            "cohorts[0].clinical.join": ["other.tsv"],
            "cohorts[0].clinical.patient": "patient",
            "cohorts[0].clinical.time": "OS.time",
            "cohorts[0].clinical.time_unit": "months",
            "cohorts[0].clinical.drop_nonpositive_time": True,
            "cohorts[0].clinical.event": "OS",
            "cohorts[0].clinical.event_codes.event": ["yes"],
            "cohorts[0].clinical.event_codes.censored": ["no"],
            "cohorts[0].clinical.exclude": {"site": ["x"]},
            "cohorts[0].samples": ["01"],
            "cohorts[0].pattern": "(?P<patient>.+)-T",
            "cohorts[0].patients": "any",
        },
    ),
    (
        INTAKE | {"simulate_cohort"},
        {
            "cohorts[1].simulate.patients": 200,
            "cohorts[1].simulate.subtypes": 4,
            "cohorts[1].simulate.effect": 2,
            "cohorts[1].simulate.censoring": 0.5,
            "cohorts[1].simulate.clinical_effect": 1,
            "cohorts[1].simulate.batch_effect": 2,
            "cohorts[1].simulate.missing": 0.1,
            "cohorts[1].simulate.lacking": 0.1,
            "cohorts[1].simulate.null": True,
            "cohorts[1].simulate.seed": 1,
            "cohorts[1].simulate.omics[0].name": "other",
            "cohorts[1].simulate.omics[0].features": 100,
            "cohorts[1].simulate.omics[0].values": "beta",
        },
    ),
    ({"measure_pathways", *SUMMARY}, {"pathways.gmt": "other.tsv", "pathways.omics": ["mirna"]}),
    # Another file: its job is another one, and so is what reads it.
    (
        INTAKE | {"fetch_table"},
        {
            "cohorts[2].source.xena": "TCGA-KIRC",
            "retrieval.xena.files.survival": "{project}.tsv",
            "retrieval.xena.files.mrna": "{project}.tsv",
            "retrieval.xena.files.mirna": "{project}.tsv",
            "retrieval.xena.files.methylation": "{project}.tsv",
            "retrieval.xena.files.protein": "{project}.tsv",
            "retrieval.xena.files.copy_number": "{project}.tsv",
        },
    ),
    ({"fetch_table"}, {"retrieval.checksums": {"TCGA-LIHC.mirna.tsv.gz": "0" * 64}}),
    # The same file, by another way.
    (
        set(),
        {
            "retrieval.cache": "other",
            "retrieval.offline": True,
            "retrieval.timeout": 5,
            "retrieval.attempts": 2,
            "retrieval.xena.hosts": ["https://mirror.example.org/"],
        },
    ),
    # Other folds: whatever reads the cohort follows.
    (INTAKE | {"measure_enrichment"}, {"cohorts[0].clinical.groups": "site"}),
    (SUMMARY | {"export_embedding"}, {"cohorts[0].omics[0].unit": "log2(TPM + 1)"}),
    # Patients and omics stay what they are.
    (
        {
            "annotate_cohort",
            "write_checks",
            "describe_cohort",
            "measure_enrichment",
            "combine_clinical",
            "compare_methods",
        }
        | {*REPEATED, *LEADERBOARD, *SUMMARY},
        {"cohorts[0].clinical.covariates": ["age"]},
    ),
    (
        {"annotate_cohort", "write_checks", "measure_enrichment", *SUMMARY},
        {"cohorts[0].clinical.annotations": []},
    ),
    (
        PER_EMBEDDING | OF_EMBEDDINGS,
        {"embeddings[1].name": "other", "embeddings[1].kind": "ae"},
    ),
    # The first embedding is that which `single_omics` trains, and as wide as `pca` and `random_embedding`.
    (
        TRAINED | {"fit_comparator"},
        {
            "embeddings[0].hidden": [500, 100],
            "embeddings[0].latent": 8,
            "embeddings[0].activation": "relu",
            "embeddings[0].dropout": 0.5,
            "embeddings[0].epochs": 300,
            "embeddings[0].patience": 30,
            "embeddings[0].batch_size": 32,
            "embeddings[0].learning_rate": 0.01,
            "embeddings[0].weight_decay": 0.01,
            "embeddings[0].restarts": 2,
            "embeddings[0].validation": 0.2,
            "embeddings[0].architecture": "joint",
            "embeddings[0].fusion": "sum",
            "embeddings[0].modality_dropout": 0.1,
        },
    ),
    # What is done with the networks once they are trained.
    (
        {"fit_risk", "combine_clinical", "permute_survival", "export_embedding", *SUMMARY},
        {"embeddings[0].late.weights": "equal"},
    ),
    # Networks that look at survival are trained anew wherever another follow-up or other patients are tried.
    (
        TRAINED | {"measure_stability", "permute_survival"},
        {
            "embeddings[3].latent": 8,
            "embeddings[3].survival": 1.0,
            "embeddings[3].reconstruction": 0.5,
            "embeddings[3].committee": 3,
            "embeddings[3].unsupervised": False,
            "embeddings[3].supervised.hidden": [24],
            "embeddings[3].supervised.latent": 5,
            "embeddings[3].supervised.dropout": 0.1,
            "embeddings[3].supervised.epochs": 20,
            "embeddings[3].supervised.batch_size": 32,
            "embeddings[3].supervised.weight_decay": 0.1,
        },
    ),
    # The clinic is in another file than the omics, and whoever encodes patients reads it.
    (
        TRAINED | {"measure_stability", "permute_survival", "fit_classifier", "attribute_omics"} | {"measure_subsets"},
        {"embeddings[3].clinical": True},
    ),
    (
        TRAINED,
        {
            "embeddings[1].latent": 8,
            "embeddings[1].corruption": "gaussian",
            "embeddings[1].corruption_level": 0.1,
            "embeddings[2].divergence": "mmd",
            "embeddings[2].kernel": "rbf",
            "embeddings[2].divergence_weight": 0.1,
            "embeddings[2].warmup_epochs": 5,
        },
    ),
    (
        {"build_cohort", "write_checks", "fit_preprocess", *SUMMARY},
        {"preprocess.max_missing_feature": 0.1, "preprocess.max_missing_patient": 0.1},
    ),
    (
        {"fit_preprocess", *SUMMARY},
        {
            "preprocess.impute": "knn",
            "preprocess.neighbours": 5,
            "preprocess.max_features": 100,
            "preprocess.clip": 4,
            "preprocess.balance": False,
        },
    ),
    (
        SELECTED,
        {"selection.alpha": 0.01, "selection.correction": "bh", "selection.if_none": "stop", "selection.n_best": 4},
    ),
    (
        CLUSTERED,
        {
            "subtypes.method": "gaussian_mixture",
            "subtypes.n_subtypes": 2,
            "subtypes.range": [2, 4],
            "subtypes.min_share": 0.05,
            "subtypes.restarts": 5,
            "subtypes.weights": "none",
        },
    ),
    (CLUSTERED | {"plot_k_selection"}, {"subtypes.criterion": "silhouette"}),
    (SCORED | JUDGED, {"risk.method": "subtype"}),
    (CLASSIFIED | {"attribute_omics"}, {"classifier.predictors": "features"}),
    (CLASSIFIED, {"classifier.method": "logistic", "classifier.top_features": 10, "classifier.inner_folds": 3}),
    ({"build_cohort", "write_checks", *SPLIT, *NEW}, {"evaluation.folds": 4}),
    (SPLIT | NEW, {"evaluation.repeats": 3}),
    ({"write_checks", *JUDGED, *LEADERBOARD, *HORIZONS, *NEW}, {"evaluation.horizon_days": 900}),
    (JUDGED | LEADERBOARD | NEW | {"attribute_omics", "measure_subsets"}, {"evaluation.bootstrap": 500}),
    (JUDGED | LEADERBOARD | HORIZONS | NEW, {"evaluation.auc_days": [365]}),
    ({"permute_survival", "summarise_permutations", *LEADERBOARD, *SUMMARY, *NEW}, {"evaluation.permutations": 300}),
    ({"permute_survival", "summarise_permutations", *LEADERBOARD, *SUMMARY}, {"evaluation.survival_permutations": 199}),
    ({"combine_clinical", "compare_methods", *SUMMARY}, {"comparators": ["pca"]}),
    (
        {"measure_stability", *SUMMARY},
        {
            "stability.subsamples": 20,
            "stability.survival_subsamples": 20,
            "stability.share": 0.7,
            "stability.ambiguous_below": 0.5,
        },
    ),
    ({"train_embedding", "fit_comparator", *SUMMARY}, {"device": "auto"}),
    (
        {"make_splits", "train_embedding", "project_embeddings", "cluster_patients", "measure_stability", "fit_risk"}
        | {"fit_classifier", "attribute_omics", "measure_enrichment", "combine_clinical", *REPEATED, *JUDGED}
        | {"measure_subsets", "measure_pathways", *NEW},
        {"seed": 1},
    ),
    (
        NEW,
        {
            "predict[0].name": "other",
            "predict[0].model": "results/one/ae/model",
            "predict[0].omics[0].name": "other",
            "predict[0].omics[0].path": "other.tsv",
            "predict[0].omics[0].format": "gct",
            "predict[0].omics[0].column": "unstranded",
            "predict[0].omics[0].map": "other.tsv",
            "predict[0].omics[0].min_mutated": 0.05,
            "predict[0].omics[0].batch": "site",
            "predict[0].clinical.path": "other.tsv",
            "predict[0].clinical.format": "xena",
            "predict[0].clinical.join": ["other.tsv"],
            "predict[0].clinical.patient": "patient",
            "predict[0].clinical.time": "OS.time",
            "predict[0].clinical.time_unit": "months",
            "predict[0].clinical.drop_nonpositive_time": True,
            "predict[0].clinical.event": "OS",
            "predict[0].clinical.event_codes.event": ["yes"],
            "predict[0].clinical.event_codes.censored": ["no"],
            "predict[0].clinical.exclude": {"site": ["x"]},
            "predict[0].clinical.covariates": ["age"],
            "predict[0].samples": ["01"],
            "predict[0].pattern": "(?P<patient>.+)-T",
            "predict[0].max_missing_features": 0.1,
            "predict[0].map_to_training": "none",
            "predict[0].recalibrate": True,
        },
    ),
    (set(), {"container": "docker://registry.example.org/stratomics:1.0"}),
]
ROWS = [(key, value, rules) for rules, keys in TABLE for key, value in keys.items()]

Jobs = dict[tuple[str, ...], list[str]]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory) -> Iterator[Callable[[dict[str, Any]], Jobs]]:
    """Return a function that lays out the workflow for a config, and gives what each job is told."""
    folder = tmp_path_factory.mktemp("layout")
    (folder / "config.yaml").write_text("{}\n")
    for name in ("mrna", "mirna", "clinical", "other", "sets"):
        (folder / f"{name}.tsv").write_text(f"{name}\tabout\tTP53\n")
    (folder / "model").mkdir()
    (folder / "model" / "model.json").touch()
    for name in ("survival", "star_tpm", "mirna", "methylation450", "protein", "gene-level_absolute"):
        cached = folder / "cache" / "archive.example.org" / f"TCGA-LIHC.{name}.tsv.gz"
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "path", list(sys.path))
        # What no key changes is read once: the rules, and the code behind them.
        patch.setattr("snakemake.workflow.parse", _parse_once())
        patch.setattr("stratomics.config.code.code_version", lambda script, root: "")
        patch.setattr(stratomics.config, "load_yaml", cache(stratomics.config.load_yaml))
        yield _jobs


def _parse_once() -> Callable[..., tuple[ast.Module, int]]:
    """Return Snakemake's parser with a memory."""
    from snakemake.workflow import parse

    parsed: dict[str, tuple[ast.Module, int]] = {}

    def remembered(snakefile: Any, workflow: Any, rulecount: int = 0, **options: Any) -> tuple[ast.Module, int]:
        path = snakefile.get_path_or_uri(secret_free=True)
        if path not in parsed:
            code, count = parse(snakefile, workflow, rulecount=rulecount, **options)
            parsed[path] = ast.parse(code, path), count - rulecount
        tree, rules = parsed[path]
        return tree, rulecount + rules

    return remembered


def _jobs(config: dict[str, Any]) -> Jobs:
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        given = ConfigSettings(config=copy.deepcopy(config), replace_workflow_config=True)
        laid = api.workflow(resource_settings=ResourceSettings(), config_settings=given, snakefile=ROOT / "Snakefile")
        workflow = laid._workflow
    names = workflow.globals
    found = {}
    for rule in workflow.rules:
        if rule.script is None:  # a target
            continue
        wildcards = sorted(rule.wildcard_names)
        for cohort in names["COHORTS"] if "cohort" in wildcards else [""]:
            if rule.name == "simulate_cohort" and not names["is_simulated"](cohort):
                continue
            fetched = names["fetched_tables"](SimpleNamespace(cohort=cohort)) if cohort else []
            values = {
                "cohort": [cohort],
                "embedding": names["EMBEDDINGS"],
                "table": [str(path).split("/fetched/")[1] for path in fetched],
                "comparator": names["comparators_of"](SimpleNamespace(cohort=cohort)) if cohort else [],
                "prediction": names["PREDICTIONS"],
                "chunk": list(
                    dict.fromkeys(chunk for name in names["EMBEDDINGS"] for chunk in names["chunks_of"](name))
                ),
            }
            for one in product(*(values[name] for name in wildcards)):
                own = SimpleNamespace(**dict(zip(wildcards, one, strict=True)))
                if "chunk" in wildcards and own.chunk not in names["chunks_of"](own.embedding):
                    continue
                told = [_told(item, own) for item in (*rule.params.items(), *rule.input.items())]
                found[rule.name, *one] = sorted(told)
    return found


def _told(item: tuple[str, Any], wildcards: SimpleNamespace) -> str:
    """Spell a parameter or input of a job; of a function that takes the input of the job Snakemake compares no parameter."""
    name, value = item
    value = getattr(getattr(value, "_file", value), "callable", None) or value
    if callable(value):
        value = value(wildcards) if list(inspect.signature(value).parameters) == ["wildcards"] else None
    return f"{name}={value!r}"


@pytest.fixture(scope="module")
def unchanged(jobs) -> Jobs:
    return jobs(CONFIG)


def changed(key: str, value: Any) -> dict[str, Any]:
    """Return the config with another value at a key such as ``cohorts[0].omics[1].path``."""
    config = copy.deepcopy(CONFIG)
    *parents, last = (int(part) if part.isdigit() else part for part in re.findall(r"\w+", key))
    at: Any = config
    for parent in parents:
        at = at.setdefault(parent, {}) if isinstance(at, dict) else at[parent]
    at[last] = value
    if key == "embeddings[1].kind":
        at["name"] = "other"
    return config


@pytest.mark.parametrize(("key", "value", "rules"), ROWS, ids=[row[0] for row in ROWS])
def test_a_key_changes_the_jobs_of_the_rules_that_look_at_it(jobs, unchanged, key, value, rules):
    other = jobs(changed(key, value))
    assert {job[0] for job in other if unchanged.get(job) != other[job]} == rules


def test_other_covariates_train_the_networks_that_see_them_and_no_others(jobs, monkeypatch):
    monkeypatch.setitem(CONFIG["embeddings"][3], "clinical", True)
    own, other = (jobs(changed("cohorts[0].clinical.covariates", names)) for names in (["age", "sex"], ["age"]))
    trained = {job for job in other if job[0] == "train_embedding" and own[job] != other[job]}
    assert trained == {("train_embedding", "one", "cox")}


def test_every_key_of_the_schema_has_a_row():
    schema = read_schema(SCHEMA)

    def is_mapping(about: dict[str, Any]) -> bool:
        return "properties" in about or bool(schema.kinds(about))

    leaves = {
        f"{where}.{key}".lstrip(".")
        for where, key, about in schema.walk()
        if not is_mapping(about) and not is_mapping(schema.expand(about.get("items", {})))
    }
    assert {re.sub(r"\d+", "", key) for key, _, _ in ROWS} == leaves


def test_the_layout_is_the_same_twice(jobs, unchanged):
    """Else every row would hold every rule."""
    assert jobs(CONFIG) == unchanged
