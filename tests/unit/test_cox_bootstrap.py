"""The Cox model of bootstrap replicates against R on repeated patients (frozen numbers) and against the single fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stratomics.survival import cox_bootstrap, cox_univariate

DATA = Path(__file__).parents[1] / "data"


def test_equals_r_on_repeated_patients() -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    patients["step"] = patients["group"].map({"low": 1, "mid": 2, "high": 3})
    expected = pd.read_table(DATA / "cox_bootstrap.tsv")
    for (strata, covariate), own in expected.groupby(["strata", "covariate"]):
        copies = np.array([counts.split(",") for counts in own["copies"]], dtype=float)
        found = cox_bootstrap(
            patients[covariate],
            patients["time"],
            patients["event"],
            copies,
            strata=patients["stratum"] if strata else None,
        )
        np.testing.assert_allclose(found, own["coef"], rtol=1e-7)


@pytest.mark.parametrize("threads", [1, 3])
def test_equals_the_single_fits_whatever_the_threads(threads: int) -> None:
    rng = np.random.default_rng(1)
    x, stratum = rng.integers(1, 4, 90).astype(float), rng.integers(0, 4, 90)
    time, event = np.ceil(rng.exponential(40, 90) * np.exp(-0.4 * x)), rng.random(90) < 0.6
    copies = rng.multinomial(90, np.full(90, 1 / 90), size=300)
    found = cox_bootstrap(x, time, event, copies, strata=stratum, threads=threads)
    for counts, value in zip(copies[::37], found[::37], strict=True):
        rows = np.repeat(np.arange(90), counts)
        single = cox_univariate(x[rows, None], time[rows], event[rows], strata=stratum[rows])
        assert value == pytest.approx(single["coef"].iloc[0], rel=1e-9)


def test_replicates_without_a_maximum_are_missing() -> None:
    time, event = np.arange(1.0, 9), np.array([1, 0, 1, 1, 0, 1, 1, 1])
    x = np.array([0.0, 0, 1, 0, 1, 1, 0, 0])
    ones, no_variation, no_deaths = np.ones(8), (x == 0) * 1.0, 1.0 - event
    separated = np.array([0.0, 1, 3, 0, 0, 0, 2, 0])  # who has x = 1 dies first
    found = cox_bootstrap(x, time, event, [ones, no_variation, no_deaths, separated])
    assert np.isnan(found).tolist() == [False, True, True, True]
    assert np.isnan(cox_bootstrap(np.ones(8), time, event, [ones])).all()
    assert np.isnan(cox_bootstrap(x, time, np.zeros(8), [ones])).all()


def test_faulty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="one finite number for each of the 2"):
        cox_bootstrap([1, np.nan], [1, 2], [1, 1], [[1, 1]])
    with pytest.raises(ValueError, match="weights must be replicates x 2"):
        cox_bootstrap([1, 2], [1, 2], [1, 1], [1, 1])
