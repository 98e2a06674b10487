"""Times of follow-up: several columns, other units, codes, and times that one group of patients lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.follow_up import Reasons, read_times
from stratomics.cohort.time_checks import check_short

N = 40
IDS = [f"P{i:02d}" for i in range(N)]
EVENT = pd.Series([1.0] * 25 + [0.0] * 15, IDS)
DAYS = pd.Series(np.arange(100, 100 + 50 * N, 50), IDS)


def read(columns: dict[str, Any], **settings: Any) -> tuple[pd.Series, Checks, Reasons]:
    cells = pd.DataFrame(columns, index=IDS, dtype=object).map(lambda cell: cell if cell is np.nan else str(cell))
    checks, reasons = Checks(), {}
    settings = {"time": next(iter(columns)), **settings}
    return read_times("c.tsv", cells, settings, EVENT, reasons, checks), checks, reasons


def test_first_known_column_counts() -> None:
    death = DAYS.where(EVENT == 1).astype(object)
    columns = {"days_to_death": death, "days_to_last_follow_up": DAYS - 10}
    time, checks, reasons = read(columns, time=list(columns))
    assert time.tolist() == [*DAYS[:25], *(DAYS[25:] - 10)]
    assert (checks.faults, reasons) == ([], {})
    assert checks.table()["value"].tolist() == ["25, 40"]
    # The other way round, deaths are dated to the last visit before.
    _, checks, _ = read(columns, time=list(columns)[::-1])
    assert checks.table().set_index("check").loc["time_columns_order", "action"] == "warning"


@pytest.mark.parametrize(
    ("lost", "advice"),
    [
        (0.0, "time: [death_days_to, days_to_last_follow_up]"),
        (1.0, "time: [days_to_death, death_days_to]"),
    ],
)
def test_times_that_a_group_lost_are_a_fault_with_the_line_to_write(lost: float, advice: str) -> None:
    known = DAYS.where(lost != EVENT).astype(object)
    other = "days_to_last_follow_up" if lost == 0 else "days_to_death"
    _, checks, _ = read({"death_days_to": known, other: DAYS})
    assert len(checks.faults) == 1
    assert advice in checks.faults[0]


def test_times_that_some_of_a_group_lost_are_a_warning() -> None:
    known = DAYS.astype(object)
    known.iloc[[26, 28, 30, 32]] = np.nan  # 4 of 15 without the event
    _, checks, _ = read({"days": known})
    assert checks.faults == []
    row = checks.table().set_index("check").loc["times_uneven"]
    assert row["message"].startswith(
        "of 15 patients without the event, 11 have a time in column 'days', of 25 with the event, 25"
    )


@pytest.mark.parametrize(
    ("unit", "factor"), [("weeks", 7.0), ("months", 30.4375), ("years", 365.25), ("days", 1.0), (None, 1.0)]
)
def test_units(unit: str | None, factor: float) -> None:
    time, checks, _ = read({"t": DAYS / factor}, time_unit=unit)
    np.testing.assert_allclose(time, DAYS, rtol=1e-12)
    assert checks.faults == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("OS_MONTHS", "months"),
        ("os.months", "months"),
        ("survival (years)", "years"),
        ("OS_days", None),
        ("mosaic", None),
        ("yrs", "years"),
        ("os_weeks", "weeks"),
        ("OSmonths", "months"),
        ("OSMonths", "months"),
        ("SurvivalTimeInYears", "years"),
    ],
)
def test_name_of_the_column_says_another_unit(name: str, says: str | None) -> None:
    _, checks, _ = read({name: DAYS})
    assert [f"time_unit: {says} (or time_unit: days" in fault for fault in checks.faults] == ([True] if says else [])
    _, checks, _ = read({name: DAYS}, time_unit="days")
    assert checks.faults == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (99999, "99999 looks like a code for 'not known': write NA"),
        (20150312, "are these seconds, hours, or dates written as numbers?"),
        ("1,234", "1,234 may mean either"),
        ("9,5", "Write decimals with a point, not a comma."),
        ("1_000", "no number: '1_000' (patient 'P03')"),
        ("٣", "no number: '٣'"),
        ("inf", "1 infinite time"),
    ],
)
def test_one_impossible_time_is_named(cell: object, words: str) -> None:
    times = DAYS.astype(object)
    times.iloc[3] = cell
    _, checks, _ = read({"t": times})
    assert len(checks.faults) == 1
    assert words in checks.faults[0]


def test_points_between_thousands_are_no_decimal_points() -> None:
    days = (DAYS * 7).astype(int)
    _, checks, _ = read({"t": [f"{time // 7:,}".replace(",", ".") for time in days]})
    assert checks.faults == [
        "c.tsv: column 't' has 22 cells with a point before three digits ('1.000', '1.050', '1.100', ... (22 in all)) beside whole "
        "numbers below 1000: 1.000 may mean 1000 or 1.000. If the points stand between thousands, remove them; if they are decimal "
        "points, write as many decimals in every cell (7.000)."
    ]
    for fine in (DAYS / 1000, [f"{time / 1000:.3f}" for time in DAYS]):
        _, checks, _ = read({"t": fine}, time_unit="years")
        assert checks.faults == []


def test_what_follows_from_unreadable_times_is_not_said() -> None:
    times = DAYS.astype(str).where(EVENT == 1, DAYS.astype(str) + "+")
    _, checks, _ = read({"t": times, "days_to_last_follow_up": DAYS})
    assert len(checks.faults) == 1
    assert "The + marks a censored time: write the number alone" in checks.faults[0]


def test_seconds_are_no_days() -> None:
    _, checks, _ = read({"t": DAYS * 86_400})
    assert "40 times of more than 100 years" in checks.faults[0]
    _, checks, _ = read({"t": DAYS * 10})  # 55 years: possible, and hardly so
    assert (checks.faults, checks.table()["check"].tolist()) == ([], ["time_long"])


def test_hours_are_no_unit_of_the_config() -> None:
    _, checks, _ = read({"os_hours": DAYS * 24})
    assert "says hours, and times are days where the config says nothing. Divide them by 24" in checks.faults[0]


@pytest.mark.parametrize("name", ["t", "year_of_death"])
def test_calendar_years_are_no_times(name: str) -> None:
    _, checks, _ = read({name: 2000 + DAYS // 365})
    assert [fault.partition("holds ")[2][:34] for fault in checks.faults] == ["calendar years (2000 to 2005), not"]


def test_one_time_for_everybody_is_none() -> None:
    _, checks, _ = read({"t": [1825] * N})
    assert checks.faults == [
        "c.tsv: column 't' is 1825 for every patient. It must say how long each was followed: correct clinical.time in the config."
    ]


@pytest.mark.parametrize(("code", "unit"), [(9999, None), (999, "months"), (5999, None)])
def test_codes_for_unknown_among_times(code: int, unit: str | None) -> None:
    times = DAYS.clip(upper=2500) / (30 if unit else 1)
    times.iloc[[3, 5]] = code
    _, checks, _ = read({"t": times}, time_unit=unit)
    messages = checks.table().set_index("check")["message"]
    said = [f"t is {code} in 2 patients, far from all others: if it means 'not known', write NA"]
    assert messages[messages.index == "missing_code"].tolist() == (said if code != 5999 else [])


def test_deaths_that_the_last_visit_cuts_short() -> None:
    death = DAYS.where(EVENT == 1).astype(object)
    visit = (DAYS // 2).where(EVENT == 1, DAYS)

    def warned(columns: dict[str, Any], time: list[str]) -> list[str]:
        _, checks, _ = read(columns, time=time)
        assert checks.faults == []
        table = checks.table()
        return table.loc[table["action"] == "warning", "message"].tolist()

    both = {"days_to_death": death, "days_to_last_follow_up": visit}
    assert warned(both, list(both)) == []
    assert warned(both, ["days_to_last_follow_up"]) == [
        "25 patients with the event have a 'days_to_death' that is later than their 'days_to_last_follow_up', which counts: write "
        "under clinical: time: [days_to_death, days_to_last_follow_up]"
    ]
    # A relapse comes before death, and follow-up goes on after it.
    assert warned({**both, "relapse": (DAYS // 3).where(EVENT == 1, DAYS)}, ["relapse"]) == []
    relapse = {"relapse": (DAYS // 3).where(EVENT == 1).astype(object), "days_to_last_follow_up": visit}
    assert warned(relapse, list(relapse)) == []
    # Deaths without a time count as of the last visit; and a visit after death is an error.
    some = {**both, "days_to_death": death.mask(pd.Series(range(N), IDS) < 8)}
    assert warned(some, list(both))[0].startswith(
        "8 patients with the event have no 'days_to_death': their 'days_to_last_follow_up'"
    )
    after = {**both, "days_to_last_follow_up": DAYS + 5}
    assert warned(after, list(both))[0].endswith("nobody is followed after death, so correct what is wrong")


def test_patients_without_follow_up_may_be_left_out() -> None:
    times = DAYS.copy()
    times.iloc[:4] = 0
    _, checks, _ = read({"t": times})
    assert checks.faults[0].endswith("write under clinical: drop_nonpositive_time: true")
    time, checks, reasons = read({"t": times}, drop_nonpositive_time=True)
    assert checks.faults == []
    assert time.isna().sum() == 4
    assert reasons["P00"] == [("zero_time", "t is 0")]
    assert checks.table()["action"].tolist() == ["warning"]


def test_short_follow_up_asks_for_the_unit() -> None:
    for times, unit, said in (
        (DAYS / 30.4375, None, "100% of the times are no whole numbers"), (DAYS, None, ""), (DAYS / 30, "months", ""),
        (DAYS / 5, None, "100% of the times are no whole numbers"), (DAYS / 5, "days", ""), (DAYS + 0.1, None, ""),
    ):  # fmt: skip
        checks = Checks()
        check_short(times + 0.001 * bool(said), unit, checks)
        messages = checks.table()["message"].tolist()
        assert len(messages) == bool(said)
        assert all(said in message and "time_unit: months" in message for message in messages)
