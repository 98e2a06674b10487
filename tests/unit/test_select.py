"""Prognostic latents: against lifelines and scipy, and every way in which there can be none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from scipy.stats import false_discovery_control

from stratomics.errors import DataError
from stratomics.subtypes import select_latents
from stratomics.subtypes.select import adjust_benjamini_hochberg

SETTINGS = {"alpha": 0.05, "correction": "none", "if_none": "best", "n_best": 3}


def survival_of(risk: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    death = rng.exponential(1000.0 * np.exp(-risk))
    censoring = rng.exponential(1500.0, len(risk))
    return np.ceil(np.minimum(death, censoring)), death <= censoring


@pytest.fixture
def latents() -> np.ndarray:
    values = np.random.default_rng(1).standard_normal((150, 12)).astype(np.float32)
    return values * np.linspace(0.1, 3.0, 12, dtype=np.float32)


@pytest.fixture
def follow_up(latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    z = latents / latents.std(axis=0)
    return survival_of(0.8 * z[:, 2] - 0.6 * z[:, 7])


def test_numbers_are_those_of_lifelines(latents, follow_up):
    time, event = follow_up
    table = select_latents(latents, time, event, SETTINGS)
    for i in (0, 2, 7):
        z = (latents[:, i] - latents[:, i].mean()) / latents[:, i].std()
        fit = CoxPHFitter().fit(pd.DataFrame({"z": z, "time": time, "event": event}), "time", "event").summary.loc["z"]
        row = table.iloc[i]
        assert row["coef"] == pytest.approx(fit["coef"], rel=1e-4)
        assert row["hazard_ratio"] == pytest.approx(fit["exp(coef)"], rel=1e-4)
        assert row["ci_low"] == pytest.approx(fit["exp(coef) lower 95%"], rel=1e-4)
        assert row["ci_high"] == pytest.approx(fit["exp(coef) upper 95%"], rel=1e-4)
        assert row["p"] == pytest.approx(fit["p"], rel=1e-3)


def test_planted_latents_are_selected_and_the_table_is_complete(latents, follow_up):
    table = select_latents(latents, *follow_up, SETTINGS)
    expected = ["latent", "coef", "hazard_ratio", "ci_low", "ci_high", "z", "p", "q", "selected", "reason"]
    assert list(table.columns) == expected
    assert table["latent"].tolist()[:2] == ["z01", "z02"]
    assert table["selected"].dtype == bool
    assert table.loc[[2, 7], "selected"].all()
    assert table["coef"].iloc[2] > 0 > table["coef"].iloc[7]
    assert (table["selected"] == (table["p"] < 0.05)).all()
    assert table["reason"].iloc[2] == "p < 0.05"


def test_benjamini_hochberg_is_that_of_scipy():
    p = np.random.default_rng(0).uniform(size=40) ** 3
    p[5] = p[6]
    np.testing.assert_allclose(adjust_benjamini_hochberg(p), false_discovery_control(p), rtol=1e-12)
    gappy = np.insert(p, [0, 20], np.nan)
    q = adjust_benjamini_hochberg(gappy)
    assert np.isnan(q[[0, 21]]).all()
    np.testing.assert_allclose(q[~np.isnan(q)], false_discovery_control(p), rtol=1e-12)


def test_correction_compares_q(latents, follow_up):
    table = select_latents(latents, *follow_up, {**SETTINGS, "correction": "bh", "alpha": 0.01})
    plain = select_latents(latents, *follow_up, {**SETTINGS, "alpha": 0.01})
    np.testing.assert_array_equal(table["q"], plain["q"])
    assert (table["selected"] == (table["q"] < 0.01)).all()
    assert table["selected"].any()
    assert table["reason"].iloc[2] == "q < 0.01"


def test_latents_without_an_estimate_are_never_selected(latents, follow_up):
    time, event = follow_up
    latents = latents.copy()
    latents[:, 0] = 0.25
    latents[:, 1] = 0.25 + 1e-7 * np.random.default_rng(0).standard_normal(len(latents))  # rounding noise
    latents[:, 3] = -time  # who dies has the highest value of those at risk
    for settings in (SETTINGS, {**SETTINGS, "alpha": 1e-30, "n_best": 12}):
        table = select_latents(latents, time, event, settings)
        assert not table.loc[[0, 1, 3], "selected"].any()
        assert table.loc[[0, 1, 3], ["coef", "p", "q"]].isna().all(axis=None)
        assert table["reason"].iloc[0].startswith("dead")
        assert table["reason"].iloc[1].startswith("dead")
        assert table["reason"].iloc[3].startswith("separated")
    assert table["selected"].sum() == 9


def test_fallback_takes_the_best_few_and_says_so(latents):
    time, event = survival_of(np.zeros(150), seed=4)
    table = select_latents(latents, time, event, {**SETTINGS, "alpha": 1e-6})
    assert set(table["p"].nsmallest(3).index) == set(np.flatnonzero(table["selected"]))
    assert table.loc[table["selected"], "reason"].str.startswith("fallback: no latent has p < 1e-06").all()
    with pytest.raises(DataError, match=r"No latent has p < 1e-06 .* 150 training patients.*if_none: best"):
        select_latents(latents, time, event, {**SETTINGS, "alpha": 1e-6, "if_none": "stop"})


def test_names_are_kept(latents, follow_up):
    names = [f"latent_{i}" for i in range(12)]
    assert select_latents(latents, *follow_up, SETTINGS, names=names)["latent"].tolist() == names


def test_hopeless_inputs_say_what_to_do(latents, follow_up):
    time, event = follow_up
    with pytest.raises(DataError, match=r"of 12 latents on 150 .* 12 dead.*divergence_weight"):
        select_latents(np.full_like(latents, 0.3), time, event, SETTINGS)
    with pytest.raises(DataError, match=r"None of the 150 training patients has the event"):
        select_latents(latents, time, np.zeros(150, bool), SETTINGS)
    latents = latents.copy()
    latents[3, 5] = np.nan
    with pytest.raises(DataError, match=r"NaN or infinite values in 1 of 12 latents"):
        select_latents(latents, time, event, SETTINGS)
