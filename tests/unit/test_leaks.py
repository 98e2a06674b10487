"""The outcome is found among features, covariates and batches, whatever it is called and however it is written."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.checks import Checks
from stratomics.cohort.leaks import check_features, copies_of_outcome, covariate_leaks

RNG = np.random.default_rng(0)
N = 80
TIME = pd.Series(RNG.exponential(900, N).round() + 1)
EVENT = pd.Series(RNG.permutation([1.0] * 50 + [0.0] * 30))


@pytest.mark.parametrize(
    "make",
    [
        lambda: TIME,
        lambda: -TIME / 30.4375,
        lambda: np.log(TIME),
        lambda: TIME**4,
        lambda: np.exp(-TIME / 100),
        lambda: (TIME**4).where(RNG.random(N) > 0.2),
        lambda: TIME.rank(),
        lambda: EVENT,
        lambda: 3 - 2 * EVENT,
        lambda: TIME.where(RNG.random(N) > 0.4),
        lambda: TIME.where(EVENT == 1),  # days to death
    ],
)
def test_copies_are_found(make: Callable[[], pd.Series]) -> None:
    table = pd.DataFrame({"noise": RNG.normal(size=N), "copy": make()}).astype(np.float32)
    assert list(copies_of_outcome(table, TIME, EVENT)) == ["copy"]


def test_what_is_only_prognostic_is_no_copy() -> None:
    strong = pd.DataFrame(
        {"risk": np.log(TIME) + RNG.normal(0, 0.5, N), "mutated": np.where(RNG.random(N) < 0.9, EVENT, 1 - EVENT)}
    )
    noise = pd.DataFrame(RNG.normal(size=(N, 20_000)).astype(np.float32))
    assert copies_of_outcome(strong, TIME, EVENT) == copies_of_outcome(noise, TIME, EVENT) == {}


def test_features_called_as_outcomes() -> None:
    noise = pd.DataFrame(RNG.normal(size=(N, 4)), columns=["EFS", "TP53", "DSS", "PFI.time"])

    def faults(columns: list[str]) -> tuple[list[str], list[str]]:
        checks = Checks()
        check_features(noise[columns], TIME, EVENT, ["OS.time", "TP53"], "mrna", "mrna.tsv", checks)
        return checks.faults, list(checks.table()["check"])

    assert faults(["EFS"]) == ([], [])  # a gene
    assert faults(["DSS"]) == ([], ["outcome_name"])
    assert "'DSS', 'PFI.time'" in faults(["DSS", "PFI.time", "EFS"])[0][0]
    assert "'TP53'" in faults(["TP53"])[0][0]  # the config names it as the event


@pytest.mark.parametrize(
    ("make", "leak"),
    [
        (lambda: EVENT.map({1: "Dead", 0: "Alive"}), "says who has the event"),
        (lambda: EVENT.map({1: "with tumor", 0: "free"}).where(RNG.random(N) > 0.3), "says who has the event"),
        (
            lambda: pd.Series(["known"] * N).where(EVENT == 1),
            "is known for those with the event only, or for those without",
        ),
        (
            lambda: pd.cut(TIME, [0, 365, 1095, 1e9], labels=["<1y", "1-3y", ">3y"]).astype(object),
            "is the time cut into groups",
        ),
        (lambda: pd.Series(np.where(TIME > TIME.median(), "long", "short")), "is the time cut into groups"),
        (
            lambda: pd.Series(np.where(TIME > TIME.median(), "long", "short")).mask(RNG.random(N) < 0.3),
            "is the time cut into groups",
        ),
        (lambda: pd.Series(np.where(TIME * RNG.uniform(0.8, 1.2, N) > TIME.median(), "good", "bad")), None),
        (lambda: pd.Series(RNG.choice(["m", "f"], N)), None),
        (lambda: EVENT.map({1: "Stage IV", 0: "Stage I"}).where(RNG.random(N) > 0.2, "Stage II"), None),
    ],
)
def test_covariates_that_repeat_the_outcome(make: Callable[[], pd.Series], leak: str | None) -> None:
    assert covariate_leaks(make(), None, TIME, EVENT) == leak


def test_groups_within_equal_times_are_no_cut() -> None:
    equal = pd.Series([1000.0] * 40 + [2000.0] * 40)
    groups = pd.Series(["a"] * 20 + ["b"] * 60)
    assert covariate_leaks(groups, None, equal, EVENT) is None
    assert covariate_leaks(pd.Series(["a"] * 40 + ["b"] * 40), None, equal, EVENT) == "is the time cut into groups"


def test_waves_of_recruitment_are_no_cut() -> None:
    """All are alive when the study ends but a few, who died in either wave."""
    time = pd.Series([*RNG.integers(3000, 3500, 200), *RNG.integers(1000, 1500, 200)])
    event = pd.Series(0.0, time.index)
    event.iloc[::80] = 1.0
    waves = pd.Series(["first"] * 200 + ["second"] * 200)
    assert covariate_leaks(waves, None, time, event) == "is the time cut into groups"
    time.iloc[::80] = [700, 50, 1200, 900, 400]
    assert covariate_leaks(waves, None, time, event) is None
