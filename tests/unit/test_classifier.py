"""The classifier of the subtype: against scikit-learn, and against the leak that P >> n invites."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.svm import SVC

from stratomics.classifier import ClassifierModel, fit_classifier
from stratomics.classifier.calibrate import PENALTY, calibrated, fit_calibration, fit_logistic
from stratomics.classifier.features import anova_f, moments, top_features
from stratomics.classifier.folds import stratified_folds
from stratomics.classifier.methods import find_method, logistic, method_names, nearest_centroid, svm
from stratomics.classifier.model import balanced_accuracy
from stratomics.errors import ConfigError, DataError
from stratomics.tables import load_arrays, save_arrays

BLOCKS = {"mrna": slice(0, 200), "mirna": slice(200, 260), "meth": slice(260, 300)}
FEATURES = [f"{omics}:f{i}" for omics, block in BLOCKS.items() for i in range(block.stop - block.start)]
SETTINGS = {"method": "svm", "top_features": 20, "inner_folds": 5}
METHODS = ["svm", "logistic", "nearest_centroid"]


def planted(n=150, k=3, shift=1.0, seed=0, shares=None):
    """Classes that differ in ten features of mrna and five of mirna; labels 1..k."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(k, size=n, p=shares) + 1
    x = rng.standard_normal((n, 300)).astype(np.float32)
    pattern = np.random.default_rng(99).choice([-1.0, 0.0, 1.0], size=(k, 15))
    informative = [*range(10), *range(200, 205)]
    x[:, informative] += shift * pattern[labels - 1]
    return x, labels


def test_anova_is_that_of_sklearn_in_every_fold():
    x, labels = planted()
    x += 50.0  # an offset must not cost digits
    x[:, 7] = 3.25
    y = labels - 1
    fold, n_folds = stratified_folds(y, 3, 5, seed=0)
    f = anova_f(moments(x), y, 3, fold, n_folds)
    assert f.shape == (6, 300)
    kept = np.arange(300) != 7
    for i in range(6):
        train = fold != i
        np.testing.assert_allclose(
            f[i, kept], f_classif(x[train][:, kept].astype(float), y[train])[0], rtol=1e-7, atol=1e-9
        )
    assert np.isnan(f[:, 7]).all()


def test_a_feature_that_varies_in_held_out_patients_only_is_constant():
    x, labels = planted(n=60)
    y = labels - 1
    fold, n_folds = stratified_folds(y, 3, 3, seed=0)
    x[:, 4] = 0.3 * (np.arange(60) == np.flatnonzero(fold == 1)[0])
    f = anova_f(moments(x), y, 3, fold, n_folds)
    assert np.isnan(f[1, 4])
    assert np.isfinite(f[[0, 2, 3], 4]).all()


def test_top_features_per_omics_with_ties_to_the_earlier():
    f = np.array([1.0, 5.0, 5.0, np.nan, 2.0, 2.0, np.nan, np.nan])
    blocks = {"a": slice(0, 3), "b": slice(3, 6), "c": slice(6, 8)}
    assert top_features(f, blocks, 2).tolist() == [1, 2, 4, 5]
    assert top_features(f, blocks, 1).tolist() == [1, 4]


