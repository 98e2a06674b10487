"""What each rule asks of a cluster: enough for what was measured, more for larger cohorts, and more at each attempt."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from stratomics.config import load_config

ROOT = Path(__file__).resolve().parents[2]
#: What the processes of Snakemake take beside the script of a job (MB).
SNAKEMAKE = 500


def requests(snakemake, folder: Path, config: dict, *options) -> dict[str, dict[str, int]]:
    """Read what the jobs of each rule ask for off a dry run, the largest request of each rule."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    said = snakemake("-n", "--directory", folder, "--configfile", path, *options).stdout
    found: dict[str, dict[str, int]] = {}
    for rule, resources in re.findall(r"^(?:local)?rule (\w+):\n(?:    .*\n)*?    resources: (.*)$", said, flags=re.M):
        asked = {name: int(value) for name, value in re.findall(r"(mem_mb|runtime|gpu)=(\d+)", resources)}
        if asked:  # the targets ask for nothing
            found[rule] = {name: max(value, found.get(rule, {}).get(name, 0)) for name, value in asked.items()}
    return found


def of_size(config: dict, patients: int, features: list[int]) -> dict:
    """The config of one simulated cohort of a size, trained on a GPU if there is one."""
    omics = [{"name": f"omics{i}", "features": n, "values": "log_normal"} for i, n in enumerate(features)]
    cohort = {"name": "one", "simulate": {"patients": patients, "omics": omics}}
    return {
        **copy.deepcopy(config),
        "cohorts": [cohort],
        "device": "auto",
        "comparators": ["clinical", "pca", "ridge_cox"],
    }


@pytest.fixture(scope="module")
def small(snakemake, small_config, tmp_path_factory):
    return requests(snakemake, tmp_path_factory.mktemp("small"), of_size(small_config, 120, [60, 40]))


@pytest.fixture(scope="module")
def pan_cancer(snakemake, small_config, tmp_path_factory):
    return requests(snakemake, tmp_path_factory.mktemp("pan"), of_size(small_config, 9000, [20_000, 20_000, 1000]))


def test_every_rule_with_a_script_says_what_it_needs(small, rules):
    # Several cohorts, one from an archive, new patients, or gene sets.
    elsewhere = {"compare_cohorts", "plot_cohorts", "write_cohorts_report", "fetch_table", "predict_patients"}
    elsewhere |= {"measure_pathways", "plot_pathways"}
    assert set(small) == set(rules) - elsewhere
    assert all(asked.keys() >= {"mem_mb", "runtime"} for asked in small.values())


def test_a_small_cohort_asks_for_little(small):
    large = {name: asked["mem_mb"] for name, asked in small.items() if asked["mem_mb"] > 2000}
    assert set(large) == {"train_embedding"}, "CUDA takes memory of the host"
    assert large["train_embedding"] <= 5000
    assert {name: asked["runtime"] for name, asked in small.items() if asked["runtime"] > 65} == {}


def test_only_training_asks_for_a_gpu_and_only_where_one_may_be_used(snakemake, small, small_config, tmp_path):
    assert {name: asked["gpu"] for name, asked in small.items() if asked.get("gpu")} == {"train_embedding": 1}
    config = {**of_size(small_config, 120, [60]), "device": "cpu"}
    assert not any(asked.get("gpu") for asked in requests(snakemake, tmp_path, config).values())


def test_a_pan_cancer_run_asks_for_more_where_it_needs_more(small, pan_cancer):
    assert all(pan_cancer[name]["mem_mb"] >= asked["mem_mb"] for name, asked in small.items())
    heavy = ["simulate_cohort", "build_cohort", "fit_preprocess", "train_embedding", "fit_comparator"]
    assert {name: pan_cancer[name]["mem_mb"] for name in heavy if pan_cancer[name]["mem_mb"] < 4000} == {}
    longer = ["build_cohort", "fit_preprocess", "train_embedding", "permute_survival", "fit_comparator"]
    assert all(pan_cancer[name]["runtime"] > 2 * small[name]["runtime"] for name in longer)
    assert max(asked["mem_mb"] for asked in pan_cancer.values()) <= 64_000
    # A figure of a few numbers is as small as ever.
    assert pan_cancer["plot_optimism"] == small["plot_optimism"]


