"""New patients: any of the omics, tables of other platforms, features by other names, and what cannot be predicted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from stratomics.config import defaults
from stratomics.errors import DataError
from stratomics.prediction import predict
from stratomics.prediction.predict import ambiguous
from stratomics.survival import concordance_harrell

SETTINGS = defaults("predict")
OMICS = ("mrna", "mirna", "meth")


def run(world, tables, **settings):
    return predict(world.model, tables, {**SETTINGS, **settings})


def labels(found):
    return found.predictions.set_index("patient")


def warned(found, check):
    """The omics (or patients) that a warning names."""
    rows = found.checks[(found.checks["check"] == check) & (found.checks["action"] == "warning")]
    return set(rows["item"] if rows["id"].isna().all() else rows["id"])


def changed(world, change, names=OMICS):
    return {name: change(table) if name in names else table for name, table in world.tables.items()}


# Any of the omics


@pytest.mark.parametrize(
    ("names", "ari"),
    [
        (OMICS, 0.8),
        (("mrna", "mirna"), 0.7),
        (("mirna", "meth"), 0.7),
        (("mrna", "meth"), 0.7),
        (("mrna",), 0.6),
        (("mirna",), 0.4),
        (("meth",), 0.6),
    ],
)
def test_patients_are_told_apart_by_any_of_the_omics(world, names, ari):
    found = run(world, {name: world.tables[name] for name in names})
    own = labels(found)
    assert adjusted_rand_score(world.truth[own.index], own["subtype"]) > ari
    time, event = (world.follow_up.loc[own.index, column].to_numpy() for column in ("time", "event"))
    assert concordance_harrell(time, event, own["risk"].to_numpy()) > 0.6
    assert set(own["omics"]) <= {";".join(names[:k]) for k in range(1, 4)} | {*names} | {";".join(names)}
    assert warned(found, "omics_absent") == set(OMICS) - set(names)
    probabilities = own.filter(like="probability_")
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(own["confidence"], probabilities.max(axis=1))


def test_complete_tables_of_the_same_batch_are_predicted_as_the_model_does(world):
    tables = {name: table.iloc[:9] for name, table in world.tables.items()}
    batch = {one.name: one.batch for one in world.new.omics if one.batch is not None}
    found = labels(predict(world.model, tables, SETTINGS, batch=batch))
    straight = world.model.predict(world.new.take(np.arange(9))).set_index("patient")
    assert found["omics"].nunique() == 1
    pd.testing.assert_frame_equal(found[straight.columns], straight)


def test_a_patient_is_predicted_from_what_there_is_and_refused_by_name_without(world):
    tables = {name: table.iloc[:6].copy() for name, table in world.tables.items()}
    ids = tables["mrna"].index
    tables["mrna"].loc[ids[0]] = np.nan
    tables["mirna"] = tables["mirna"].drop(index=ids[1])
    for table in tables.values():
        table.loc[ids[2:3]] = np.nan
    tables["meth"].loc["stranger"] = tables["meth"].iloc[0]
    found = run(world, tables)
    own = labels(found)
    assert own.loc[ids[0], "omics"] == "mirna;meth"
    assert own.loc[ids[1], "omics"] == "mrna;meth"
    assert own.loc["stranger", "omics"] == "meth"
    assert ids[2] not in own.index
    refused = found.checks[found.checks["check"] == "refused"]
    assert refused["id"].tolist() == [ids[2]]
    assert "100.0% of the features of mrna missing" in refused["message"].iloc[0]
    # Who lacks what does not change what is said of the others.
    alone = labels(run(world, {name: table.loc[ids[5:6]] for name, table in tables.items()}))
    np.testing.assert_allclose(alone["risk"], own.loc[ids[5:6], "risk"], atol=1e-5)


def test_the_tolerance_of_missing_features_decides_who_has_an_omics(world):
    table = world.tables["mrna"].copy()
    features = list(world.model.preprocess.omics[0].features)
    table.loc[table.index[0], features[: len(features) // 2]] = np.nan
    tables = {"mrna": table, "meth": world.tables["meth"]}
    assert labels(run(world, tables)).loc[table.index[0], "omics"] == "meth"
    assert labels(run(world, tables, max_missing_features=0.6)).loc[table.index[0], "omics"] == "mrna;meth"
    # The whole table lacks them: the omics is of no use to anybody, and that is said once, with the features.
    found = run(world, {**tables, "mrna": world.tables["mrna"].drop(columns=features[: len(features) // 2])})
    assert set(labels(found)["omics"]) == {"meth"}
    assert warned(found, "omics_unusable") == {"mrna"}


def test_a_subtype_is_ambiguous_below_odds_of_two_to_one():
    found = ambiguous(np.array([[0.66, 0.34], [0.67, 0.33], [0.4, 0.3], [0.5, 0.24]]))
    assert found.tolist() == [True, False, True, False]
    assert ambiguous(np.ones((2, 1))).tolist() == [False, False]


# Shift


def test_held_out_patients_of_the_same_cohort_raise_no_alarm(world):
    found = run(world, world.tables)
    assert not found.shift.loc[found.shift["patient"].isna(), "flagged"].any()
    assert labels(found)["unlike_training"].notna().mean() <= 0.05
    assert set(found.checks.loc[found.checks["check"] == "mapped", "value"]) == {"none"}


def gain_and_offset(table):
    rng = np.random.default_rng(0)
    return table * rng.lognormal(0, 0.5, table.shape[1]) + rng.normal(0, 2, table.shape[1]) * table.std().to_numpy()


def of_z(table):
    return (table - table.mean()) / table.std()


def as_logs(table):
    return np.log2(table + 1)


SHIFTS = {
    "x 1000": (lambda table: table * 1000, OMICS),
    "x 0.001": (lambda table: table * 0.001, OMICS),
    "+ 10": (lambda table: table + 10, OMICS),
    "logarithms where counts were": (as_logs, ("mrna", "mirna")),
    "counts where logarithms were": (lambda table: 2.0 ** (12 * table) - 1, ("meth",)),
    "z-scores, negative under log2(x + 1)": (of_z, OMICS),
    "another platform": (gain_and_offset, OMICS),
}


@pytest.mark.parametrize(("change", "names"), SHIFTS.values(), ids=SHIFTS)
def test_a_shifted_table_is_named_and_predicted_as_the_unshifted_one_after_mapping(world, change, names):
    tables = changed(world, change, names)
    found = run(world, tables)
    flagged = found.shift[found.shift["patient"].isna() & found.shift["flagged"]]
    assert set(flagged["omics"]) == set(names)
    assert warned(found, "mapped") == set(names)
    straight = labels(run(world, world.tables))
    assert (labels(found)["subtype"] == straight["subtype"]).mean() >= 0.9
    assert np.corrcoef(labels(found)["risk"], straight["risk"])[0, 1] > 0.95
    # Unmapped, it is said all the same, and the warning says that nothing was done about it.
    unmapped = run(world, tables, map_to_training="none")
    assert warned(unmapped, "not_mapped") == set(names)


def test_a_warning_says_which_unit_would_fit(world):
    found = run(world, changed(world, lambda table: table / 1000, ("mrna",)))
    (message,) = found.checks.loc[found.checks["check"] == "shift_location", "message"]
    assert "it would lie near if it were multiplied by 1000" in message


def test_negative_values_under_a_logarithm_are_counted(world):
    found = run(world, changed(world, of_z, ("mirna",)))
    assert warned(found, "negative") == {"mirna"}


@pytest.mark.parametrize("before", [lambda table: table, of_z], ids=["as measured", "z-scores"])
def test_features_that_bear_each_others_names_are_noticed_even_after_mapping(world, before):
    def permuted(table):
        order = np.random.default_rng(0).permutation(table.shape[1])
        return before(table).set_axis(table.columns[order], axis=1)

    found = run(world, changed(world, permuted))
    assert warned(found, "shift_structure") == set(OMICS)
    assert not warned(run(world, changed(world, before)), "shift_structure")


def test_a_second_cohort_with_another_scale_an_offset_and_a_fifth_of_the_features_missing(world):
    rng = np.random.default_rng(1)

    def second(table):
        table = table * 1.5 + 2 * float(np.nanmean(table.std()))
        return table.drop(columns=table.columns[rng.choice(table.shape[1], table.shape[1] // 5, replace=False)])

    found = run(world, changed(world, second))
    flagged = found.shift[found.shift["patient"].isna() & found.shift["flagged"] & (found.shift["stage"] == "as given")]
    assert set(flagged["omics"]) == set(OMICS)
    assert set(labels(found)["omics"]) >= {"mrna;mirna;meth"}
    straight = labels(run(world, world.tables))
    assert (labels(found)["subtype"] == straight["subtype"]).mean() >= 0.8


@pytest.mark.parametrize("mapping", ["location_scale", "quantile"])
def test_a_mapping_can_be_asked_for_and_hardly_changes_a_table_that_needs_none(world, mapping):
    found = run(world, world.tables, map_to_training=mapping)
    assert set(found.checks.loc[found.checks["check"] == "mapped", "value"]) == {mapping}
    straight = labels(run(world, world.tables))
    assert (labels(found)["subtype"] == straight["subtype"]).mean() >= 0.9


def test_a_mapping_looks_at_no_survival_and_at_the_new_patients_alone(world):
    """The order of patients and the training patients' follow-up change nothing; a feature keeps the order of the patients."""
    tables = changed(world, lambda table: table * 1000)
    turned = {name: table.iloc[::-1] for name, table in tables.items()}
    one, other = labels(run(world, tables)), labels(run(world, turned))
    np.testing.assert_allclose(one["risk"], other.loc[one.index, "risk"], atol=1e-5)


