"""Harrell's and Uno's C against R (frozen numbers), scikit-survival and lifelines (random data)."""

from __future__ import annotations

import time as clock
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.utils import concordance_index
from sksurv.metrics import concordance_index_censored, concordance_index_ipcw
from sksurv.util import Surv

from stratomics.survival import concordance_harrell, concordance_uno

DATA = Path(__file__).parents[1] / "data"


def random_patients(
    seed: int, n: int = 100, tied: bool = True, censored: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=n)
    time = rng.exponential(20, n) * np.exp(-0.7 * risk)
    event = rng.random(n) >= censored
    if tied:
        risk, time = np.round(risk, 1), np.ceil(time)
    event[time == time.max()] = False  # somebody is censored last: the weights of Uno's C stay finite
    return time, event, risk


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(3, 25))
    times = draw(st.lists(st.integers(1, 12), min_size=n, max_size=n))
    events = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    risks = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    time, event, risk = np.array(times, float), np.array(events), np.array(risks, float)
    # One pair is always there: an event before everything, and a censoring after it.
    return np.append(time, [0.5, 13]), np.append(event, [True, False]), np.append(risk, [0.0, 0.0])


@pytest.mark.parametrize("strata", [0, 1])
def test_harrell_equals_r(strata: int) -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    expected = pd.read_table(DATA / "concordance.tsv").query("strata == @strata")
    fold = patients["stratum"] if strata else None
    found = [
        concordance_harrell(patients["time"], patients["event"], patients[feature], fold=fold)
        for feature in expected["feature"]
    ]
    np.testing.assert_allclose(found, expected["concordance"], rtol=1e-10)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_harrell_equals_scikit_survival_and_lifelines(seed: int, tied: bool) -> None:
    time, event, risk = random_patients(seed, tied=tied)
    found = concordance_harrell(time, event, risk)
    assert found == pytest.approx(concordance_index_censored(event, time, risk)[0], abs=1e-10)
    if not tied:  # lifelines counts two events at one time as a pair
        assert found == pytest.approx(concordance_index(time, -risk, event), abs=1e-10)


@pytest.mark.parametrize("tau", [None, 25.0])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_uno_equals_scikit_survival(seed: int, tied: bool, tau: float | None) -> None:
    time, event, risk = random_patients(seed, tied=tied)
    train_time, train_event, _ = random_patients(seed + 100, n=150, tied=tied)
    train_time[0], train_event[0] = 10 * time.max(), False  # known as far as the test patients reach
    train, test = Surv.from_arrays(train_event, train_time), Surv.from_arrays(event, time)
    assert concordance_uno(time, event, risk, censoring=(train_time, train_event), tau=tau) == pytest.approx(
        concordance_index_ipcw(train, test, risk, tau=tau)[0], abs=1e-10
    )
    assert concordance_uno(time, event, risk, tau=tau) == pytest.approx(
        concordance_index_ipcw(test, test, risk, tau=tau)[0], abs=1e-10
    )


def test_uno_without_censoring_is_harrell() -> None:
    time, _, risk = random_patients(5)
    event = np.ones(time.size, dtype=bool)
    assert concordance_uno(time, event, risk) == pytest.approx(concordance_harrell(time, event, risk), abs=1e-12)


def test_only_pairs_within_a_fold_count() -> None:
    time, event, risk = random_patients(6)
    fold = np.repeat(["r0f0", "r0f1"], 50)
    concordant = pairs = 0.0
    for label in ("r0f0", "r0f1"):
        inside = fold == label
        _, good, bad, tied, _ = concordance_index_censored(event[inside], time[inside], risk[inside])
        concordant, pairs = concordant + good + tied / 2, pairs + good + bad + tied
    assert concordance_harrell(time, event, risk, fold=fold) == pytest.approx(concordant / pairs, abs=1e-12)
    shifted = np.where(fold == "r0f0", risk, risk + 100)
    assert concordance_harrell(time, event, shifted, fold=fold) == pytest.approx(concordant / pairs, abs=1e-12)
    assert concordance_uno(time, event, shifted, fold=fold) == concordance_uno(time, event, risk, fold=fold)


def test_uno_takes_one_censoring_distribution_per_fold() -> None:
    time, event, risk = random_patients(7)
    fold = np.repeat([0, 1], 50)
    training = {label: random_patients(20 + label, n=200)[:2] for label in (0, 1)}
    tau = 30.0
    found = concordance_uno(time, event, risk, fold=fold, censoring=training, tau=tau)
    # One fold at a time, by scikit-survival; joined by the weight that each fold's pairs have.
    parts, sizes = [], []
    for label in (0, 1):
        inside = fold == label
        train = Surv.from_arrays(training[label][1], training[label][0])
        test = Surv.from_arrays(event[inside], time[inside])
        parts.append(concordance_index_ipcw(train, test, risk[inside], tau=tau)[0])
        weight = np.zeros(inside.sum())
        for i in np.flatnonzero(event[inside] & (time[inside] < tau)):
            t = time[inside][i]
            later = (time[inside] > t) | ((time[inside] == t) & ~event[inside])
            weight[i] = later.sum() / censoring_free(*training[label], t) ** 2
        sizes.append(weight.sum())
    assert found == pytest.approx(np.average(parts, weights=sizes), abs=1e-10)
    with pytest.raises(ValueError, match="censoring lacks the fold 1"):
        concordance_uno(time, event, risk, fold=fold, censoring={0: training[0]}, tau=tau)
    with pytest.raises(ValueError, match="needs the argument fold"):
        concordance_uno(time, event, risk, censoring=training, tau=tau)


