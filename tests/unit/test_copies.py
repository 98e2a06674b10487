"""Measurements that are there twice are told, however they are arranged; what may agree by chance is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.copies import BLOCK, check_profiles, check_same_omics

RNG = np.random.default_rng(0)
IDS = [f"P{i:02d}" for i in range(30)]
PATHS = {"a": "a.tsv", "b": "b.tsv"}


def frame(values: np.ndarray, prefix: str = "g") -> pd.DataFrame:
    return pd.DataFrame(values.astype(np.float32), IDS, [f"{prefix}{j}" for j in range(values.shape[1])])


ONE = frame(RNG.normal(5, 2, size=(30, 20)).round(3))
SPARSE = frame(RNG.random((30, 20)) < 0.1)


def found(one: pd.DataFrame, other: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    checks = Checks()
    check_same_omics({"a": one, "b": other}, PATHS, checks)
    return checks.faults, checks.table()


@pytest.mark.parametrize(
    ("other", "patients"),
    [
        (ONE, 30),
        (ONE.sample(frac=1, random_state=0), 30),
        (ONE[ONE.columns[::-1]], 30),
        (ONE.round(1), 30),
        (ONE.round(0), 30),
        (ONE[1:], 29),
        (ONE.mask(RNG.random(ONE.shape) < 0.1), 30),
        (ONE.set_axis([f"ENSG{j}" for j in range(20)], axis=1), 30),
        (ONE.assign(g0=1.0), 30),  # a feature that does not vary tells nothing
    ],
)
def test_two_omics_that_are_one(other: pd.DataFrame, patients: int) -> None:
    assert found(ONE, other)[0] == [
        f"a.tsv and b.tsv: omics 'a' and 'b' hold the same 20 measurements of the same {patients} patients. Each omics must be a "
        f"table "
        "of its own: correct the path of one, or remove it."
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, ONE + 1),
        (ONE, ONE.assign(g7=ONE["g8"])),
        (ONE, frame(RNG.normal(5, 2, size=(30, 20)))),
        (ONE, ONE.set_axis([f"Q{i}" for i in range(30)])),
        (SPARSE, SPARSE.assign(g3=1 - SPARSE["g3"])),
        (SPARSE, ONE / 20),
        (SPARSE * 0, ONE * 0),
        (ONE, frame(ONE.to_numpy()[:, :5], "h")),
        (frame(RNG.normal(size=(30, 2 * BLOCK))),) * 2,
    ],
)
def test_omics_that_share_names_or_shapes_are_two(one: pd.DataFrame, other: pd.DataFrame) -> None:
    if one is other:  # a difference beyond the features that are compared first
        other = one.copy()
        other.iloc[3, -1] += 1
    faults, table = found(one, other)
    assert (faults, len(table)) == ([], 0)


def test_an_omics_that_holds_a_part_of_another() -> None:
    faults, table = found(ONE[["g3", "g1", "g9"]], ONE)
    assert faults == []
    assert table.loc[0, ["item", "check", "action"]].tolist() == ["a", "features_of_another", "warning"]
    assert table.loc[0, "message"] == (
        "3 of the 3 features of a.tsv hold the same measurements as in b.tsv and count twice: leave them out of one of the two, "
        "unless "
        "that is meant"
    )


def profiles(table: pd.DataFrame) -> list[str]:
    checks = Checks()
    check_profiles(table, "mrna", "mrna.tsv", checks)
    assert set(checks.table()["action"]) <= {"warning"}
    return checks.table()["message"].tolist()


def filled(table: pd.DataFrame, n: int, value: float = 0.0) -> pd.DataFrame:
    table = table.copy()
    table.iloc[:n] = value
    return table


def doubled(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    table.iloc[:2] = table.iloc[10:12].to_numpy()
    return table


def test_patients_filled_with_one_value() -> None:
    assert profiles(filled(ONE, 1)) == [
        "1 patient of mrna.tsv has the same value, 0, in all 20 features ('P00'): if they were not measured, leave them out of "
        "the table "
        "or write NA"
    ]
    assert profiles(filled(ONE, 12))[0].startswith(
        "12 patients of mrna.tsv have the same value, 0, in all 20 features ('P00', "
    )
    assert "the same value, 5.5," in profiles(filled(ONE, 3, 5.5))[0]
    counts = (ONE.abs() * 10_000).round()
    assert len(profiles(filled(counts, 3))) == 1


def test_patients_with_one_profile() -> None:
    assert profiles(doubled(ONE)) == [
        "patients of mrna.tsv have the same 20 measurements ('P00' and 'P10', 'P01' and 'P11'): if one sample is there under "
        "several "
        "ids, one trains what is judged on the other; keep it once"
    ]


@pytest.mark.parametrize("change", [lambda table: table, doubled, lambda table: filled(table, 4)])
@pytest.mark.parametrize("table", [SPARSE, SPARSE * 2, SPARSE * 0.5, ONE.iloc[:, :4]])
def test_profiles_that_may_agree_by_chance(table: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert profiles(change(table)) == []


def test_usual_profiles_are_fine() -> None:
    assert profiles(ONE) == []
    assert profiles(ONE.mask(RNG.random(ONE.shape) < 0.3)) == []