def test_few_patients_are_not_mapped_and_that_is_said(world):
    found = run(world, {name: table.iloc[:5] * 1000 for name, table in world.tables.items()})
    (rows,) = [found.checks[found.checks["check"] == "not_mapped"]]
    assert set(rows["item"]) == set(OMICS)
    assert "5 patients are too few to map (at least 20)" in rows["message"].iloc[0]
    assert labels(found)["unlike_training"].notna().all()


def test_one_strange_patient_is_named_among_the_others(world):
    tables = {name: table.copy() for name, table in world.tables.items()}
    who = tables["mrna"].index[3]
    tables["mrna"].loc[who] = tables["mrna"].loc[who].to_numpy()[::-1]
    found = run(world, tables)
    assert labels(found).loc[who, "unlike_training"] == "mrna"
    assert who in warned(found, "unlike_training")
    assert not found.shift.loc[found.shift["patient"].isna(), "flagged"].any()


# Features by other names


def test_features_are_found_whatever_case_separators_and_versions_they_have():
    from stratomics.prediction.matching import match_features
    from stratomics.preprocess.omics import FittedOmics

    features = ("TP53", "HLA-A", "ENSG00000141510", "hsa-mir-21", "A-1", "A.1", "KRAS", "MYC", "EGFR", "7SK")
    none = np.zeros((1, len(features)), np.float32)
    one = FittedOmics("mrna", "none", features, (), none, none + 1, none[0])
    table = pd.DataFrame(np.arange(12.0 * 14).reshape(12, 14) % 17)
    table.columns = (
        ["tp53", "HLA.A", "ENSG00000141510.12", "hsa.mir.21", "A-1", "a_1"]
        + ["KRAS", "KRAS"]
        + ["MYC"] * 2
        + [
            "egfr",
            "extra",
            "X7SK",
            "ENSG00000000003.1",
        ]
    )
    table.iloc[:, 9] = table.iloc[:, 8]
    table["egfr"] = 3.0
    found = match_features(table, one, np.ones(len(features), bool))
    rows = found.features.set_index("feature")["status"]
    assert rows.to_dict() == {
        "TP53": "renamed: case",
        "HLA-A": "renamed: separators",
        "ENSG00000141510": "renamed: version",
        "hsa-mir-21": "renamed: separators",
        "A-1": "same",
        "A.1": "missing",  # a_1 may be either
        "KRAS": "duplicated",
        "MYC": "same",
        "EGFR": "constant",
        "7SK": "renamed: separators",
        "a_1": "unused",
        "extra": "unused",
        "ENSG00000000003.1": "unused",
    }
    np.testing.assert_array_equal(found.values[:, 0], table["tp53"])
    np.testing.assert_array_equal(found.values[:, 7], table.iloc[:, 8])
    assert found.absent == ["A.1", "KRAS", "EGFR"]
    assert np.isnan(found.values[:, [5, 6, 8]]).all()


