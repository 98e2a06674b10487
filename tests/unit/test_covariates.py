"""One odd cell leaves numbers numbers and an order an order, and ``checks.tsv`` says how every column was read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.clinical import Clinical, known
from stratomics.cohort.clinical_checks import check_covariates
from stratomics.cohort.covariates import describe_covariate, read_covariate

N = 60
RNG = np.random.default_rng(0)
IDS = [f"P{i:02d}" for i in range(N)]
AGES = [str(age) for age in RNG.integers(40, 80, N)]
STAGES = [str(stage) for stage in RNG.choice(["Stage I", "stage iia", "Stage III", "Stage X"], N)]


def column(cells: list[str]) -> pd.Series:
    return known(pd.Series(cells, IDS, dtype=object))


@pytest.mark.parametrize("odd", [">89", "54,3", "90+", "sixty", "1_0", "inf", "٦٠"])
def test_numbers_stay_numbers(odd: str) -> None:
    reading = read_covariate(column([odd, *AGES[1:]]))
    assert reading.kind == "numeric"
    assert reading.values.tolist()[1:] == [float(age) for age in AGES[1:]]
    assert np.isnan(reading.values.iloc[0])
    assert reading.odd.to_dict() == {"P00": odd}


@pytest.mark.parametrize("code", ["?", "n.a.", "Not Allowed To Collect", "[Not Reported]", "unknown", "#N/A"])
def test_codes_for_missing_are_not_odd(code: str) -> None:
    for cells in (AGES, STAGES):
        reading = read_covariate(column([code, *cells[1:]]))
        assert reading.values.isna().sum() == 1
        assert reading.odd.empty


def test_order_stays_an_order() -> None:
    reading = read_covariate(column(["metastatic", *STAGES[1:]]))
    assert reading.kind == "ordinal"
    assert reading.odd.to_dict() == {"P00": "metastatic"}
    assert reading.values.iloc[1:].tolist() == STAGES[1:]  # as in the table


def test_categories_are_left_alone() -> None:
    cells = [str(one) for one in RNG.choice(["A", "B", "2", "3"], N)]
    reading = read_covariate(column(cells))
    assert (reading.kind, reading.odd.empty, reading.values.tolist()) == ("categorical", True, cells)
    codes = read_covariate(column([str(one) for one in RNG.integers(0, 2, N)]))
    assert (codes.kind, codes.values.dtype) == ("categorical", np.float64)


@pytest.mark.parametrize(
    "levels", [["05", "22", "44"], ["A7", "22", "3C", *map(str, range(40, 50))], ["02134", "10115", "90210"]]
)
def test_codes_of_digits_are_categories(levels: list[str]) -> None:
    cells = [levels[i % len(levels)] for i in range(N)]
    reading = read_covariate(column(cells))
    assert (reading.kind, reading.values.tolist()) == ("categorical", cells)
    assert describe_covariate(reading.values)[0] == "categorical"


def test_one_letter_among_numbers_makes_no_codes() -> None:
    reading = read_covariate(column(["6O", *AGES[1:]]))
    assert (reading.kind, reading.odd.tolist()) == ("numeric", ["6O"])


@pytest.mark.parametrize(
    ("cells", "merged"),
    [
        (["Male"] * 30 + ["male"] * 5 + ["female"] * 20 + ["FEMALE "] * 5, {"male": "Male", "FEMALE ": "female"}),
        (["True"] * 30 + ["TRUE"] * 2 + ["FALSE"] * 28, {"TRUE": "True"}),
        (["AA"] * 20 + ["Aa"] * 20 + ["aa"] * 20, {}),  # genotypes
        (["m"] * 30 + ["f"] * 30, {}),
    ],
)
def test_levels_that_differ_in_case_are_one(cells: list[str], merged: dict[str, str]) -> None:
    reading = read_covariate(column(cells))
    assert reading.merged == merged
    assert reading.values.tolist() == [merged.get(cell, cell) for cell in cells]
    notes = checks_of({"x": cells}, ["x"]).table().set_index("check")["message"]
    said = [f"'{level}' counts as '{other}'" for level, other in merged.items()]
    assert all(one in notes["levels_merged"] for one in said) if said else "levels_merged" not in notes


def test_many_odd_cells_leave_a_wide_range_of_numbers_numbers() -> None:
    cells = [">70" if float(age) > 70 else age for age in AGES]
    reading = read_covariate(column(cells))
    assert reading.kind == "numeric"
    assert len(reading.odd) == sum(float(age) > 70 for age in AGES) > 10
    # A few classes with a word for the last are categories.
    assert read_covariate(column([str(one) for one in RNG.choice(["0", "1", "2", ">2"], N)])).kind == "categorical"


def checks_of(cells: dict[str, list[str]], covariates: list[str]) -> Checks:
    """Read clinical columns of a cohort whose event and time are noise, and return what is said of them."""
    table = pd.DataFrame(cells, IDS, dtype=object)
    readings = {name: read_covariate(known(table[name])) for name in table}
    values = pd.DataFrame({name: reading.values for name, reading in readings.items()}, IDS)
    time = pd.Series(np.random.default_rng(1).exponential(900, N), IDS)
    event = pd.Series(np.random.default_rng(2).permutation([1.0] * 30 + [0.0] * 30), IDS)
    checks = Checks()
    check_covariates(
        Clinical("c.tsv", "patient", table, time, event, values, {}, readings), IDS, covariates, [], {}, checks
    )
    return checks


def test_how_every_column_was_read_is_said() -> None:
    sexes = ["m", "f", ""] * 20
    table = checks_of({"age": [">89", *AGES[1:]], "stage": STAGES, "sex": sexes}, ["age", "stage"]).table()
    read = table[table["check"] == "read_as"].set_index("id")
    assert read["value"].to_dict() == {"age": "numeric", "stage": "ordinal", "sex": "categorical"}
    assert read.loc["sex", "message"] == "sex (annotations) is read as categories: m 20, f 20; 20 missing (33.3%)"
    n_unknown = STAGES.count("Stage X")
    assert f"Stage III {STAGES.count('Stage III')}; {n_unknown} missing" in read.loc["stage", "message"]
    odd = table[table["check"] == "odd_cells"]
    assert odd["message"].tolist() == ["age holds numbers, but for 1 cell: '>89' (patient 'P00'); it counts as missing"]
    assert odd["action"].tolist() == ["warning"]


@pytest.mark.parametrize(
    ("cells", "check"),
    [
        ([f"text {i}" for i in range(N)], "many_categories"),
        (["999", *AGES[1:]], "missing_code"),
        (["-9", *AGES[1:]], "missing_code"),
        ([""] * 25 + AGES[25:], "covariate_missing"),
        (["60"] * N, "covariate_constant"),
    ],
)
def test_what_is_hardly_right_is_a_warning(cells: list[str], check: str) -> None:
    checks = checks_of({"x": cells}, ["x"])
    table = checks.table()
    assert table.loc[table["action"] == "warning", "check"].tolist() == [check]
    assert checks.faults == []


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda n: f"{n},5", f"has {N} numbers with a comma ('320,5', '333,5', '346,5', ... (60 in all)). Write decimals"),
        (lambda n: f"{n:,}", "has 7 numbers with a comma ('1,009', '1,022', '1,035', ... (7 in all)). If the commas stand between"),
        (lambda n: f"{n:,}".replace(",", "."), "has 7 cells with a point before three digits ('1.009', "),
        (lambda n: f"{n / 1000}", None),
        (lambda n: f"{n / 1000:.3f}", None),
    ],
)  # fmt: skip
def test_marks_between_thousands_and_decimal_commas(write: Callable[[int], str], said: str | None) -> None:
    checks = checks_of({"ldh": [write(n) for n in range(320, 320 + 13 * N, 13)]}, ["ldh"])
    named = "c.tsv: column 'ldh', which the config names as clinical.covariates, "
    assert [fault[: len(named + said)] for fault in checks.faults] == [named + said] if said else not checks.faults


def spread(*levels: object) -> list[str]:
    return [str(levels[i % len(levels)]) for i in range(N)]


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        (
            "grade",
            [*["9"] * 6, *spread(1, 2, 3, 4)[6:]],
            "grade is 9 in 6 patients, far from all others: if it means 'not known'",
        ),
        ("nodes", [*["98"] * 4, *spread(*range(12))[4:]], "nodes is 98 in 4 patients"),
        ("psa", [*["-1"] * 3, *spread(0.3, 4.5, 11)[3:]], "psa is -1 in 3 patients"),
        ("age", ["0", *AGES[1:]], "age is 0 in 1 patient and at least 40 in the others"),
        (
            "AgeAtDx",
            ["-61", "650", *AGES[2:]],
            "AgeAtDx is below 0 or above 120 in 2 patients ('-61', '650'): correct them",
        ),
        (
            "age",
            [f"{age}-{age + 4} years" for age in range(30, 90, 5)] * 5,
            "age has 12 categories that are bands of a number",
        ),
        (
            "size",
            spread("1 cm", "2 cm", "25 mm"),
            "size has 3 categories that are numbers with their unit ('1 cm', '2 cm', '25 mm')",
        ),
        ("kps", spread("70%", "80%", "90%", "100%"), "kps has 4 categories that are numbers with their unit"),
        (
            "treated",
            spread("None", "Chemo", "Both"),
            "'None' of treated is read as missing in 20 patients: if it is a level",
        ),
        ("marker", spread("-", "+"), "'-' of marker is read as missing in 30 patients"),
    ],
)
def test_doubtful_values_are_named(name: str, cells: list[str], said: str) -> None:
    table = checks_of({name: cells}, [name]).table()
    messages = table.loc[table["action"] == "warning", "message"].tolist()
    assert [message for message in messages if message.startswith(said)]
    assert len(messages) <= (3 if name == "marker" else 2)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("nodes", [*["9"] * 2, *spread(0, 1, 2, 5)[2:]]),  # a count
        ("nodes", spread(*range(12))),
        ("cnv", spread(-1, 0, 1)),
        ("cnv", spread(-1, 0, 1, 2, -2)),
        ("change", spread(-1, 0.5, 3, -2)),
        ("age", spread(-1.2, -0.3, 0.4, 1.3)),  # standardised
        ("age", spread(0, 1, 3, 7, 15)),  # children
        ("age_at_diagnosis", spread(21_000, 25_000, 29_000)),  # days
        ("percentage", [*["150"] * 2, *AGES[2:]]),
        ("stage", spread("1a", "1b", "2a", "2b")),
        ("her2", spread("0", "1+", "2+", "3+")),
        ("age", spread("<50", "50-70", ">70")),
        ("morphology", spread("8140/3", "8500/3", "8520/3")),
        ("marker", spread("positive", "negative", "-")),
        ("smoker", spread("yes", "no", "NA")),
    ],
)
def test_sound_values_are_not_doubted(name: str, cells: list[str]) -> None:
    table = checks_of({name: cells}, [name]).table()
    checks = set(table.loc[table["action"] == "warning", "check"])
    assert not checks - {"covariate_missing"}  # a third without a value


def test_covariate_called_as_an_outcome_is_a_warning() -> None:
    table = checks_of({"PFI.time": AGES}, ["PFI.time"]).table()
    assert "outcome_name" in set(table.loc[table["action"] == "warning", "check"])
