"""Groups of patients (hospitals): whole in folds, permuted within, and compared with the subtypes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stratomics.cohort.splits import describe_folds, make_splits
from stratomics.cohort.types import Cohort
from stratomics.errors import DataError
from stratomics.evaluation.enrichment import measure_enrichment
from stratomics.evaluation.permutation import permuted_order
from stratomics.plots.enrichment import enrichment_table
from stratomics.report.document import Document
from stratomics.report.groups import enrichment
from stratomics.report.markdown import document_markdown
from stratomics.report.sheet import Sheet

FILE = Path(__file__).parents[1] / "benchmarks" / "site.py"
spec = importlib.util.spec_from_file_location("site_cases", FILE)
assert spec is not None
assert spec.loader is not None
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)


def hospitals(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Follow-up of patients of 20 hospitals, the largest with about a sixth of them."""
    rng = np.random.default_rng(seed)
    site = rng.choice(20, size=n, p=np.linspace(1, 6, 20) / np.linspace(1, 6, 20).sum())
    return rng.exponential(900, n).round() + 1, rng.random(n) < 0.35, np.array([f"site {number}" for number in site])


def test_folds_keep_groups_whole_and_are_even():
    time, event, site = hospitals()
    splits = make_splits(time, event, folds=5, repeats=3, seed=1, groups=site)[1:]
    early = event & (time < np.quantile(time[event], 1 / 3))
    for repeat in range(3):
        parts = splits[5 * repeat : 5 * repeat + 5]
        assert sorted(np.concatenate([split.held_out for split in parts])) == list(range(len(time)))
        for split in parts:
            assert not set(site[split.train]) & set(site[split.held_out])
            assert sorted([*split.train, *split.held_out]) == list(range(len(time)))
        # Of 1,000 deals of these groups without looking, the medians are 80, 26 and 10.
        for members, most in ((np.ones(len(time), bool), 12), (event, 6), (early, 4)):
            sizes = [members[split.held_out].sum() for split in parts]
            assert max(sizes) - min(sizes) <= most
    held_out = [{tuple(split.held_out) for split in splits[5 * r : 5 * r + 5]} for r in range(3)]
    assert held_out[0] != held_out[1]
    assert held_out[1] != held_out[2]
    again = make_splits(time, event, folds=5, repeats=1, seed=1, groups=pd.Series(site, dtype=object))[1:]
    assert [split.held_out.tolist() for split in again] == [split.held_out.tolist() for split in splits[:5]]


def test_groups_that_leave_no_choice_are_said():
    time, event, site = hospitals()
    two = np.where(np.arange(300) < 100, "a", "b")
    splits = make_splits(time, event, folds=2, repeats=2, seed=0, groups=two)
    assert describe_folds(splits, event) == (
        f"100 to 200 patients and {event[:100].sum()} to {event[100:].sum()} events per fold; of 2 repeats only 1 differ, the "
        f"others deal alike: their spread says less than it seems"
    )
    with pytest.raises(DataError, match=r"folds is 5, and clinical.groups has 2 groups.*at most 2 folds"):
        make_splits(time, event, folds=5, repeats=1, seed=0, groups=two)
    none = event & (two == "a")
    with pytest.raises(DataError, match=r"leaves a fold of repeat 0 with 0 of the \d+ events"):
        make_splits(time, none, folds=2, repeats=1, seed=0, groups=two)
    assert "alike" not in describe_folds(make_splits(time, event, folds=5, repeats=3, seed=1, groups=site), event)


def test_patients_change_places_within_their_group_and_each_place_is_as_likely():
    groups = np.array(list("abacbaabd"))
    orders = np.array([permuted_order(9, b, 0, groups) for b in range(1, 1201)])
    assert (groups[orders] == groups).all()
    assert (np.sort(orders, axis=1) == np.arange(9)).all()
    assert (orders[:, [3, 8]] == [3, 8]).all()  # alone in theirs
    counts = [(orders[:, 0] == place).sum() for place in (0, 2, 5, 6)]
    assert 240 < min(counts) <= max(counts) < 360  # 300 expected, four standard deviations
    # Alike by name, whatever the type; and one group is no group.
    assert (permuted_order(9, 3, 0, pd.Series(groups, dtype=object)) == orders[2]).all()
    assert (permuted_order(9, 3, 0, np.full(9, "x")) == permuted_order(9, 3, 0)).all()
    assert (permuted_order(9, 0, 0, groups) == np.arange(9)).all()


def of_site(follow: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tests and levels of subtypes that follow the hospital, or do not."""
    time, event, site = hospitals()
    patients = pd.Index([f"P{i}" for i in range(300)], name="patient")
    sex = np.random.default_rng(1).choice(["F", "M"], 300)
    clinical = pd.DataFrame({"time": time, "event": event.astype(np.int8), "sex": sex}, patients)
    cohort = Cohort("toy", (), clinical, pd.Series(site, patients, dtype=object))
    subtype = 1 + ((np.unique(site, return_inverse=True)[1] if follow else np.arange(300)) % 2)
    return measure_enrichment(cohort, {"ae": pd.Series(subtype, patients)}, ["sex"], groups="hospital", seed=0)


def said_of(tests):
    return document_markdown(Document((), enrichment(Sheet("enrichment.tsv", tests)), []))


def test_enrichment_says_whether_the_subtypes_follow_the_groups():
    tests, levels = of_site(follow=True)
    row = tests.set_index("covariate").loc["hospital"]
    assert (row["kind"], row["n"], row["missing"], row["effect_name"]) == ("groups", 300, 0, "cramers_v")
    assert row["effect"] > 0.95
    assert row["q"] < 0.001
    assert set(levels["covariate"]) == set(enrichment_table(tests, levels)["covariate"]) == {"sex"}
    said = said_of(tests)
    assert "0 of 1 tests" in said
    assert "The subtypes follow hospital: ae (Cramer's V 0.97, q " in said
    assert "do not follow hospital (smallest q" in said_of(of_site(follow=False)[0])


def test_a_site_that_predicts_survival_adds_nothing_where_it_is_declared(monkeypatch):
    """Omics that only tell the hospital; two data sets of `tests/benchmarks/site.py`, where many say how often."""
    monkeypatch.setattr(cases, "PERMUTATIONS", 19)
    found = cases.study("site", 2, ["no groups", "groups"])
    assert found.at["no groups", "add"] > 0  # the simulation shows what it is about
    assert found.at["groups", "separate"] == 0
    assert found.at["groups", "add"] == 0
