"""The clinic and the omics in one risk, and what it is worth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from stratomics.cohort.splits import make_splits
from stratomics.cohort.types import Cohort
from stratomics.comparators import PREDICTION_COLUMNS
from stratomics.comparators.combine import combine_methods
from stratomics.comparators.tuned_risk import VARIANCES, clinical_risk, ridge_risk
from stratomics.survival import concordance_harrell, ridge_cox_path
from stratomics.survival.penalty import inner_folds
from stratomics.survival.stacking import stack

N = 200


def planted(seed, *, clinic=0.7, omics=0.7):
    """Patients with an age, 12 latents of which three matter, and their follow-up."""
    rng = np.random.default_rng(seed)
    age, latents = rng.normal(size=N), rng.normal(size=(N, 12))
    hazard = clinic * age + omics * latents[:, :3].sum(axis=1) / np.sqrt(3)
    survival, censoring = rng.exponential(1000 * np.exp(-hazard)), rng.exponential(1000, N)
    table = pd.DataFrame(
        {
            "time": np.ceil(np.minimum(survival, censoring)),
            "event": (survival <= censoring).astype(int),
            "age": 60 + 10 * age,
        },
        index=pd.Index([f"P{i:03d}" for i in range(N)], name="patient"),
    )
    return Cohort("planted", (), table), latents


def test_risks_apart_come_from_models_that_did_not_know_the_patient():
    cohort, latents = planted(3)
    train = np.arange(150)
    time, event = cohort.time[train], cohort.event[train]
    folds = inner_folds(time, event, seed=0)
    fold = folds[2]
    other_time, other_event = time.copy(), event.copy()
    other_time[fold.held_out], other_event[fold.held_out] = 1.0, ~event[fold.held_out]
    own, spoilt = (
        clinical_risk(cohort.clinical, train, ["age"], *follow_up, folds).apart[fold.held_out]
        for follow_up in ((time, event), (other_time, other_event))
    )
    np.testing.assert_array_equal(own, spoilt)

    apart = ridge_risk(latents, train, time, event, folds).apart[fold.held_out]
    x = latents[train] - latents[train].mean(axis=0)
    penalties = (x**2).sum(axis=1).mean() / VARIANCES
    path = ridge_cox_path(x[fold.train], time[fold.train], event[fold.train], penalties).risk(x)[:, fold.held_out]
    assert np.abs(path - apart).max(axis=1).min() < 1e-2 * apart.std()


def test_together_they_rank_unseen_patients_better_and_noise_costs_little():
    gain = {}
    for omics in (0.8, 0.0):
        cohort, latents = planted(0, omics=omics)
        splits = make_splits(cohort.time, cohort.event, folds=3, repeats=1, seed=0)[1:]
        by_split = {split.name: latents for split in splits}
        table, _ = combine_methods(cohort, splits, {"ae": by_split}, {}, {}, ["age"], seed=0)
        own = table[table["role"] == "held_out"].set_index("patient").loc[cohort.patients]
        fold = own["split"].to_numpy(str)
        both = concordance_harrell(cohort.time, cohort.event, own["risk"].to_numpy(), fold=fold)
        gain[omics] = both - concordance_harrell(cohort.time, cohort.event, cohort.clinical["age"], fold=fold)
    assert gain[0.8] > 0.03
    assert gain[0.0] > -0.02


def test_form_and_no_leakage():
    cohort, latents = planted(5)
    splits = make_splits(cohort.time, cohort.event, folds=3, repeats=1, seed=0)
    by_split = {split.name: latents.copy() for split in splits}
    table, survival = combine_methods(cohort, splits, {"dae": by_split}, {}, {}, ["age"], seed=0)
    assert list(table.columns) == PREDICTION_COLUMNS
    assert set(table["method"]) == {"dae+clinical"}
    assert set(survival) == {"times", *(f"dae+clinical/{split.name}" for split in splits)}
    assert survival["dae+clinical/r0f1"].shape == (N, len(survival["times"]))
    assert np.isfinite(table["risk"]).all()

    # A comparator that says what its training patients would have been told is combined the same way.
    split = next(split for split in splits if split.name == "r0f1")
    follow_up = cohort.time[split.train], cohort.event[split.train]
    folds = inner_folds(*follow_up, seed=4)
    omics = ridge_risk(latents, split.train, *follow_up, folds)
    theirs = pd.DataFrame({"split": "r0f1", "patient": cohort.patients[::-1], "risk": omics.risk[::-1]})
    arrays = {"apart/ridge_cox/r0f1": omics.apart}
    found, _ = combine_methods(cohort, [split], {}, {}, {"ridge_cox": (theirs, arrays)}, ["age"], seed=0)
    assert set(found["method"]) == {"ridge_cox+clinical"}
    clinic = clinical_risk(cohort.clinical, split.train, ["age"], *follow_up, folds)
    parts = (clinic, omics)
    _, factors, _ = stack([one.risk[split.train] for one in parts], [one.apart for one in parts], *follow_up)
    expected = factors[0] * clinic.risk + factors[1] * omics.risk
    assert np.corrcoef(found["risk"], expected)[0, 1] > 0.99

    spoilt = cohort.clinical.copy()
    spoilt.iloc[split.held_out] = [1.0, 1, 1e4]
    by_split["r0f1"][split.held_out] = 1e3
    other, _ = combine_methods(
        dataclasses.replace(cohort, clinical=spoilt), [split], {"dae": by_split}, {}, {}, ["age"], seed=0
    )
    train = cohort.patients[split.train]
    own = table[table["split"] == "r0f1"].set_index("patient")
    np.testing.assert_array_equal(
        own.loc[train, "risk"].to_numpy(np.float64), other.set_index("patient").loc[train, "risk"].to_numpy(np.float64)
    )