#: Peaks (MB) of the scripts, measured with the default config: cohorts by patients and features of each omics.
MEASURED = {
    (334, (1550, 1046, 2780)): {
        "build_cohort": 160,
        "fit_preprocess": 246,
        "train_embedding": 666,
        "fit_classifier": 336,
        "attribute_omics": 524,
        "measure_subsets": 531,
        "export_embedding": 472,
        "permute_survival": 316,
        "fit_comparator": 603,
        "plot_feature_heatmap": 283,
    },
    (1500, (20_000, 20_000)): {
        "build_cohort": 860,
        "make_splits": 391,
        "fit_preprocess": 1534,
        "train_embedding": 1379,
        "select_latents": 441,
        "cluster_patients": 475,
        "fit_classifier": 871,
        "measure_stability": 513,
        "evaluate_subtypes": 460,
        "export_embedding": 776,
        "permute_survival": 966,
        "fit_comparator": 900,
        "plot_feature_heatmap": 796,
        "describe_cohort": 789,
        "plot_prognostic_latents": 485,
        "plot_consensus": 385,
    },
    (4000, (300, 100)): {
        "build_cohort": 171,
        "train_embedding": 592,
        "cluster_patients": 340,
        "fit_comparator": 603,
    },
}


@pytest.mark.parametrize("size", MEASURED, ids=lambda size: f"{size[0]}x{sum(size[1])}")
def test_requests_cover_what_was_measured(snakemake, tmp_path, size):
    config = {"embeddings": ["ae"], "comparators": ["ridge_cox"], "evaluation": {"permutations": 0}}
    asked = requests(snakemake, tmp_path, {**of_size(config, size[0], list(size[1])), "device": "cpu"})
    short = {name: (asked[name]["mem_mb"], peak) for name, peak in MEASURED[size].items()}
    assert {name: pair for name, pair in short.items() if pair[0] < pair[1] + SNAKEMAKE} == {}


#: The same of the jobs that train networks, where these look at survival (on one core, permutations 0 to 24 only).
SUPERVISED = {"train_embedding": 1308, "measure_stability": 562, "permute_survival": 798}


def test_requests_cover_networks_that_look_at_survival(snakemake, tmp_path):
    """Committees are kept whole, and trained anew: more is asked for them, in time too."""
    config = {"embeddings": ["cox"], "comparators": ["ridge_cox"]}
    asked, without = (
        requests(snakemake, tmp_path, {**of_size(own, 334, [1550, 1046, 2780]), "device": "cpu"})
        for own in (config, {**config, "embeddings": ["dae"]})
    )
    for name, peak in SUPERVISED.items():
        assert peak + SNAKEMAKE <= asked[name]["mem_mb"] <= 2 * peak + SNAKEMAKE + 1000, name
        assert asked[name]["mem_mb"] > without[name]["mem_mb"], name
    assert all(asked[name]["runtime"] > without[name]["runtime"] for name in ("measure_stability", "permute_survival"))


#: Peaks (MB) of training alone with 11 splits and 4 threads, and of writing the networks: patients, features of each omics, and
#: what the config sets.
TRAINED = [
    (330, [5000], {"kind": "ae"}, 916),
    (330, [5000], {"kind": "dae"}, 944),
    (330, [5000], {"kind": "cox"}, 1703),
    (1500, [4000], {"kind": "dae"}, 2109),
    (330, [5000], {"kind": "ae", "hidden": [512]}, 1237),
    (330, [5000], {"kind": "vae", "hidden": [512], "restarts": 3}, 1515),
    (330, [2000], {"kind": "vae", "hidden": [512], "latent": 128, "batch_size": 300}, 1014),
    (330, [5000], {"kind": "ae", "hidden": [2048, 512], "latent": 128}, 3122),
    (330, [1666, 1667, 1667], {"kind": "cox", "architecture": "joint", "hidden": [256]}, 2998),
]


