"""The time-dependent AUC against scikit-survival."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sksurv.metrics import cumulative_dynamic_auc as sksurv_auc
from sksurv.util import Surv

from stratomics.survival import cumulative_dynamic_auc

DATA = Path(__file__).parents[1] / "data"
DAYS = np.array([3.0, 6.5, 10, 15])


def patients(tied: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    table = pd.read_table(DATA / "survival_input.tsv")
    risk = table["f09"].round(0) if tied else table["f09"]
    return table["time"].to_numpy(float), table["event"].to_numpy().astype(bool), risk.to_numpy(), table["stratum"]


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("own_training", [True, False])
def test_equals_scikit_survival(own_training: bool, tied: bool) -> None:
    time, event, risk, stratum = patients(tied)
    test = np.ones(len(time), dtype=bool) if own_training else (stratum == "a").to_numpy()
    train = np.ones(len(time), dtype=bool) if own_training else ~test
    time = np.where(train | (time < time[train & ~event].max()), time, time[train & ~event].max())
    found = cumulative_dynamic_auc(time[test], event[test], risk[test], DAYS, censoring=(time[train], event[train]))
    surv = [Surv.from_arrays(event[own], time[own]) for own in (train, test)]
    expected, _ = sksurv_auc(*surv, risk[test], DAYS)
    assert len(np.unique(found)) == len(DAYS)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_replicates_equal_repeated_patients() -> None:
    time, event, risk, _ = patients()
    copies = np.random.default_rng(0).multinomial(150, np.full(150, 1 / 150), size=3)
    found = cumulative_dynamic_auc(time, event, risk, DAYS, censoring=(time, event), weights=copies)
    train = Surv.from_arrays(event, time)
    for counts, values in zip(copies, found, strict=True):
        rows = np.repeat(np.arange(150), counts)
        expected, _ = sksurv_auc(train, Surv.from_arrays(event[rows], time[rows]), risk[rows], DAYS)
        np.testing.assert_allclose(values, expected, rtol=1e-10)


def test_pairs_lie_within_a_fold() -> None:
    time, event, risk, stratum = patients()
    folds = stratum.to_numpy()
    shifted = risk + 100 * (folds == "b")  # risks of different models have no common scale
    together = dict.fromkeys(np.unique(folds), (time, event))
    found = cumulative_dynamic_auc(time, event, shifted, DAYS, censoring=together, fold=folds)
    plain = cumulative_dynamic_auc(time, event, risk, DAYS, censoring=together, fold=folds)
    np.testing.assert_allclose(found, plain, rtol=1e-12)
    # By hand: cases and pairs are added up over the folds.
    wins = pairs = 0.0
    probability = {t: _uncensored(time, event, t) for t in np.unique(time)}
    for i in np.flatnonzero(event & (time <= 10)):
        controls = risk[(time > 10) & (folds == folds[i])]
        wins += (risk[i] > controls).sum() / probability[time[i]]
        pairs += len(controls) / probability[time[i]]
    assert plain[2] == pytest.approx(wins / pairs, rel=1e-10)


def _uncensored(time: np.ndarray, event: np.ndarray, until: float) -> float:
    """Kaplan-Meier estimate of not being censored, written out."""
    probability = 1.0
    for t in np.unique(time[~event & (time <= until)]):
        still = ((time > t) | ((time == t) & ~event)).sum()
        probability *= 1 - ((time == t) & ~event).sum() / still
    return probability


def test_days_without_pairs_are_missing() -> None:
    time, event, risk = np.array([2.0, 3, 4, 5]), np.array([True, True, False, True]), np.array([3.0, 2, 1, 0])
    found = cumulative_dynamic_auc(time, event, risk, [1, 3, 5, 99], censoring=(time, event))
    assert np.isnan(found).tolist() == [True, False, True, True]
    assert found[1] == 1
    missing = cumulative_dynamic_auc(time, event, [np.nan, 2, 1, 0], [3], censoring=(time, event))
    assert np.isnan(missing).all()
    # The case at 3 lies beyond all training follow-up: it has no weight.
    assert np.isnan(cumulative_dynamic_auc(time, event, risk, [3], censoring=([1, 2], [0, 1])))[0]


def test_faulty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="one score for each of the 2 patients"):
        cumulative_dynamic_auc([1, 2], [1, 0], [1], [1], censoring=([1, 2], [1, 0]))
    with pytest.raises(ValueError, match="weights must be replicates x 2"):
        cumulative_dynamic_auc([1, 2], [1, 0], [1, 2], [1], censoring=([1, 2], [1, 0]), weights=[[1, 1, 1]])
