"""Profiles: Snakemake silently ignores a rule name that does not exist, so the names are checked here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted((ROOT / "workflow" / "profiles").glob("*/profile.yaml"))
BY_RULE = ("set-resources", "set-threads", "groups")


def rule_names() -> set[str]:
    """Every rule of the workflow."""
    files = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    return {name for file in files for name in re.findall(r"^rule (\w+):", file.read_text(), flags=re.MULTILINE)}


def rules_named(text: str) -> set[str]:
    """Every rule that a profile names, also where the line is commented out for the user to enable."""
    enabled = re.sub(r"^# ?(?=(?:set-resources|set-threads|groups):$|  )", "", text, flags=re.MULTILINE)
    profile: dict[str, Any] = yaml.safe_load(enabled)
    return {rule for key in BY_RULE for rule in profile.get(key, {})}


def test_there_are_profiles() -> None:
    assert [path.parent.name for path in PROFILES] == ["slurm", "workstation"]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_every_rule_named_exists(path: Path) -> None:
    assert rules_named(path.read_text()) - rule_names() == set()


def slurm_profile() -> dict[str, Any]:
    """The profile for Slurm, as it is."""
    profile: dict[str, Any] = yaml.safe_load((ROOT / "workflow/profiles/slurm/profile.yaml").read_text())
    return profile


def rules_with(directive: str) -> set[str]:
    """The rules that have a directive."""
    texts = [file.read_text() for file in (ROOT / "workflow" / "rules").glob("*.smk")]
    blocks = [block for text in texts for block in re.split(r"^(?=rule )", text, flags=re.MULTILINE)[1:]]
    return {re.split(r"\W", block)[1] for block in blocks if re.search(rf"^ +{directive}\b", block, flags=re.MULTILINE)}


def test_slurm_profile_names_rules() -> None:
    named = rules_named((ROOT / "workflow/profiles/slurm/profile.yaml").read_text())
    assert {"train_embedding", "plot_umap"} <= named


def test_steps_of_seconds_share_jobs_and_long_ones_do_not() -> None:
    alone = {"train_embedding", "permute_survival", "fit_comparator"}
    assert set(slurm_profile()["groups"]) == rules_with("script") - rules_with("localrule") - alone


def test_no_group_mixes_cohorts() -> None:
    """A group with a step that can never run would hold back the steps of the other cohorts in it."""
    profile = slurm_profile()
    assert all("{cohort}" in label for label in profile["groups"].values())
    for label, components in profile["group-components"].items():
        assert components <= sum(other == label for other in profile["groups"].values())


def test_the_rule_with_a_gpu_can_have_a_partition_of_its_own() -> None:
    assert rules_with("gpu") == {"train_embedding"}
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
