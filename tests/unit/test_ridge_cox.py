"""The ridge-penalised Cox model against scikit-survival and lifelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from stratomics.survival import cox_multivariate, partial_loglik, ridge_cox_path


def draw(n=80, p=6, seed=0, ties=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * rng.uniform(0.5, 2.0, p) + rng.normal(size=p)
    time = rng.exponential(200 * np.exp(-0.5 * (x[:, 0] - x[:, 0].mean())))
    time = np.ceil(time / 20) if ties else time + 1.0
    return x, time, rng.random(n) < 0.6


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize(("n", "p"), [(80, 6), (40, 70)])
def test_agrees_with_scikit_survival(ties, n, p):
    x, time, event = draw(n, p)
    penalties = [0.3, 20.0, 3.0]
    path = ridge_cox_path(x, time, event, penalties, ties=ties)
    assert path.converged.all()
    for row, penalty in enumerate(penalties):
        other = CoxPHSurvivalAnalysis(alpha=penalty, ties=ties, tol=1e-14, n_iter=500).fit(
            x, Surv.from_arrays(event, time)
        )
        np.testing.assert_allclose(path.coef[row], other.coef_, rtol=0, atol=1e-6)


def test_agrees_with_lifelines():
    x, time, event = draw(90, 4, seed=1)
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)  # lifelines penalises the coefficients of scaled features
    frame = pd.DataFrame(x, columns=list("abcd")).assign(time=time, event=event.astype(int))
    other = CoxPHFitter(penalizer=0.1, l1_ratio=0.0).fit(
        frame, "time", "event", fit_options={"precision": 1e-12, "r_precision": 1e-14}
    )
    path = ridge_cox_path(x, time, event, [0.1 * len(x)])
    np.testing.assert_allclose(path.coef[0], other.params_.to_numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_partial_likelihood_of_given_risks(ties):
    x, time, event = draw(70, 3, seed=2)
    fitted = cox_multivariate(x, time, event, ties=ties)  # its log-likelihoods are checked against R
    both = partial_loglik(np.array([x @ fitted.coef + 700.0, np.zeros(70)]), time, event, ties=ties)
    np.testing.assert_allclose(both, [fitted.loglik, fitted.loglik_null], rtol=1e-10)
    assert partial_loglik(x @ fitted.coef, time, event, ties=ties) == pytest.approx(fitted.loglik)
    path = ridge_cox_path(x, time, event, [2.0], ties=ties)
    assert path.loglik[0] == pytest.approx(partial_loglik(path.risk(x)[0], time, event, ties=ties))


def test_path_spans_from_nothing_to_the_unpenalised_fit():
    x, time, event = draw(100, 4, seed=3)
    path = ridge_cox_path(x, time, event, [1e9, 30.0, 1e-9])
    free = cox_multivariate(x, time, event)
    assert np.abs(path.coef[0]).max() < 1e-6
    np.testing.assert_allclose(path.coef[2], free.coef, atol=1e-7)
    assert (np.diff(path.loglik) > 0).all()


def test_order_of_penalties_and_of_patients_does_not_matter():
    x, time, event = draw(50, 80, seed=4)
    path = ridge_cox_path(x, time, event, [50.0, 5.0, 1.0])
    np.testing.assert_allclose(ridge_cox_path(x, time, event, [5.0]).coef[0], path.coef[1], atol=1e-8)
    shuffled = np.random.default_rng(0).permutation(50)
    other = ridge_cox_path(x[shuffled], time[shuffled], event[shuffled], [1.0, 5.0, 50.0])
    np.testing.assert_allclose(other.coef[::-1], path.coef, atol=1e-8)


@pytest.mark.parametrize("p", [4, 80])
def test_a_start_changes_nothing_and_a_coarse_fit_little(p):
    x, time, event = draw(50, p, seed=6)
    penalties = [40.0, 4.0, 0.4]
    exact = ridge_cox_path(x, time, event, penalties)
    rng = np.random.default_rng(1)
    for start in (exact.coef[1], 1e4 * rng.normal(size=p)):  # a good one, and one so bad that risk sets are empty
        warm = ridge_cox_path(x, time, event, penalties, start=start)
        assert warm.converged.all()
        np.testing.assert_allclose(warm.coef, exact.coef, atol=1e-8)
    coarse = ridge_cox_path(x, time, event, penalties, tol=0.1)
    np.testing.assert_allclose(coarse.loglik, exact.loglik, atol=2e-3)
    with pytest.raises(ValueError, match=f"one coefficient for each of {p} features"):
        ridge_cox_path(x, time, event, penalties, start=np.zeros(p + 1))


def test_separated_and_constant_features_have_an_estimate():
    _, time, event = draw(30, 1, seed=5, ties=False)
    x = np.column_stack([-time, np.ones(30), -time])
    path = ridge_cox_path(x, time, event, [1.0])
    assert path.converged.all()
    assert path.coef[0, 1] == 0
    assert path.coef[0, 0] == pytest.approx(path.coef[0, 2])
    assert path.coef[0, 0] > 0
    nothing = ridge_cox_path(np.ones((30, 40)), time, event, [1.0])
    assert (nothing.coef == 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"penalties": [0.0]}, "positive"),
        ({"penalties": [np.nan]}, "positive"),
        ({"event": np.zeros(80, dtype=bool)}, "none of the 80"),
        ({"features": np.full((80, 2), np.nan)}, "missing or infinite"),
        ({"features": np.ones((79, 2))}, "79 patients"),
    ],
)
def test_bad_input_is_refused(change, message):
    x, time, event = draw()
    with pytest.raises(ValueError, match=message):
        ridge_cox_path(**{"features": x, "time": time, "event": event, "penalties": [1.0], **change})
