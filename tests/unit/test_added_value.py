"""Added value on planted data: a risk that repeats the clinic adds nothing, an independent one does."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from sksurv.metrics import concordance_index_censored

from stratomics.cohort.splits import make_splits
from stratomics.cohort.types import Cohort
from stratomics.evaluation.added_lr import added_lr, added_lr_risk, added_lr_subtype
from stratomics.evaluation.added_value import ADDED_VALUE_COLUMNS, added_value_table, stacked_risk
from stratomics.survival import concordance_harrell, cox_multivariate

FOLDS = 4
SETTINGS = {"bootstrap": 200}


def planted(seed: int, *, clinic: float = 0.7, omics: float = 0.0, n: int = 240):
    """Patients with three covariates and an omics signal; `clinic` and `omics` are log hazards per standard deviation."""
    rng = np.random.default_rng(seed)
    covariates, signal = rng.normal(size=(n, 3)), rng.normal(size=n)
    survival = rng.exponential(1500 * np.exp(-clinic * covariates[:, 0] - omics * signal))
    censoring = rng.exponential(1500, n)
    time, event = np.ceil(np.minimum(survival, censoring)), survival <= censoring
    fold = np.array([f"r0f{i % FOLDS}" for i in range(n)])
    return covariates, signal, time, event, fold, rng


def labels_of(time, event, fold, risk, subtype=None, n_subtypes=2):
    if subtype is None:
        subtype = np.zeros(len(time), dtype=int)
        for name in np.unique(fold):
            own = risk[fold == name]
            subtype[fold == name] = 1 + (own > np.median(own))
    patients = [f"P{i:03d}" for i in range(len(time))]
    return pd.DataFrame(
        {
            "patient": patients,
            "time": time,
            "event": event,
            "subtype": subtype,
            "n_subtypes": n_subtypes,
            "risk": risk,
            "fold": fold,
        }
    )


def cohort_of(time, event):
    patients = pd.Index([f"P{i:03d}" for i in range(len(time))], name="patient")
    return Cohort("planted", (), pd.DataFrame({"time": time, "event": event.astype(int)}, index=patients))


def out_of_fold_clinic(covariates, time, event, fold):
    risk = np.empty(len(time))
    for name in np.unique(fold):
        train = fold != name
        risk[~train] = covariates[~train] @ cox_multivariate(covariates[train], time[train], event[train]).coef
    return risk


def table_of(seed, *, clinic=0.7, omics=0.0, own=None):
    """One row per term for a risk made of `own(covariates, signal, rng)`."""
    covariates, signal, time, event, fold, rng = planted(seed, clinic=clinic, omics=omics)
    clinical = {"r0": labels_of(time, event, fold, out_of_fold_clinic(covariates, time, event, fold))}
    ours = {"vae": {"r0": labels_of(time, event, fold, own(covariates, signal, rng))}}
    return added_value_table(
        ours, clinical, covariates, cohort_of(time, event), SETTINGS, covariates=["age", "sex", "stage"], seed=1
    ).set_index("term")


def test_likelihood_ratio_of_a_risk_equals_lifelines():
    covariates, signal, time, event, fold, rng = planted(3, omics=0.4)
    risk = signal + np.repeat([0.0, 9.0], len(time) // 2)[np.argsort(fold, kind="stable").argsort()]
    data = pd.DataFrame(covariates, columns=["a", "b", "c"]).assign(time=time, event=event)
    centred = pd.Series(risk).groupby(fold).transform(lambda own: own - own.mean())
    fits = [CoxPHFitter().fit(one, "time", "event") for one in (data, data.assign(risk=centred))]
    expected = 2 * (fits[1].log_likelihood_ - fits[0].log_likelihood_)
    found = added_lr_risk(covariates, time, event, risk, fold)
    assert found.df == 1
    assert found.chi2 == pytest.approx(expected, rel=1e-5)
    assert expected > 4  # the risk does tell something
    shifted = added_lr_risk(covariates, time, event, risk + 100 * (fold == "r0f1"), fold)
    assert shifted.chi2 == pytest.approx(found.chi2, rel=1e-6)  # the level of a fold means nothing


def test_likelihood_ratio_of_subtypes_equals_lifelines_where_folds_differ_in_their_number():
    covariates, signal, time, event, fold, _ = planted(4, omics=0.5)
    n_subtypes = np.where(np.isin(fold, ["r0f0", "r0f1"]), 2, 3)
    subtype = np.where(n_subtypes == 2, 1 + (signal > 0), 1 + (signal > -0.5) + (signal > 0.5))
    data = pd.DataFrame(covariates, columns=["a", "b", "c"]).assign(time=time, event=event, k=n_subtypes)
    for k, level in ((2, 2), (3, 2), (3, 3)):
        data[f"s{k}{level}"] = ((n_subtypes == k) & (subtype == level)).astype(float)
    fits = [
        CoxPHFitter(strata=["k"]).fit(one, "time", "event") for one in (data.drop(columns=["s22", "s32", "s33"]), data)
    ]
    found = added_lr_subtype(covariates, time, event, subtype, n_subtypes)
    assert found.df == 3
    assert found.chi2 == pytest.approx(2 * (fits[1].log_likelihood_ - fits[0].log_likelihood_), rel=1e-4)
    one_number = added_lr_subtype(covariates, time, event, 1 + (signal > 0), np.full(len(time), 2))
    assert one_number.df == 1


def test_a_term_that_points_the_wrong_way_adds_nothing():
    covariates, signal, time, event, fold, _ = planted(5, omics=0.8)
    assert added_lr_risk(covariates, time, event, signal, fold).p < 1e-4
    assert added_lr_risk(covariates, time, event, -signal, fold) == (0.0, 1, 1.0)
    two = np.full(len(time), 2)
    assert added_lr_subtype(covariates, time, event, 1 + (signal > 0), two).p < 1e-3
    assert added_lr_subtype(covariates, time, event, 1 + (signal < 0), two) == (0.0, 1, 1.0)


def test_a_risk_that_repeats_the_clinic_has_uniform_p_over_cohorts():
    """The clinical predictor plus noise: half point the wrong way, 2.5 % pass .05 from the other half."""
    p = []
    for seed in range(400):
        covariates, _, time, event, fold, rng = planted(seed, n=120)
        p.append(added_lr_risk(covariates, time, event, covariates[:, 0] + rng.normal(size=120), fold).p)
    p = np.array(p)
    assert (p == 1).mean() == pytest.approx(0.5, abs=0.08)
    for level in (0.05, 0.2, 0.5):
        assert (p < level).mean() == pytest.approx(level / 2, abs=3.5 * np.sqrt(level / 2 / 400))
    exact = planted(0)
    repeated = added_lr_risk(exact[0], exact[2], exact[3], exact[0] @ [1.0, 0.5, 0.0], np.zeros(240))
    assert (repeated.chi2, repeated.df) == (0.0, 0)
    assert np.isnan(repeated.p)


def test_a_risk_that_repeats_the_clinic_has_no_gain_in_concordance():
    found = [table_of(seed, own=lambda c, s, rng: c[:, 0] + rng.normal(size=len(s))) for seed in range(12)]
    deltas = np.array([table.loc["risk", "delta"] for table in found])
    assert abs(np.mean(deltas)) < 0.01
    assert sum(table.loc["risk", "ci_low"] > 0 for table in found) <= 1
    assert all(table.loc["risk", "clinical_cindex"] > 0.6 for table in found)


def test_an_independent_risk_adds_to_the_clinic():
    found = table_of(7, omics=1.2, own=lambda c, s, rng: s + rng.normal(0, 0.3, len(s)))
    for term in ("risk", "subtype"):
        assert found.loc[term, "ci_low"] > 0
        assert found.loc[term, "lr_p"] < 1e-4
        assert found.loc[term, "combined_cindex"] - found.loc[term, "clinical_cindex"] == pytest.approx(
            found.loc[term, "delta"]
        )
    assert found.loc["risk", "delta"] > found.loc["subtype", "delta"]


def test_the_interval_has_the_width_of_repeated_sampling():
    found = [table_of(seed, omics=0.8, own=lambda c, s, rng: s).loc["risk"] for seed in range(100, 130)]
    width = np.mean([(row["ci_high"] - row["ci_low"]) / 3.92 for row in found])
    assert width == pytest.approx(np.std([row["delta"] for row in found]), rel=0.35)


def test_a_weak_risk_does_not_drag_a_strong_clinic_down():
    """Where plain addition of the two standardised risks loses concordance, the stacked one does not."""
    added, stacked = [], []
    for seed in range(10):
        covariates, _, time, event, fold, rng = planted(seed, clinic=1.0)
        clinical, noise = out_of_fold_clinic(covariates, time, event, fold), rng.normal(size=len(time))
        alone = concordance_harrell(time, event, clinical, fold=fold)
        plain = clinical / clinical.std() + noise
        added.append(concordance_harrell(time, event, plain, fold=fold) - alone)
        both = stacked_risk(clinical, noise, time, event, fold)
        stacked.append(concordance_harrell(time, event, both, fold=fold) - alone)
    assert np.mean(added) < -0.04
    assert abs(np.mean(stacked)) < 0.01


def test_stacked_weights_come_from_the_other_folds_only():
    covariates, signal, time, event, fold, _ = planted(8, omics=0.6)
    both = np.column_stack([covariates[:, 0], signal])
    scaled = pd.DataFrame(both).groupby(fold).transform(lambda own: (own - own.mean()) / own.std(ddof=0)).to_numpy()
    found = stacked_risk(*both.T, time, event, fold)
    own = fold == "r0f2"
    weights = cox_multivariate(scaled[~own], time[~own], event[~own], strata=fold[~own]).coef
    np.testing.assert_allclose(found[own], scaled[own] @ weights, rtol=1e-5)
    # The survival of the fold itself may change as it likes.
    other_time, other_event = np.where(own, time[::-1] + 5, time), np.where(own, ~event, event)
    np.testing.assert_array_equal(stacked_risk(*both.T, other_time, other_event, fold)[own], found[own])


def test_stacked_risk_of_useless_terms_is_the_clinical_one():
    covariates, signal, time, event, fold, _ = planted(9, omics=0.8)
    clinical = covariates[:, 0]

    def ranks(values):
        return pd.Series(values).groupby(fold).rank().to_numpy()

    for useless in (-signal, np.ones(len(time)), 2 * clinical):
        np.testing.assert_array_equal(ranks(stacked_risk(clinical, useless, time, event, fold)), ranks(clinical))
    np.testing.assert_array_equal(ranks(stacked_risk(np.zeros(240), signal, time, event, fold)), ranks(signal))
    nobody = stacked_risk(clinical, signal, time, np.zeros(len(time), dtype=bool), fold)
    np.testing.assert_array_equal(ranks(nobody), ranks(clinical))


def test_without_any_effect_really_cross_fitted_risks_rarely_add():
    """The hard case: out-of-fold risks trained on survival that has nothing to do with the omics."""
    p, delta = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        covariates, _, time, event, _, _ = planted(seed, n=160)
        omics = rng.normal(size=(160, 30))
        fold, risk = np.empty(160, dtype="<U4"), np.empty(160)
        for split in make_splits(time, event, folds=FOLDS, repeats=1, seed=seed)[1:]:
            train, out = split.train, split.held_out
            fold[out] = split.name
            # One step of a heavily penalised Cox model: features times martingale residuals under the null.
            order = np.argsort(time[train])
            residual = np.empty(len(train))
            residual[order] = event[train][order] - np.cumsum(event[train][order] / np.arange(len(train), 0, -1))
            risk[out] = omics[out] @ (omics[train].T @ residual)
        clinical = out_of_fold_clinic(covariates, time, event, fold)
        p.append(added_lr_risk(covariates, time, event, risk, fold).p)
        both = stacked_risk(clinical, risk, time, event, fold)
        delta.append(
            concordance_harrell(time, event, both, fold=fold) - concordance_harrell(time, event, clinical, fold=fold)
        )
    assert (np.array(p) < 0.05).mean() < 0.12
    assert abs(np.mean(delta)) < 0.006


def test_concordances_are_those_of_scikit_survival_within_folds():
    covariates, signal, time, event, fold, _ = planted(10, omics=0.5)
    one_fold = np.zeros(len(time), dtype=int).astype(str)
    clinical = labels_of(time, event, one_fold, covariates[:, 0])
    ours = labels_of(time, event, one_fold, signal)
    table = added_value_table(
        {"ae": {"r0": ours}}, {"r0": clinical}, covariates, cohort_of(time, event), SETTINGS, covariates=["x"], seed=0
    )
    assert table.columns.tolist() == ADDED_VALUE_COLUMNS
    expected = concordance_index_censored(event, time, covariates[:, 0])[0]
    np.testing.assert_allclose(table["clinical_cindex"], expected, atol=1e-9)
    assert (table["delta"] == 0).all()  # no other fold to learn the weights on


def test_numbers_are_those_of_the_repeat_in_the_middle():
    covariates, signal, time, event, fold, rng = planted(11, omics=0.5)
    repeats = {f"r{i}": labels_of(time, event, fold, signal + rng.normal(0, i, len(time))) for i in range(3)}
    each = [added_lr(covariates, time, event, {"r0": own}, "risk").chi2 for own in repeats.values()]
    assert added_lr(covariates, time, event, repeats, "risk").chi2 == pytest.approx(np.median(each))
    assert len(set(np.round(each, 6))) == 3
    two = added_lr(covariates, time, event, {name: repeats[name] for name in ("r0", "r1")}, "risk")
    assert two.chi2 == pytest.approx(min(each[:2]))  # a whole row, of two the less significant
    plain = {name: {column: own[column].to_numpy() for column in own} for name, own in repeats.items()}
    assert added_lr(covariates, time, event, plain, "risk") == added_lr(covariates, time, event, repeats, "risk")
    order = rng.permutation(len(time))  # survival and clinic in one order, risks in another: nothing is left
    moved = added_lr(covariates[order], time[order], event[order], repeats, "risk")
    assert moved.chi2 < 0.3 * np.median(each)


def test_missing_predictions_give_missing_numbers_and_say_so(caplog):
    covariates, signal, time, event, fold, _ = planted(12)
    clinical = {"r0": labels_of(time, event, fold, covariates[:, 0])}
    gap = labels_of(time, event, fold, signal)
    gap["risk"] = gap["risk"].where(gap["fold"] != "r0f1")
    alike = labels_of(time, event, fold, signal, subtype=np.ones(len(time), dtype=int), n_subtypes=1)
    ours = {"ae": {"r0": gap}, "vae": {"r0": alike}}
    with caplog.at_level(logging.WARNING, logger="stratomics"):
        logging.getLogger("stratomics").propagate = True
        table = added_value_table(
            ours, clinical, covariates, cohort_of(time, event), SETTINGS, covariates=["x"], seed=0
        ).set_index(["embedding", "term"])
    assert "ae, risk: missing for some held-out patients" in caplog.text
    assert table.loc[("ae", "risk"), ["clinical_cindex", "delta", "ci_low", "lr_chi2", "lr_p"]].isna().all()
    assert np.isfinite(table.loc[("ae", "subtype"), "delta"])
    assert table.loc[("vae", "subtype"), "delta"] == 0
    assert table.loc[("vae", "subtype"), "lr_df"] == 0
    assert np.isnan(table.loc[("vae", "subtype"), "lr_p"])


def test_no_rows_without_covariates_or_clinical_comparator():
    covariates, signal, time, event, fold, _ = planted(13)
    ours, cohort = {"ae": {"r0": labels_of(time, event, fold, signal)}}, cohort_of(time, event)
    for clinical, names in (({}, ["x"]), (ours["ae"], [])):
        table = added_value_table(ours, clinical, covariates, cohort, SETTINGS, covariates=names, seed=0)
        assert table.empty
        assert table.columns.tolist() == ADDED_VALUE_COLUMNS
    without = added_value_table(ours, ours["ae"], covariates, cohort, {"bootstrap": 0}, covariates=["x"], seed=0)
    assert without[["ci_low", "ci_high"]].isna().all(axis=None)
