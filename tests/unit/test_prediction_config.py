"""What is wrong with `predict` of a config is told before any job, with all other faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stratomics.config import load_config
from stratomics.errors import ConfigError

ENTRY = {"name": "new", "model": "made", "omics": [{"name": "mrna", "path": "mrna.tsv"}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mrna.tsv").write_text("patient\n")
    (tmp_path / "clinical.tsv").write_text("patient\n")
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "model.json").touch()
    (tmp_path / "empty").mkdir()
    return tmp_path


def load(folder: Path, *entries: dict[str, Any]) -> dict[str, Any]:
    config = {"cohorts": [{"name": "demo", "simulate": {}}], "embeddings": ["ae"], "predict": list(entries)}
    return load_config(config, base_dir=folder)


def test_an_entry_is_filled_with_defaults_and_asks_for_no_transform(folder):
    (found,) = load(folder, ENTRY)["predict"]
    assert found["samples"] == "primary"
    assert found["map_to_training"] == "auto"
    assert "transform" not in found["omics"][0]
    assert "clinical" not in found


@pytest.mark.parametrize(
    "model", ["results/demo/ae/model", "./results/demo/ae/model", "/elsewhere/demo/ae/model", "made"]
)
def test_a_model_is_there_or_is_made_by_this_config(folder, model):
    load(folder, {**ENTRY, "model": model})


FAULTS = {
    "no such model": (
        {"model": "results/demo/vae/model"},
        "predict[0].model: no file 'results/demo/vae/model' (looked from ",
    ),
    "a folder without a model": (
        {"model": "empty"},
        "predict[0].model: 'empty' is a folder without a model.json. A model is ",
    ),
    "a file of a model": (
        {"model": "nowhere/model.json"},
        "predict[0].model: found 'nowhere/model.json', a file of a model. Name the folder it is in.",
    ),
    "no table": ({"omics": [{"name": "mrna", "path": "gone.tsv"}]}, "predict[0].omics[0].path: no file 'gone.tsv'"),
    "of an archive": (
        {"omics": [{"name": "mrna", "path": "xena://x.tsv"}]},
        "predict[0].omics[0].path: found 'xena://x.tsv', of an archive, which only cohorts are taken from. Name a file.",
    ),
    "a transform": (
        {"omics": [{**ENTRY["omics"][0], "transform": "none"}]},
        "predict[0].omics[0].transform: unknown key here; it belongs under cohorts[].omics[].",
    ),
    "an omics twice": (
        {"omics": [ENTRY["omics"][0], {"name": "mRNA", "path": "clinical.tsv"}]},
        "predict[0].omics[1].name: found 'mRNA', which predict[0].omics[0].name has already. Rename one.",
    ),
    "a batch and no table": (
        {"omics": [{**ENTRY["omics"][0], "batch": "site"}]},
        "predict[0].omics[0].batch: found 'site', a column of the clinical table, but there is no 'clinical'.",
    ),
    "nothing to learn from": (
        {"recalibrate": True},
        "predict[0].recalibrate: found true, but there is no 'clinical' with the follow-up to learn from.",
    ),
    "half of the follow-up": (
        {"clinical": {"path": "clinical.tsv", "patient": "id", "time": "days"}},
        "predict[0].clinical.event: missing.",
    ),
    "one column for two things": (
        {"clinical": {"path": "clinical.tsv", "patient": "id", "time": "days", "event": "days"}},
        "predict[0].clinical.event: found 'days', which predict[0].clinical.time has already.",
    ),
    "no pattern": ({"pattern": "(.+)-T"}, "predict[0].pattern: found '(.+)-T', which has no group 'patient'."),
    "too much missing": (
        {"max_missing_features": 1},
        "predict[0].max_missing_features: found 1; allowed is a number from 0 to 0.9.",
    ),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS)
def test_each_fault_has_its_message(folder, change, message):
    with pytest.raises(ConfigError) as caught:
        load(folder, {**ENTRY, **change})
    assert caught.value.faults[0].startswith(message), caught.value.faults


def test_two_predictions_have_two_names(folder):
    with pytest.raises(ConfigError, match=r"predict\[1\].name: found 'new', which predict\[0\].name has already"):
        load(folder, ENTRY, ENTRY)
