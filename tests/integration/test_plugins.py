"""One file and one entry of the schema each: a comparator, an embedding, a clustering and a classifier of one's own run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

COMPARATOR = '''\
"""The first covariate as it stands."""

from stratomics.comparators.context import Predicted, predict_splits

NEEDS = ("covariates",)
READS = ("selection.alpha",)
METHODS = ("toy_risk",)


def run(context):
    risk = context.cohort.clinical[context.covariates[0]].astype(float).fillna(0.0).to_numpy()
    return [predict_splits(context, "toy_risk", lambda split: Predicted(risk * context.settings["selection"]["alpha"]))]
'''
EMBEDDING = '''\
"""An autoencoder that sees its patients through a fog."""

import torch

from stratomics.embedding.kind import Kind


class Toy(Kind):
    corrupts = True

    def corrupt(self, features, rng):
        fog = torch.from_numpy(rng.standard_normal(tuple(features.shape), dtype="float32"))
        return features + self.settings["fog"] * fog.to(features.device)


EMBEDDING = Toy
'''
CLUSTERING = '''\
"""Groups of one size along the first latent."""

import numpy as np

from stratomics.arrays import Array

ARRAYS = {"cuts": Array("float64", ("K-1",), "where groups part", rising=0)}


def fit(z, k, seed, restarts):
    return {"cuts": np.quantile(z[:, 0], np.arange(1, k) / k)}


def assign(z, arrays):
    return np.searchsorted(arrays["cuts"], z[:, 0]).astype(np.int64)
'''
CLASSIFIER = '''\
"""The nearest centroid."""

import numpy as np

from stratomics.arrays import Array

SETTINGS = ({},)


def declared(setting):
    return {"centroids": Array("float64", ("K", "_m"), "mean of each class")}


def decide_all(train_x, train_y, test_x, n_classes):
    return decision(test_x, fit(train_x, train_y, n_classes, {}))[None]


def fit(x, y, n_classes, setting):
    return {"centroids": np.array([x[y == one].mean(axis=0) for one in range(n_classes)])}


def decision(x, arrays):
    scores = -((x[:, None] - arrays["centroids"]) ** 2).sum(axis=2)
    return scores[:, 1:] - scores[:, :1] if scores.shape[1] == 2 else scores
'''
FILES = {
    "comparators/methods": COMPARATOR,
    "embedding/kinds": EMBEDDING,
    "subtypes/methods": CLUSTERING,
    "classifier/methods": CLASSIFIER,
}
KIND = {
    "description": "A toy.",
    "$ref": "#/$defs/network",
    "unevaluatedProperties": False,
    "properties": {
        "kind": {"const": "toy"},
        "fog": {"description": "How thick.", "type": "number", "minimum": 0, "default": 0.1, "examples": [0.2]},
    },
}


@pytest.fixture
def repository(tmp_path) -> Path:
    """A copy of the project with the four plug-ins, added as CONTRIBUTING says."""
    root = tmp_path / "repository"
    for name in ("Snakefile", "config.yaml", "scripts", "workflow", "envs"):
        (root / name).parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, root / name)
    for folder, text in FILES.items():
        (root / "scripts" / "stratomics" / folder / "toy.py").write_text(text)
    path = root / "workflow" / "schemas" / "config.schema.yaml"
    schema: dict[str, Any] = yaml.safe_load(path.read_text())
    top = schema["properties"]
    top["comparators"]["items"]["enum"].append("toy")
    for section in ("subtypes", "classifier"):
        top[section]["properties"]["method"]["enum"].append("toy")
    schema["$defs"]["embedding_toy"] = KIND
    schema["$defs"]["embedding"]["anyOf"][0]["enum"].append("toy")
    schema["$defs"]["embedding"]["anyOf"].append({"$ref": "#/$defs/embedding_toy"})
    path.write_text(yaml.safe_dump(schema, sort_keys=False))
    return root


def test_plugins_of_every_kind_run_to_the_summary(snakemake, repository, tmp_path):
    network = {"hidden": [8], "latent": 3, "epochs": 4, "patience": 2}
    simulate = {"patients": 60, "subtypes": 2, "omics": [{"name": "mrna", "features": 30, "values": "log_normal"}]}
    config = {
        "cohorts": [{"name": "tiny", "simulate": simulate}],
        "embeddings": [{"name": "foggy", "kind": "toy", "fog": 0.2, **network}],
        "subtypes": {"method": "toy", "n_subtypes": 2},
        "classifier": {"method": "toy", "inner_folds": 2},
        "comparators": ["toy"],
        "evaluation": {"folds": 2, "repeats": 1, "bootstrap": 100, "permutations": 0},
        "stability": {"subsamples": 10},
        "device": "cpu",
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    options = ("--cores", 2, "--directory", tmp_path, "--configfile", tmp_path / "config.yaml")
    wanted = [f"results/tiny/{name}" for name in ("summary.md", "figures/comparators.png")]
    snakemake(*wanted, *options, snakefile=repository / "Snakefile")
    leaderboard = pd.read_csv(tmp_path / "results" / "tiny" / "leaderboard.tsv", sep="\t")
    assert leaderboard["method"].tolist() == ["foggy", "toy_risk"]
    assert leaderboard["heldout_cindex"].between(0, 1).all()
