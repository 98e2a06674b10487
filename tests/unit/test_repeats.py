"""What several repeats come to: rows that do not contradict themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from stratomics.evaluation.metrics import MethodScores, metrics_table
from stratomics.evaluation.repeats import median_of, middle, over_repeats


def repeat(statistic, df, hazard_ratio=2.0, cindex=0.6):
    return {
        "logrank_chi2": statistic,
        "logrank_df": df,
        "logrank_p": float(chi2.sf(statistic, df)),
        "hazard_ratio": hazard_ratio,
        "cindex": cindex,
    }


def test_a_test_is_printed_with_its_own_statistic():
    """The median of chi-square is 14.63, that of the degrees of freedom 2, and that of p was .010: no test at all."""
    points = [repeat(14.63, 2), repeat(22.0, 1), repeat(7.86, 2)]
    found = over_repeats(points)
    assert [found["median"][name] for name in ("logrank_chi2", "logrank_df")] == [14.63, 2]
    assert found["median"]["logrank_p"] == pytest.approx(0.00067, abs=5e-6)
    assert found["min"]["logrank_chi2"] == 22.0  # the lowest p, not the lowest statistic
    assert found["max"]["logrank_chi2"] == 7.86
    for summary in found.values():
        assert summary["logrank_p"] == pytest.approx(chi2.sf(summary["logrank_chi2"], summary["logrank_df"]))


def test_of_two_repeats_the_less_significant_is_shown():
    found = over_repeats([repeat(14.63, 2), repeat(7.86, 2)])["median"]
    assert found["logrank_chi2"] == 7.86
    assert found["logrank_p"] == pytest.approx(chi2.sf(7.86, 2))
    assert middle([0.2, 0.01, 0.03, 0.5]) == 0
    assert middle([0.2, np.nan]) == 1  # a test that could not be done is the least significant


def test_ratios_are_averaged_as_logarithms_and_so_are_their_replicates():
    points = [repeat(1, 1, hazard_ratio=0.5, cindex=0.5), repeat(1, 1, hazard_ratio=8.0, cindex=0.7)]
    found = over_repeats(points)
    assert found["median"]["hazard_ratio"] == pytest.approx(2.0)
    assert found["median"]["cindex"] == pytest.approx(0.6)
    assert (found["min"]["hazard_ratio"], found["max"]["hazard_ratio"]) == (0.5, 8.0)
    assert median_of("risk_group_hazard_ratio", [1.0, 4.0]) == pytest.approx(2.0)
    spread = np.linspace(0.9, 1.1, 41)
    scores = MethodScores(
        points[0],
        dict(zip(("r0", "r1"), points, strict=True)),
        {f"r{i}": {"hazard_ratio": own["hazard_ratio"] * spread, "cindex": spread} for i, own in enumerate(points)},
        10,
        5,
    )
    row = metrics_table(scores).set_index(["repeat", "metric"]).loc[("median", "hazard_ratio")]
    assert row["held_out"] == pytest.approx(2.0)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(2.0 * np.quantile(spread, [0.025, 0.975])))
