"""What a changed setting or table makes run again, with all that follows; `test_rerun_table` has a row for every setting.

The scripts are stand-ins that write empty files: no number is made here.
"""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = """\
from pathlib import Path

for path in map(Path, snakemake.output):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
"""
CONFIG: dict[str, Any] = {
    "cohorts": [
        {
            "name": "one",
            "omics": [{"name": name, "path": f"{name}.tsv", "batch": "site"} for name in ("mrna", "mirna")],
            "clinical": {
                "path": "clinical.tsv",
                "patient": "id",
                "time": "days",
                "event": "dead",
                "covariates": ["age", "sex"],
                "annotations": ["grade"],
            },
        }
    ],
    "embeddings": ["ae"],
    "comparators": ["clinical", "pca"],
    "evaluation": {"permutations": 0, "horizon_days": 1000, "auc_days": [365]},
    "device": "cpu",
}
INTAKE = {"build_cohort", "annotate_cohort", "write_checks"}
JUDGED = {"evaluate_subtypes", "compare_methods", "write_leaderboard", "write_summary"}
#: From the splits on: everything that is learned.
LEARNED = {
    "make_splits",
    "fit_preprocess",
    "train_embedding",
    "select_latents",
    "cluster_patients",
    "fit_classifier",
    "fit_risk",
}
LEARNED |= {"permute_survival", "summarise_permutations", "measure_stability", "fit_comparator", "measure_enrichment"}
LEARNED |= {"combine_clinical", "attribute_omics", "find_markers", "measure_subsets"}
CLASSIFIED = {"fit_classifier", "fit_comparator", "measure_stability", "permute_survival", "summarise_permutations"}
CLASSIFIED |= {"attribute_omics", "find_markers", "measure_enrichment", "measure_subsets"}
ALL = INTAKE | LEARNED | JUDGED | {"describe_cohort"}
PATIENTS_TOLD = {"measure_enrichment", "permute_survival", "summarise_permutations", "annotate_cohort", "write_checks"}
PATIENTS_TOLD |= {"combine_clinical", "describe_cohort"}


@pytest.fixture(scope="module")
def done(snakemake, tmp_path_factory) -> Path:
    """A folder in which all rules up to the summary have run, and the repository that ran them."""
    folder = tmp_path_factory.mktemp("reruns")
    shutil.copytree(ROOT / "workflow", folder / "repository" / "workflow")
    shutil.copytree(ROOT / "scripts" / "stratomics", folder / "repository" / "scripts" / "stratomics")
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder / "repository" / name)
    shutil.copytree(ROOT / "envs", folder / "repository" / "envs")
    for script in (ROOT / "scripts").glob("*.py"):
        (folder / "repository" / "scripts" / script.name).write_text(STAND_IN)
    for name in ("mrna", "mirna", "clinical"):
        table = folder / f"{name}.tsv"
        table.write_text(f"{name}\n")
        os.utime(table, (1e9, 1e9))
    run(snakemake, folder, CONFIG, "--cores", 4, "--quiet")
    return folder


def run(snakemake, folder: Path, config: dict[str, Any], *options: object) -> str:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    target = "results/one/summary.md"
    options = (target, "--directory", folder, "--configfile", path, *options)
    return str(snakemake(*options, snakefile=folder / "repository" / "Snakefile").stdout)


@pytest.fixture
def reruns(snakemake, done) -> Callable[[dict[str, Any]], set[str]]:
    """Return a function that names the rules that another config would run again."""

    def of(config: dict[str, Any]) -> set[str]:
        lines = run(snakemake, done, config, "-n").splitlines()
        return {line.split()[1].rstrip(":") for line in lines if line.startswith(("rule ", "localrule "))}

    return of


def changed(**values: Any) -> dict[str, Any]:
    """Return the config with other values; dots are double underscores, positions in lists are numbers."""
    config = copy.deepcopy(CONFIG)
    for name, value in values.items():
        *parents, last = (int(part) if part.isdigit() else part for part in name.split("__"))
        at: Any = config
        for parent in parents:
            at = at.setdefault(parent, {}) if isinstance(at, dict) else at[parent]
        at[last] = value
    return config


CLINICAL = "cohorts__0__clinical__"


@pytest.mark.parametrize(
    ("setting", "value", "rules"),
    [
        ("evaluation__horizon_days", 900, {"write_checks", *JUDGED}),
        (CLINICAL + "covariates", ["age"], PATIENTS_TOLD | {"fit_comparator"} | (JUDGED - {"evaluate_subtypes"})),
        ("preprocess__clip", 4, ALL - INTAKE - {"make_splits"}),
        (
            "embeddings",
            [{"kind": "ae", "latent": 5}],
            ALL - INTAKE - {"make_splits", "fit_preprocess", "describe_cohort"},
        ),
        ("classifier__method", "logistic", CLASSIFIED | JUDGED),
    ],
)
def test_a_changed_setting_reruns_what_depends_on_it(reruns, setting, value, rules):
    assert reruns(changed(**{setting: value})) == rules


def test_two_changes_at_once_are_both_seen(reruns):
    """Snakemake overlooks changed parameters behind a job that runs, where the file between them is `ancient`."""
    both = {CLINICAL + "covariates": ["age"], "embeddings": [{"kind": "ae", "latent": 5}]}
    assert reruns(changed(**both)) == ALL - {"build_cohort", "make_splits", "fit_preprocess"}


def test_a_table_with_an_older_date_is_another_table_only_if_its_content_is(reruns, done):
    assert reruns(CONFIG) == set()
    for content, rules in (("mrna\n", set()), ("MRNA\n", ALL)):
        (done / "other.tsv").write_text(content)
        os.utime(done / "other.tsv", (9e8, 9e8))
        (done / "mrna.tsv").rename(done / "kept.tsv")
        (done / "other.tsv").rename(done / "mrna.tsv")
        try:
            assert reruns(CONFIG) == rules
        finally:
            (done / "kept.tsv").replace(done / "mrna.tsv")
