"""The test of proportional hazards against cox.zph of R (frozen numbers)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stratomics.survival import proportional_hazards

DATA = Path(__file__).parents[1] / "data"


def covariates(model: str, patients: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[int]] | None]:
    """The covariates of a model in the R script, and its terms."""
    group = patients["group"]
    if model == "step":
        return pd.DataFrame({"step": group.map({"low": 1, "mid": 2, "high": 3})}), None
    if model == "levels":
        table = pd.DataFrame({f"group{name}": (group == name).astype(float) for name in ("mid", "high")})
        return table, {"group": [0, 1], "groupmid": [0], "grouphigh": [1]}
    return patients[["f09"] if model == "f09" else ["f05", "f09", "f14"]], None


@pytest.mark.parametrize("transform", ["km", "rank", "identity"])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("strata", [0, 1])
@pytest.mark.parametrize("model", ["f09", "step", "levels", "joint"])
def test_equals_r(model: str, strata: int, ties: str, transform: str) -> None:
    patients = pd.read_table(DATA / "survival_input.tsv")
    expected = pd.read_table(DATA / "proportional_hazards.tsv").query(
        "model == @model and strata == @strata and ties == @ties and transform == @transform"
    )
    x, terms = covariates(model, patients)
    found = proportional_hazards(
        x,
        patients["time"],
        patients["event"],
        strata=patients["stratum"] if strata else None,
        terms=terms,
        ties=ties,
        transform=transform,
    ).set_index("term")
    assert len(expected) == len(x.columns) + (3 if model == "levels" else 1) - (model == "levels")
    for row in expected.itertuples():
        assert found.at[row.term, "df"] == row.df
        assert found.at[row.term, "chi2"] == pytest.approx(row.chi2, rel=1e-7)
        assert found.at[row.term, "p"] == pytest.approx(row.p, rel=1e-7)


def test_finds_an_effect_that_fades_and_not_one_that_stays() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, 600).astype(float)
    constant = rng.exponential(1 / np.exp(0.8 * x))
    # A hazard ratio of 6 for half a unit of time, none later.
    early = rng.exponential(1 / np.where(x == 1, 6, 1))
    fading = np.where(early > 0.5, 0.5 + rng.exponential(1, 600), early)
    everyone = np.ones(600, dtype=bool)
    assert proportional_hazards(x[:, None], constant, everyone)["p"][0] > 0.05
    assert proportional_hazards(x[:, None], fading, everyone)["p"][0] < 1e-6


def test_models_that_cannot_be_fitted_give_missing_values() -> None:
    time, event = np.arange(1.0, 9), np.array([1, 0, 1, 1, 0, 1, 1, 1])
    for x in (np.ones(8), -time):
        found = proportional_hazards(x[:, None], time, event)
        assert found["term"].tolist() == ["0", "GLOBAL"]
        assert found[["chi2", "p"]].isna().all(axis=None)
    assert proportional_hazards(time[:, None] % 3, time, np.zeros(8))["p"].isna().all()
    assert proportional_hazards(np.empty((8, 0)), time, event)["p"].isna().all()


def test_faulty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="transform must be"):
        proportional_hazards(np.ones((2, 1)), [1, 2], [1, 1], transform="log")
