from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from sksurv.metrics import (
    concordance_index_censored,
    concordance_index_ipcw,
    cumulative_dynamic_auc,
    integrated_brier_score,
)
from sksurv.util import Surv

from stratomics.chain.labels import heldout_labels
from stratomics.cohort.types import Cohort, Split
from stratomics.evaluation import (
    LEADERBOARD_COLUMNS,
    evaluate_method,
    leaderboard_row,
    score_method,
    subtype_table,
)
from stratomics.evaluation.metrics import percentile_interval
from stratomics.evaluation.scores import point_metrics
from stratomics.evaluation.yardstick import bootstrap_weights, uno_horizon, yardstick
from stratomics.survival import cox_univariate, restricted_mean

TIMES = np.arange(50.0, 1001, 50)


def simulated_labels(n=150, n_subtypes=3, seed=0, folds=1):
    rng = np.random.default_rng(seed)
    subtype = rng.integers(1, n_subtypes + 1, n)
    survival = rng.exponential(1500 * np.exp(-0.5 * subtype))
    censoring = rng.exponential(1500, n)
    return pd.DataFrame(
        {
            "patient": [f"P{i:03d}" for i in range(n)],
            "time": np.ceil(np.minimum(survival, censoring)),
            "event": survival <= censoring,
            "subtype": subtype,
            "n_subtypes": n_subtypes,
            "risk": subtype + rng.normal(0, 0.5, n),
            "fold": [f"r0f{i % folds}" for i in range(n)],
        }
    ).assign(risk_group=lambda table: 1 + pd.qcut(table["risk"], n_subtypes, labels=False))


def follow_up(labels):
    return labels["time"].to_numpy(), labels["event"].to_numpy()


def measured(labels, training=None, bootstrap=0, days=(), horizon=1000):
    """The yardstick of labels; each fold trains on everybody, unless said otherwise (positions by fold)."""
    training = training or dict.fromkeys(labels["fold"].unique(), np.arange(len(labels)))
    splits = [Split(name, rows, rows) for name, rows in training.items()]
    settings = {"bootstrap": bootstrap, "horizon_days": horizon, "auc_days": list(days)}
    return yardstick(cohort_of(labels), splits, settings, TIMES, seed=0)


def cohort_of(labels):
    return Cohort("made_up", (), labels.set_index("patient")[["time", "event"]].astype({"event": int}))


def made_up_survival(labels):
    """Any predicted survival: exponential, with the hazard from the risk."""
    return np.exp(-np.outer(np.exp(0.3 * labels["risk"]), TIMES / 3000))


def test_metrics_of_one_fold_equal_lifelines_and_scikit_survival():
    labels = simulated_labels()
    time, event = follow_up(labels)
    predicted = made_up_survival(labels)
    found = point_metrics(labels, predicted, measured(labels, days=[365, 900]))
    reference = multivariate_logrank_test(time, labels["subtype"], event)
    assert found["logrank_chi2"] == pytest.approx(reference.test_statistic, rel=1e-8)
    assert found["logrank_p"] == pytest.approx(reference.p_value, rel=1e-7)
    assert found["cindex"] == pytest.approx(concordance_index_censored(event, time, labels["risk"])[0], abs=1e-8)
    survival, risk = Surv.from_arrays(event, time), labels["risk"].to_numpy()
    assert found["cindex_uno"] == pytest.approx(
        concordance_index_ipcw(survival, survival, risk, tau=1000.0)[0], abs=1e-8
    )
    cox = CoxPHFitter().fit(labels[["time", "event", "subtype"]], "time", "event")
    assert found["hazard_ratio"] == pytest.approx(float(np.exp(cox.params_["subtype"])), rel=1e-4)

    areas, _ = cumulative_dynamic_auc(survival, survival, risk, [365, 900])
    assert [found["auc_365"], found["auc_900"]] == pytest.approx(areas.tolist(), abs=1e-8)
    brier = integrated_brier_score(survival, survival, predicted, TIMES)
    assert found["ibs"] == pytest.approx(brier, abs=1e-8)
    km = KaplanMeierFitter().fit(time, event).predict(TIMES).to_numpy()
    uninformed = integrated_brier_score(survival, survival, np.tile(km, (150, 1)), TIMES)
    assert found["ibs_skill"] == pytest.approx(1 - brier / uninformed, abs=1e-7)
    slope = CoxPHFitter().fit(labels[["time", "event", "risk"]], "time", "event").params_["risk"]
    assert found["calibration_slope"] == pytest.approx(float(slope), rel=1e-4)


