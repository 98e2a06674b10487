"""Names and values that are possible and yet hardly right are said; what is impossible is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.plausible import (
    check_codes,
    check_feature_names,
    check_logged,
    code_values,
    spreadsheet_dates,
)

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(30, 8)).astype(np.float32)


@pytest.mark.parametrize(
    "name",
    [
        "01. Mrz",
        "2. M\u00e4r",
        "1 d\u00e9c.",
        "3. Okt 2021",
        "1-Mar",
        "2-Sep",
        "Dec-01",
        "MAR-2",
        "2023-03-01",
        "1-Mar-23",
        "01.03.2023",
        "2.31E+13",
        "3/1/2023",
    ],
)
def test_names_that_a_spreadsheet_made(name: str) -> None:
    assert spreadsheet_dates(["TP53", name]) == [name]


def test_usual_names_are_no_dates() -> None:
    names = [
        "MARCH1",
        "SEPTIN2",
        "DEC1",
        "HLA-A",
        "hsa-mir-1-1",
        "ENSG00000141510.12",
        "cg00000029",
        "1q21",
        "7SK",
        "1e5x",
        "NKX2-1",
    ]
    assert spreadsheet_dates(names) == []


@pytest.mark.parametrize(
    ("names", "changed"),
    [
        (["44256", "44441", *"abcdef"], "2 features of mrna have names that a spreadsheet made ('44256', '44441')"),
        (["1-Mar", *"abcdef"], "1 feature of mrna has a name that a spreadsheet made ('1-Mar')"),
        (["44212", "12345", "441", *"abcdef"], None),  # 16 January 2021, no date of today, and no date
        ([str(44256 + i) for i in range(8)], None),  # ids
        ([f"{i}/1/20" for i in range(8)], None),  # lipids
        ([f"{i}.1.10" for i in range(8)], None),  # enzymes
    ],
)
def test_names_that_all_look_like_dates_are_meant_so(names: list[str], changed: str | None) -> None:
    checks = Checks()
    check_feature_names(pd.DataFrame(VALUES[:, :1].repeat(len(names), 1), columns=names), "mrna", "mrna.tsv", checks)
    messages = checks.table()["message"].tolist()
    assert len(messages) == (changed is not None)
    assert not changed or messages[0].startswith(changed)


def test_summaries_of_counters_are_left_out_and_said() -> None:
    table = pd.DataFrame(VALUES, columns=["TP53", "__no_feature", "N_unmapped", "__alignment_not_unique", *"abcd"])
    checks = Checks()
    kept = check_feature_names(table, "mrna", "mrna.tsv", checks)
    assert list(kept) == ["TP53", *"abcd"]
    assert checks.table()["id"].tolist() == ["__no_feature", "N_unmapped", "__alignment_not_unique"]
    assert set(checks.table()["action"]) == {"dropped"}


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (lambda v: v, []),
        (lambda v: np.where(np.arange(8) == 3, -9999, v), [-9999.0]),
        (lambda v: np.where(np.arange(8) == 3, 99999, np.abs(v)), [99999.0]),
        (lambda v: np.where(np.arange(8) == 3, -9, np.abs(v)), [-9.0]),
        (lambda v: np.abs(v) * 20_000, []),
        (lambda v: np.where(np.arange(8) == 3, 9999, np.abs(v) * 10_000), []),
        (lambda v: np.full_like(v, np.nan), []),
    ],
)
def test_codes_among_measurements(make: Callable[[np.ndarray], np.ndarray], codes: list[float]) -> None:
    values = make(VALUES).astype(np.float32)
    assert code_values(values) == codes
    checks = Checks()
    check_codes(values, [f"g{j}" for j in range(8)], "mrna", "mrna.tsv", checks)
    assert checks.table()["action"].tolist() == ["warning"] * len(codes)
    assert all("g3" in message for message in checks.table()["message"])


@pytest.mark.parametrize(
    ("values", "transform", "said"),
    [
        (np.abs(VALUES) * 4, "log2p1", True),
        (np.abs(VALUES) * 4, "none", False),
        (np.round(np.abs(VALUES) * 4), "log2p1", False),  # small counts
        (np.abs(VALUES) * 400, "log2p1", False),
    ],
)
def test_logarithm_of_logarithms(values: np.ndarray, transform: str, said: bool) -> None:
    checks = Checks()
    check_logged(values, "mrna", "mrna.tsv", transform, checks)
    assert checks.table()["check"].tolist() == ["already_logged"] * said
