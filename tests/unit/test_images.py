"""A table of image features is an entry of ``omics`` like any other, and a branch of its own in a network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stratomics.attribution.attention import attention_table
from stratomics.cohort import build_cohort
from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
from stratomics.cohort.types import Split
from stratomics.config import load_config
from stratomics.embedding.splits import embed_splits, views_of
from stratomics.preprocess import fit_preprocess

#: As programs that measure images call them.
FEATURES = [
    "area (px)",
    "glcm: contrast",
    "wavelet-LHH_firstorder_Skewness",
    "resnet50[0]",
    "resnet50[1]",
    "resnet50[2]",
]


@pytest.mark.parametrize("transform", ["none", "rank_normal"])
def test_image_features_are_a_branch_beside_the_omics(small_settings, tmp_path, transform):
    one = small_settings["cohorts"][0]
    write_simulated(simulate_cohort(one["name"], one["simulate"]), tmp_path)
    config = simulated_cohort_config(one["simulate"], tmp_path, name=one["name"])
    patients = pd.read_csv(config["clinical"]["path"], sep="\t")["patient"]
    rng = np.random.default_rng(0)
    # Very different sizes, below 0 too, and a feature that is the same for all.
    values = rng.normal(size=(len(patients), 6)) * [9000, 0.02, 1, 3, 3, 0] + [20000, 0.1, 0, -1, 1, 4]
    pd.DataFrame(values, columns=FEATURES, index=patients).to_csv(tmp_path / "images.tsv", sep="\t")
    config["omics"].append(
        {"name": "images", "path": str(tmp_path / "images.tsv"), "transform": transform, "batch": None}
    )
    cohort, _ = build_cohort(config, preprocess=small_settings["preprocess"], evaluation=small_settings["evaluation"])
    assert [omics.name for omics in cohort.omics] == ["mrna", "mirna", "images"]

    everybody = np.arange(cohort.n)
    fitted = {"full": fit_preprocess(cohort, everybody, small_settings["preprocess"])}
    assert fitted["full"].omics[2].features == tuple(FEATURES[:5])
    views = views_of(cohort, fitted["full"])
    own = views.of(everybody)[2] / fitted["full"].weights[views.blocks["images"]]
    np.testing.assert_allclose([own.mean(axis=0), own.std(axis=0)], np.repeat([[0], [1]], 5, axis=1), atol=0.02)

    joint = {**small_settings["embeddings"][0], "architecture": "joint", "fusion": "attention", "epochs": 3}
    splits = [Split("full", everybody, everybody[:0])]
    result = embed_splits(cohort, splits, fitted, joint, seed=1, device="cpu")
    assert list(result.models["full"].blocks) == ["mrna", "mirna", "images"]
    table = attention_table(result.attention, splits, cohort.patients, list(fitted["full"].blocks))
    assert (table.loc[table["omics"] == "images", "weight"] > 0).all()
    np.testing.assert_allclose(table.groupby("patient")["weight"].sum(), 1.0, atol=1e-6)


def test_the_config_takes_such_a_table(tmp_path):
    for name in ("mrna.tsv", "images.tsv", "clinical.tsv"):
        (tmp_path / name).write_text("patient\n")
    omics = [{"name": name, "path": f"{name}.tsv"} for name in ("mrna", "images")]
    clinical = {"path": "clinical.tsv", "patient": "patient", "time": "days", "event": "dead"}
    config = {
        "cohorts": [{"name": "one", "omics": omics, "clinical": clinical}],
        "embeddings": [{"kind": "cox", "architecture": "joint"}],
    }
    assert load_config(config, base_dir=tmp_path)["cohorts"][0]["omics"][1]["transform"] == "none"