def test_brier_and_auc_take_the_censoring_of_the_training_patients_of_the_fold():
    labels = simulated_labels(folds=2)
    labels = labels.assign(event=labels["event"] & (labels["time"] <= 1500), time=labels["time"].clip(upper=1500))
    even, odd = np.arange(0, 150, 2), np.arange(1, 150, 2)
    time, event = follow_up(labels)
    predicted, risk = made_up_survival(labels), labels["risk"].to_numpy()
    found = point_metrics(labels, predicted, measured(labels, {"r0f0": odd, "r0f1": even}, days=[700]))
    briers, areas = [], []
    for test, train in ((even, odd), (odd, even)):
        source, judged = (Surv.from_arrays(event[own], time[own]) for own in (train, test))
        briers.append(integrated_brier_score(source, judged, predicted[test], TIMES))
        areas.append(cumulative_dynamic_auc(source, judged, risk[test], [700])[0][0])
    assert abs(briers[0] - briers[1]) > 0.001
    assert found["ibs"] == pytest.approx(np.mean(briers), abs=1e-8)
    assert min(areas) < found["auc_700"] < max(areas)


def test_calibration_slope_is_stratified_by_fold():
    labels = simulated_labels(folds=2)
    # The reference leaves out the shift, which stratified models do not see, because lifelines does not converge with it.
    cox = CoxPHFitter(strata=["fold"]).fit(labels[["time", "event", "risk", "fold"]], "time", "event")
    labels.loc[labels["fold"] == "r0f1", "risk"] += 100.0
    found = point_metrics(labels, None, measured(labels))
    assert found["calibration_slope"] == pytest.approx(float(cox.params_["risk"]), rel=1e-4)


def test_rmst_difference_compares_best_and_worst_subtype_of_the_own_fold():
    two, three = simulated_labels(80, 2, seed=1), simulated_labels(90, 3, seed=2)
    three["patient"] = "Q" + three["patient"]
    labels = pd.concat([two, three.assign(fold="r0f1")], ignore_index=True)
    best, worst = labels[labels["subtype"] == 1], labels[labels["subtype"] == labels["n_subtypes"]]
    assert len(best) + len(worst) < len(labels)
    for horizon in (500, 10**6):
        cut = min(horizon, best["time"].max(), worst["time"].max())
        expected = restricted_mean(*follow_up(best), cut) - restricted_mean(*follow_up(worst), cut)
        found = point_metrics(labels, None, measured(labels, horizon=horizon))
        assert found["rmst_difference"] == pytest.approx(expected, rel=1e-12)
        assert found["rmst_days"] == cut


def test_concordance_compares_patients_of_the_same_fold_only():
    labels = simulated_labels(folds=2)
    labels.loc[labels["fold"] == "r0f1", "risk"] += 100.0  # scales of two classifiers may differ
    found = point_metrics(labels, None, measured(labels))
    concordant = comparable = 0.0
    for _, own in labels.groupby("fold"):
        _, agree, disagree, tied, _ = concordance_index_censored(own["event"], own["time"], own["risk"])
        concordant, comparable = concordant + agree + 0.5 * tied, comparable + agree + disagree + tied
    assert found["cindex"] == pytest.approx(concordant / comparable, abs=1e-8)


def test_folds_with_different_numbers_of_subtypes_are_tested_in_strata():
    two, three = simulated_labels(80, 2, seed=1), simulated_labels(90, 3, seed=2)
    three["patient"] = "Q" + three["patient"]
    labels = pd.concat([two, three.assign(fold="r0f1")], ignore_index=True)
    found = point_metrics(labels, None, measured(labels))
    parts = [multivariate_logrank_test(own["time"], own["subtype"], own["event"]) for own in (two, three)]
    assert found["logrank_df"] == 3
    assert found["logrank_chi2"] == pytest.approx(sum(part.test_statistic for part in parts), rel=1e-8)
    cox = CoxPHFitter(strata=["n_subtypes"]).fit(labels[["time", "event", "subtype", "n_subtypes"]], "time", "event")
    assert found["hazard_ratio"] == pytest.approx(float(np.exp(cox.params_["subtype"])), rel=1e-4)


