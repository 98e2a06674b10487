"""Clinical columns that are called like those of the product, or that a file format cannot hold."""

from __future__ import annotations

import warnings

import anndata
import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.columns import LONGEST, column_names
from stratomics.cohort.store import load_cohort, save_cohort
from stratomics.cohort.types import Cohort, Omics
from stratomics.export import embedding_anndata

#: Names of the product's columns, of what AnnData, MuData and HDF5 reserve, and names that clash with each other.
NAMES = [
    *("subtype", "confidence", "patient", "split", "umap_1", "risk", "batch", "probability_1", "clinical_subtype"),
    *("_index", "index", "obs", "X", "column-order", "__categories", "mrna", "mrna:a", "feature"),
    *(".", "..", "/", "//", "x/y", "x", "x_y", "clinical_x_y", "4", "5", "stage", "stage/grade", "Stage", "STAGE"),
    *(
        " lead",
        "trail ",
        "NA",
        "nan",
        "true",
        "1.0",
        "é",
        "e\u0301",
        "😀",
        "a\x07b",
        "a\nb",
        "a\tb",
        "</script>",
        "$a$",
    ),
    *("long" * 100, "longer" * 20_000),
]


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    patients = pd.Index([f"P{i}" for i in range(8)], name="patient", dtype=object)
    text = pd.Series(["a", "b", np.nan, "$x_$"] * 2, index=patients, dtype=object)
    follow_up = {"time": np.arange(8) + 1.0, "event": np.array([0, 1] * 4, dtype=np.int8)}
    columns = {name: np.arange(8) / (i + 1) if i % 2 else text for i, name in enumerate(NAMES)}
    clinical = pd.DataFrame({**follow_up, **columns}, index=patients)
    features = pd.Index(["_index", ".", "a/b", "NA", "$g_$"], dtype=object, name="feature")
    values = pd.DataFrame(np.ones((8, 5), dtype=np.float32), patients, features)
    return Cohort("toy", (Omics("mrna", values), Omics("obs", values), Omics("patient", values)), clinical)


def test_names_without_trouble_are_kept():
    names = ["age", "Stage", "stage", "clinical_age", " x ", "4", "subtype"]
    assert column_names(names) == names


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("subtype", "clinical_subtype"),
        ("_index", "clinical__index"),
        (".", "clinical_."),
        ("..", "clinical_.."),
        ("", "clinical_"),
        ("stage/grade", "clinical_stage_grade"),
        ("x" * (LONGEST + 1), "clinical_" + "x" * LONGEST),
    ],
)
def test_a_name_in_trouble_gets_a_clear_other_one(name, stored):
    assert column_names(["age", name], reserved=["subtype"]) == ["age", stored]


def test_other_names_never_clash():
    names = ["x/y", "clinical_x_y", "x_y", "subtype", "clinical_subtype", "/x_y", "x//y", "x/_y"]
    stored = column_names(names, reserved=["subtype", "clinical_subtype_2"])
    assert len({*stored, "subtype", "clinical_subtype_2"}) == len(names) + 2
    assert stored[:5] == ["clinical_x_y_2", "clinical_x_y", "x_y", "clinical_subtype_3", "clinical_subtype"]


def test_any_name_survives_the_file_of_the_cohort(cohort, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_cohort(cohort, tmp_path / "cohort.h5mu")
        back = load_cohort(tmp_path / "cohort.h5mu")
    pd.testing.assert_frame_equal(back.clinical, cohort.clinical, check_exact=True)
    for one, other in zip(back.omics, cohort.omics, strict=True):
        pd.testing.assert_frame_equal(one.values, other.values)


def test_the_embedding_keeps_the_own_columns_and_those_of_the_user_apart(cohort, tmp_path):
    one = pd.DataFrame(
        {
            "patient": cohort.patients,
            "time": cohort.time,
            "event": cohort.event.astype(int),
            "subtype": [1, 2] * 4,
            "probability_1": 0.25,
            "confidence": 0.75,
        }
    )
    adata = embedding_anndata(
        cohort,
        np.zeros((8, 2)),
        pd.DataFrame({"split": "full", "latent": ["z1", "z2"], "p": [0.1, 0.2]}),
        one,
        pd.DataFrame({"umap_1": np.zeros(8), "umap_2": np.zeros(8)}),
        pd.DataFrame({"split": ["full"], "epoch": [1]}),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adata.write_h5ad(tmp_path / "embedding.h5ad")
    obs = anndata.read_h5ad(tmp_path / "embedding.h5ad").obs
    names = anndata.read_h5ad(tmp_path / "embedding.h5ad").uns["clinical_columns"]
    assert obs["subtype"].tolist() == one["subtype"].tolist()
    assert obs["confidence"].tolist() == one["confidence"].tolist()
    assert names["clinical_subtype_2"] == "subtype"
    assert names["clinical_confidence"] == "confidence"
    assert names["clinical__index"] == "_index"
    assert "split" not in names  # no trouble, no other name
    # every column of the user is there, with its values
    for stored, name in zip(column_names(list(cohort.clinical), ["patient", *one]), cohort.clinical, strict=True):
        if name in ("time", "event"):
            continue
        assert names.get(stored, stored) == name
        assert obs[stored].astype(object).fillna("-").tolist() == cohort.clinical[name].fillna("-").tolist()
