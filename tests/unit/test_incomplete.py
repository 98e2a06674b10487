"""Patients who lack whole omics: who is kept, how they are dealt, and that nothing is learned where nothing was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort import build_cohort
from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
from stratomics.cohort.splits import make_splits, omics_patterns
from stratomics.cohort.store import load_cohort, save_cohort
from stratomics.cohort.types import Cohort, complete_patients
from stratomics.config import defaults
from stratomics.errors import DataError
from stratomics.preprocess import fit_preprocess

EVALUATION = {"folds": 3, "horizon_days": 1000}
SIMULATED = {
    "patients": 150,
    "subtypes": 2,
    "effect": 1.6,
    "censoring": 0.3,
    "missing": 0.02,
    "lacking": 0.3,
    "omics": [
        {"name": "mrna", "features": 60, "values": "log_normal"},
        {"name": "mirna", "features": 40, "values": "counts"},
        {"name": "meth", "features": 50, "values": "beta"},
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a cohort in which three patients in ten lack omics."""
    path = tmp_path_factory.mktemp("simulated")
    write_simulated(simulate_cohort("toy", {**defaults("simulate"), **SIMULATED}), path)
    return path


def build(folder: Path, patients: Any, **preprocess: Any) -> tuple[Cohort, pd.DataFrame]:
    config = simulated_cohort_config({**defaults("simulate"), **SIMULATED}, folder, "toy") | {"patients": patients}
    return build_cohort(config, preprocess={**defaults("preprocess"), **preprocess}, evaluation=EVALUATION)


@pytest.fixture(scope="module")
def cohort(folder: Path) -> Cohort:
    return build(folder, "any")[0]


def test_each_choice_keeps_what_the_checks_of_every_choice_say(folder: Path) -> None:
    said = []
    kept = {}
    for name, patients in (("complete", "complete"), ("at_least_2", {"at_least": 2}), ("any", "any")):
        cohort, checks = build(folder, patients)
        kept[name] = str(cohort.n)
        rows = checks[checks["check"].str.startswith("would_keep_")]
        said.append(dict(zip(rows["check"].str.removeprefix("would_keep_"), rows["value"], strict=True)))
        assert (cohort.present.sum(axis=1) >= {"complete": 3, "at_least_2": 2, "any": 1}[name]).all()
        dropped = checks[(checks["level"] == "patient") & (checks["action"] == "dropped")]
        assert cohort.n + len(dropped) == SIMULATED["patients"]
        lacking = checks[checks["check"] == "incomplete"]
        assert sorted(lacking["id"]) == sorted(cohort.patients[~cohort.complete])
    assert said == [kept] * 3
    assert int(kept["complete"]) + 30 < int(kept["at_least_2"]) + 15 < int(kept["any"])


def test_the_complete_patients_are_the_same_whatever_is_kept_beside_them(folder: Path, cohort: Cohort) -> None:
    alone = build(folder, "complete")[0]
    assert alone.complete.all()
    among, _ = complete_patients(cohort, [])
    assert among.patients.tolist() == alone.patients.tolist()
    for one, other in zip(among.omics, alone.omics, strict=True):
        shared = one.values.columns.intersection(other.values.columns)
        pd.testing.assert_frame_equal(one.values[shared], other.values[shared])


def test_who_misses_too_much_of_an_omics_lacks_it(folder: Path, cohort: Cohort) -> None:
    strict = build(folder, "any", max_missing_patient=0.05)[0]
    less = cohort.present & ~strict.present[strict.patients.get_indexer(cohort.patients)]
    assert less.any()
    patient, item = np.argwhere(less)[0]
    row = strict.omics[item].values.loc[cohort.patients[patient]]
    assert row.isna().all()  # what was measured is set aside as well: it is too little


def test_too_few_complete_patients_are_a_fault(folder: Path) -> None:
    config = simulated_cohort_config({**defaults("simulate"), **SIMULATED}, folder, "toy") | {"patients": "any"}
    few = {"folds": 20, "horizon_days": 1000}
    with pytest.raises(DataError, match="are left with every omics, on whom methods are compared"):
        build_cohort(config, preprocess=defaults("preprocess"), evaluation=few)


