from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.statistics import multivariate_logrank_test
from sksurv.metrics import concordance_index_censored, concordance_index_ipcw
from sksurv.util import Surv

from stratomics.cohort.types import Cohort, Split
from stratomics.evaluation import LEADERBOARD_COLUMNS, evaluate_subtypes, heldout_labels, leaderboard_row
from stratomics.evaluation.metrics import METRICS, bootstrap_weights, point_metrics, uno_horizon


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
    )


def follow_up(labels):
    return labels["time"].to_numpy(), labels["event"].to_numpy()


def test_metrics_of_one_fold_equal_lifelines_and_scikit_survival():
    labels = simulated_labels()
    time, event = follow_up(labels)
    found = point_metrics(labels, {"r0f0": (time, event)}, tau=1000.0)
    reference = multivariate_logrank_test(time, labels["subtype"], event)
    assert found["logrank_chi2"] == pytest.approx(reference.test_statistic, rel=1e-8)
    assert found["logrank_p"] == pytest.approx(reference.p_value, rel=1e-7)
    assert found["cindex"] == pytest.approx(concordance_index_censored(event, time, labels["risk"])[0], abs=1e-8)
    survival = Surv.from_arrays(event, time)
    uno = concordance_index_ipcw(survival, survival, labels["risk"].to_numpy(), tau=1000.0)[0]
    assert found["cindex_uno"] == pytest.approx(uno, abs=1e-8)
    cox = CoxPHFitter().fit(labels[["time", "event", "subtype"]], "time", "event")
    assert found["hazard_ratio"] == pytest.approx(float(np.exp(cox.params_["subtype"])), rel=1e-4)


def test_concordance_compares_patients_of_the_same_fold_only():
    labels = simulated_labels(folds=2)
    labels.loc[labels["fold"] == "r0f1", "risk"] += 100.0  # scales of two classifiers may differ
    time, event = follow_up(labels)
    found = point_metrics(labels, {"r0f0": (time, event), "r0f1": (time, event)}, tau=1000.0)
    concordant = comparable = 0.0
    for _, own in labels.groupby("fold"):
        _, agree, disagree, tied, _ = concordance_index_censored(own["event"], own["time"], own["risk"])
        concordant, comparable = concordant + agree + 0.5 * tied, comparable + agree + disagree + tied
    assert found["cindex"] == pytest.approx(concordant / comparable, abs=1e-8)


def test_folds_with_different_numbers_of_subtypes_are_tested_in_strata():
    two, three = simulated_labels(80, 2, seed=1), simulated_labels(90, 3, seed=2)
    labels = pd.concat([two, three.assign(fold="r0f1")], ignore_index=True)
    time, event = follow_up(labels)
    found = point_metrics(labels, {"r0f0": (time, event), "r0f1": (time, event)}, tau=1000.0)
    parts = [multivariate_logrank_test(own["time"], own["subtype"], own["event"]) for own in (two, three)]
    assert found["logrank_df"] == 3
    assert found["logrank_chi2"] == pytest.approx(sum(part.test_statistic for part in parts), rel=1e-8)
    cox = CoxPHFitter(strata=["n_subtypes"]).fit(labels[["time", "event", "subtype", "n_subtypes"]], "time", "event")
    assert found["hazard_ratio"] == pytest.approx(float(np.exp(cox.params_["subtype"])), rel=1e-4)


def test_one_subtype_only_gives_missing_values_not_a_crash():
    labels = simulated_labels().assign(subtype=1)
    time, event = follow_up(labels)
    found = point_metrics(labels, {"r0f0": (time, event)}, tau=1000.0)
    assert np.isnan([found["logrank_p"], found["hazard_ratio"]]).all()
    assert found["cindex_subtype"] == 0.5


def test_bootstrap_weights_resample_all_patients():
    weights = bootstrap_weights(50, 400, seed=3)
    assert (weights.sum(axis=1) == 50).all()
    assert weights.mean() == 1.0
    assert weights.var(axis=0).mean() == pytest.approx(49 / 50, rel=0.1)


def test_uno_horizon_stays_within_every_training_follow_up():
    censoring = {"a": (np.array([5.0, 90.0]), None), "b": (np.array([100.0, 4.0]), None)}
    assert uno_horizon(1000, censoring) == 90
    assert uno_horizon(50, censoring) == 50


def small_evaluation(bootstrap=200):
    repeats = {f"r{r}": simulated_labels(seed=5).assign(fold=f"r{r}f0") for r in range(2)}
    repeats["r1"] = repeats["r1"].assign(risk=repeats["r1"]["risk"] + np.random.default_rng(1).normal(0, 1, 150))
    first = repeats["r0"]
    clinical = first.set_index("patient")[["time", "event"]].astype({"event": int})
    cohort = Cohort("made_up", (), clinical)
    everyone = np.arange(150)
    splits = [
        Split("full", everyone, everyone[:0]),
        Split("r0f0", everyone, everyone),
        Split("r1f0", everyone, everyone),
    ]
    apparent = first.assign(fold="full")
    settings = {"bootstrap": bootstrap, "horizon_days": 1000}
    return evaluate_subtypes(apparent, repeats, cohort, splits, settings, seed=0), repeats


def test_metrics_table_reports_each_repeat_and_the_median_never_the_best():
    table, repeats = small_evaluation()
    assert table.columns.tolist() == ["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high", "n", "events"]
    assert set(table["repeat"]) == {"r0", "r1", "median", "min", "max"}
    c = table[table["metric"] == "cindex"].set_index("repeat")["held_out"]
    assert c["median"] == pytest.approx((c["r0"] + c["r1"]) / 2)
    assert c["min"] < c["median"] < c["max"]
    row = leaderboard_row("vae", table)
    assert list(row) == LEADERBOARD_COLUMNS
    assert row["heldout_cindex"] == pytest.approx(c["median"])
    assert row["n_subtypes"] == 3
    assert set(METRICS) == set(table["metric"])


def test_bootstrap_interval_has_the_width_of_repeated_sampling():
    """The standard deviation over fresh cohorts of the same kind is about a quarter of the width of the interval."""
    table, _ = small_evaluation(bootstrap=400)
    row = table[(table["repeat"] == "r0") & (table["metric"] == "cindex")].iloc[0]
    fresh = []
    for seed in range(100, 160):
        labels = simulated_labels(seed=seed)
        fresh.append(concordance_index_censored(labels["event"], labels["time"], labels["risk"])[0])
    assert (row["ci_high"] - row["ci_low"]) / 4 == pytest.approx(np.std(fresh), rel=0.35)
    assert row["ci_low"] < row["held_out"] < row["ci_high"]


def test_a_patient_held_out_twice_in_a_repeat_is_refused():
    labels = simulated_labels(20)
    cohort = Cohort("made_up", (), labels.set_index("patient")[["time", "event"]].astype({"event": int}))
    once = labels.assign(split="r0f0", role="held_out")[["split", "patient", "role", "subtype", "n_subtypes", "risk"]]
    assert heldout_labels(once, cohort)["r0"]["patient"].tolist() == labels["patient"].tolist()
    with pytest.raises(ValueError, match="held out twice in repeat r0"):
        heldout_labels(pd.concat([once, once.head(1)]), cohort)
    with pytest.raises(ValueError, match="1 patients have no label"):
        heldout_labels(once.iloc[1:], cohort)