def test_renamed_and_reordered_features_give_the_same_predictions(world):
    tables = changed(
        world, lambda table: table.iloc[:, ::-1].rename(columns=lambda name: name.upper().replace("_", "."))
    )
    found = run(world, tables)
    pd.testing.assert_frame_equal(found.predictions, run(world, world.tables).predictions)
    assert found.features["status"].str.startswith("renamed").sum() > 100


# What cannot be predicted, from a notebook


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t: {}, "no table was given. Give at least one of the omics of the model: mrna, mirna, meth"),
        (lambda t: {"mRNA": t["mrna"]}, "omics mRNA: the model has none of that name. Did you mean 'mrna'"),
        (lambda t: {"mrna": t["mrna"].to_numpy()}, "omics mrna: found ndarray; a data frame"),
        (lambda t: {"mrna": t["mrna"].assign(site="x")}, "omics mrna: 1 column of text .'site'.; only numbers"),
        (lambda t: {"mrna": t["mrna"].iloc[[0, 0, 1]]}, "omics mrna: 1 patient there more than once"),
        (lambda t: {"mrna": t["mrna"].set_axis([None, *t["mrna"].index[1:]])}, "omics mrna: 1 rows have no id"),
        (lambda t: {"mrna": t["mrna"].iloc[:0]}, "no patient in the tables"),
        (lambda t: {"mrna": t["mrna"] * np.nan}, "None of the .* patients can be predicted"),
        (lambda t: {"mrna": t["mrna"] * 0}, "None of the .* patients can be predicted"),
        (lambda t: {"mrna": t["mrna"].iloc[:, :5]}, "None of the .* patients can be predicted.*mrna lacks"),
        (lambda t: {"mrna": t["mrna"].astype(complex)}, "omics mrna: .* columns of text"),
    ],
)
def test_what_is_no_table_of_the_model_is_refused(world, make, message):
    with pytest.raises(DataError, match=message):
        run(world, make(world.tables))


