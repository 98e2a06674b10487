"""The size of a cohort before it is read: by the beginning of its tables, and never by raising."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from stratomics.config import size
from stratomics.config.size import ASSUMED, CohortSize, cohort_size


def frame(patients: int, features: int) -> pd.DataFrame:
    values = np.random.default_rng(0).normal(size=(patients, features)).round(4)
    return pd.DataFrame(values, index=[f"P{i}" for i in range(patients)], columns=[f"G{j}" for j in range(features)])


def cohort(folder, tables: dict[str, pd.DataFrame], patients: int = 30) -> dict:
    """The config of a cohort whose tables lie in a folder; the name says how each is written."""
    clinical = pd.DataFrame({"days": 1, "id": [f"P{i}" for i in range(patients)]})
    clinical.to_csv(folder / "clinical.csv", index=False)
    for name, table in tables.items():
        if "parquet" in name:
            table.reset_index(names="id").to_parquet(folder / name)
        else:
            table.to_csv(folder / name, sep="," if ".csv" in name else "\t")
    omics = [{"name": name.split(".")[0], "path": name} for name in tables]
    return {"clinical": {"path": "clinical.csv", "patient": "id"}, "omics": omics}


def test_a_simulated_cohort_is_what_the_config_says():
    config = {"simulate": {"patients": 80, "omics": [{"features": 50}, {"features": 3000}]}}
    size = cohort_size(config)
    assert size == CohortSize(80, ((80, 50), (80, 3000)))
    assert size.cells == 80 * 3050
    assert size.kept(2000) == 80 * 2050


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.tsv.gz", "a.csv.gz", "a.parquet", "a", "a_parquet.txt"])
def test_small_tables_are_counted(tmp_path, name):
    assert cohort_size(cohort(tmp_path, {name: frame(25, 40)}), base_dir=tmp_path) == CohortSize(25, ((25, 40),))


def test_features_may_be_in_rows(tmp_path):
    config = cohort(tmp_path, {"a.tsv.gz": frame(25, 400).T, "b.tsv": frame(28, 7)})
    assert cohort_size(config, base_dir=tmp_path) == CohortSize(25, ((25, 400), (28, 7)))


def test_patients_are_no_more_than_the_clinical_table_has(tmp_path):
    size = cohort_size(cohort(tmp_path, {"a.tsv": frame(25, 40)}, patients=12), base_dir=tmp_path)
    assert size == CohortSize(12, ((25, 40),))


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "blocks.tsv.gz"])
def test_rows_of_a_large_table_are_estimated(tmp_path, name):
    config = cohort(tmp_path, {name: frame(600, 1500)}, patients=900)
    if name == "blocks.tsv.gz":  # as bgzip writes them
        text = gzip.decompress((tmp_path / name).read_bytes())
        blocks = [gzip.compress(text[start : start + 60_000]) for start in range(0, len(text), 60_000)]
        (tmp_path / name).write_bytes(b"".join(blocks))
    ((rows, features),) = cohort_size(config, base_dir=tmp_path).tables
    assert features == 1500
    assert rows == pytest.approx(600, rel=0.1)


def test_rows_wider_than_the_sample(tmp_path):
    config = cohort(tmp_path, {"a.tsv": frame(4, 90_000)})
    ((rows, features),) = cohort_size(config, base_dir=tmp_path).tables
    assert (rows, features) == (4, 90_000)


@pytest.mark.parametrize("kind", ["absent", "remote", "empty", "cut", "not text", "not parquet", "a folder"])
def test_a_table_that_cannot_be_read_counts_as_a_large_one(tmp_path, kind):
    config = cohort(tmp_path, {"a.tsv.gz": frame(25, 40)})
    file = tmp_path / "a.tsv.gz"
    whole = file.read_bytes()
    file.unlink()
    if kind == "remote":
        config["omics"][0]["path"] = "https://example.org/a.tsv.gz"
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif kind == "not text":
        file.write_bytes(gzip.compress(b"\xff\xfe\x00"))
    elif kind == "not parquet":
        config["omics"][0]["path"] = "a.parquet"
        (tmp_path / "a.parquet").write_bytes(b"PAR1no")
    elif kind == "a folder":
        file.mkdir()
    assert cohort_size(config, base_dir=tmp_path) == CohortSize(30, (ASSUMED,))


def test_without_a_clinical_table_the_omics_tell_the_patients(tmp_path):
    config = cohort(tmp_path, {"a.tsv": frame(25, 40)})
    for column in ("patient", "path"):
        broken = {**config, "clinical": {**config["clinical"], column: "absent"}}
        assert cohort_size(broken, base_dir=tmp_path) == CohortSize(25, ((25, 40),))


def test_barcodes_are_patients_whatever_the_clinical_table_says(tmp_path):
    table = frame(25, 400)
    table.index = [f"TCGA-QQ-A{i:03d}-01A" for i in range(25)]
    config = cohort(tmp_path, {"a.tsv": table.T})
    config["clinical"] = {"path": ".", "patient": None}
    assert cohort_size(config, base_dir=tmp_path) == CohortSize(25, ((25, 400),))
    (tmp_path / "a.tsv").write_text("#1.2\n400\t25\n" + table.T.to_csv(sep="\t"))
    assert cohort_size(config, base_dir=tmp_path) == CohortSize(ASSUMED[0], (ASSUMED,))


def test_a_map_bounds_the_features_of_a_table_of_text(tmp_path, monkeypatch):
    monkeypatch.setattr(size, "MAPPED", 100)
    config = cohort(tmp_path, {"a.tsv": frame(25, 400).T, "b.tsv": frame(25, 40), "c.parquet": frame(25, 400)})
    for omics in config["omics"]:
        omics["map"] = "map.tsv"
    assert cohort_size(config, base_dir=tmp_path) == CohortSize(25, ((25, 100), (25, 40), (25, 400)))