def test_folds_are_stratified_and_equal():
    y = np.repeat([0, 1, 2], [53, 31, 7])
    fold, n_folds = stratified_folds(y, 3, 5, seed=1)
    assert n_folds == 5
    counts = np.array([np.bincount(y[fold == f], minlength=3) for f in range(5)])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1
    np.testing.assert_array_equal(fold, stratified_folds(y, 3, 5, seed=1)[0])
    assert (fold != stratified_folds(y, 3, 5, seed=2)[0]).any()


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("setting", svm.SETTINGS, ids=lambda s: f"{s['kernel']}-{s['C']}")
def test_svm_arrays_decide_as_sklearn(k, setting):
    x, labels = planted(k=k)
    x, y = x[:, :30].astype(float), labels - 1
    new = np.random.default_rng(5).standard_normal((40, 30))
    gamma = svm.rbf_gamma(x)
    assert gamma == pytest.approx(SVC(gamma="scale").fit(x, y)._gamma)
    ours = svm.decision(new, svm.fit(x, y, k, setting))
    assert ours.shape == (40, 1 if k == 2 else k)
    gram, new_gram = x @ x.T, new @ x.T
    if setting["kernel"] == "rbf":
        gram, new_gram = svm.rbf_gram(x, x, gamma), svm.rbf_gram(new, x, gamma)
    for column, positive in enumerate([1] if k == 2 else range(k)):
        same = SVC(kernel="precomputed", C=setting["C"], class_weight="balanced").fit(gram, y == positive)
        np.testing.assert_allclose(ours[:, column], same.decision_function(new_gram), atol=1e-8)
        # the library's own kernels, which stop elsewhere within its tolerance
        own = SVC(**setting, gamma="scale", class_weight="balanced").fit(x, y == positive)
        np.testing.assert_allclose(ours[:, column], own.decision_function(new), atol=5e-3)


@pytest.mark.parametrize("k", [2, 4])
def test_logistic_arrays_decide_as_sklearn(k):
    x, labels = planted(k=k)
    x, y = x[:, :30].astype(float), labels - 1
    new = np.random.default_rng(5).standard_normal((40, 30))
    theirs = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000).fit(x, y).decision_function(new)
    ours = logistic.decision(new, logistic.fit(x, y, k, {"C": 0.1}))
    np.testing.assert_allclose(ours, theirs.reshape(40, -1), atol=1e-8)


@pytest.mark.parametrize("k", [2, 3])
def test_nearest_centroid_decides_as_sklearn(k):
    from sklearn.neighbors import NearestCentroid

    x, labels = planted(n=150, k=k)
    new, _ = planted(n=80, k=k, seed=3)
    ours = nearest_centroid.decision(new, nearest_centroid.fit(x, labels - 1, k, {}))
    guess = (ours[:, 0] > 0).astype(int) if k == 2 else ours.argmax(axis=1)
    np.testing.assert_array_equal(guess, NearestCentroid().fit(x, labels - 1).predict(new))


@pytest.mark.parametrize("method", [svm, logistic, nearest_centroid])
def test_decide_all_is_fit_and_decision_of_every_setting(method):
    x, labels = planted()
    x, y = x[:, :30].astype(float), labels - 1
    together = method.decide_all(x[:100], y[:100], x[100:], 3)
    for values, setting in zip(together, method.SETTINGS, strict=True):
        np.testing.assert_allclose(
            values, method.decision(x[100:], method.fit(x[:100], y[:100], 3, setting)), atol=1e-9
        )


@pytest.mark.parametrize("k", [2, 3])
def test_calibration_is_a_logistic_regression_and_holds_on_new_patients(k):
    rng = np.random.default_rng(0)

    def draw(n):
        y = rng.choice(k, size=n, p=np.arange(1, k + 1) / np.arange(1, k + 1).sum())
        decisions = rng.standard_normal((n, k)) + 1.5 * np.eye(k)[y]
        return (decisions[:, 1:] - decisions[:, :1] if k == 2 else 7.0 * decisions + 3.0), y

    decisions, y = draw(400)
    fitted = fit_calibration(decisions, y)
    scaled = (decisions - decisions.mean(axis=0)) / decisions.std(axis=0)
    theirs = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-12).fit(scaled, y).predict_proba(scaled)
    np.testing.assert_allclose(calibrated(decisions, fitted), theirs, atol=1e-9)
    new, truth = draw(20000)
    probability = calibrated(new, fitted)
    for level in np.arange(0.1, 1.0, 0.2):
        near = np.abs(probability[:, 0] - level) < 0.1
        assert (truth[near] == 0).mean() == pytest.approx(probability[near, 0].mean(), abs=0.06)