def test_infinite_values_count_as_missing_and_are_counted(world):
    tables = changed(world, lambda table: table.copy())
    tables["mrna"].iloc[0, 0] = np.inf
    assert warned(run(world, tables), "infinite") == {"mrna"}


# The part of the model


def test_the_reference_of_a_model_is_small_and_holds_no_patient(world):
    arrays, _ = world.model.reference.to_arrays()
    n = world.model.description["cohort"]["patients"]
    assert not any(n in array.shape for array in arrays.values())
    assert sum(array.nbytes for array in arrays.values()) < 200_000


def test_a_reference_is_fitted_on_training_patients_alone(world):
    from stratomics.model.reference import fit_reference

    one = fit_reference(world.cohort, world.model.preprocess, world.train).to_arrays()[0]
    other = fit_reference(world.cohort.take(world.train), world.model.preprocess).to_arrays()[0]
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert all(np.array_equal(one[name], array) for name, array in world.model.reference.to_arrays()[0].items())


def test_damaged_references_are_faults(world):
    arrays, meta = world.model.reference.to_arrays()
    damaged = {**arrays, "mrna/directions": arrays["mrna/directions"] / 2}
    (fault,) = type(world.model.reference).from_arrays(damaged, meta).faults()
    assert "array mrna/directions: found a direction of length 0.5; allowed is 1" in fault
    assert not list(world.model.reference.faults())
