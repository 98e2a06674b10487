"""A cohort survives its file."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import mudata
import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.store import load_cohort, save_cohort
from stratomics.cohort.types import Cohort, Omics


@pytest.fixture
def cohort() -> Cohort:
    rng = np.random.default_rng(0)
    patients = pd.Index([f"{i:03d}" for i in range(9)], name="patient", dtype=object)
    clinical = pd.DataFrame(
        {
            "time": np.arange(9) * 10.0 + 5,
            "event": np.array([0, 1, 0, 1, 1, 0, 0, 1, 1], dtype=np.int8),
            "age": [50.0, np.nan, 61, 62, 63, 64, 65, 66, 67],
            "days/dose": np.arange(9) / 3,
            "all missing": np.full(9, np.nan),
            "stage": pd.Series(["I", "stage ii", np.nan] * 3, dtype=object).to_numpy(),
        },
        index=patients,
    )

    def table(features: list[str]) -> pd.DataFrame:
        values = rng.normal(size=(9, len(features))).astype(np.float32)
        values[2, 1] = np.nan
        return pd.DataFrame(values, patients, pd.Index(features, dtype=object, name="feature"))

    batch = pd.Series(["GA", np.nan, "HiSeq"] * 3, patients, dtype=object, name="batch")
    empty = pd.Series([np.nan] * 9, patients, dtype=object, name="batch")
    omics = (
        Omics("zeta", table(["TP53", "a/b", "7"]), "rank_normal"),
        Omics("mirna", table(["TP53", "let-7a"]), "log2p1", batch),
        Omics("meth", table(["x", "y"]), "none", empty),
    )
    return Cohort("toy", omics, clinical)


def test_groups_survive_beside_a_column_of_their_name(cohort: Cohort, tmp_path: Path) -> None:
    clinical = cohort.clinical.assign(groups=np.arange(9.0))
    groups = pd.Series(["x", "not known", "y"] * 3, cohort.patients, dtype=object, name="groups")
    save_cohort(replace(cohort, clinical=clinical, groups=groups), tmp_path / "cohort.h5mu")
    back = load_cohort(tmp_path / "cohort.h5mu")
    pd.testing.assert_frame_equal(back.clinical, clinical, check_exact=True)
    assert back.groups is not None
    pd.testing.assert_series_equal(back.groups, groups)
    assert mudata.read_h5mu(tmp_path / "cohort.h5mu").obs["groups"].tolist() == groups.tolist()


def test_round_trip_is_exact(cohort: Cohort, tmp_path: Path) -> None:
    save_cohort(cohort, tmp_path / "cohort.h5mu")
    back = load_cohort(tmp_path / "cohort.h5mu")
    assert back.name == "toy"
    pd.testing.assert_frame_equal(back.clinical, cohort.clinical, check_exact=True)
    assert [one.name for one in back.omics] == ["zeta", "mirna", "meth"]
    for one, other in zip(back.omics, cohort.omics, strict=True):
        assert one.transform == other.transform
        pd.testing.assert_frame_equal(one.values, other.values, check_exact=True)
        if other.batch is None:
            assert one.batch is None
        else:
            assert one.batch is not None
            pd.testing.assert_series_equal(one.batch, other.batch)


@pytest.mark.filterwarnings("ignore:Cannot join columns")
def test_file_opens_elsewhere_and_repeats_its_bytes(cohort: Cohort, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_cohort(cohort, tmp_path / "one.h5mu")
        load_cohort(tmp_path / "one.h5mu")
    save_cohort(cohort, tmp_path / "two.h5mu")
    assert (tmp_path / "one.h5mu").read_bytes() == (tmp_path / "two.h5mu").read_bytes()
    data = mudata.read_h5mu(tmp_path / "one.h5mu")
    assert data.obs_names.tolist() == cohort.patients.tolist()
    assert data.obs["time"].tolist() == cohort.time.tolist()
    assert data.mod["mirna"].X.dtype == np.float32
    assert data.mod["mirna"].obs["batch"].tolist()[0] == "GA"


def test_nothing_is_left_when_writing_fails(cohort: Cohort, tmp_path: Path) -> None:
    broken = cohort.clinical.assign(odd=[object()] * 9)
    with pytest.raises(TypeError):
        save_cohort(Cohort("toy", cohort.omics, broken), tmp_path / "cohort.h5mu")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:Cannot join columns")
def test_a_file_that_another_program_wrote_again_is_read(cohort: Cohort, tmp_path: Path) -> None:
    """With numbers that may be missing, which this project writes as NaN."""
    save_cohort(cohort, tmp_path / "one.h5mu")
    data = mudata.read_h5mu(tmp_path / "one.h5mu")
    data.obs["age"] = data.obs["age"].fillna(40).astype("Int64")
    data.write(tmp_path / "two.h5mu")
    ages = load_cohort(tmp_path / "two.h5mu").clinical["age"]
    np.testing.assert_array_equal(ages, cohort.clinical["age"].fillna(40))
    assert ages.dtype == np.float64


def test_reading_a_cohort_loads_no_library_that_is_slow_to_load(cohort: Cohort, tmp_path: Path) -> None:
    save_cohort(cohort, tmp_path / "cohort.h5mu")
    code = (
        "import sys; from stratomics.cohort import load_cohort; load_cohort(sys.argv[1]);"
        "assert not {'mudata', 'anndata', 'scipy.stats', 'sklearn', 'torch', 'matplotlib'} & {*sys.modules}"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "scripts")}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "cohort.h5mu")], check=True, env=environment)
