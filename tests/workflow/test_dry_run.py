"""What would run, for which config; no job is started here."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def jobs(done) -> dict[str, int]:
    """Read the job counts of a dry run."""
    lines = done.stdout.split("Job stats:")[1].splitlines()[3:]
    counts = {}
    for line in lines:
        match = re.match(r"^(\w+)\s+(\d+)$", line)
        if not match:
            break
        counts[match.group(1)] = int(match.group(2))
    return counts


def write_tables(folder: Path, name: str) -> dict:
    """Write the (empty but present) tables of a cohort and return its config; a dry run reads none of them."""
    folder.mkdir(parents=True)
    for file in ("mrna.tsv.gz", "clinical.tsv.gz"):
        (folder / file).write_bytes(b"x")
    return {
        "name": name,
        "omics": [{"name": "mrna", "path": str(folder / "mrna.tsv.gz")}],
        "clinical": {"path": str(folder / "clinical.tsv.gz"), "patient": "patient", "time": "OS.time", "event": "OS"},
    }


def test_the_demo_has_a_few_dozen_jobs_whatever_the_splits(snakemake, tmp_path):
    """Splits are data, not jobs: more folds and repeats add none; comparators and chunks of permutations are jobs."""
    counts = jobs(snakemake("-n", "--directory", tmp_path, "--configfile", ROOT / "config.yaml"))
    path = tmp_path / "splits.yaml"
    path.write_text("evaluation: {folds: 10, repeats: 10}\n")
    assert jobs(snakemake("-n", "--directory", tmp_path, "--configfile", ROOT / "config.yaml", path)) == counts
    total = counts.pop("total")
    assert total == sum(counts.values()) <= 110
    assert counts["train_embedding"] == 4
    assert counts["permute_survival"] == 3 * 4 + 2, "fewer where networks are trained anew"
    assert counts["fit_comparator"] == 7
    assert counts["combine_clinical"] == 1
    assert counts["build_cohort"] == counts["simulate_cohort"] == counts["fit_preprocess"] == 1


def test_comparators_and_permutations_can_be_left_out(snakemake, tmp_path):
    path = tmp_path / "bare.yaml"
    path.write_text("comparators: []\nevaluation: {permutations: 0, survival_permutations: 0}\n")
    counts = jobs(snakemake("-n", "--directory", tmp_path, "--configfile", ROOT / "config.yaml", path))
    assert "fit_comparator" not in counts
    assert "combine_clinical" not in counts
    assert counts["permute_survival"] == 4  # the observed order alone
    assert counts["write_summary"] == 1


def test_a_cohort_gets_the_comparators_it_can_have(snakemake, tmp_path):
    """Without covariates there is no clinical model, and of one omics none is left out."""
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump({"cohorts": [write_tables(tmp_path / "one", "one")]}))
    counts = jobs(snakemake("-n", "--directory", tmp_path, "--configfile", path))
    assert counts["fit_comparator"] == 5
    assert "combine_clinical" not in counts


def test_more_permutations_keep_those_that_are_done(snakemake, tmp_path):
    def chunks(permutations):
        path = tmp_path / f"{permutations}.yaml"
        path.write_text(f"evaluation: {{permutations: {permutations}}}\nembeddings: [ae]\n")
        done = snakemake("-n", "--directory", tmp_path, "--configfile", ROOT / "config.yaml", path)
        return jobs(done)["permute_survival"]

    assert [chunks(permutations) for permutations in (0, 19, 50, 51, 200)] == [1, 1, 1, 2, 4]


def test_a_config_replaces_the_demo_cohort_wholesale(snakemake, tmp_path):
    cohorts = [write_tables(tmp_path / name, name) for name in ("one", "two")]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"cohorts": cohorts, "embeddings": ["vae"]}))
    done = snakemake("-n", "--directory", tmp_path, "--configfile", path)
    counts = jobs(done)
    assert "simulate_cohort" not in counts
    assert "demo" not in done.stdout
    assert counts["build_cohort"] == 2
    assert counts["train_embedding"] == 2


@pytest.mark.parametrize(
    ("target", "last"),
    [
        ("check", "build_cohort"),
        ("preprocess", "fit_preprocess"),
        ("embed", "train_embedding"),
        ("subtype", "cluster_patients"),
        ("classify", "fit_classifier"),
        ("evaluate", "write_leaderboard"),
    ],
)
def test_a_target_runs_up_to_its_stage(snakemake, tmp_path, target, last):
    order = [
        "build_cohort",
        "fit_preprocess",
        "train_embedding",
        "cluster_patients",
        "fit_classifier",
        "write_leaderboard",
    ]
    counts = jobs(snakemake("-n", target, "--directory", tmp_path, "--configfile", ROOT / "config.yaml"))
    for rule in order:
        assert (rule in counts) == (order.index(rule) <= order.index(last))


def test_a_wrong_config_stops_before_any_job_with_all_faults(snakemake, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("embeddings: [vea]\nsubtypes: {n_subtypes: 1}\nsede: 3\n")
    done = snakemake("-n", "--directory", tmp_path, "--configfile", ROOT / "config.yaml", path, check=False)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "The config has 3 faults:" in text
    for word in ("vea", "n_subtypes", "'seed'"):
        assert word in text
    assert "Traceback" not in text


def test_a_key_given_twice_is_refused(snakemake, tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text("seed: 1\nseed: 2\n")
    done = snakemake("-n", "--directory", tmp_path, "--configfile", ROOT / "config.yaml", path, check=False)
    assert done.returncode != 0
    assert f"{path}, line 2: key 'seed' stands already on line 1" in done.stdout + done.stderr


def test_training_asks_for_a_gpu_unless_the_config_says_cpu(snakemake, tmp_path):
    def resources(device):
        path = tmp_path / f"{device}.yaml"
        path.write_text(f"device: {device}\n")
        done = snakemake("-n", "embed", "--directory", tmp_path, "--configfile", ROOT / "config.yaml", path)
        block = done.stdout.split("rule train_embedding:")[1].split("\n\n")[0]
        return re.search(r"resources: (.*)", block).group(1)

    assert "gpu=1" in resources("auto")
    assert "gpu=0" in resources("cpu")


def test_the_workflow_can_be_used_as_a_module(snakemake, tmp_path):
    shutil.copy(ROOT / "config.yaml", tmp_path / "config.yaml")
    (tmp_path / "Snakefile").write_text(
        'configfile: "config.yaml"\n\n\nmodule stratomics:\n    snakefile:\n        '
        f'"{ROOT}/workflow/Snakefile"\n    config:\n        config\n\n\nuse rule * from stratomics as stratomics_*\n'
    )
    done = snakemake("-n", "stratomics_all", cwd=tmp_path, snakefile=tmp_path / "Snakefile")
    assert jobs(done)["stratomics_train_embedding"] == 4


def test_the_catalogue_entry_point_runs_the_same_jobs(snakemake, tmp_path):
    config = ("--directory", tmp_path, "--configfile", ROOT / "config.yaml")
    one = jobs(snakemake("-n", *config))
    assert jobs(snakemake("-n", *config, snakefile=ROOT / "workflow" / "Snakefile")) == one


def test_every_example_config_builds_its_jobs_when_its_tables_are_there(snakemake, tmp_path):
    for example in sorted((ROOT / "config" / "examples").glob("*.yaml")):
        content = yaml.safe_load(example.read_text())
        for cohort in copy.deepcopy(content["cohorts"]):
            for path in (cohort["clinical"]["path"], *(omics["path"] for omics in cohort["omics"])):
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_bytes(b"x")
        counts = jobs(snakemake("-n", "--directory", tmp_path, "--configfile", example))
        assert counts["build_cohort"] == len(content["cohorts"]), example.name
