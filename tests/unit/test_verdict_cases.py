"""A few data sets of each case of `tests/benchmarks/verdict.py`, where many say how often."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "benchmarks" / "verdict.py"
spec = importlib.util.spec_from_file_location("verdict_cases", FILE)
assert spec is not None
assert spec.loader is not None
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)


@pytest.mark.parametrize(
    ("case", "part", "allowed"),
    [
        ("trivial", "separation", {"separates_little", "suggestive", "no_evidence"}),
        ("no_direction", "separation", {"reversed", "no_evidence"}),
        ("planted", "separation", {"separates"}),
        ("no_ranking", "added_value", {"adds_little", "undetermined"}),
        ("one_cloud", "stability", {"continuum"}),
        ("two_clouds", "stability", {"stable"}),
    ],
)
def test_what_is_said_of_two_data_sets(case, part, allowed, monkeypatch):
    monkeypatch.setattr(cases, "PERMUTATIONS", 19)
    monkeypatch.setattr(cases, "BOOTSTRAP", 20)
    counted = cases.study(case, 2)
    assert set(counted[part]) <= allowed
    if case == "trivial":  # the simulation shows what it is about: these were said to separate
        assert counted["before"]["separates/not_tested"] > 0
