"""Profiles: Snakemake silently ignores a rule name that does not exist, so the names are checked here."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted((ROOT / "workflow" / "profiles").glob("*/profile.yaml"))
BY_RULE = ("set-resources", "set-threads", "groups")


def rules_named(text: str) -> set[str]:
    """Every rule that a profile names, also where the line is commented out for the user to enable."""
    enabled = re.sub(r"^# ?(?=(?:set-resources|set-threads|groups):$|  )", "", text, flags=re.MULTILINE)
    profile: dict[str, Any] = yaml.safe_load(enabled)
    return {rule for key in BY_RULE for rule in profile.get(key, {})}


def test_there_are_profiles() -> None:
    assert [path.parent.name for path in PROFILES] == ["slurm", "workstation"]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_every_rule_named_exists(path: Path, described: dict[str, Any]) -> None:
    assert rules_named(path.read_text()) - set(described["rules"]) == set()


def slurm_profile() -> dict[str, Any]:
    """The profile for Slurm, as it is."""
    profile: dict[str, Any] = yaml.safe_load((ROOT / "workflow/profiles/slurm/profile.yaml").read_text())
    return profile


def test_slurm_profile_names_rules() -> None:
    named = rules_named((ROOT / "workflow/profiles/slurm/profile.yaml").read_text())
    assert {"train_embedding", "plot_umap"} <= named


def test_steps_of_seconds_share_jobs_and_long_ones_do_not(rules: dict[str, Any]) -> None:
    alone = {"train_embedding", "permute_survival", "fit_comparator", "predict_patients"}
    submitted = {name for name, rule in rules.items() if not rule["local"]}
    assert set(slurm_profile()["groups"]) == submitted - alone


def test_no_group_waits_for_one_that_waits_for_it(described: dict[str, Any]) -> None:
    """A job of Slurm starts when all that its steps need is there."""
    label = slurm_profile()["groups"]
    of = [
        label.get(job["rule"], job["rule"]).format_map({"embedding": "", **job["wildcards"]})
        for job in described["jobs"]
    ]
    made = {path: group for job, group in zip(described["jobs"], of, strict=True) for path in files(job["output"])}
    needs: dict[str, set[str]] = {}
    for job, group in zip(described["jobs"], of, strict=True):
        needs.setdefault(group, set()).update({made[path] for path in files(job["input"]) if path in made} - {group})
    assert [*TopologicalSorter(needs).static_order()]


def files(named: dict[str, Any]) -> list[str]:
    """All paths of an input or output."""
    return [path for own in named.values() for path in (own if isinstance(own, list) else [own])]


def test_no_group_mixes_cohorts() -> None:
    """A group with a step that can never run would hold back the steps of the other cohorts in it."""
    profile = slurm_profile()
    assert all("{cohort}" in label for label in profile["groups"].values())
    for label, components in profile["group-components"].items():
        assert components <= sum(other == label for other in profile["groups"].values())


def test_the_rule_with_a_gpu_can_have_a_partition_of_its_own(rules: dict[str, Any]) -> None:
    assert [name for name, rule in rules.items() if "gpu" in rule["resources"]] == ["train_embedding"]
    assert "train_embedding" not in slurm_profile()["groups"]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_every_key_is_commented(path: Path) -> None:
    lines = path.read_text().splitlines()
    keys = [i for i, line in enumerate(lines) if re.match(r"[a-z-]+:", line) and line != "group-components:"]
    assert len(keys) >= 5
    assert [lines[i] for i in keys if not lines[i - 1].startswith("#")] == []


def test_slurm_profile_names_no_cluster() -> None:
    profile = slurm_profile()
    assert not {"slurm_partition", "slurm_account"} & set(profile["default-resources"])
    assert "resources" not in profile, "a limit of gpu would hold for the whole cluster"
