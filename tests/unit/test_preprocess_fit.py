"""Preprocessing as a whole: what it keeps, what it must not look at, what it stores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

from stratomics.cohort.simulate import simulate_cohort
from stratomics.cohort.types import Cohort, Omics
from stratomics.config import defaults
from stratomics.errors import DataError
from stratomics.preprocess import FittedPreprocess, load_preprocess, save_preprocess
from stratomics.preprocess import fit_preprocess as fit_with

SETTINGS = [{}, {"impute": "knn", "neighbours": 5}, {"max_features": 40, "balance": False}]
TRAIN = np.arange(0, 110)


@pytest.fixture(scope="module")
def cohort():
    """Simulated patients with every transform, batches, gaps and constant features."""
    omics = [
        {"name": "mrna", "features": 120, "values": "log_normal"},
        {"name": "mirna", "features": 90, "values": "counts"},
        {"name": "meth", "features": 60, "values": "beta"},
    ]
    simulated = simulate_cohort(
        "demo", {**defaults("simulate"), "patients": 160, "omics": omics, "seed": 5, "batch_effect": 2.0}
    )
    tables = {name: table.set_index("patient") for name, table in simulated.tables.items()}
    clinical = simulated.clinical.dropna(subset=["time"]).set_index("patient")
    for table in tables.values():
        clinical = clinical[clinical.index.isin(table.index)]
    transforms = {"mrna": "rank_normal", "mirna": "log2p1", "meth": "none"}
    return Cohort(
        "demo",
        tuple(
            Omics(
                name,
                table.loc[clinical.index].astype(np.float32),
                transforms[name],
                clinical["sequencer"] if name == "mirna" else None,
            )
            for name, table in tables.items()
        ),
        clinical,
    )


def fit_preprocess(cohort: Cohort, train: np.ndarray, settings: dict | None = None) -> FittedPreprocess:
    """Fit with the default settings, but for those given."""
    return fit_with(cohort, train, {**defaults("preprocess"), **(settings or {})})


def one_omics(values, transform="none", batch=None):
    patients = pd.Index([f"p{i}" for i in range(len(values))])
    table = pd.DataFrame(np.asarray(values, dtype=np.float32), index=patients)
    table.columns = [f"f{j}" for j in range(table.shape[1])]
    labels = None if batch is None else pd.Series(batch, index=patients, dtype=object)
    clinical = pd.DataFrame({"time": 1.0, "event": 1}, index=patients)
    return Cohort("small", (Omics("x", table, transform, labels),), clinical)


def noise(n, p, seed=0):
    return np.random.default_rng(seed).normal(5.0, 2.0, (n, p))


def with_garbage(cohort, rows):
    """Replace all measurements and batches of some patients."""
    rng = np.random.default_rng(1)
    omics = []
    for one in cohort.omics:
        values = one.values.copy()
        shape = (len(rows), values.shape[1])
        garbage = rng.choice([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0, 5e8], shape)
        values.iloc[rows] = garbage.astype(np.float32)
        batch = one.batch
        if batch is not None:
            batch = batch.copy()
            batch.iloc[rows] = rng.choice(np.array(["HiSeq", "never seen", None], dtype=object), len(rows))
        omics.append(Omics(one.name, values, one.transform, batch))
    return Cohort(cohort.name, tuple(omics), cohort.clinical)


@pytest.mark.parametrize("settings", SETTINGS)
def test_held_out_patients_change_no_byte(cohort, settings, tmp_path):
    others = np.setdiff1d(np.arange(cohort.n), TRAIN)
    spoilt = with_garbage(cohort, others)
    save_preprocess(tmp_path / "a", {"r0f0": fit_preprocess(cohort, TRAIN, settings)})
    save_preprocess(tmp_path / "b", {"r0f0": fit_preprocess(spoilt, TRAIN, settings)})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_training_patient_does_change_them(tmp_path):
    values = noise(40, 3)
    save_preprocess(tmp_path / "a", {"full": fit_preprocess(one_omics(values), np.arange(40))})
    values[39, 2] += 1
    save_preprocess(tmp_path / "b", {"full": fit_preprocess(one_omics(values), np.arange(40))})
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("settings", SETTINGS)
def test_output_is_finite_whatever_comes_in(cohort, settings):
    fitted = fit_preprocess(cohort, TRAIN, settings)
    spoilt = with_garbage(cohort, np.arange(cohort.n))
    for patients in (cohort, spoilt):
        values = fitted.transform(patients)
        assert values.shape == (cohort.n, len(fitted.features)) == (cohort.n, len(fitted.weights))
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        assert np.abs(values).max() <= 5.0


def test_training_patients_are_standard(cohort):
    fitted = fit_preprocess(cohort, TRAIN, {"clip": 1000.0, "max_missing_feature": 0.1})
    values = fitted.transform(cohort)[TRAIN]
    assert np.abs(values.mean(axis=0)).max() < 0.1  # the median fills the gaps
    assert np.abs(values.std(axis=0) - 1).max() < 0.15
    machine = cohort.clinical["sequencer"].to_numpy()[TRAIN]
    mirna = values[:, fitted.blocks["mirna"]]
    for level in ("GA", "HiSeq"):
        assert np.abs(np.median(mirna[machine == level].mean(axis=0))) < 0.03


def test_without_gaps_it_is_a_standard_scaler():
    values = noise(70, 12)
    cohort = one_omics(values)
    fitted = fit_preprocess(cohort, np.arange(50), {"clip": 100.0})
    reference = StandardScaler().fit(values[:50]).transform(values)
    assert np.allclose(fitted.transform(cohort), reference, atol=1e-5)


def test_clip(cohort):
    wide, narrow = (fit_preprocess(cohort, TRAIN, {"clip": clip}).transform(cohort) for clip in (5.0, 1.5))
    assert np.allclose(narrow, np.clip(wide, -1.5, 1.5), atol=0.2)
    assert np.abs(narrow).max() == 1.5


def test_batch_effect_is_removed(cohort):
    def accuracy(patients):
        values = fit_preprocess(patients, np.arange(patients.n)).transform(patients)
        machine = patients.clinical["sequencer"]
        components = PCA(5, random_state=0).fit_transform(values)
        return cross_val_score(LogisticRegression(max_iter=1000), components, machine, cv=5).mean()

    mirna = next(one for one in cohort.omics if one.name == "mirna")
    commonest = cohort.clinical["sequencer"].value_counts(normalize=True).max()
    ignored = Cohort("x", (Omics("mirna", mirna.values, "log2p1"),), cohort.clinical)
    respected = Cohort("x", (mirna,), cohort.clinical)
    assert accuracy(ignored) > 0.95
    assert accuracy(respected) < commonest + 0.08


def test_an_unknown_or_rare_batch_is_standardised_with_all_patients():
    values = noise(60, 5)
    values[25:50] += 8
    batch = ["a"] * 25 + ["b"] * 25 + ["rare"] * 5 + [None] * 5
    cohort = one_omics(values, batch=batch)
    fitted = fit_preprocess(cohort, np.arange(60), {"clip": 100.0})
    assert fitted.omics[0].levels == ("a", "b")
    reference = StandardScaler().fit(values)
    out = fitted.transform(cohort)
    assert np.allclose(out[50:], reference.transform(values[50:]), atol=1e-5)
    assert np.allclose(out[:25], StandardScaler().fit_transform(values[:25]), atol=1e-5)
    table = cohort.omics[0].values
    assert np.allclose(fitted.transform({"x": table}), reference.transform(values), atol=1e-5)
    unseen = pd.Series("new machine", index=table.index)
    assert np.allclose(fitted.transform({"x": table}, {"x": unseen}), reference.transform(values), atol=1e-5)


def test_a_feature_constant_in_one_batch_or_only_differing_between_batches():
    values = noise(80, 4)
    values[40:, 0] = 0.0
    values[:, 1] = np.repeat([1.0, 9.0], 40)
    values[:40, 2], values[40:, 2] = 3.0, 3.0
    fitted = fit_preprocess(one_omics(values, batch=["a"] * 40 + ["b"] * 40), np.arange(80))
    assert fitted.features == ["x:f0", "x:f3"]
    new = one_omics([[0.0, 0, 0, 5.0], [0.5, 0, 0, 5.0]], batch=["b", "b"])
    out = fitted.transform(new)
    assert out[0, 0] == 0.0
    assert 0 < out[1, 0] < 2.0


def test_what_is_kept_and_what_is_dropped():
    values = noise(100, 8)
    values[:, 0] = np.nan
    values[:30, 1] = np.nan
    values[:, 2] = 4.0
    values[:, 3] = 0.0
    values[:3, 3] = noise(3, 1)[:, 0]
    values[:, 4] = np.repeat([-0.4, 0.3], [90, 10])  # a methylation state that varies
    values[:15, 5] = np.nan
    values[:, 6] *= 0.01
    cohort = one_omics(values)
    fitted = fit_preprocess(cohort, np.arange(100), {"max_features": 3})
    assert fitted.features == ["x:f4", "x:f5", "x:f7"]
    assert fitted.dropped.to_dict("list") == {
        "feature": ["f0", "f1", "f2", "f3", "f6"],
        "omics": ["x"] * 5,
        "reason": ["too many missing values"] * 2 + ["near-constant"] * 2 + ["low variance"],
    }
    assert fitted.report.to_dict("list") == {
        "omics": ["x"] * 5,
        "step": ["found", "too many missing values", "near-constant", "low variance", "kept"],
        "features": [8, 2, 2, 1, 3],
    }


def test_a_feature_never_measured_in_training_goes_even_when_gaps_are_allowed():
    values = noise(60, 3)
    values[:40, 1] = np.nan
    fitted = fit_preprocess(one_omics(values), np.arange(40), {"max_missing_feature": 1.0})
    assert fitted.features == ["x:f0", "x:f2"]


def test_only_training_patients_count_for_the_filters():
    values = noise(60, 3)
    values[40:, 0] = np.nan
    values[:40, 1] = 1.0
    fitted = fit_preprocess(one_omics(values), np.arange(40))
    assert fitted.features == ["x:f0", "x:f2"]


def test_heavy_tails_are_tamed_by_ranks():
    values = noise(90, 4)
    values[0, 0], values[1, 1] = 36_893.0, -1e6
    out = fit_preprocess(one_omics(values, "rank_normal"), np.arange(90)).transform(one_omics(values, "rank_normal"))
    assert np.abs(out).max() < 2.8
    assert np.allclose(out.std(axis=0), 1, atol=0.01)


@pytest.mark.parametrize("settings", SETTINGS)
def test_stored_and_read_back(cohort, settings, tmp_path):
    splits = {"full": np.arange(cohort.n), "r0f0": TRAIN, "r0f1": TRAIN[20:]}
    fitted = {name: fit_preprocess(cohort, train, settings) for name, train in splits.items()}
    path = tmp_path / "preprocess.safetensors"
    save_preprocess(path, fitted)
    loaded = load_preprocess(path)
    assert list(loaded) == list(splits)
    for name, one in fitted.items():
        again = loaded[name]
        assert np.array_equal(again.transform(cohort), one.transform(cohort))
        assert again.features == one.features
        assert again.blocks == one.blocks
        assert np.array_equal(again.weights, one.weights)
        pd.testing.assert_frame_equal(again.report, one.report)
        pd.testing.assert_frame_equal(again.dropped, one.dropped)
    assert list(load_preprocess(path, ["r0f1"])) == ["r0f1"]
    save_preprocess(tmp_path / "again", loaded)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    with pytest.raises(DataError, match="no preprocessing of split r9f9; found full, r0f0, r0f1"):
        load_preprocess(path, ["r9f9"])


def test_new_patients_as_tables(cohort):
    fitted = fit_preprocess(cohort, TRAIN)
    new = {one.name: one.values.iloc[110:] for one in cohort.omics}
    batch = {"mirna": cohort.clinical["sequencer"].iloc[110:]}
    expected = fitted.transform(cohort)[110:]
    assert np.array_equal(fitted.transform(new, batch), expected)
    # Other features and another order of columns do no harm.
    shuffled = {name: table.iloc[:, ::-1].assign(extra=1.0) for name, table in new.items()}
    assert np.array_equal(fitted.transform(shuffled, batch), expected)


def test_faults_of_new_tables_are_all_told(cohort):
    fitted = fit_preprocess(cohort, TRAIN)
    tables = {one.name: one.values for one in cohort.omics}
    del tables["mirna"]
    feature = fitted.omics[2].features[0]
    tables["meth"] = tables["meth"].drop(columns=feature).iloc[::-1]
    with pytest.raises(DataError) as raised:
        fitted.transform(tables)
    assert len(raised.value.faults) == 3
    assert "omics mirna: no such table; found mrna, meth" in str(raised.value)
    assert (
        f"omics meth: 1 of the {len(fitted.omics[2].features)} features of the model have no column ('{feature}')"
        in str(raised.value)
    )
    assert "omics meth: its patients are not those of omics mrna" in str(raised.value)


def test_faults_of_training_tables():
    values = noise(40, 3)
    values[5, 1] = -3.0
    with pytest.raises(
        DataError, match="omics x: found a value of -3, but transform log2p1 takes values of at least 0"
    ):
        fit_preprocess(one_omics(values, "log2p1"), np.arange(40))
    with pytest.raises(DataError, match=r"omics x: none of its 3 features is left \(dropped: 3 near-constant\)"):
        fit_preprocess(one_omics(np.ones((40, 3))), np.arange(40))
    with pytest.raises(DataError, match="found transform 'log'"):
        fit_preprocess(one_omics(noise(40, 3), "log"), np.arange(40))
