"""The Kaplan-Meier estimate against R (frozen numbers) and lifelines (random data)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from stratomics.survival import kaplan_meier, numbers_at_risk, survival_at

DATA = Path(__file__).parents[1] / "data"


def test_equals_r() -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    expected = pd.read_table(DATA / "kaplan_meier.tsv")
    found = kaplan_meier(patients["time"], patients["event"]).iloc[1:]
    assert found["survival"].iloc[-1] == 0  # R leaves the interval missing there
    for column in expected.columns:
        rows = expected[column].notna().to_numpy()
        assert rows.sum() >= len(expected) - 1
        np.testing.assert_allclose(found[column][rows], expected[column][rows], rtol=1e-8, err_msg=column)


@pytest.mark.parametrize("last_dies", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equals_lifelines(seed: int, last_dies: bool) -> None:
    rng = np.random.default_rng(seed)
    time, event = np.ceil(rng.exponential(20, 80)), rng.random(80) < 0.6
    event[time == time.max()] = last_dies
    fitter = KaplanMeierFitter().fit(time, event)
    found = kaplan_meier(time, event)
    np.testing.assert_allclose(found["time"], fitter.survival_function_.index)
    np.testing.assert_allclose(found["survival"], fitter.survival_function_["KM_estimate"], rtol=1e-8, atol=1e-14)
    interval = fitter.confidence_interval_survival_function_.to_numpy()
    np.testing.assert_allclose(found[["ci_low", "ci_high"]], interval, rtol=1e-8, atol=1e-14)
    counts = fitter.event_table
    np.testing.assert_array_equal(found["at_risk"], counts["at_risk"].clip(upper=80))
    np.testing.assert_array_equal(found["events"], counts["observed"])
    np.testing.assert_array_equal(found["censored"], counts["censored"])

    at = np.array([0.0, 0.5, 1.0, 7.0, 7.5, 30.0, 1e4])
    np.testing.assert_allclose(survival_at(found, at), fitter.predict(at), atol=1e-14)


def test_level_of_the_interval() -> None:
    rng = np.random.default_rng(3)
    time, event = rng.exponential(20, 80), rng.random(80) < 0.6
    interval = KaplanMeierFitter(alpha=0.1).fit(time, event).confidence_interval_survival_function_
    np.testing.assert_allclose(kaplan_meier(time, event, level=0.9)[["ci_low", "ci_high"]], interval, rtol=1e-8)


def test_numbers_at_risk_count_those_who_leave_at_that_time() -> None:
    assert numbers_at_risk([5, 1, 3, 3], [0, 1, 2, 3, 4, 5, 6]).tolist() == [4, 4, 3, 3, 1, 1, 0]


def test_event_at_time_zero() -> None:
    found = kaplan_meier([0, 0, 1, 2], [1, 0, 0, 1])
    assert found["time"].tolist() == [0, 1, 2]
    assert found["survival"].tolist() == [0.75, 0.75, 0]


def test_faulty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one patient"):
        kaplan_meier([], [])
    with pytest.raises(ValueError, match="must not be negative, the lowest is -1"):
        kaplan_meier([-1, 2], [1, 0])
