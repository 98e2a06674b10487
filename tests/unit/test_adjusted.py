"""Adjusted hazard ratios against lifelines, and the covariates of two levels that the omics may refine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from stratomics.cohort.types import Cohort
from stratomics.evaluation.added_lr import added_lr
from stratomics.evaluation.adjusted import ADJUSTED_COLUMNS, adjusted_hazard_ratios
from stratomics.evaluation.coarse import refine_levels
from stratomics.preprocess import design_of_known

COVARIATES = ["age", "sex", "x"]


def table_of(seed, n=240, fault=""):
    """Make the omics repeat the clinical variable x, which the table has badly; and nothing else."""
    rng = np.random.default_rng(seed)
    x, age = rng.normal(size=n), rng.normal(60, 10, n)
    effect = (x**2 - 1) / np.sqrt(2) if fault == "u_shaped" else x
    survival, censoring = rng.exponential(1500 * np.exp(-0.8 * effect)), rng.exponential(1500, n)
    recorded = np.where(rng.random(n) < 0.3, np.nan, x) if fault == "missing" else x
    table = pd.DataFrame(
        {
            "time": np.ceil(np.minimum(survival, censoring)),
            "event": (survival <= censoring).astype(int),
            "age": age,
            "sex": rng.choice(["F", "M"], n),
            "x": np.where(x > np.median(x), "large", "small") if fault == "two_levels" else recorded,
        },
        index=pd.Index([f"P{i:03d}" for i in range(n)], name="patient"),
    )
    return table, effect + 0.5 * rng.normal(size=n), rng


def labels_of(table, risk):
    fold = np.array([f"r0f{i % 4}" for i in range(len(table))])
    return (
        table[["time", "event"]]
        .reset_index()
        .assign(subtype=1 + (risk > np.median(risk)), n_subtypes=2, risk=risk, fold=fold)
    )


def test_hazard_ratios_of_one_repeat_are_those_of_lifelines_and_repeats_are_combined_as_logarithms():
    table, risk, rng = table_of(1)
    table.loc[table.index[:9], "x"] = np.nan  # without a covariate they are not in the model
    cohort = Cohort("planted", (), table)
    repeats = {f"r{i}": labels_of(table, risk + rng.normal(0, i, len(table))) for i in range(2)}
    design, x = design_of_known(table, COVARIATES)
    found = adjusted_hazard_ratios({"ae": repeats}, design, x, cohort)
    assert list(found.columns) == ADJUSTED_COLUMNS
    assert set(found["n"]) == {len(table) - 9}
    by = found.set_index(["repeat", "term"])
    terms = by.loc["r0"].index.tolist()
    deviation = table["age"].iloc[9:].std(ddof=0)
    assert terms[:3] == ["subtype 2 of 2 (against 1)", f"age (per {deviation:.3g})", terms[2]]
    assert terms[2].startswith("sex=")
    assert "(against " in terms[2]

    data = pd.DataFrame(design.transform(table), columns=list(design.columns)).iloc[9:]
    own = repeats["r0"].iloc[9:]
    data = data.assign(s=own["subtype"] == 2, time=own["time"], event=own["event"], fold=own["fold"]).astype(
        {"s": float}
    )
    other = CoxPHFitter(strata=["fold"]).fit(data, "time", "event").summary
    for term, column in ((terms[0], "s"), (terms[1], "age")):
        row = by.loc[("r0", term)]
        expected = other.loc[column, ["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%", "p"]]
        np.testing.assert_allclose(row[["hazard_ratio", "ci_low", "ci_high", "p"]].astype(float), expected, rtol=1e-3)

    ours = by.xs(terms[0], level="term")
    assert np.log(ours.loc["combined", "hazard_ratio"]) == pytest.approx(np.log(ours["hazard_ratio"].iloc[:2]).mean())
    width = np.log(ours["ci_high"] / ours["ci_low"]) ** 2
    assert width["combined"] == pytest.approx(width.iloc[:2].mean())
    assert adjusted_hazard_ratios({"ae": repeats}, *design_of_known(table, []), cohort).empty


def test_a_level_counts_per_unit_of_the_table():
    table, risk, _ = table_of(2, fault="two_levels")
    cohort = Cohort("planted", (), table)
    design, x = design_of_known(table, ["x"])
    found = adjusted_hazard_ratios({"ae": {"r0": labels_of(table, risk)}}, design, x, cohort).set_index("term")
    data = labels_of(table, risk).assign(small=(table["x"] == "small").to_numpy(float))
    data = data.assign(s=data["subtype"] - 1.0)[["time", "event", "fold", "small", "s"]]
    other = CoxPHFitter(strata=["fold"]).fit(data, "time", "event").params_
    name = design.units()[0][0]
    sign = 1 if name == "x=small (against large)" else -1
    assert np.log(found.loc[name, "hazard_ratio"]).iloc[0] == pytest.approx(sign * other["small"], rel=1e-3)


@pytest.mark.parametrize("fault", ["missing", "two_levels", "u_shaped"])
def test_omics_that_repeat_a_badly_recorded_variable_seldom_add(fault):
    """The share is measured by tests/benchmarks/added_value.py; with a plain Cox model all of these 12 are below .05."""
    p = []
    for seed in range(12):
        table, risk, _ = table_of(seed, fault=fault)
        _, design = design_of_known(table, COVARIATES)
        time, event = table["time"].to_numpy(), table["event"].to_numpy(bool)
        p.append(added_lr(design, time, event, {"r0": labels_of(table, risk)}, "risk").p)
    assert (np.array(p) <= 0.05).sum() <= 4


def test_an_effect_of_their_own_is_found_where_a_third_lacks_a_covariate():
    table, _, rng = table_of(0, fault="missing")
    own = rng.normal(size=len(table))
    time = table["time"].to_numpy() * np.exp(-0.8 * own)
    _, design = design_of_known(table, COVARIATES)
    assert 0.6 < np.isfinite(design).all(axis=1).mean() < 0.8
    labels = {"r0": labels_of(table, own + 0.5 * rng.normal(size=len(table)))}
    for term in ("risk", "subtype"):
        assert added_lr(design, time, table["event"].to_numpy(bool), labels, term).p < 1e-3


def test_two_levels_stay_two_levels_where_the_terms_know_nothing_of_them():
    rng = np.random.default_rng(0)
    design = np.column_stack([rng.normal(size=5000), np.repeat([-1.0, 1.0], 2500)])
    unrelated = refine_levels(design, rng.normal(size=(5000, 1)))
    np.testing.assert_array_equal(unrelated[:, 0], design[:, 0])
    assert abs(np.corrcoef(unrelated[:, 1], design[:, 1])[0, 1]) > 0.999


def test_what_lies_behind_two_levels_is_expected_as_it_is_in_a_normal_variable():
    rng = np.random.default_rng(1)
    hidden = rng.normal(size=40000)
    term = 0.8 * hidden + 0.6 * rng.normal(size=40000)
    refined = refine_levels((hidden > 0.3).astype(float)[:, None], term[:, None])[:, 0]
    # Of residual deviation 1: hidden given the term has deviation .6.
    for low in np.quantile(refined, [0.1, 0.3, 0.5, 0.7, 0.9]):
        near = np.abs(refined - low) < 0.1
        assert hidden[near].mean() == pytest.approx(0.6 * refined[near].mean() + 0.3, abs=0.05)
    perfect = refine_levels((hidden > 0).astype(float)[:, None], np.sign(hidden)[:, None])
    assert np.isfinite(perfect).all()
