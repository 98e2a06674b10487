"""Calibration of predicted survival against lifelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from stratomics.evaluation import calibration_table, proportional_hazards_table
from stratomics.survival import proportional_hazards
from stratomics.survival.predicted import predicted_at

TIMES = np.arange(100.0, 1001, 100)
DAYS = [250, 1000, 5000]


def simulated_labels(n: int = 200, n_subtypes: int = 3, seed: int = 0) -> pd.DataFrame:
    """Two folds; the patients of subtype 1 are those of the lowest hazard."""
    rng = np.random.default_rng(seed)
    subtype = rng.integers(1, n_subtypes + 1, n)
    died, left = rng.exponential(2000 * np.exp(-0.6 * subtype)), rng.exponential(1500, n)
    return pd.DataFrame(
        {
            "patient": [f"P{i:03d}" for i in range(n)],
            "time": np.ceil(np.minimum(died, left)),
            "event": died <= left,
            "subtype": subtype,
            "n_subtypes": n_subtypes,
            "risk": 0.6 * subtype + rng.normal(0, 0.2, n),
            "fold": [f"r0f{i % 2}" for i in range(n)],
        }
    )


def true_survival(labels: pd.DataFrame) -> np.ndarray:
    return np.exp(-np.outer(np.exp(0.6 * labels["subtype"]), TIMES / 2000))


def test_observed_equals_lifelines_and_predicted_is_that_of_the_own_fold() -> None:
    labels = simulated_labels()
    survival = {"r0f0": true_survival(labels), "r0f1": true_survival(labels) / 2}
    table = calibration_table({"r0": labels}, survival, TIMES, DAYS)
    assert table[["subtype", "days"]].to_numpy().tolist() == [[k, day] for k in (1, 2, 3) for day in DAYS]
    for row in table.itertuples():
        own = labels[labels["subtype"] == row.subtype]
        assert row.n == len(own)
        if row.days > own["time"].max():
            assert np.isnan([row.observed, row.ci_low]).all()
            continue
        km = KaplanMeierFitter().fit(own["time"], own["event"])
        interval = km.confidence_interval_survival_function_
        at = interval.index[interval.index <= row.days].max()
        assert row.observed == pytest.approx(km.predict(row.days), abs=1e-8)
        assert (row.ci_low, row.ci_high) == pytest.approx(tuple(interval.loc[at]), abs=1e-8)
    # Half of each subtype were predicted by a fold whose curves are half as high; day 1000 is on the grid.
    first = table[(table["subtype"] == 1) & (table["days"] == 1000)].iloc[0]
    share = (labels.loc[labels["subtype"] == 1, "fold"] == "r0f1").mean()
    assert first["predicted"] == pytest.approx(np.exp(-np.exp(0.6) / 2) * (1 - share / 2), rel=1e-12)
    assert table.loc[table["days"] == 5000, "predicted"].isna().all()


def test_true_survival_is_calibrated_and_a_wrong_one_is_not() -> None:
    labels = simulated_labels(3000)
    right = dict.fromkeys(["r0f0", "r0f1"], true_survival(labels))
    table = calibration_table({"r0": labels}, right, TIMES, [500])
    assert ((table["ci_low"] < table["predicted"]) & (table["predicted"] < table["ci_high"])).all()
    wrong = {name: np.sqrt(values) for name, values in right.items()}
    table = calibration_table({"r0": labels}, wrong, TIMES, [500])
    assert (table["predicted"] > table["ci_high"]).all()


def test_folds_with_other_numbers_of_subtypes_have_rows_of_their_own() -> None:
    labels = simulated_labels()
    second = labels["fold"] == "r0f1"
    labels.loc[second, "subtype"] = labels.loc[second, "subtype"].clip(upper=2)
    labels.loc[second, "n_subtypes"] = 2
    survival = dict.fromkeys(["r0f0", "r0f1"], true_survival(labels))
    table = calibration_table({"r0": labels}, survival, TIMES, [250])
    assert table[["n_subtypes", "subtype"]].to_numpy().tolist() == [[2, 1], [2, 2], [3, 1], [3, 2], [3, 3]]
    assert table["n"].sum() == len(labels)


def test_labels_nobody_has_and_methods_without_subtypes() -> None:
    labels = simulated_labels().replace({"subtype": {3: 2}})
    survival = dict.fromkeys(["r0f0", "r0f1"], true_survival(labels))
    table = calibration_table({"r0": labels}, survival, TIMES, [250]).set_index("subtype")
    assert table.at[3, "n"] == 0
    assert table.loc[3, ["predicted", "observed", "ci_low"]].isna().all()
    without = calibration_table({"r0": labels.assign(subtype=np.nan)}, survival, TIMES, [250])
    assert len(without) == 0
    assert without.columns[0] == "repeat"


def test_predicted_survival_is_read_between_the_times() -> None:
    found = predicted_at([[0.8, 0.4], [np.nan, np.nan]], [10, 20], [0, 5, 10, 17, 20, 21])
    np.testing.assert_allclose(found[0], [1, 0.9, 0.8, 0.52, 0.4, np.nan])
    assert np.isnan(found[1]).all()


def test_proportional_hazards_table_names_its_terms() -> None:
    labels = simulated_labels()
    table = proportional_hazards_table(
        {"r0": labels, "r1": labels.assign(subtype=labels["subtype"].clip(upper=2), n_subtypes=2)}
    )
    by_repeat = table.groupby("repeat")["term"].apply(list)
    assert by_repeat["r0"] == ["subtype", "subtype_2", "subtype_3", "subtype_levels", "risk"]
    assert by_repeat["r1"] == ["subtype", "risk"]
    first = table[table["repeat"] == "r0"].set_index("term")
    assert first["df"].tolist() == [1, 1, 1, 2, 1]
    direct = proportional_hazards(labels[["risk"]], labels["time"], labels["event"], strata=labels["fold"])
    assert first.at["risk", "chi2"] == direct["chi2"][0]

    mixed = labels.assign(n_subtypes=np.where(labels["fold"] == "r0f0", 3, 2))
    mixed["subtype"] = np.minimum(mixed["subtype"], mixed["n_subtypes"])
    terms = proportional_hazards_table({"r0": mixed})
    assert terms["term"].tolist() == [
        "subtype",
        "subtype_2_of_2",
        "subtype_2_of_3",
        "subtype_3_of_3",
        "subtype_levels",
        "risk",
    ]
    assert terms["p"].notna().all()
    one = proportional_hazards_table({"r0": labels.assign(subtype=1)}).set_index("term")
    assert one["p"].isna().to_dict() == {"subtype": True, "subtype_levels": True, "risk": False}
    assert proportional_hazards_table({"r0": labels.assign(subtype=np.nan)})["term"].tolist() == ["risk"]
