"""Markers of the subtypes, and what becomes of them in patients the chain never saw."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from anndata import AnnData

from stratomics.cohort.types import Cohort, Omics, Split
from stratomics.config import defaults
from stratomics.evaluation import Markers, replicate_markers
from stratomics.evaluation.markers import subtype_differences
from stratomics.preprocess import fit_preprocess

N, FOLDS = 120, 4


@pytest.fixture(scope="module")
def planted() -> tuple[Cohort, list[Split], np.ndarray]:
    """120 patients with three subtypes; g0 to g4 are raised in subtype 1, all other features are noise."""
    rng = np.random.default_rng(0)
    patients = pd.Index([f"P{i}" for i in range(N)], name="patient")
    labels = np.arange(N) % 3 + 1
    values = rng.normal(size=(N, 30))
    values[:, :5] += 1.5 * (labels == 1)[:, None]
    omics = tuple(
        Omics(name, pd.DataFrame(own.astype(np.float32), patients, [f"g{j}" for j in range(own.shape[1])]), "none")
        for name, own in (("mrna", values), ("meth", rng.normal(size=(N, 12))))
    )
    clinical = pd.DataFrame({"time": 1.0 + np.arange(N), "event": np.arange(N) % 2}, index=patients)
    everyone = np.arange(N)
    folds = [np.flatnonzero(everyone // 3 % FOLDS == fold) for fold in range(FOLDS)]
    splits = [Split(f"r0f{place}", np.setdiff1d(everyone, own), own) for place, own in enumerate(folds)]
    return Cohort("planted", omics, clinical), [Split("full", everyone, everyone[:0]), *splits], labels


def found(cohort: Cohort, splits: list[Split], labels: np.ndarray, k: dict[str, int] | None = None) -> Markers:
    """Run with the true labels; of a split in `k` with fewer subtypes."""
    fitted = {one.name: fit_preprocess(cohort, one.train, defaults("preprocess")) for one in splits}
    tables: dict[str, list[pd.DataFrame]] = {"train": [], "held_out": []}
    for one in splits:
        for role, places in (("train", one.train), ("held_out", one.held_out)):
            own = np.minimum(labels[places], (k or {}).get(one.name, 3))
            ids = cohort.patients[places]
            tables[role].append(pd.DataFrame({"split": one.name, "patient": ids, "role": role, "subtype": own}))
    clusters, predictions = pd.concat(tables["train"]), pd.concat(tables["held_out"])
    return replicate_markers(cohort, splits, fitted, clusters, predictions, n_per_omics=6)


def test_t_is_that_of_scanpy(planted):
    cohort, _, labels = planted
    values = cohort.omics[0].values
    data = AnnData(values, obs=pd.DataFrame({"subtype": pd.Categorical(labels.astype(str))}, index=values.index))
    sc.tl.rank_genes_groups(data, "subtype", method="t-test")
    t = subtype_differences(values.to_numpy(), labels).t
    for k, subtype in enumerate("123"):
        ranked = sc.get.rank_genes_groups_df(data, subtype).set_index("names")["scores"]
        np.testing.assert_allclose(t[k], ranked[values.columns], rtol=1e-4)


def test_what_was_planted_holds_and_noise_does_not(planted):
    result = found(*planted)
    assert len(result.effects) == 3 * 42
    first = result.markers.query("omics == 'mrna' and subtype == 1").head(5)
    assert set(first["feature"]) == {f"mrna:g{j}" for j in range(5)}
    assert (first[["folds", "trained", "held"]] == FOLDS).all(axis=None)
    assert (first["ci_low"] > 0).all()
    noise = result.folds.query("omics == 'meth'")
    assert noise["difference_train"].mean() > 0.2
    assert abs(noise["difference_held_out"].mean()) < 0.1  # raised by chance in training, and not again
    assert result.replicated == (result.folds["held"].sum(), result.folds["markers"].sum())


def test_the_held_out_difference_is_the_weighted_mean_of_the_folds(planted):
    cohort, splits, labels = planted
    d, v = [], []
    for split in splits[1:]:
        scores = fit_preprocess(cohort, split.train, defaults("preprocess")).transform(cohort)[split.held_out, 0]
        inside = labels[split.held_out] == 1
        n, m = inside.sum(), (~inside).sum()
        pooled = ((n - 1) * scores[inside].var(ddof=1) + (m - 1) * scores[~inside].var(ddof=1)) / (n + m - 2)
        d.append((scores[inside].mean() - scores[~inside].mean()) / np.sqrt(pooled))
        v.append(1 / n + 1 / m + d[-1] ** 2 / (2 * (n + m - 2)))
    row = found(*planted).effects.query("feature == 'mrna:g0' and subtype == 1").iloc[0]
    w = 1 / np.array(v) / (1 / np.array(v)).sum()
    mean = (w * d).sum()
    spread = max((w**2 * (d - mean) ** 2).sum() * FOLDS / (FOLDS - 1), 1 / (1 / np.array(v)).sum())
    assert row["heldout_difference"] == pytest.approx(mean, rel=1e-5)
    assert row["ci_low"] == pytest.approx(mean - 1.959964 * np.sqrt(spread), rel=1e-5)


def test_other_omics_of_held_out_patients_leave_the_training_half_alone(planted):
    cohort, splits, labels = planted
    held_out = splits[1].held_out
    values = cohort.omics[0].values.copy()
    values.iloc[held_out] = -7 * values.iloc[held_out] + 3
    spoilt = dataclasses.replace(cohort, omics=(dataclasses.replace(cohort.omics[0], values=values), *cohort.omics[1:]))
    before, after = (found(one, splits, labels).folds.query("split == 'r0f0'") for one in (cohort, spoilt))
    trained = ["n_train", "markers", "difference_train"]
    pd.testing.assert_frame_equal(before[trained], after[trained])
    assert not np.allclose(before["difference_held_out"], after["difference_held_out"])


def test_folds_with_another_k_or_too_few_patients_are_left_out_with_the_reason(planted):
    cohort, splits, labels = planted
    few = splits[2].held_out
    labels = labels.copy()
    labels[few[labels[few] == 3][1:]] = 2
    result = found(cohort, splits, labels, k={"r0f0": 2})
    why = result.folds.set_index(["split", "subtype"])["left_out"].sort_index()
    assert why["r0f0"].tolist() == ["2 subtypes in this fold, 3 in the full fit"]
    assert set(why["r0f1", 3]) == {"fewer than 2 held-out patients in or outside it"}
    assert result.effects.groupby("subtype")["folds"].max().tolist() == [3, 3, 2]
    none = found(cohort, splits, labels, k=dict.fromkeys((one.name for one in splits[1:]), 2))
    assert none.replicated == (0, 0)
    assert none.markers["heldout_difference"].isna().all()