def censoring_free(time: np.ndarray, event: np.ndarray, until: float) -> float:
    """The textbook product, one time after another."""
    probability = 1.0
    for t in np.unique(time[~event & (time <= until)]):
        at_risk = (time > t).sum() + ((time == t) & ~event).sum()
        probability *= 1 - ((time == t) & ~event).sum() / at_risk
    return probability


@pytest.mark.parametrize("fold", [None, np.arange(100) % 3])
def test_multiplicities_equal_repeated_patients(fold: np.ndarray | None) -> None:
    time, event, risk = random_patients(8, censored=0.3)
    rng = np.random.default_rng(9)
    drawn = rng.integers(0, 100, size=(20, 100))
    weights = np.array([np.bincount(row, minlength=100) for row in drawn])
    tau = 30.0
    fixed = (time, event)
    harrell = concordance_harrell(time, event, risk, fold=fold, weights=weights)
    uno = concordance_uno(time, event, risk, fold=fold, weights=weights, tau=tau)
    uno_fixed = concordance_uno(time, event, risk, fold=fold, weights=weights, tau=tau, censoring=fixed)
    assert harrell.shape == uno.shape == uno_fixed.shape == (20,)
    for b, row in enumerate(drawn):
        again = time[row], event[row], risk[row]
        folds = None if fold is None else fold[row]
        assert harrell[b] == pytest.approx(concordance_harrell(*again, fold=folds), abs=1e-12)
        assert uno[b] == pytest.approx(concordance_uno(*again, fold=folds, tau=tau), abs=1e-12)
        assert uno_fixed[b] == pytest.approx(concordance_uno(*again, fold=folds, tau=tau, censoring=fixed), abs=1e-12)
        if fold is None:
            assert harrell[b] == pytest.approx(concordance_index_censored(again[1], again[0], again[2])[0], abs=1e-10)
            sample = Surv.from_arrays(again[1], again[0])
            assert uno[b] == pytest.approx(concordance_index_ipcw(sample, sample, again[2], tau=tau)[0], abs=1e-10)


@given(cohorts(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_invariances(cohort: tuple[np.ndarray, np.ndarray, np.ndarray], random: object) -> None:
    time, event, risk = cohort
    order = np.array(random.sample(range(time.size), time.size))  # type: ignore[attr-defined]
    for index, options in ((concordance_harrell, {}), (concordance_uno, {"tau": 6.0})):
        c = index(time, event, risk, **options)
        assert 0 <= c <= 1
        assert index(time[order], event[order], risk[order], **options) == pytest.approx(c, abs=1e-12)
        assert index(time, event, np.exp(risk) + 3, **options) == c
        assert index(time, event, -risk, **options) == pytest.approx(1 - c, abs=1e-12)
        assert index(time, event, np.zeros_like(risk), **options) == pytest.approx(0.5)


def test_a_thousand_replicates_are_quick() -> None:
    time, event, risk = random_patients(10, n=1000, tied=False)
    weights = np.random.default_rng(11).multinomial(1000, np.full(1000, 1e-3), size=1000)
    started = clock.perf_counter()
    concordance_uno(time, event, risk, weights=weights, tau=60.0)
    assert clock.perf_counter() - started < 5  # about 0.3 s on a free machine


def test_no_pairs_give_nan() -> None:
    assert np.isnan(concordance_harrell([1, 2], [0, 0], [1, 2]))
    assert np.isnan(concordance_harrell([1, 2], [1, 1], [1, 2], fold=["a", "b"]))
    found = concordance_uno([1, 2], [1, 1], [2, 1], weights=[[1, 1], [2, 0]])
    assert found[0] == 1
    assert np.isnan(found[1])


def test_faulty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="risk is missing for 1 of 2"):
        concordance_harrell([1, 2], [1, 0], [np.nan, 1])
    with pytest.raises(ValueError, match="must not be negative"):
        concordance_harrell([1, 2], [1, 0], [0, 1], weights=[[1, -1]])
    with pytest.raises(ValueError, match="replicates x 2 patients"):
        concordance_harrell([1, 2], [1, 0], [0, 1], weights=[1, 1])
    with pytest.raises(ValueError, match="lower tau"):
        concordance_uno([1, 9], [1, 1], [0, 1], censoring=([1, 2, 3], [1, 0, 1]))
    with pytest.raises(ValueError, match="lower tau"):
        concordance_uno([1, 3, 3], [1, 1, 0], [0, 1, 2])
