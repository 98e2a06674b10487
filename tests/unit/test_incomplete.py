"""Patients who lack whole omics: who is kept, how they are dealt, and that nothing is learned where nothing was measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stratomics.chain.fit import join_chains
from stratomics.chain.run import ChainResult, run_chain
from stratomics.chain.subsets import OWN, Given, SubsetClassifiers, fit_subsets, measure_subsets, told_by_subsets
from stratomics.cohort import build_cohort
from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
from stratomics.cohort.splits import make_splits, omics_patterns
from stratomics.cohort.store import load_cohort, save_cohort
from stratomics.cohort.types import Cohort, complete_patients
from stratomics.comparators import fit_comparator
from stratomics.comparators.combine import combine_methods
from stratomics.config import defaults, load_config
from stratomics.errors import ConfigError, DataError
from stratomics.evaluation.patterns import FEWEST_EVENTS, pattern_table
from stratomics.evaluation.permutation import exchangeable, permute_survival, permuted_order
from stratomics.evaluation.side_by_side import side_by_side
from stratomics.preprocess import fit_preprocess
from stratomics.survival import concordance_harrell

METHODS = ("clinical", "ridge_cox", "single_omics")
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


def test_more_omics_than_there_are_cannot_be_asked_for() -> None:
    cohort = {"name": "toy", "patients": {"at_least": 4}, "simulate": {"omics": SIMULATED["omics"]}}
    with pytest.raises(ConfigError, match=r"cohorts.*at_least: found 4, and the cohort has 3 omics. Use at most 3"):
        load_config({"cohorts": [cohort]})
    cohort["patients"] = {"at_least": 3}
    assert load_config({"cohorts": [cohort]})["cohorts"][0]["patients"] == {"at_least": 3}


def test_what_is_present_survives_the_file(cohort: Cohort, tmp_path: Path) -> None:
    save_cohort(cohort, tmp_path / "cohort.h5mu")
    again = load_cohort(tmp_path / "cohort.h5mu")
    np.testing.assert_array_equal(again.present, cohort.present)
    assert again.patients.tolist() == cohort.patients.tolist()


def test_folds_are_even_in_the_patterns_and_as_before_without_any(cohort: Cohort) -> None:
    how = {"folds": 3, "repeats": 2, "seed": 4}
    pattern = omics_patterns(cohort.present)
    assert (pattern == 0).tolist() == cohort.complete.tolist()
    assert pattern.max() >= 2
    splits = make_splits(cohort.time, cohort.event, present=cohort.present, **how)
    for split in splits[1:]:
        for own in np.unique(pattern):
            part = split.held_out[pattern[split.held_out] == own]
            assert abs(len(part) - (pattern == own).sum() / 3) < 1
            assert abs(cohort.event[part].sum() - cohort.event[pattern == own].sum() / 3) < 1
    alone = make_splits(cohort.time[cohort.complete], cohort.event[cohort.complete], **how)
    _, among = complete_patients(cohort, splits)
    for one, other in zip(alone, among, strict=True):
        np.testing.assert_array_equal(one.held_out, other.held_out)
    plain = make_splits(cohort.time, cohort.event, **how)
    everybody = make_splits(cohort.time, cohort.event, present=np.ones((cohort.n, 3), bool), **how)
    assert all(np.array_equal(a.held_out, b.held_out) for a, b in zip(plain, everybody, strict=True))


def test_rare_patterns_are_one() -> None:
    present = np.array([[1, 1, 1]] * 5 + [[1, 0, 1]] * 11 + [[0, 1, 1]] * 2 + [[0, 0, 1]] + [[1, 0, 0]] * 12, bool)
    assert omics_patterns(present).tolist() == [0] * 5 + [2] * 11 + [3] * 3 + [1] * 12


def test_groups_stay_whole_and_the_patterns_even(cohort: Cohort) -> None:
    groups = np.arange(cohort.n) // 5
    splits = make_splits(cohort.time, cohort.event, folds=3, repeats=1, seed=0, groups=groups, present=cohort.present)
    for split in splits[1:]:
        assert not set(groups[split.train]) & set(groups[split.held_out])
        assert 0.2 < (~cohort.complete[split.held_out]).sum() / (~cohort.complete).sum() < 0.47


@pytest.mark.parametrize("impute", ["median", "knn"])
def test_an_absent_block_is_zero_and_nothing_is_learned_from_it(cohort: Cohort, impute: str) -> None:
    settings = {**defaults("preprocess"), "impute": impute, "max_features": 20}
    train = np.arange(0, cohort.n, 2)
    fitted = fit_preprocess(cohort, train, settings)
    features = fitted.transform(cohort)
    np.testing.assert_array_equal(fitted.present(cohort), cohort.present)
    tables = {one.name: one.values for one in cohort.omics}
    batch = {one.name: one.batch for one in cohort.omics if one.batch is not None}
    np.testing.assert_array_equal(fitted.transform(tables, batch), features)
    np.testing.assert_array_equal(fitted.present(tables), cohort.present)
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


@pytest.fixture(scope="module")
def settings(small_settings: dict[str, Any]) -> dict[str, Any]:
    return {**small_settings, "embeddings": small_settings["embeddings"][:1]}


@pytest.fixture(scope="module")
def chain(cohort: Cohort, settings: dict[str, Any]) -> ChainResult:
    """The whole chain on all patients."""
    return run_chain(cohort, settings)["ae"]


def test_the_chain_tells_everybody_and_is_judged_on_the_complete(cohort: Cohort, chain: ChainResult) -> None:
    held_out = chain.classified.predictions[chain.classified.predictions["role"] == "held_out"]
    assert sorted(held_out["patient"]) == sorted(cohort.patients)
    assert held_out[["risk", "subtype"]].notna().all(axis=None)
    assert set(chain.metrics["n"]) == {cohort.complete.sum()}
    own = held_out.set_index("patient").reindex(cohort.patients)[cohort.complete]
    time, event = cohort.time[cohort.complete], cohort.event[cohort.complete]
    expected = concordance_harrell(time, event, own["risk"].to_numpy(), fold=own["split"].to_numpy(str))
    row = chain.metrics[(chain.metrics["repeat"] == "r0") & (chain.metrics["metric"] == "cindex")]
    assert row["held_out"].item() == pytest.approx(float(expected), rel=1e-12)


def test_nothing_fitted_saw_what_held_out_patients_have_or_lack(
    cohort: Cohort, chain: ChainResult, settings: dict[str, Any]
) -> None:
    split = chain.splits[1]
    rng = np.random.default_rng(0)
    omics = []
    for one in cohort.omics:
        values = one.values.copy()
        noise = rng.lognormal(2, 2, (len(split.held_out), values.shape[1]))
        noise[rng.random(len(noise)) < 0.5] = np.nan
        noise[~np.isfinite(noise).any(axis=1) & (one.name == "mrna")] = 1.0  # everybody keeps one omics
        values.iloc[split.held_out] = noise
        omics.append(dataclasses.replace(one, values=values))
    spoilt = dataclasses.replace(cohort, omics=tuple(omics))
    assert (spoilt.present != cohort.present).any()
    after = run_chain(spoilt, settings, splits=chain.splits)["ae"]
    own, other = (
        one.classified.predictions[one.classified.predictions["split"] == split.name].query("role == 'train'")
        for one in (chain, after)
    )
    pd.testing.assert_frame_equal(own, other, check_exact=True)


def test_permutation_0_gives_the_observed_figures(cohort: Cohort, chain: ChainResult, settings: dict[str, Any]) -> None:
    how = {"seed": settings["seed"]}
    latents = chain.embedding.latents
    row = permute_survival(cohort, chain.splits, chain.fitted.__getitem__, latents, settings, [0], **how).iloc[0]
    median = chain.metrics[chain.metrics["repeat"] == "median"].set_index("metric")
    for statistic in ("logrank_p", "cindex", "cindex_subtype"):
        assert row[f"heldout_{statistic}"] == pytest.approx(median.at[statistic, "held_out"], rel=1e-12)
    assert row["apparent_logrank_p"] == pytest.approx(median.at["logrank_p", "apparent"], rel=1e-12)


def test_survival_changes_places_among_patients_with_the_same_omics(cohort: Cohort) -> None:
    order = permuted_order(cohort.n, 3, 0, exchangeable(cohort))
    pattern = omics_patterns(cohort.present)
    np.testing.assert_array_equal(pattern[order], pattern)
    assert (order != np.arange(cohort.n)).mean() > 0.8
    sites = pd.Series(np.arange(cohort.n) % 2, cohort.patients).astype(str)
    both = dataclasses.replace(cohort, groups=sites)
    order = permuted_order(cohort.n, 3, 0, exchangeable(both))
    np.testing.assert_array_equal(pattern[order], pattern)
    np.testing.assert_array_equal(sites.to_numpy()[order], sites)


def test_comparators_say_nothing_of_whom_they_cannot_judge(
    cohort: Cohort, chain: ChainResult, settings: dict[str, Any]
) -> None:
    quick = {**settings, "embeddings": [{**settings["embeddings"][0], "epochs": 2}]}
    run = {m: fit_comparator(m, cohort, chain.splits, chain.fitted, quick, ["age"], seed=1) for m in METHODS}
    usable_by = {"clinical": np.ones(cohort.n, bool), "ridge_cox": cohort.complete, "mrna_only": cohort.present[:, 0]}
    alone, among = complete_patients(cohort, chain.splits)
    complete = fit_comparator("ridge_cox", alone, among, chain.fitted, settings, [], seed=1)
    for method, usable in usable_by.items():
        table, arrays = run["single_omics" if method == "mrna_only" else method]
        for split in chain.splits:
            own = table[(table["method"] == method) & (table["split"] == split.name)]
            assert own["patient"].tolist() == cohort.patients.tolist()
            np.testing.assert_array_equal(own["risk"].notna(), usable)
            np.testing.assert_array_equal(np.flatnonzero(own["role"] == "held_out"), split.held_out)
            np.testing.assert_array_equal(np.isfinite(arrays[f"{method}/{split.name}"]).all(axis=1), usable)
            if method == "ridge_cox":
                expected = complete[0][complete[0]["split"] == split.name]["risk"].to_numpy()
                np.testing.assert_array_equal(own["risk"].to_numpy()[usable], expected)
    latents, told = {"ae": chain.embedding.latents}, {"ae": chain.embedding.told}
    both = combine_methods(cohort, chain.splits, latents, told, {"ridge_cox": run["ridge_cox"]}, ["age"], seed=1)
    known = both[0].groupby("method")["risk"].count() / len(chain.splits)
    assert known.to_dict() == {"ae+clinical": cohort.n, "ridge_cox+clinical": cohort.complete.sum()}
    tables = side_by_side(
        cohort,
        chain.splits,
        {"ae": chain.classified.predictions},
        {"ae": chain.clusters},
        [*run.values(), both],
        ["age"],
        settings["evaluation"],
        settings["risk"]["method"],
        seed=1,
    )
    assert set(tables.metrics["n"]) == {cohort.complete.sum()}
    assert tables.metrics.loc[tables.metrics["metric"] == "cindex", "held_out"].notna().all()
    assert tables.comparisons["difference"].notna().all()


@pytest.fixture(scope="module")
def subset_labels(cohort: Cohort, chain: ChainResult, settings: dict[str, Any]) -> pd.DataFrame:
    """What the classifiers of subsets say of held-out patients."""
    chains = join_chains(chain.prognostic, chain.subtypes, chain.risks, chain.classified.models, True)
    networks = chain.embedding.models
    given = (cohort, chain.splits, chain.fitted, networks, chains, settings["classifier"])
    return measure_subsets(*given, seed=settings["seed"])[1]


def test_whoever_lacks_omics_is_told_as_the_model_would(
    cohort: Cohort, chain: ChainResult, subset_labels: pd.DataFrame
) -> None:
    """By the classifier for the omics there are, of the fold that held the patient out; the others as they were."""
    predictions = chain.classified.predictions
    told = told_by_subsets(predictions, subset_labels).set_index(["split", "patient"])
    before = predictions[predictions["role"] == "held_out"].set_index(["split", "patient"]).loc[told.index]
    complete = told.index.get_level_values("patient").isin(cohort.patients[cohort.complete])
    names = ["subtype", "n_subtypes", "risk", "risk_group"]
    pd.testing.assert_frame_equal(told.loc[complete, names], before.loc[complete, names], check_dtype=False)
    np.testing.assert_allclose(told["risk"], before["risk"], atol=1e-4)
    assert (told.loc[~complete, "subtype"] != before.loc[~complete, "subtype"]).any()
    assert set(subset_labels.loc[subset_labels["omics"] == OWN, "patient"]) == set(cohort.patients[~cohort.complete])


def test_a_model_says_of_such_a_patient_what_was_measured(
    cohort: Cohort, chain: ChainResult, settings: dict[str, Any], subset_labels: pd.DataFrame
) -> None:
    """The rows of one fold are what the classifiers of that fold, put into a model, say of its held-out patients."""
    chains = join_chains(chain.prognostic, chain.subtypes, chain.risks, chain.classified.models, True)
    split = next(one for one in chain.splits if one.name != "full")
    fitted, network = chain.fitted[split.name], chain.embedding.models[split.name]
    given = Given(split, fitted, network, chains[split.name])
    models, _ = fit_subsets(cohort, given, settings["classifier"], seed=settings["seed"])
    lacking = cohort.take(split.held_out[~cohort.complete[split.held_out]])
    features, present = fitted.transform(lacking), fitted.present(lacking)
    latents = network.encode(features * fitted.weights, present)
    said = models.label(given.chain, fitted, latents, features, present)
    rows = subset_labels[(subset_labels["omics"] == OWN) & (subset_labels["split"] == split.name)].set_index("patient")
    np.testing.assert_array_equal(rows.loc[lacking.patients, "subtype"], said.subtype)
    np.testing.assert_allclose(rows.loc[lacking.patients, "probability_1"], said.probabilities[:, 0], atol=1e-6)
    alone = SubsetClassifiers({}).label(given.chain, fitted, latents, features, present)
    assert not np.allclose(alone.probabilities, said.probabilities), "and not what the classifier of all omics says"


def test_patterns_have_figures_where_there_are_events_enough(
    cohort: Cohort, chain: ChainResult, settings: dict[str, Any], subset_labels: pd.DataFrame
) -> None:
    told = told_by_subsets(chain.classified.predictions, subset_labels)
    table = pattern_table(told, cohort, settings["evaluation"]["bootstrap"], seed=settings["seed"])
    main = pattern_table(chain.classified.predictions, cohort, 5, seed=0).set_index(["patients", "metric"])["held_out"]
    new = table.set_index(["patients", "metric"])["held_out"]
    assert new["an omics missing", "cindex_subtype"] != main["an omics missing", "cindex_subtype"]
    assert new["every omics", "cindex_subtype"] == pytest.approx(main["every omics", "cindex_subtype"])
    c = table[table["metric"] == "cindex"].set_index("patients")
    assert c.index[0] == "every omics"
    assert c.index[-1] == "all"
    assert c["n"].iloc[2:-1].sum() == c.at["an omics missing", "n"] == (~cohort.complete).sum()
    assert c.at["all", "n"] == cohort.n
    np.testing.assert_array_equal(c["held_out"].notna(), c["events"] >= FEWEST_EVENTS)
    row = chain.metrics[(chain.metrics["repeat"] == "median") & (chain.metrics["metric"] == "cindex")]
    for column in ("held_out", "ci_low", "ci_high"):
        assert c.at["every omics", column] == pytest.approx(row[column].item(), rel=1e-12)
    assert (c["ci_low"] <= c["held_out"]).sum() == c["held_out"].notna().sum()
    alone, _ = complete_patients(cohort, [])
    assert pattern_table(chain.classified.predictions, alone, 100, seed=0).empty