def test_what_is_present_survives_the_file(cohort: Cohort, tmp_path: Path) -> None:
    save_cohort(cohort, tmp_path / "cohort.h5mu")
    again = load_cohort(tmp_path / "cohort.h5mu")
    np.testing.assert_array_equal(again.present, cohort.present)
    assert again.patients.tolist() == cohort.patients.tolist()


def test_folds_are_even_in_the_patterns_and_as_before_without_any(cohort: Cohort) -> None:
    how = {"folds": 3, "repeats": 2, "seed": 4}
    pattern = omics_patterns(cohort.present, 3)
    assert (pattern == 0).tolist() == cohort.complete.tolist()
    assert pattern.max() >= 2
    splits = make_splits(cohort.time, cohort.event, present=cohort.present, **how)
    for split in splits[1:]:
        for own in np.unique(pattern):
            part = split.held_out[pattern[split.held_out] == own]
            assert abs(len(part) - (pattern == own).sum() / 3) < 1
            assert abs(cohort.event[part].sum() - cohort.event[pattern == own].sum() / 3) < 1
    plain = make_splits(cohort.time, cohort.event, **how)
    everybody = make_splits(cohort.time, cohort.event, present=np.ones((cohort.n, 3), bool), **how)
    assert all(np.array_equal(a.held_out, b.held_out) for a, b in zip(plain, everybody, strict=True))


def test_rare_patterns_are_one() -> None:
    present = np.array([[1, 1, 1]] * 5 + [[1, 0, 1]] * 4 + [[0, 1, 1]] * 2 + [[0, 0, 1]] + [[1, 0, 0]] * 6, bool)
    assert omics_patterns(present, 3).tolist() == [0] * 5 + [2] * 4 + [3] * 3 + [1] * 6


def test_groups_stay_whole_and_the_patterns_even(cohort: Cohort) -> None:
    groups = np.arange(cohort.n) // 5
    splits = make_splits(cohort.time, cohort.event, folds=3, repeats=1, seed=0, groups=groups, present=cohort.present)
    for split in splits[1:]:
        assert not set(groups[split.train]) & set(groups[split.held_out])
        assert 0.2 < (~cohort.complete[split.held_out]).sum() / (~cohort.complete).sum() < 0.47


@pytest.mark.parametrize("impute", ["median", "knn"])
def test_an_absent_block_is_zero_and_nothing_is_learned_from_it(cohort: Cohort, impute: str) -> None:
    settings = {**defaults("preprocess"), "impute": impute}
    train = np.arange(0, cohort.n, 2)
    fitted = fit_preprocess(cohort, train, settings)
    features = fitted.transform(cohort)
    np.testing.assert_array_equal(fitted.present(cohort), cohort.present)
    for item, (name, block) in enumerate(fitted.blocks.items()):
        has = cohort.present[:, item]
        assert not features[~has, block].any()
        assert (features[has, block] != 0).any(axis=1).all()
        # As if those who lack this omics were not there at all.
        own = cohort.take(np.flatnonzero(has))
        alone = fit_preprocess(own, np.flatnonzero(np.isin(np.flatnonzero(has), train)), settings)
        mine, other = (next(one for one in model.omics if one.name == name) for model in (fitted, alone))
        assert mine.features == other.features
        for array in ("mean", "sd", "medians", "donors", "knots"):
            np.testing.assert_array_equal(getattr(mine, array), getattr(other, array))
        np.testing.assert_array_equal(features[has, block], alone.transform(own)[:, alone.blocks[name]])


def test_an_omics_that_no_training_patient_has_is_a_fault(cohort: Cohort) -> None:
    without = np.flatnonzero(~cohort.present[:, 2])
    with pytest.raises(DataError, match="omics meth: none of the training patients has it"):
        fit_preprocess(cohort, without, defaults("preprocess"))