def test_one_subtype_only_gives_missing_values_not_a_crash():
    labels = simulated_labels().assign(subtype=1)
    found = point_metrics(labels, None, measured(labels))
    assert np.isnan([found["logrank_p"], found["hazard_ratio"], found["rmst_difference"]]).all()
    assert found["cindex_subtype"] == 0.5
    alone = point_metrics(labels.assign(n_subtypes=1), None, measured(labels))
    assert np.isnan(alone["rmst_difference"])


def test_what_does_not_apply_is_missing():
    labels = simulated_labels().assign(subtype=np.nan, n_subtypes=np.nan)
    found = point_metrics(labels, made_up_survival(labels), measured(labels, days=[365]))
    of_subtypes = {
        "logrank_chi2",
        "logrank_df",
        "logrank_p",
        "hazard_ratio",
        "cindex_subtype",
        "n_subtypes",
        "rmst_difference",
        "risk_group_hazard_ratio",
        "risk_group_logrank_p",
        "risk_group_cindex",
        "rmst_days",
    }
    assert {name for name, value in found.items() if np.isnan(value)} == of_subtypes
    without_risk = point_metrics(simulated_labels().assign(risk=np.nan), None, measured(labels, days=[365]))
    assert {name for name, value in without_risk.items() if np.isnan(value)} == {
        "cindex",
        "cindex_uno",
        "auc_365",
        "ibs",
        "ibs_skill",
        "calibration_slope",
        "cindex_antolini",
        "d_calibration_p",
    }
    assert found["cindex"] == point_metrics(simulated_labels(), None, measured(labels))["cindex"]


def test_groups_of_the_risk_are_measured_as_subtypes_are():
    labels = simulated_labels(folds=2)
    found = point_metrics(labels, None, measured(labels))
    as_subtypes = point_metrics(labels.assign(subtype=labels["risk_group"]), None, measured(labels))
    assert found["risk_group_hazard_ratio"] == as_subtypes["hazard_ratio"] != found["hazard_ratio"]
    assert found["risk_group_logrank_p"] == as_subtypes["logrank_p"]
    assert found["risk_group_cindex"] == as_subtypes["cindex_subtype"]
    assert np.isnan(point_metrics(labels.drop(columns="risk_group"), None, measured(labels))["risk_group_cindex"])


def test_days_beyond_the_follow_up_are_missing_and_said(caplog):
    labels = simulated_labels()
    with caplog.at_level("INFO", logger="stratomics"):
        found = point_metrics(labels, None, measured(labels, days=[365, 99999]))
    assert np.isfinite(found["auc_365"])
    assert np.isnan(found["auc_99999"])
    assert "auc_99999: day 99999 lies beyond the follow-up" in caplog.text


def test_grid_of_the_brier_score_ends_where_training_patients_are_still_followed():
    labels = simulated_labels()
    short = np.flatnonzero(labels["time"] <= 500)
    measure = measured(labels, {"r0f0": short})
    assert measure.times[-1] < labels["time"][short].max() < 1000
    found = point_metrics(labels, made_up_survival(labels)[:, : len(measure.times)], measure)
    assert np.isfinite(found["ibs"])


def test_bootstrap_weights_resample_all_patients():
    weights = bootstrap_weights(50, 400, seed=3)
    assert (weights.sum(axis=1) == 50).all()
    assert weights.mean() == 1.0
    assert weights.var(axis=0).mean() == pytest.approx(49 / 50, rel=0.1)


def test_uno_horizon_stays_within_every_training_follow_up():
    censoring = {"a": (np.array([5.0, 90.0]), None), "b": (np.array([100.0, 4.0]), None)}
    assert uno_horizon(1000, censoring) == 90
    assert uno_horizon(50, censoring) == 50


