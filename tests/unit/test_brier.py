"""The Brier score against scikit-survival."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sksurv.metrics import brier_score
from sksurv.metrics import integrated_brier_score as sksurv_integrated
from sksurv.util import Surv

from stratomics.survival import brier_terms, integrate_terms, integrated_brier_score

DATA = Path(__file__).parents[1] / "data"
TIMES = np.array([2.0, 4, 7.5, 10, 16])


def patients() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Follow-up, predicted survival from one covariate, and a stratum that serves as fold."""
    table = pd.read_table(DATA / "survival_input.tsv")
    survival = np.exp(-np.outer(np.exp(0.5 * table["f09"]), TIMES / 20))
    return table["time"].to_numpy(), table["event"].to_numpy().astype(bool), survival, table["stratum"].to_numpy()


@pytest.mark.parametrize("own_training", [True, False])
def test_equals_scikit_survival(own_training: bool) -> None:
    time, event, survival, stratum = patients()
    test = np.ones(len(time), dtype=bool) if own_training else stratum == "a"
    train = np.ones(len(time), dtype=bool) if own_training else stratum != "a"
    train_surv, test_surv = (Surv.from_arrays(event[own], time[own]) for own in (train, test))
    terms = brier_terms(time[test], event[test], survival[test], TIMES, censoring=(time[train], event[train]))
    np.testing.assert_allclose(
        terms.mean(axis=0), brier_score(train_surv, test_surv, survival[test], TIMES)[1], rtol=1e-10
    )
    found = integrated_brier_score(
        time[test], event[test], survival[test], TIMES, censoring=(time[train], event[train])
    )
    assert found == pytest.approx(sksurv_integrated(train_surv, test_surv, survival[test], TIMES), rel=1e-10)


def test_folds_are_weighted_by_their_own_training_patients_and_pooled_over_patients() -> None:
    time, event, survival, stratum = patients()
    event, time = event & (time <= 20), np.minimum(time, 20)  # all folds are followed as long
    folds = np.where(stratum == "a", "a", "rest")
    training = {name: (time[folds != name], event[folds != name]) for name in ("a", "rest")}
    found = integrated_brier_score(time, event, survival, TIMES, censoring=training, fold=folds)
    total = 0.0
    for name, source in training.items():
        own = folds == name
        train, test = Surv.from_arrays(source[1], source[0]), Surv.from_arrays(event[own], time[own])
        total += own.sum() * sksurv_integrated(train, test, survival[own], TIMES)
    assert found == pytest.approx(total / len(time), rel=1e-10)


def test_replicates_equal_repeated_patients() -> None:
    time, event, survival, _ = patients()
    copies = np.random.default_rng(0).multinomial(150, np.full(150, 1 / 150), size=3)
    found = integrated_brier_score(time, event, survival, TIMES, censoring=(time, event), weights=copies)
    train = Surv.from_arrays(event, time)
    for counts, value in zip(copies, found, strict=True):
        rows = np.repeat(np.arange(150), counts)
        reference = sksurv_integrated(train, Surv.from_arrays(event[rows], time[rows]), survival[rows], TIMES)
        assert value == pytest.approx(reference, rel=1e-10)


def test_a_perfect_and_an_uninformed_prediction() -> None:
    time, event = np.arange(1.0, 9), np.ones(8, dtype=bool)
    at = np.array([2.5, 4.5, 6.5])
    perfect = (time[:, None] > at).astype(float)
    assert integrated_brier_score(time, event, perfect, at, censoring=(time, event)) == 0
    assert integrated_brier_score(time, event, np.full((8, 3), 0.5), at, censoring=(time, event)) == 0.25


def test_what_cannot_be_weighted_is_missing_not_zero() -> None:
    time, event = np.array([1.0, 2, 3, 9]), np.array([True, False, True, True])
    survival = np.full((4, 2), 0.5)
    # The last training patient is censored at 4: nobody stays uncensored beyond, so that time 5 has no weights.
    terms = brier_terms(time, event, survival, [2.5, 5], censoring=([1, 2, 3, 4], [1, 1, 1, 0]))
    assert np.isfinite(terms[:, 0]).all()
    assert np.isnan(terms[3, 1])
    survival[0, 0] = np.nan
    assert np.isnan(brier_terms(time, event, survival, [2.5, 3], censoring=(time, event))[0, 0])
    assert np.isnan(integrate_terms(terms[:, :1], [2.5])).all()


def test_faulty_input_is_refused() -> None:
    time, event = np.array([1.0, 2]), np.array([True, False])
    with pytest.raises(ValueError, match="survival must be 2 patients x 1 times"):
        brier_terms(time, event, np.ones((2, 3)), [1], censoring=(time, event))
    with pytest.raises(ValueError, match="rising"):
        brier_terms(time, event, np.ones((2, 2)), [2, 1], censoring=(time, event))
    with pytest.raises(ValueError, match="censoring lacks the fold b"):
        brier_terms(time, event, np.ones((2, 1)), [1], censoring={"a": (time, event)}, fold=["a", "b"])
    with pytest.raises(ValueError, match="needs the argument fold"):
        brier_terms(time, event, np.ones((2, 1)), [1], censoring={"a": (time, event)})
