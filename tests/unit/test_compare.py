"""Paired comparisons: the same patients, the same draws, and a p that keeps its level."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.metrics import adjusted_rand_score
from sksurv.metrics import concordance_index_censored

from stratomics.chain.labels import heldout_labels
from stratomics.cohort.splits import make_splits
from stratomics.cohort.types import Cohort
from stratomics.errors import DataError
from stratomics.evaluation.compare import (
    COMPARISON_COLUMNS,
    METRIC_COLUMNS,
    agreement_table,
    comparator_metrics,
    compare_methods,
    paired_difference,
    require_same_patients,
    score_methods,
)
from stratomics.evaluation.metrics import MethodScores
from stratomics.evaluation.resampled import procedure_test
from stratomics.evaluation.yardstick import bootstrap_weights
from stratomics.runtime import derive_seed
from stratomics.survival.predicted import breslow_survival, time_grid

SETTINGS = {"bootstrap": 150, "horizon_days": 1500, "auc_days": [365]}
N, FOLDS, REPEATS = 120, 3, 2


@pytest.fixture(scope="module")
def world():
    """A cohort with a known log hazard, its splits and the times of predicted survival."""
    rng = np.random.default_rng(1)
    hazard = rng.normal(size=N)
    survival, censoring = rng.exponential(900 * np.exp(-1.2 * hazard)), rng.exponential(1500, N)
    patients = pd.Index([f"P{i:03d}" for i in range(N)], name="patient")
    clinical = pd.DataFrame(
        {"time": np.ceil(np.minimum(survival, censoring)), "event": (survival <= censoring).astype(int)}, index=patients
    )
    cohort = Cohort("planted", (), clinical)
    splits = make_splits(cohort.time, cohort.event, folds=FOLDS, repeats=REPEATS, seed=3)
    return cohort, splits, time_grid(SETTINGS["horizon_days"], cohort.time, splits), hazard


def method(world, risk, subtypes=False):
    """Predictions and predicted survival of a method that gives every patient the same risk in every split."""
    cohort, splits, times, _ = world
    tables, survival = [], {}
    for split in splits:
        role = np.full(N, "train", dtype=object)
        role[split.held_out] = "held_out"
        subtype = 1 + (risk > np.median(risk)) if subtypes else np.full(N, np.nan)
        tables.append(
            pd.DataFrame(
                {
                    "split": split.name,
                    "patient": cohort.patients,
                    "role": role,
                    "risk": risk,
                    "subtype": subtype,
                    "n_subtypes": 2 if subtypes else np.nan,
                }
            )
        )
        train = split.train
        curves = breslow_survival(risk[train], cohort.time[train], cohort.event[train], risk, times)
        survival[split.name] = curves.astype(np.float32)
    return pd.concat(tables, ignore_index=True), survival


def score(world, risks, settings=SETTINGS, **kwargs):
    cohort, splits, times, _ = world
    made = {name: method(world, risk) for name, risk in risks.items()}
    predictions, survival = ({name: one[i] for name, one in made.items()} for i in (0, 1))
    return score_methods(predictions, survival, times, cohort, splits, settings, 0, **kwargs)


@pytest.fixture(scope="module")
def scores(world):
    rng = np.random.default_rng(5)
    hazard = world[3]
    noisy = {name: 1.2 * hazard + rng.normal(0, spread, N) for name, spread in (("good", 0.5), ("fair", 1.5))}
    return score(world, {**noisy, "noise": rng.normal(size=N)})


def test_every_method_must_have_seen_the_patients_of_the_splits(world):
    cohort, splits, _, hazard = world
    own, _ = method(world, hazard)
    require_same_patients("pca", own, cohort, splits)
    require_same_patients("pca", own.sample(frac=1, random_state=0), cohort, splits)  # in whatever order

    with pytest.raises(DataError, match=r"'pca' was made with other splits: 'r1f2'"):
        require_same_patients("pca", own[own["split"] != "r1f2"], cohort, splits)
    # One training patient was held out instead: the risk of this patient is then of another model.
    first = own.index[(own["split"] == "r0f1") & (own["role"] == "train")][0]
    leaked = own.assign(role=own["role"].mask(own.index == first, "held_out"))
    with pytest.raises(DataError, match=rf"'r0f1' it has 79 train patients .* '{own.at[first, 'patient']}'"):
        require_same_patients("pca", leaked, cohort, splits)
    # Trained on a held-out patient too.
    one = own[(own["split"] == "r0f1") & (own["role"] == "held_out")].iloc[[0]]
    with pytest.raises(DataError, match="it has 81 train patients instead of 80, and 1 differ"):
        require_same_patients("pca", pd.concat([own, one.assign(role="train")]), cohort, splits)
    # Counted twice.
    with pytest.raises(DataError, match="it has 41 held-out patients instead of 40, and 1 differ"):
        require_same_patients("pca", pd.concat([own, one]), cohort, splits)
    # As many patients, but others.
    swapped = own["patient"].where(own["split"] != "r1f0", own["patient"].str.replace("P00", "Q00"))
    with pytest.raises(DataError, match="80 train patients instead of 80"):
        require_same_patients("pca", own.assign(patient=swapped), cohort, splits)


def test_scoring_refuses_other_patients_and_other_times(world):
    cohort, splits, times, hazard = world
    own, survival = method(world, hazard)
    with pytest.raises(DataError, match="other splits"):
        score_methods({"pca": own[own["split"] != "full"]}, {"pca": survival}, times, cohort, splits, SETTINGS, 0)
    short = {name: values[:, :-1] for name, values in survival.items()}
    with pytest.raises(DataError, match="'pca' predicts the survival of other patients or at other times"):
        score_methods({"pca": own}, {"pca": short}, times, cohort, splits, SETTINGS, 0)


def test_difference_and_interval_equal_resampling_the_rows(world, scores):
    """Each draw again with the patients repeated, by scikit-survival, fold by fold."""
    cohort, splits, _, _ = world
    labels = {}
    rng = np.random.default_rng(5)
    for name, spread in (("good", 0.5), ("fair", 1.5)):
        risk = 1.2 * world[3] + rng.normal(0, spread, N)
        labels[name] = heldout_labels(method(world, risk)[0], cohort)

    def concordance(own, rows):
        agree = pairs = 0.0
        for fold in np.unique(own["fold"]):
            part = own.iloc[rows][own["fold"].to_numpy()[rows] == fold]
            _, concordant, discordant, tied, _ = concordance_index_censored(part["event"], part["time"], part["risk"])
            agree, pairs = agree + concordant + 0.5 * tied, pairs + concordant + discordant + tied
        return agree / pairs

    def difference(rows):
        both = [[concordance(labels[name][r], rows) for r in ("r0", "r1")] for name in ("good", "fair")]
        return np.mean(np.subtract(*both))

    draws = bootstrap_weights(N, SETTINGS["bootstrap"], derive_seed(0, "evaluate_subtypes")).astype(int)
    replicates = np.array([difference(np.repeat(np.arange(N), counts)) for counts in draws])
    found = paired_difference(scores["good"], scores["fair"], "cindex")
    assert found.difference == pytest.approx(difference(np.arange(N)), abs=1e-9)
    interval = found.models_ci_low, found.models_ci_high
    np.testing.assert_allclose(interval, np.quantile(replicates, [0.025, 0.975]), atol=1e-9)
    assert (
        found.ci_high - found.ci_low > 0.98 * 2 * 1.96 * replicates.std()
    )  # never narrower than for the fitted models


def test_the_better_method_wins_by_both_metrics_and_holm_counts_all_comparisons(world, scores):
    cohort = world[0]
    ours, theirs = ({n: scores[n] for n in names} for names in (("good", "noise"), ("fair", "noise")))
    table = compare_methods(ours, theirs, cohort)
    assert table.columns.tolist() == COMPARISON_COLUMNS
    assert len(table) == 2 * 2 * 2
    rows = table.set_index(["embedding", "against", "metric"])
    won = rows.loc[("good", "noise", "cindex")]
    assert won["ci_low"] > 0
    p = rows.xs("cindex", level="metric")["p"]
    assert won["p"] == p.min()
    assert won["p_adjusted"] == pytest.approx(4 * won["p"])
    assert rows.loc[("good", "noise", "ibs"), "ci_high"] < 0  # a lower Brier score is better
    lost = rows.loc[("noise", "fair", "cindex")]
    assert lost["models_ci_high"] < 0
    assert lost["ci_low"] < lost["models_ci_low"]  # less is known of the procedures than of these models
    assert lost["ci_high"] > lost["models_ci_high"]
    same = rows.loc[("noise", "noise", "cindex")]
    assert same[["difference", "ci_low", "ci_high"]].tolist() == [0, 0, 0]
    assert same["p"] == 1
    assert set(table["n"]) == {N}
    assert set(table["events"]) == {cohort.n_events}


def test_paired_interval_is_narrower_than_that_of_unrelated_methods(scores):
    """Good and fair err on the same patients; breaking the pairs widens the interval."""

    def width(replicates):
        return np.subtract(*np.quantile(replicates, [0.975, 0.025]))

    good, fair = (scores[name].replicates["r0"]["cindex"] for name in ("good", "fair"))
    assert width(good - fair) < 0.9 * width(good - np.roll(fair, 1))


def made(values, weights, spread=0.0):
    """Scores of two repeats with the concordance of each fold."""
    rng = np.random.default_rng(0)
    points = {
        f"r{i}": {"cindex": float(np.average(v, weights=w))}
        for i, (v, w) in enumerate(zip(values, weights, strict=True))
    }
    replicates = {name: {"cindex": point["cindex"] + spread * rng.normal(size=400)} for name, point in points.items()}
    folds = {
        f"r{i}": {"cindex": (np.array(v), np.array(w))} for i, (v, w) in enumerate(zip(values, weights, strict=True))
    }
    return MethodScores({}, points, replicates, 10, 5, folds)


def test_procedure_test_is_the_corrected_resampled_t_test():
    """By hand, after Nadeau and Bengio: three folds of equal weight, one repeat; then with weights and an empty fold."""
    d = np.array([0.02, 0.05, 0.08])
    found = procedure_test(d[None], np.ones((1, 3)))
    error = np.sqrt((1 / 3 + 1 / 2) * d.var(ddof=1))
    assert found.difference == pytest.approx(0.05)
    assert found.p == pytest.approx(2 * student.sf(0.05 / error, 2))
    assert (found.ci_low, found.ci_high) == pytest.approx(student.interval(0.95, 2, 0.05, error))
    # A fold without comparable pairs is no fold; twice the pairs count twice.
    gap = procedure_test([[*d, np.nan]], [[2.0, 1.0, 1.0, 0.0]])
    assert gap.difference == pytest.approx((2 * 0.02 + 0.05 + 0.08) / 4)
    # The bootstrap variance of the fitted models in place of the first term, and the degrees of freedom that go with it.
    training = d.var(ddof=1) / 2
    known = procedure_test(d[None], np.ones((1, 3)), 0.0004)
    df = 2 * ((0.0004 + training) / training) ** 2
    assert known.p == pytest.approx(2 * student.sf(0.05 / np.sqrt(0.0004 + training), df))
    # Folds that all say the same leave the patients; where nothing differs at all, p is 1.
    assert procedure_test(np.full((1, 2), 0.05), np.ones((1, 2)), 0.0004).p == pytest.approx(2 * norm.sf(2.5))
    assert procedure_test(np.zeros((2, 3)), np.ones((2, 3)), 0.0).p == 1
    assert np.isnan(procedure_test([[np.nan] * 3], np.zeros((1, 3)))).all()
    assert np.isnan(procedure_test([[0.1, np.nan, np.nan]], [[1.0, 0, 0]])[1:]).all()


def test_holm_over_many_comparisons_has_no_floor(world):
    """Resampling 400 times, no p was below 2 / 401, and no adjusted one of 27 below .13."""
    ours = made([[0.71, 0.69, 0.7, 0.7, 0.71]] * 2, [[100] * 5] * 2, spread=0.02)
    theirs = made([[0.5, 0.51, 0.49, 0.5, 0.5]] * 2, [[100] * 5] * 2)
    others = {f"m{i}": theirs for i in range(27)}
    for scores in (ours, theirs):
        for values in scores.folds.values():
            values["ibs"] = values["cindex"]
        for values in scores.replicates.values():
            values["ibs"] = values["cindex"]
    assert (compare_methods({"ae": ours}, others, world[0])["p_adjusted"] < 1e-6).all()


def test_equally_good_procedures_are_rarely_told_apart():
    """A small version of the benchmark; there 600 cohorts per setting."""
    path = Path(__file__).parents[1] / "benchmarks/comparisons.py"
    benchmark = SourceFileLoader("comparisons", str(path)).load_module()
    p = np.array([benchmark.one_cohort(seed, "noise", 80, 0.4, 4, 2, draws=99) for seed in range(60)])
    bootstrap, uncorrected, corrected = (p <= 0.05).sum(axis=0)
    assert corrected <= 4
    assert min(bootstrap, uncorrected) >= 6  # what the correction is there for


def test_differences_are_taken_within_folds_and_repeats_count_alike():
    """One repeat has ten times the pairs of the other; its folds differ, but not the difference of the methods there."""
    weights = [[10, 30], [1, 3]]
    ours, theirs = made([[0.6, 0.9], [0.8, 0.6]], weights), made([[0.5, 0.8], [0.6, 0.6]], weights)
    found = paired_difference(ours, theirs, "cindex")
    assert found.difference == pytest.approx((0.1 + 0.05) / 2)
    # As in `metrics.tsv`: the mean over repeats of the difference of each.
    points = [ours.held_out[r]["cindex"] - theirs.held_out[r]["cindex"] for r in ("r0", "r1")]
    assert found.difference == pytest.approx(np.mean(points))
    assert (found.models_ci_low, found.models_ci_high) == pytest.approx((found.difference, found.difference))


def test_a_method_without_risk_in_one_fold_is_missing_and_not_counted(world, scores):
    cohort, splits, times, hazard = world
    own, survival = method(world, hazard)
    gap = own.assign(risk=own["risk"].mask(own["split"] == "r0f0"))
    survival = {**survival, "r0f0": np.full_like(survival["r0f0"], np.nan)}
    broken = score_methods({"pca": gap}, {"pca": survival}, times, cohort, splits, SETTINGS, 0)
    table = compare_methods({"good": scores["good"]}, {**broken, "fair": scores["fair"]}, cohort)
    rows = table.set_index(["against", "metric"])
    assert rows.loc["pca", COMPARISON_COLUMNS[3:9]].isna().all(axis=None)
    assert rows.loc[("fair", "cindex"), "p_adjusted"] == rows.loc[("fair", "cindex"), "p"]


def test_no_bootstrap_no_comparators(world, scores):
    cohort = world[0]
    bare = score(world, {"a": world[3], "b": -world[3]}, {**SETTINGS, "bootstrap": 0})
    table = compare_methods({"a": bare["a"]}, {"b": bare["b"]}, cohort)
    assert (table.loc[table["metric"] == "cindex", "difference"] > 0.3).all()
    assert table[["models_ci_low", "models_ci_high"]].isna().all(axis=None)
    assert table[["ci_low", "p", "p_adjusted"]].notna().all(axis=None)  # the test needs no bootstrap
    empty = compare_methods(scores, {}, cohort)
    assert empty.empty
    assert empty.columns.tolist() == COMPARISON_COLUMNS
    assert comparator_metrics({}).columns.tolist() == METRIC_COLUMNS


def test_metrics_of_comparators_carry_their_name_and_do_not_depend_on_threads(world, scores):
    table = comparator_metrics(scores)
    assert table.columns.tolist() == METRIC_COLUMNS
    assert list(dict.fromkeys(table["method"])) == ["good", "fair", "noise"]
    rng = np.random.default_rng(5)
    again = {name: 1.2 * world[3] + rng.normal(0, spread, N) for name, spread in (("good", 0.5), ("fair", 1.5))}
    threaded = comparator_metrics(score(world, {**again, "noise": rng.normal(size=N)}, threads=2))
    pd.testing.assert_frame_equal(table, threaded, check_exact=True)


def test_agreement_is_the_adjusted_rand_index_within_folds(world):
    cohort, splits, _, hazard = world
    rng = np.random.default_rng(2)
    risks = {"ae": hazard, "vae": hazard + rng.normal(0, 0.5, N)}
    tables = {name: method(world, risk, subtypes=True)[0] for name, risk in risks.items()}
    # Labels of one fold the other way round: a matter of naming, which the index does not mind.
    turned = tables["vae"]["split"] == "r0f1"
    tables["vae"].loc[turned, "subtype"] = 3 - tables["vae"].loc[turned, "subtype"]
    labels = {name: heldout_labels(own, cohort) for name, own in tables.items()}
    full = {name: own["r0"].assign(subtype=1 + (risks[name] > 0), fold="full") for name, own in labels.items()}
    found = agreement_table(full, labels).set_index("repeat")["ari"]
    assert found.index.tolist() == ["full", "r0", "r1"]
    assert found["full"] == pytest.approx(adjusted_rand_score(risks["ae"] > 0, risks["vae"] > 0))
    median = [risk > np.median(risk) for risk in risks.values()]
    expected = np.mean([adjusted_rand_score(*(m[s.held_out] for m in median)) for s in splits if s.repeat == "r0"])
    assert found["r0"] == pytest.approx(expected)
    assert 0.2 < found["r0"] < 0.95

    one = {**labels, "ae": {r: own.assign(subtype=1) for r, own in labels["ae"].items()}}
    assert agreement_table(full, one).set_index("repeat")["ari"]["r0"] == 0
    both = {**one, "vae": one["ae"]}  # the convention of `stability` too: they agree that there is one subtype
    assert agreement_table(full, both).set_index("repeat")["ari"]["r0"] == 1
    assert agreement_table({"ae": full["ae"]}, labels).empty