def made_up_method(subtypes=True):
    """Predictions of a method on two repeats of one fold each, the second with a worse risk, and what judges them."""
    labels = simulated_labels(seed=5)
    noise = np.random.default_rng(1).normal(0, 1, 150)
    everyone = np.arange(150)
    splits = [
        Split("full", everyone, everyone[:0]),
        Split("r0f0", everyone, everyone),
        Split("r1f0", everyone, everyone),
    ]
    own = labels[["patient", "subtype", "n_subtypes", "risk", "risk_group"]]
    if not subtypes:
        own = own.assign(subtype=np.nan, n_subtypes=np.nan, risk_group=np.nan)
    predictions = pd.concat(
        [
            own.assign(split="full", role="train"),
            own.assign(split="r0f0", role="held_out"),
            own.assign(split="r1f0", role="held_out", risk=own["risk"] + noise),
        ],
        ignore_index=True,
    )
    survival = dict.fromkeys(["full", "r0f0", "r1f0"], made_up_survival(labels))
    return predictions, survival, TIMES, cohort_of(labels), splits


SETTINGS = {"horizon_days": 1000, "auc_days": [365, 900]}


def small_evaluation(bootstrap=200, **kwargs):
    return evaluate_method(*made_up_method(), {**SETTINGS, "bootstrap": bootstrap}, seed=0, **kwargs)


def test_metrics_table_reports_each_repeat_and_the_median_never_the_best():
    table = small_evaluation()
    assert table.columns.tolist() == ["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high", "n", "events"]
    assert set(table["repeat"]) == {"r0", "r1", "median", "min", "max"}
    c = table[table["metric"] == "cindex"].set_index("repeat")["held_out"]
    assert c["median"] == pytest.approx((c["r0"] + c["r1"]) / 2)
    assert c["min"] < c["median"] < c["max"]
    row = leaderboard_row("vae", table)
    assert list(row) == LEADERBOARD_COLUMNS
    assert row["heldout_cindex"] == pytest.approx(c["median"])
    assert row["n_subtypes"] == 3
    added = ["ibs", "ibs_skill", "auc_365", "auc_900", "rmst_difference", "rmst_days", "calibration_slope"]
    groups = ["risk_group_logrank_p", "risk_group_hazard_ratio", "risk_group_cindex"]
    curves = ["cindex_antolini", "d_calibration_p"]
    assert table["metric"].unique().tolist()[8:] == [*added, *groups, *curves]
    # None of rmst_days and d_calibration_p.
    assert table.loc[table["repeat"] == "median", "ci_low"].notna().sum() == 3 + len(added) + 2 + 1


def test_bytes_do_not_depend_on_threads():
    pd.testing.assert_frame_equal(small_evaluation(), small_evaluation(threads=3), check_exact=True)


def test_a_method_without_subtypes_or_survival_gets_the_metrics_that_apply():
    full = small_evaluation().set_index(["repeat", "metric"])
    predictions, _, _, cohort, splits = made_up_method(subtypes=False)
    settings = {**SETTINGS, "bootstrap": 200}
    table = evaluate_method(predictions, None, None, cohort, splits, settings, seed=0).set_index(["repeat", "metric"])
    assert table.index.equals(full.index)
    missing = table["held_out"].isna()
    absent = {"ibs", "ibs_skill", "rmst_difference", "rmst_days", "hazard_ratio", "cindex_subtype", "n_subtypes"}
    absent |= {"logrank_chi2", "logrank_df", "logrank_p"}
    absent |= {"risk_group_logrank_p", "risk_group_hazard_ratio", "risk_group_cindex"}
    absent |= {"cindex_antolini", "d_calibration_p"}
    assert set(table.index[missing].get_level_values("metric")) == absent
    # The others are what they are with subtypes, bootstrap draws included.
    pd.testing.assert_frame_equal(table[~missing], full[~missing], check_exact=True)


def test_replicates_of_two_methods_are_paired():
    predictions, *rest = made_up_method()
    settings = {**SETTINGS, "bootstrap": 50}
    one = score_method(predictions, *rest, settings, seed=0)
    other = score_method(predictions.assign(risk=2 * predictions["risk"]), *rest, settings, seed=0)
    np.testing.assert_array_equal(one.replicates["r1"]["cindex"], other.replicates["r1"]["cindex"])
    np.testing.assert_allclose(
        one.replicates["r1"]["calibration_slope"], 2 * other.replicates["r1"]["calibration_slope"]
    )
    median, replicates = one.over_repeats("cindex")
    assert median == np.median([one.held_out[repeat]["cindex"] for repeat in ("r0", "r1")])
    assert len(replicates) == 50


