"""The pieces of preprocessing against scikit-learn, scipy and plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri
from scipy.stats import rankdata
from sklearn.impute import KNNImputer
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from stratomics.preprocess.filters import differing_patients, missing_share, most_variable, tied_runs
from stratomics.preprocess.impute import column_medians, fill
from stratomics.preprocess.scale import SD_FLOOR, batch_rows, block_weights, fit_scale
from stratomics.preprocess.transforms import apply_normal_scores, fit_normal_scores, log2p1


def drawn(n, p, seed=0, missing=0.0, states=None):
    rng = np.random.default_rng(seed)
    values = rng.standard_t(3, (n, p)) if states is None else rng.integers(0, states, (n, p)).astype(float)
    values[rng.random((n, p)) < missing] = np.nan
    return values.astype(np.float32)


def blom(column):
    observed = ~np.isnan(column)
    out = np.full(len(column), np.nan)
    out[observed] = ndtri((rankdata(column[observed]) - 0.375) / (observed.sum() + 0.25))
    return out


@pytest.mark.parametrize("states", [None, 2, 4])
def test_differing_patients_counts_all_but_the_commonest_value(states):
    values = drawn(50, 20, missing=0.2, states=states)
    values[:, 0] = np.nan
    values[:, 1] = 7.0
    frame = pd.DataFrame(values)
    expected = [column.count() - (column.value_counts().max() if column.count() else 0) for _, column in frame.items()]
    assert differing_patients(values).tolist() == expected
    assert np.allclose(missing_share(values), frame.isna().mean())


def test_tied_runs():
    start, stop = tied_runs(np.array([[1.0], [1.0], [2.0], [3.0], [3.0], [np.nan], [np.nan]]))
    assert start[:, 0].tolist() == [0, 0, 2, 3, 3, 5, 6]
    assert stop[:, 0].tolist() == [2, 2, 3, 5, 5, 6, 7]


def test_most_variable_keeps_order_among_equals():
    variance = np.array([1.0, 5.0, 1.0 + 1e-9, 0.0, 1.0 - 1e-9, 9.0])
    assert np.flatnonzero(most_variable(variance, 3)).tolist() == [0, 1, 5]
    assert np.flatnonzero(most_variable(variance, 4)).tolist() == [0, 1, 2, 5]
    assert most_variable(variance, 100).all()


def test_log2p1():
    assert log2p1(np.array([0.0, 1.0, 3.0, -0.5, np.nan])).tolist()[:4] == [0.0, 1.0, 2.0, 0.0]
    assert np.isnan(log2p1(np.array([np.nan]))[0])


@pytest.mark.parametrize("states", [None, 5])
@pytest.mark.parametrize("n", [30, 256])
def test_normal_scores_are_bloms_on_the_training_patients(n, states):
    values = drawn(n, 12, missing=0.1, states=states)
    scores = apply_normal_scores(values, *fit_normal_scores(values))
    expected = np.column_stack([blom(column) for column in values.T])
    assert np.allclose(scores, expected, atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("n", [257, 800, 3000])
def test_normal_scores_of_many_patients_are_off_by_little(n):
    values = drawn(n, 6, missing=0.05)
    knots, fitted = fit_normal_scores(values)
    assert knots.shape == (256, 6)
    expected = np.column_stack([blom(column) for column in values.T])
    assert np.nanmax(np.abs(apply_normal_scores(values, knots, fitted) - expected)) < 6.5 / 255


def test_normal_scores_of_new_patients_follow_the_training_distribution():
    train, new = drawn(200, 8), drawn(500, 8, seed=1)
    scores = apply_normal_scores(new, *fit_normal_scores(train))
    inside = (new >= train.min(axis=0)) & (new <= train.max(axis=0))
    reference = QuantileTransformer(n_quantiles=200, output_distribution="normal").fit(train).transform(new)
    middle = inside & (np.abs(reference) < 2)
    assert np.abs(scores - reference)[middle].max() < 0.05
    ends = ndtri(np.array([0.625, 199.625]) / 200.25)
    assert np.allclose(scores[new < train.min(axis=0)], ends[0])
    assert np.allclose(scores[new > train.max(axis=0)], ends[1])
    assert (~inside).any()


def test_scale_without_batches_is_the_standard_scaler():
    values = drawn(80, 15, missing=0.1).astype(float)
    mean, sd, within = fit_scale(values, np.zeros(80, dtype=int), 0)
    reference = StandardScaler().fit(values)
    assert np.allclose(mean[0], reference.mean_)
    assert np.allclose(sd[0], reference.scale_)
    assert np.allclose(within, reference.var_)


def test_scale_within_batches_is_one_standard_scaler_per_batch():
    values = drawn(90, 10, missing=0.1).astype(float)
    labels = np.array(["a"] * 50 + ["b"] * 35 + ["rare"] * 4 + [""], dtype=object)
    values[labels == "b"] = values[labels == "b"] * 3 + 10
    rows = batch_rows(labels, ("a", "b"), 90)
    assert rows.tolist() == [1] * 50 + [2] * 35 + [0] * 5
    mean, sd, within = fit_scale(values, rows, 2)
    for row, level in ((0, labels != "none"), (1, labels == "a"), (2, labels == "b")):
        reference = StandardScaler().fit(values[level])
        assert np.allclose(mean[row], reference.mean_)
        assert np.allclose(sd[row], reference.scale_)
    assert (within < sd[0] ** 2).all()


def test_a_batch_without_enough_values_of_a_feature_uses_all():
    values = drawn(60, 2).astype(float)
    values[30:55, 0] = np.nan
    mean, sd, _ = fit_scale(values, np.repeat([1, 2], 30), 2)
    assert mean[2, 0] == mean[0, 0]
    assert sd[2, 0] == sd[0, 0]
    assert mean[2, 1] != mean[0, 1]


def test_a_feature_silent_in_one_batch_is_not_blown_up():
    values = drawn(60, 3).astype(float)
    values[30:, 0] = 0.0
    _, sd, within = fit_scale(values, np.repeat([1, 2], 30), 2)
    assert sd[2, 0] == pytest.approx(SD_FLOOR * np.sqrt(within[0]))


def test_fill_median_and_knn():
    train, new = drawn(60, 9, missing=0.15), drawn(25, 9, seed=1, missing=0.15)
    medians = column_medians(train)
    assert np.allclose(medians, pd.DataFrame(train).median())
    filled = fill(new, medians)
    assert np.array_equal(filled, np.where(np.isnan(new), medians, new))
    near = fill(new, medians, donors=train, neighbours=5)
    assert np.allclose(near, KNNImputer(n_neighbors=5).fit(train).transform(new))
    assert not np.allclose(near, filled)


def test_fill_of_a_patient_without_any_value():
    train, new = drawn(40, 5), drawn(3, 5, seed=1)
    new[1] = np.nan
    for donors in (None, train):
        filled = fill(new, column_medians(train), donors, 5)
        assert np.isfinite(filled).all()
        assert np.array_equal(filled[[0, 2]], new[[0, 2]])


def test_weights_give_every_omics_the_same_total():
    weights = block_weights([10, 200, 35])
    totals = [np.sum(block**2) for block in np.split(weights, [10, 210])]
    assert np.allclose(totals, totals[0])
    assert np.mean(weights**2) == pytest.approx(1.0)
    assert block_weights([10, 200], balance=False).tolist() == [1.0] * 210
