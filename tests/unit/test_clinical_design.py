"""Clinical covariates, as they stand in the table, as numbers of a regression."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stratomics.comparators.clinical_model import fit_coefficients
from stratomics.preprocess import design_of_known, fit_clinical_design


def table_of(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=[f"p{i}" for i in range(n)])


def design_of(column, train=None):
    table = table_of(x=column)
    train = np.arange(len(column)) if train is None else train
    design = fit_clinical_design(table, train, ["x"])
    return design, design.transform(table)


def raw(design, values):
    """Give back the encoded trends."""
    kept = design.weights.argmax(axis=0)
    return values / design.weights.max(axis=0) + design.mean[kept]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Stage I", "Stage IIIA", "Stage IV", "stage ii"], [1, 3, 4, 2]),
        (["IIIb", "I", "IVA", "II"], [3, 1, 4, 2]),
        (["G2", "G4", "G1", "g3"], [2, 4, 1, 3]),
        (["Low Grade", "High Grade", "High Grade", "Low Grade"], [1, 3, 3, 1]),
        (["61", "72.5", "55", "60"], [61, 72.5, 55, 60]),
        ([61.0, 72.5, 55.0, 60.0], [61, 72.5, 55, 60]),
    ],
)
def test_orders_and_numbers_become_one_column(cells, expected):
    design, values = design_of(cells)
    assert design.columns == ("x",)
    np.testing.assert_allclose(raw(design, values)[:, 0], expected)
    np.testing.assert_allclose([values.mean(), values.std()], [0, 1], atol=1e-12)


@pytest.mark.parametrize("odd", ["Stage X", "[Discrepancy]", "", np.nan, None, "[Not Available]"])
def test_what_is_not_known_is_the_training_median(odd):
    design, values = design_of(["Stage I", "Stage II", "Stage III", "Stage III", odd])
    np.testing.assert_allclose(raw(design, values)[:, 0], [1, 2, 3, 3, 2.5])
    assert any("missing for 1 of 5" in note and "median" in note for note in design.notes)


def test_only_the_training_patients_decide():
    stages = ["Stage I", "Stage II", "Stage III", "Stage IV"] * 5
    ages = [50.0 + i for i in range(20)]
    train = np.arange(16)
    clean = table_of(stage=stages, age=ages)
    spoilt = clean.copy()
    spoilt.iloc[16:, 0] = ["nonsense", "7", None, "Stage IIIC"]
    spoilt["age"] = spoilt["age"].astype(object)
    spoilt.iloc[16:, 1] = ["very old", 1e300, np.inf, None]
    one, other = (fit_clinical_design(table, train, ["stage", "age"]) for table in (clean, spoilt))
    assert one.columns == other.columns == ("stage", "age")
    assert one.notes == other.notes == ()
    left, right = one.transform(clean), other.transform(spoilt)
    np.testing.assert_array_equal(left[:16], right[:16])
    assert np.isfinite(right).all()
    # Not of the kind that the training patients have: as good as missing.
    np.testing.assert_allclose(raw(other, right)[16:, 0], [2.5, 2.5, 2.5, 3])
    median = np.median(ages[:16])
    np.testing.assert_allclose(raw(other, right)[[16, 18, 19], 1], median)
    assert raw(other, right)[17, 1] == pytest.approx(1e300)


def test_categories_against_the_most_frequent_level():
    cells = ["white"] * 50 + ["asian"] * 30 + ["black"] * 14 + ["islander"] * 3 + ["native"] * 3
    design, values = design_of(cells)
    assert design.columns == ("x=asian", "x=black", "x=other")
    coded = raw(design, values)
    np.testing.assert_allclose(
        coded[[0, 50, 80, 94, 99]], [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], atol=1e-12
    )
    new = design.transform(table_of(x=["martian", None, "asian"]))
    np.testing.assert_allclose(raw(design, new), [[0, 0, 1], [0, 0, 0], [1, 0, 0]], atol=1e-12)
    assert any("2 levels" in note for note in design.notes)


def test_one_rare_level_gets_no_coefficient():
    design, values = design_of(["female"] * 98 + ["male"] * 2)
    assert values.shape == (100, 0)
    assert any("count as 'female'" in note for note in design.notes)
    assert any("left out" in note for note in design.notes)


def test_constant_and_missing_columns_are_left_out():
    table = table_of(a=[3.0] * 8, b=[np.nan] * 8, c=["x"] * 8, d=list(range(8)))
    design = fit_clinical_design(table, np.arange(6), ["a", "b", "c", "d"])
    assert design.columns == ("d",)
    assert len([note for note in design.notes if "left out" in note]) == 3
    assert design.transform(table).shape == (8, 1)
    nothing = fit_clinical_design(table, np.arange(6), [])
    assert nothing.transform(table).shape == (8, 0)


def test_coefficients_without_a_maximum_are_penalised():
    time = np.arange(1.0, 41.0)
    event = np.ones(40, dtype=bool)
    x = np.column_stack([-time, np.sin(time)])
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    coef, notes = fit_coefficients(x, time, event)
    assert np.isfinite(coef).all()
    assert coef[0] > 1
    assert "separated" in notes[0]
    coef, notes = fit_coefficients(x[:, [1, 1]], time, event)
    assert coef[0] == pytest.approx(coef[1])
    assert "collinear" in notes[0]
    coef, notes = fit_coefficients(x, time, np.zeros(40, dtype=bool))
    assert (coef == 0).all()
    assert "no training patient" in notes[0]


def cohort_table(n=100, events=60):
    rng = np.random.default_rng(0)
    table = table_of(
        age=rng.normal(60, 10, n),
        bmi=rng.normal(25, 3, n),
        stage=rng.choice(["Stage I", "Stage II", "Stage III", "Stage IV"], n),
        event=[1] * events + [0] * (n - events),
    )
    table.loc[table.index[::7], ["age", "bmi"]] = np.nan
    return table


def test_departures_from_the_trends_come_in_turn_as_far_as_the_events_reach():
    names = ["age", "bmi", "stage"]
    extra = ["age missing", "age (bend)", "bmi (bend)", "stage=Stage II", "stage=Stage III"]  # bmi is missing with age
    for events, reach in ((60, 5), (25, 2), (10, 0)):
        design = fit_clinical_design(cohort_table(events=events), np.arange(100), names)
        assert design.columns == (*names, *extra[:reach])
        assert design.n_main == 3
        x = design.transform(cohort_table())
        np.testing.assert_allclose([x.mean(axis=0), x.std(axis=0)], [[0] * len(x[0]), [1] * len(x[0])], atol=1e-9)
        np.testing.assert_allclose(x[:, :3].T @ x[:, 3:], 0, atol=1e-8)


def test_patients_who_lack_a_covariate_are_left_out_of_the_design_of_the_others():
    table = cohort_table()
    design, values = design_of_known(table, ["age", "stage"])
    assert np.isnan(values[::7]).all()
    rest = np.flatnonzero(np.arange(100) % 7)
    assert "age missing" not in design.columns
    np.testing.assert_array_equal(
        values[rest], fit_clinical_design(table, rest, ["age", "stage"]).transform(table)[rest]
    )
    nobody = table.assign(bmi=np.nan)
    np.testing.assert_array_equal(design_of_known(nobody, ["age", "stage", "bmi"])[1], values)


def test_a_bend_is_a_natural_cubic_spline():
    from scipy.interpolate import CubicSpline

    from stratomics.preprocess.covariate import _bend

    knots = (1.0, 2.5, 3.0)
    spline = CubicSpline(knots, _bend(np.array(knots), knots), bc_type="natural")
    inside = np.linspace(1, 3, 40)
    np.testing.assert_allclose(_bend(inside, knots), spline(inside), atol=1e-12)
    np.testing.assert_array_equal(_bend(np.array([-5.0, 0.5, 1.0]), knots), 0)
    beyond = _bend(np.array([3.0, 3.5, 4.0, 5.0, 1e300]), knots)
    np.testing.assert_allclose(np.diff(beyond, 2)[0], 0, atol=1e-12)
    assert beyond[-1] == beyond[-2]  # level in the end


def test_a_u_shape_is_seen_and_half_of_a_departure_is_believed():
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    time = rng.exponential(np.exp(-(x**2)))
    table = table_of(x=x, event=np.ones(400))
    design = fit_clinical_design(table, np.arange(400), ["x"])
    own = design.transform(table)
    coef, _ = fit_coefficients(own, time, np.ones(400, dtype=bool), design.n_main)
    assert np.corrcoef(own @ coef, x**2)[0, 1] > 0.9
    free, _ = fit_coefficients(own, time, np.ones(400, dtype=bool))
    assert 0.3 < coef[1] / free[1] < 0.9