def test_bootstrap_of_the_slope_and_hazard_ratio_refits_the_repeated_patients():
    scores = score_method(*made_up_method(), {**SETTINGS, "bootstrap": 20}, seed=0)
    labels = simulated_labels(seed=5)
    weights = measured(labels, bootstrap=20).weights.astype(int)
    for draw in (0, 7, 19):
        rows = labels.loc[np.repeat(np.arange(150), weights[draw])]
        single = cox_univariate(rows[["subtype", "risk"]].astype(float), *follow_up(rows))["coef"]
        assert scores.replicates["r0"]["hazard_ratio"][draw] == pytest.approx(np.exp(single["subtype"]), rel=1e-8)
        assert scores.replicates["r0"]["calibration_slope"][draw] == pytest.approx(single["risk"], rel=1e-8)


def test_interval_is_missing_when_a_tenth_of_the_replicates_are():
    values = np.linspace(0, 1, 100)
    assert percentile_interval(values) == pytest.approx((0.025, 0.975))
    assert np.isnan(percentile_interval(np.where(values < 0.2, np.nan, values))).all()
    assert np.isnan(percentile_interval(np.full(5, np.nan))).all()


def test_no_bootstrap_gives_no_intervals():
    table = small_evaluation(bootstrap=0)
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)
    assert table["held_out"].notna().all()


def test_bootstrap_interval_has_the_width_of_repeated_sampling():
    """The standard deviation over fresh cohorts of the same kind is about a quarter of the width of the interval."""
    table = small_evaluation(bootstrap=400)
    row = table[(table["repeat"] == "r0") & (table["metric"] == "cindex")].iloc[0]
    fresh = []
    for seed in range(100, 160):
        labels = simulated_labels(seed=seed)
        fresh.append(concordance_index_censored(labels["event"], labels["time"], labels["risk"])[0])
    assert (row["ci_high"] - row["ci_low"]) / 4 == pytest.approx(np.std(fresh), rel=0.35)
    assert row["ci_low"] < row["held_out"] < row["ci_high"]


def test_a_patient_held_out_twice_in_a_repeat_is_refused():
    labels = simulated_labels(20)
    cohort = cohort_of(labels)
    once = labels.assign(split="r0f0", role="held_out")[["split", "patient", "role", "subtype", "n_subtypes", "risk"]]
    assert heldout_labels(once, cohort)["r0"]["patient"].tolist() == labels["patient"].tolist()
    with pytest.raises(ValueError, match="held out twice in repeat r0"):
        heldout_labels(pd.concat([once, once.head(1)]), cohort)
    with pytest.raises(ValueError, match="1 patients have no label"):
        heldout_labels(once.iloc[1:], cohort)


def test_labels_of_a_method_without_subtypes_stay_missing():
    labels = simulated_labels(20)
    table = labels.assign(split="r0f0", role="held_out", subtype=pd.NA, n_subtypes=pd.NA)
    for predictions in (table, table.drop(columns=["subtype", "n_subtypes"])):
        found = heldout_labels(predictions, cohort_of(labels))["r0"]
        assert found["subtype"].isna().all()
        assert found["n_subtypes"].dtype == np.float64
    assert heldout_labels(table.assign(subtype=1, n_subtypes=2), cohort_of(labels))["r0"]["subtype"].dtype == np.int64


def test_subtype_table_tells_who_is_ambiguous():
    predictions, _, _, cohort, _ = made_up_method()
    for k in (1, 2, 3):
        predictions[f"probability_{k}"] = np.where(predictions["subtype"] == k, 0.8, 0.1)
    clusters = predictions.loc[predictions["split"] == "full", ["split", "patient", "subtype"]]
    stability = pd.DataFrame(
        {"patient": cohort.patients[::-1], "consensus_own": np.arange(150) / 150, "ambiguous": np.arange(150) < 30}
    )
    plain = subtype_table(predictions, clusters, cohort)
    table = subtype_table(predictions, clusters, cohort, stability)
    columns = table.columns.tolist()
    assert columns[columns.index("confidence") + 1 :][:2] == ["consensus", "ambiguous"]
    assert plain.columns.tolist() == [c for c in columns if c not in ("consensus", "ambiguous")]
    assert table.set_index("patient").loc[stability["patient"], "consensus"].tolist() == (np.arange(150) / 150).tolist()
    assert table["ambiguous"].tolist() == [False] * 120 + [True] * 30