@pytest.mark.parametrize(("patients", "features", "embedding", "peak"), TRAINED, ids=lambda value: str(value))
def test_training_asks_for_the_networks_that_are_trained(patients, features, embedding, peak):
    """Covered with what Snakemake takes, and not by more than half as much again and a gigabyte."""
    config = of_size({"embeddings": [embedding], "preprocess": {"max_features": 10_000}}, patients, features)
    settings = load_config({**config, "device": "cpu"}, schema_path=ROOT / "workflow/schemas/config.schema.yaml")
    wildcards = SimpleNamespace(cohort="one", embedding=settings["embeddings"][0]["name"])
    asked = resources(settings, splits=11)["training_memory"](wildcards, attempt=1)
    assert peak + SNAKEMAKE <= asked <= 1.5 * peak + SNAKEMAKE + 1000


def test_tables_are_measured_before_the_run(snakemake, small_config, tmp_path):
    """A cohort of files asks for what a simulated one of its size asks for."""
    rows = "".join(f"P{i}\t" + "\t".join(["0.12345"] * 3000) + "\n" for i in range(300))
    (tmp_path / "mrna.tsv").write_text("id\t" + "\t".join(f"G{j}" for j in range(3000)) + "\n" + rows)
    (tmp_path / "clinical.tsv").write_text("id\tdays\tdead\n" + "".join(f"P{i}\t5\t1\n" for i in range(300)))
    clinical = {"path": "clinical.tsv", "patient": "id", "time": "days", "event": "dead"}
    config = of_size(small_config, 300, [3000])
    expected = requests(snakemake, tmp_path, config)
    config["cohorts"] = [{"name": "one", "omics": [{"name": "mrna", "path": "mrna.tsv"}], "clinical": clinical}]
    asked = requests(snakemake, tmp_path, config)
    rules = ["build_cohort", "fit_preprocess", "train_embedding", "permute_survival"]
    for name in rules:
        assert asked[name]["mem_mb"] == pytest.approx(expected[name]["mem_mb"], rel=0.05), name
        assert asked[name]["runtime"] == pytest.approx(expected[name]["runtime"], rel=0.05), name


def resources(settings: dict, splits: int) -> dict:
    """The functions of resources.smk for a config."""
    sys.path.append(str(ROOT / "scripts"))
    names = {
        "COHORTS": {one["name"]: one for one in settings["cohorts"]},
        "EMBEDDINGS": {one["name"]: one for one in settings["embeddings"]},
        "SETTINGS": settings,
        "SPLITS": splits,
    }
    exec((ROOT / "workflow" / "rules" / "resources.smk").read_text(), names)
    return names


@pytest.mark.parametrize(("features", "cores"), [(10_000, 1), (100_000, 2)])
def test_large_tables_are_read_with_a_second_core(features, cores):
    config = of_size({"embeddings": [], "preprocess": {"max_features": 100}}, 334, [features])
    assert resources(config, splits=4)["reading_threads"](SimpleNamespace(cohort="one")) == cores


def test_requests_grow_with_each_attempt(small_settings):
    rules = resources(small_settings, splits=4)

    wildcards = SimpleNamespace(cohort=small_settings["cohorts"][0]["name"], embedding="ae")

    for ask in (rules["memory"](1000, cells=25), rules["runtime"](10, cells=30), rules["training_memory"]):
        first, second, third = (ask(wildcards, attempt=attempt) for attempt in (1, 2, 3))
        assert first < second < third
        assert second == pytest.approx(2 * first, rel=0.1)
    assert rules["memory"](1000)(wildcards, attempt=1) == 1000
    assert rules["memory"](1001)(wildcards, attempt=1) == 1100, "whole hundreds of MB, as people write them"
    assert rules["gpus"](wildcards) == (0 if small_settings["device"] == "cpu" else 1)
