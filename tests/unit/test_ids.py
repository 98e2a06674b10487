"""Ids that mean the same patient agree or get the advice that makes them agree; no advice makes two patients one."""

from __future__ import annotations

import pytest

from stratomics.cohort.ids import agreement_advice, alike, clean_name, without_decimals


@pytest.mark.parametrize(
    "name", ["Pe\u0301 1", "\u200bP\u00e9 1", "P\u00e9\u00a01\ufeff", " P\u00e9 1\t", "P\u00ad\u00e9 1"]
)
def test_what_nobody_sees_does_not_count(name: str) -> None:
    assert clean_name(name) == "P\u00e9 1"


def test_text_that_a_spreadsheet_guards_is_itself() -> None:
    assert clean_name('="P001"') == "P001"
    assert clean_name("=P001") == "=P001"


def test_whole_numbers_that_pandas_wrote_as_decimals() -> None:
    assert without_decimals(["91.0", "92.0", ""]) == ["91", "92", ""]
    assert without_decimals(["91.0", "92"]) is None
    assert without_decimals(["1.0", "1.00"]) is None  # they would become one


def test_ids_that_differ_in_case_and_separators_are_found() -> None:
    assert alike(["P1", "p1", "A.1", "A-1", "A_1", "B1", "B11"]) == [("P1", "p1"), ("A.1", "A-1", "A_1")]


@pytest.mark.parametrize(
    ("names", "patients", "advice"),
    [
        ([f"p{i}" for i in range(9)], [f"P{i}" for i in range(9)], "upper and lower case"),
        ([f"{i}" for i in range(9)], [f"{i:03d}" for i in range(9)], "leading zeros"),
        ([f"A.{i}" for i in range(9)], [f"A-{i}" for i in range(9)], "separators"),
        ([f"A {i}" for i in range(9)], [f"A{i}" for i in range(9)], "blanks"),
        ([f"{i}.0" if i else "none" for i in range(9)], [f"{i}" for i in range(9)], "end in '.0'"),
        ([f"X10{i}.a" for i in range(9)], [f"10{i}-a" for i in range(9)], "R puts an X before names"),
        ([f"X100{i}" for i in range(9)], [f"100{i}" for i in range(9)], "R puts an X before names"),
        ([f"BRCA_{i}" for i in range(9)], [f"{i}" for i in range(9)], "begin with 'BRCA_'"),
        ([f"P{i}_tumour" for i in range(9)], [f"P{i}" for i in range(9)], "end in '_tumour'"),
        (
            [f"P{i:03d}-{i}x" for i in range(9)],
            [*(f"P{i:03d}" for i in range(8)), "odd id of another length"],
            "first 4 characters",
        ),
        # Shortened, they would be one patient.
        ([f"P{i}" for i in range(100, 190)], [f"P{i}" for i in range(10, 19)], None),
        ([f"1{i:02d}" for i in range(90)], [f"{i}" for i in range(90)], None),
        ([f"'P{i}" for i in range(9)], [f"P{i}" for i in range(9)], "begin with an apostrophe"),
        ([f"{i}.0" for i in range(90)], [f"x{i}" for i in range(9)], None),
    ],
)
def test_advice(names: list[str], patients: list[str], advice: str | None) -> None:
    found = agreement_advice(names, patients)
    assert (found is None) if advice is None else (found is not None and advice in found), found