@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("apart", [0.0, 1.0, 100.0])  # classes alike, overlapping, perfectly separated
def test_the_calibration_stands_on_the_maximum_of_sklearn(k, apart):
    rng = np.random.default_rng(k)
    y = np.concatenate([np.arange(k), rng.integers(0, k, 60)])
    x = rng.standard_normal((len(y), 1 if k == 2 else k)) + apart * np.eye(k)[y][:, -1 if k == 2 else 0 :]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-12).fit(x, y)
    expected = np.column_stack([theirs.coef_, theirs.intercept_])
    if k == 2:
        expected = np.concatenate([0 * expected, expected])
    np.testing.assert_allclose(fit_logistic(x, y), expected, atol=1e-8)


def test_balanced_accuracy_is_that_of_sklearn():
    rng = np.random.default_rng(0)
    y = rng.choice(3, 80, p=[0.7, 0.2, 0.1])
    decisions = rng.standard_normal((2, 80, 3))
    for values, ours in zip(decisions, balanced_accuracy(decisions, y), strict=True):
        assert ours == pytest.approx(balanced_accuracy_score(y, values.argmax(axis=1)))
    single = rng.standard_normal((80, 1))
    assert balanced_accuracy(single, y == 0) == pytest.approx(balanced_accuracy_score(y == 0, single[:, 0] > 0))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_unseen_patients_are_labelled(method, k):
    x, labels = planted(n=200, k=k)
    model = fit_classifier(x, BLOCKS, FEATURES, labels, {**SETTINGS, "method": method}, seed=0)
    new, truth = planted(n=400, k=k, seed=1)
    probability = model.predict_proba(new)
    assert probability.shape == (400, k)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    np.testing.assert_array_equal(model.predict(new), probability.argmax(axis=1) + 1)
    held_out = balanced_accuracy_score(truth, model.predict(new))
    assert held_out > 0.75
    inner = model.inner_cv_table.loc[model.inner_cv_table["chosen"], "balanced_accuracy"].item()
    assert inner == pytest.approx(held_out, abs=0.12)


def test_tables_say_what_is_used():
    x, labels = planted(n=200)
    model = fit_classifier(x, BLOCKS, FEATURES, labels, SETTINGS, seed=0)
    table = model.features_table
    assert table.groupby("omics", sort=False).size().to_dict() == {"mrna": 20, "mirna": 20, "meth": 20}
    assert set(table.loc[table["rank"] <= 5, "feature"][:5]) <= {f"f{i}" for i in range(10)}
    np.testing.assert_array_equal(table["column"], model.columns)
    f, p = f_classif(x[:, model.columns].astype(float), labels)
    np.testing.assert_allclose(table["f_score"], f, rtol=1e-7)
    np.testing.assert_allclose(table["p"], p, rtol=1e-6)
    np.testing.assert_allclose(table["mean_2"], x[labels == 2][:, model.columns].mean(axis=0), rtol=1e-4, atol=1e-6)
    cv = model.inner_cv_table
    assert list(cv.columns) == ["kernel", "C", "balanced_accuracy", "sd", "chosen"]
    best = cv["balanced_accuracy"].max()
    assert (
        cv["chosen"].idxmax() == (cv["balanced_accuracy"] >= best - 1e-9).idxmax()
    )  # the first, so simplest, of the best
    assert cv["chosen"].sum() == 1
    assert model.setting == cv.loc[cv["chosen"], ["kernel", "C"]].iloc[0].to_dict()


@pytest.mark.parametrize("method", METHODS)
def test_inner_validation_does_not_see_the_held_out_labels(method):
    """Labels without any relation to 4000 features: an honest score is chance, a leaking one is far above."""
    honest, leaking = [], []
    blocks = {"a": slice(0, 4000)}
    names = [f"a:{i}" for i in range(4000)]
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((90, 4000)).astype(np.float32)
        labels = rng.permutation(np.repeat([1, 2, 3], 30))
        settings = {"method": method, "top_features": 50, "inner_folds": 5}
        honest.append(
            fit_classifier(x, blocks, names, labels, settings, seed).inner_cv_table["balanced_accuracy"].mean()
        )
        f = anova_f(moments(x), labels - 1, 3, np.full(90, -1), 1)[-1]
        chosen = x[:, top_features(f, blocks, 50)]  # chosen outside: the leak
        leaky = fit_classifier(chosen, {"a": slice(0, 50)}, names[:50], labels, settings, seed)
        leaking.append(leaky.inner_cv_table["balanced_accuracy"].mean())
    assert np.mean(honest) == pytest.approx(1 / 3, abs=0.07)
    assert np.mean(leaking) > 0.7


