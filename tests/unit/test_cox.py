"""Cox regression against R (frozen numbers) and lifelines (random data)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from stratomics.survival import cox_multivariate, cox_univariate

DATA = Path(__file__).parents[1] / "data"
CASES = [(ties, strata) for ties in ("efron", "breslow") for strata in (0, 1)]


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    return pd.read_table(DATA / "survival_input.tsv")


def reference(name: str, ties: str, strata: int) -> pd.DataFrame:
    table = pd.read_table(DATA / name)
    return table[(table["ties"] == ties) & (table["strata"] == strata)]


def random_patients(seed: int, n: int = 120, tied: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    time = rng.exponential(20, n) * np.exp(-0.5 * x[:, 0])
    return x, np.ceil(time) if tied else time, rng.random(n) < 0.6


@pytest.mark.parametrize(("ties", "strata"), CASES)
def test_univariate_equals_r(patients: pd.DataFrame, ties: str, strata: int) -> None:
    expected = reference("cox_univariate.tsv", ties, strata)
    found = cox_univariate(
        patients[expected["feature"]],
        patients["time"],
        patients["event"],
        ties=ties,
        strata=patients["stratum"] if strata else None,
    )
    assert (found["status"] == "ok").all()
    assert patients.loc[patients["event"] == 1, "time"].duplicated().sum() > 50  # the ties are put to the test
    for column in ("coef", "se", "p", "p_lr", "loglik", "loglik_null"):
        np.testing.assert_allclose(found[column], expected[column], rtol=1e-6, err_msg=column)


@pytest.mark.parametrize(("ties", "strata"), CASES)
def test_multivariate_equals_r(patients: pd.DataFrame, ties: str, strata: int) -> None:
    expected = reference("cox_multivariate.tsv", ties, strata)
    found = cox_multivariate(
        patients[expected["covariate"]],
        patients["time"],
        patients["event"],
        ties=ties,
        strata=patients["stratum"] if strata else None,
    )
    assert found.status == "ok"
    for column, values in {"coef": found.coef, "se": found.se, "p": found.p, "cov_with_first": found.cov[0]}.items():
        np.testing.assert_allclose(values, expected[column], rtol=1e-6, err_msg=column)
    np.testing.assert_allclose(found.loglik, expected["loglik"].iloc[0], rtol=1e-9)
    np.testing.assert_allclose(found.lr_p, expected["lr_p"].iloc[0], rtol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equals_lifelines(seed: int) -> None:
    x, time, event = random_patients(seed)
    frame = pd.DataFrame(x, columns=list("abcd")).assign(time=time, event=event)
    options = {"duration_col": "time", "event_col": "event", "fit_options": {"precision": 1e-15, "r_precision": 1e-15}}
    joint = CoxPHFitter().fit(frame, **options)
    found = cox_multivariate(x, time, event)
    np.testing.assert_allclose(found.coef, joint.params_, rtol=1e-6)
    np.testing.assert_allclose(found.se, joint.standard_errors_, rtol=1e-6)
    np.testing.assert_allclose(found.lr_p, joint.log_likelihood_ratio_test().p_value, rtol=1e-6)
    single = cox_univariate(x, time, event)
    for i, name in enumerate("abcd"):
        fit = CoxPHFitter().fit(frame[[name, "time", "event"]], **options).summary.loc[name]
        for ours, theirs in {
            "coef": "coef",
            "se": "se(coef)",
            "hazard_ratio": "exp(coef)",
            "ci_low": "exp(coef) lower 95%",
            "ci_high": "exp(coef) upper 95%",
            "z": "z",
            "p": "p",
        }.items():
            np.testing.assert_allclose(single.loc[i, ours], fit[theirs], rtol=1e-6, err_msg=ours)


def test_one_covariate_gives_the_same_either_way() -> None:
    x, time, event = random_patients(3)
    one, table = cox_multivariate(x[:, :1], time, event), cox_univariate(x[:, :1], time, event)
    np.testing.assert_allclose([one.coef[0], one.se[0], one.lr_p], table[["coef", "se", "p_lr"]].iloc[0], rtol=1e-9)
    np.testing.assert_allclose(one.table().to_numpy(), table[one.table().columns].to_numpy(), rtol=1e-9)


def test_features_that_cannot_be_fitted_are_flagged(patients: pd.DataFrame) -> None:
    time, event = patients["time"].to_numpy(), patients["event"].to_numpy()
    features = pd.DataFrame(
        {
            "fine": patients["f05"],
            "constant": patients["f22"],  # 3 everywhere
            "rounding": 0.1 + 1e-17 * patients["f05"],
            "time": patients["f23"],  # -time: whoever dies has the highest value
            "reversed": -patients["f23"],
            "first_deaths": patients["f24"],  # R warns that its coefficient may be infinite
            "nearly": np.where(np.arange(len(time)) == 7, 0.0, patients["f23"]),
        }
    )
    table = cox_univariate(features, time, event)
    assert table["status"].to_dict() == {
        "fine": "ok",
        "constant": "constant",
        "rounding": "constant",
        "time": "separated",
        "reversed": "separated",
        "first_deaths": "separated",
        "nearly": "ok",
    }
    flagged = table[table["status"] != "ok"].drop(columns=["status", "loglik_null"])
    assert flagged.isna().all(axis=None)
    assert table.loc[["fine", "nearly"]].notna().all(axis=None)
    # Only a patient censored before the first death differs from the rest: nobody at risk does.
    never = cox_univariate(np.append(np.zeros(len(time)), 1.0)[:, None], np.append(time + 1, 0.5), np.append(event, 0))
    assert never["status"].tolist() == ["constant"]
    assert cox_univariate(features[["fine"]], time, event, max_iter=1)["status"].tolist() == ["not_converged"]


def test_separation_within_every_stratum_only() -> None:
    time = np.array([1.0, 2, 3, 4, 1, 2, 3, 4])
    x = np.array([9.0, 8, 7, 6, 4, 3, 2, 1])  # falls with time in each stratum, but not over both
    strata = np.repeat(["a", "b"], 4)
    event = np.ones(8, dtype=bool)
    assert cox_univariate(x[:, None], time, event, strata=strata)["status"].tolist() == ["separated"]
    assert cox_univariate(x[:, None], time, event)["status"].tolist() == ["ok"]


def test_multivariate_flags(patients: pd.DataFrame) -> None:
    def status(*columns: pd.Series | np.ndarray) -> str:
        fit = cox_multivariate(np.column_stack(columns), patients["time"], patients["event"])
        assert np.isfinite(fit.coef).all() == (fit.status == "ok") == np.isfinite(fit.lr_p)
        return fit.status

    a, b = patients["f03"], patients["f09"]
    assert status(a, b) == "ok"
    assert status(a, patients["f22"]) == "constant"
    assert status(a, b, a - 2 * b) == "collinear"
    assert status(a, patients["f24"]) == "separated"
    assert status(a, a * 3 - patients["time"]) == "separated"


def test_scaling_and_shifting_a_feature_only_scales_its_coefficient() -> None:
    x, time, event = random_patients(4)
    base = cox_univariate(x, time, event)
    for factor in (1e-6, 1e-3, 1e3, 1e6):
        scaled = cox_univariate(x * factor + 5 * factor, time, event)
        np.testing.assert_allclose(scaled[["coef", "se"]] * factor, base[["coef", "se"]], rtol=1e-8)
        np.testing.assert_allclose(scaled[["z", "p", "p_lr"]], base[["z", "p", "p_lr"]], rtol=1e-8)


def test_order_of_patients_and_number_of_threads_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    x, time, event = rng.normal(size=(150, 3000)), np.ceil(rng.exponential(30, 150)), rng.random(150) < 0.5
    one = cox_univariate(x, time, event)
    pd.testing.assert_frame_equal(cox_univariate(x, time, event, threads=3), one, check_exact=True)
    shuffled = rng.permutation(150)
    again = cox_univariate(x[shuffled], time[shuffled], event[shuffled])
    numbers = ["coef", "se", "p_lr"]
    np.testing.assert_allclose(again[numbers], one[numbers], rtol=1e-6, atol=1e-12)


def test_null_features_give_uniform_p() -> None:
    rng = np.random.default_rng(6)
    table = cox_univariate(rng.normal(size=(300, 5000)), rng.exponential(1, 300), rng.random(300) < 0.5)
    assert (table["status"] == "ok").all()
    for column in ("p", "p_lr"):
        assert abs((table[column] < 0.05).mean() - 0.05) < 0.01


def test_faulty_input_is_refused() -> None:
    x, time, event = random_patients(7)
    frame = pd.DataFrame(x.copy(), columns=["g1", "g2", "g3", "g4"])
    frame.loc[3, "g2"] = np.nan
    frame.loc[4, "g4"] = np.inf
    with pytest.raises(ValueError, match="2 of 4 features: g2, g4"):
        cox_univariate(frame, time, event)
    with pytest.raises(ValueError, match="none of the 120 patients has the event"):
        cox_univariate(x, time, np.zeros(120, dtype=int))
    with pytest.raises(ValueError, match="event must be 0"):
        cox_univariate(x, time, event + 1)
    with pytest.raises(ValueError, match="119 patients but time has 120"):
        cox_univariate(x[1:], time, event)
    with pytest.raises(ValueError, match="strata is missing for 1"):
        cox_univariate(x, time, event, strata=np.where(np.arange(120) == 0, np.nan, 1.0))
    with pytest.raises(ValueError, match="ties must be"):
        cox_multivariate(x, time, event, ties="exact")  # type: ignore[arg-type]


def test_two_ways_to_find_that_there_is_no_maximum_agree() -> None:
    """One feature is judged by comparing values, several by a linear programme after Newton's method ran away."""
    rng = np.random.default_rng(8)
    seen = {"ok": 0, "constant": 0, "separated": 0}
    for trial in range(200):
        n = int(rng.integers(4, 25))
        time = rng.integers(1, rng.choice([4, 10, 1000]), n).astype(float)
        event = rng.random(n) < 0.5
        event[0] = True
        x = (
            rng.integers(0, 2, n),
            np.round(rng.normal(size=n) - 3 * time / time.max(), 2),
            np.exp(3 * rng.normal(size=n)),
        )
        strata = rng.integers(0, 2, n) if trial % 2 else None
        one = cox_univariate(x[trial % 3][:, None], time, event, strata=strata).iloc[0]
        several = cox_multivariate(x[trial % 3][:, None], time, event, strata=strata)
        assert several.status == one["status"]
        np.testing.assert_allclose(several.coef[0], one["coef"], rtol=1e-6, atol=1e-9)
        seen[several.status] += 1
    assert min(seen.values()) >= 3


def test_no_features_give_an_empty_table() -> None:
    assert cox_univariate(np.zeros((3, 0)), [1, 2, 3], [1, 0, 1]).shape == (0, 12)
    with pytest.raises(ValueError, match="at least one covariate"):
        cox_multivariate(np.zeros((3, 0)), [1, 2, 3], [1, 0, 1])
