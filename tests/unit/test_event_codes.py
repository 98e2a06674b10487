"""Codes of an event that say the opposite of what they are read as, and patients whose status is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.event_checks import check_unknown_events
from stratomics.cohort.events import decode_events

N = 60
EVENT = np.array([1, 0] * (N // 2))
TIME = pd.Series(np.arange(100.0, 100 + N))


def decode(name: str, event: str, censored: str, codes: Any = None) -> tuple[pd.Series, list[str]]:
    checks = Checks()
    cells = pd.Series(np.where(EVENT == 1, event, censored), name=name, dtype=object)
    return decode_events(cells, codes, "c.tsv", checks), checks.faults


@pytest.mark.parametrize("name", ["alive", "LIVING", "survived", "is_alive", "OS.cens", "censored", "disease_free"])
@pytest.mark.parametrize("codes", [("0", "1"), ("no", "yes"), ("FALSE", "TRUE")])
def test_name_that_denies_the_event(name: str, codes: tuple[str, str]) -> None:
    dead, alive = codes
    _, faults = decode(name, dead, alive)
    if (name, dead) == ("disease_free", "0"):  # 1 is written for the event, too
        assert faults == []
        return
    assert len(faults) == 1
    said = {"O": "censored", "c": "censored", "d": "free of the event"}.get(name[0], "alive")
    dead, alive = dead.lower(), alive.lower()
    assert faults[0].startswith(
        f"""c.tsv: the name of column '{name}' says that "{alive}" means {said}, while "{alive}" is read"""
    )
    assert f'event_codes: {{event: ["{dead}"], censored: ["{alive}"]}} (or {{event: ["{alive}"]' in faults[0]
    event, faults = decode(name, dead, alive, {"event": [dead], "censored": [alive]})
    assert (event.tolist(), faults) == (EVENT.tolist(), [])


@pytest.mark.parametrize(
    ("name", "dead", "alive"),
    [
        ("survival_status", "1", "0"),
        ("overall.survival", "1", "0"),
        ("uncensored", "1", "0"),
        ("dead_or_alive", "1", "0"),
        ("not_alive", "TRUE", "FALSE"),
        ("event_free_survival", "yes", "no"),
        ("alive", "dead", "alive"),  # the words say it
        ("OS", "1:DECEASED", "0:LIVING"),
        ("DSS", "1:DEAD WITH TUMOR", "0:ALIVE OR DEAD TUMOR FREE"),
    ],
)
def test_names_and_words_that_agree(name: str, dead: str, alive: str) -> None:
    event, faults = decode(name, dead, alive)
    assert (event.tolist(), faults) == (EVENT.tolist(), [])


def test_words_that_contradict_their_code() -> None:
    advice = 'event_codes: {event: ["0:deceased"], censored: ["1:living"]}'
    _, faults = decode("OS", "0:DECEASED", "1:LIVING")
    assert "'1:living' as the event, '0:deceased' as censored, and the word says the opposite" in faults[0]
    assert faults[0].endswith(advice)
    event, faults = decode("OS", "0:DECEASED", "1:LIVING", {"event": ["0:deceased"], "censored": ["1:living"]})
    assert (event.tolist(), faults) == (EVENT.tolist(), [])
    _, faults = decode("OS", "dead", "alive", {"event": ["alive"], "censored": ["dead"]})
    assert "with 'alive' as the event" in faults[0]
    # Deaths of another cause may well be censored.
    _, faults = decode("OS", "relapse", "dead", {"event": ["relapse"], "censored": ["dead"]})
    assert faults == []


def unknown(cells: Sequence[str], excluded: Sequence[int] = ()) -> tuple[list[str], list[str]]:
    column, checks = pd.Series(cells, name="OS", dtype=object), Checks()
    event = column.map({"Dead": 1.0, "Alive": 0.0})
    check_unknown_events("c.tsv", column, event, TIME, excluded, checks)
    return checks.faults, checks.table()["message"].tolist()


def test_status_missing_for_those_alive_is_a_fault() -> None:
    cells = np.where(EVENT == 1, "Dead", "Not Reported").astype(object)
    faults, _ = unknown(cells)
    assert faults[0].startswith(
        "c.tsv: 30 of 60 patients with a time have no event status: column 'OS' is empty for them."
    )
    assert "Of the other 30, 30 had the event, so empty may mean alive" in faults[0]
    assert faults[0].endswith('write under clinical: exclude: {OS: ["Not Reported"]}')
    assert unknown(cells, np.flatnonzero(EVENT == 0).tolist()) == ([], [])
    cells[1:7:2] = "Alive"
    assert "Of the other 33, 30 had the event" in unknown(cells)[0][0]
    assert "had the event, so empty may mean that the event" in unknown(np.where(EVENT == 1, "", "Alive"))[0][0]


def test_status_missing_for_some_is_a_warning() -> None:
    cells = np.where(EVENT == 1, "Dead", "Alive").astype(object)
    cells[:5] = ""
    assert unknown(cells) == ([], [])  # fewer than a tenth
    cells[:10] = ""
    faults, warnings = unknown(cells)
    assert faults == []
    assert warnings[0].startswith("10 of 60 patients with a time have no event status")