@pytest.mark.parametrize("method", METHODS)
def test_probabilities_of_noise_are_not_confident(method):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 2000)).astype(np.float32)
    labels = rng.choice([1, 2], size=400, p=[0.6, 0.4])
    names = [f"a:{i}" for i in range(2000)]
    settings = {**SETTINGS, "method": method, "top_features": 50}
    model = fit_classifier(x[:100], {"a": slice(0, 2000)}, names, labels[:100], settings, seed=0)
    chance = log_loss(labels[100:], np.tile([0.6, 0.4], (300, 1)))
    assert log_loss(labels[100:], model.predict_proba(x[100:])) < chance + 0.1


def test_small_subtypes_lower_the_folds_and_say_so():
    x, labels = planted(n=100, k=2)
    labels[:] = np.where(np.arange(100) < 3, 2, 1)
    x[:3, :10] += 4.0
    model = fit_classifier(x, BLOCKS, FEATURES, labels, SETTINGS, seed=0)
    assert model.inner_folds == 3
    assert model.notes == ("3 inner folds instead of 5: the smallest subtype has too few patients",)
    assert model.predict(x)[:3].tolist() == [2, 2, 2]


def test_a_subtype_of_one_patient_does_not_stop_the_chain():
    x, labels = planted(n=100, k=2)
    labels[17] = 3
    model = fit_classifier(x, BLOCKS, FEATURES, labels, SETTINGS, seed=0)
    assert model.inner_folds == 5
    assert "1 subtypes of one patient" in model.notes[0]
    assert model.predict_proba(x).shape == (100, 3)
    assert np.isfinite(model.predict_proba(x)).all()


def test_hopeless_inputs():
    x, labels = planted(n=60)
    with pytest.raises(DataError, match=r"at least two subtypes, but all 60 training patients have subtype 1"):
        fit_classifier(x, BLOCKS, FEATURES, np.ones(60, int), SETTINGS, seed=0)
    with pytest.raises(DataError, match="no feature varies"):
        fit_classifier(np.ones_like(x), BLOCKS, FEATURES, labels, SETTINGS, seed=0)
    with pytest.raises(DataError, match="every subtype has a single patient"):
        fit_classifier(x[:3], BLOCKS, FEATURES, np.array([1, 2, 3]), SETTINGS, seed=0)
    x[3, 3] = np.nan
    with pytest.raises(ValueError, match="impute first"):
        fit_classifier(x, BLOCKS, FEATURES, labels, SETTINGS, seed=0)
    assert method_names() == ["logistic", "nearest_centroid", "svm"]
    with pytest.raises(ConfigError, match=r"'forest' is not known. Use one of: logistic, nearest_centroid, svm"):
        find_method("forest")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("k", [2, 3])
def test_round_trip_is_exact_and_fits_repeat(method, k, tmp_path):
    x, labels = planted(k=k, shift=0.7)
    settings = {**SETTINGS, "method": method}
    model = fit_classifier(x, BLOCKS, FEATURES, labels, settings, seed=0)
    arrays, meta = model.to_arrays()
    repeated, _ = fit_classifier(x, BLOCKS, FEATURES, labels, settings, seed=0).to_arrays()
    assert all(arrays[name].tobytes() == repeated[name].tobytes() for name in arrays)
    save_arrays(tmp_path / "classifier.safetensors", arrays, {"meta": json.dumps(meta)})
    arrays, header = load_arrays(tmp_path / "classifier.safetensors")
    again = ClassifierModel.from_arrays(arrays, json.loads(header["meta"]))
    new, _ = planted(n=300, k=k, seed=3)
    np.testing.assert_array_equal(again.predict_proba(new), model.predict_proba(new))
    assert again.features_table.equals(model.features_table)
    assert again.inner_cv_table.equals(model.inner_cv_table)
    assert (again.setting, again.notes, again.inner_folds) == (model.setting, model.notes, model.inner_folds)
