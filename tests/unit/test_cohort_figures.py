"""Figures of what was read: the words on them, the hard cases, names as the user wrote them, and their bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from tests.unit.test_evidence_plots import collisions, fits, words

from stratomics.config import defaults
from stratomics.description import describe_cohort
from stratomics.plots.cohort_batches import cohort_batches_table, draw_cohort_batches
from stratomics.plots.cohort_follow_up import cohort_follow_up_table, draw_cohort_follow_up
from stratomics.plots.cohort_omics import cohort_omics_table, draw_cohort_omics
from stratomics.plots.cohort_page import cohort_page
from stratomics.plots.style import About, save_figure
from stratomics.preprocess import fit_preprocess
from stratomics.tables import read_table, write_table

ABOUT = About("COHORT_A", "", 120, 41)


def checks_of(cohort) -> pd.DataFrame:
    """What the intake counted; five patients have mirna alone."""
    rows = [("cohort", "small", np.nan, "patients_kept", str(cohort.n), "kept", "")]
    rows += [("cohort", "small", np.nan, "events_kept", str(cohort.n_events), "kept", "")]
    rows += [("omics", "mirna", "sequencer", "batches", "2", "note", "")]
    rows += [("patient", "small", f"X{i}", "left_out", "absent_mrna", "dropped", "") for i in range(5)]
    rows += [("patient", "small", "Y", "left_out", "no_time;absent_mrna", "dropped", "")]
    return pd.DataFrame(rows, columns=["level", "item", "id", "check", "value", "action", "message"])


@pytest.fixture(scope="module")
def described(small_cohort, tmp_path_factory) -> dict[str, pd.DataFrame]:
    """The tables, through the files that the figures are drawn from."""
    fitted = fit_preprocess(small_cohort, np.arange(small_cohort.n), defaults("preprocess"))
    folder = tmp_path_factory.mktemp("description")
    found = {}
    for name, table in describe_cohort(small_cohort, checks_of(small_cohort), fitted, ["age"]).items():
        write_table(table, folder / f"{name}.tsv")
        found[name] = read_table(folder / f"{name}.tsv")
    return found


def drawn(described: dict[str, pd.DataFrame], about: About = ABOUT) -> dict[str, Figure]:
    return {name: figure for name, (_, figure) in cohort_page(described, about).items()}


def test_everything_stays_within_the_figure_and_nothing_is_printed_over(described):
    for name, figure in drawn(described).items():
        assert fits(figure), name
        assert collisions(figure) == [], name


def test_the_words_say_what_the_tables_hold(described, small_cohort):
    about = About("small", "", small_cohort.n, small_cohort.n_events)
    said = {name: words(figure) for name, figure in drawn(described, about).items()}
    assert all(f"{small_cohort.n_events} events" in one and "small: " in one for one in said.values())
    assert f"{small_cohort.n + 5} patients with usable follow-up" in said["omics"]
    assert f"mirna  {small_cohort.n + 5}" in said["omics"]
    rows = described["separation"].set_index("step")
    assert f"silhouette {rows['silhouette']['transformed']:.3f}" in said["batches"]
    assert "sequencer" in said["batches"]
    assert "no batches given" in said["batches"]  # mrna
    curve = described["follow_up"]
    curve = curve[curve["curve"] == "follow_up"]
    assert f"({curve.loc[curve['survival'] <= 0.5, 'time'].iloc[0]:.0f} days)" in said["follow_up"]


def test_figures_repeat_their_bytes(described, tmp_path):
    for run in ("a", "b"):
        save_figure(drawn(described)["batches"], tmp_path / f"{run}.png", tmp_path / f"{run}.svg")
    assert all(
        (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes() for kind in ("png", "svg")
    )


def test_many_combinations_and_odd_names_of_omics():
    names = [f"omics_with_a_rather_long_name_{i}" for i in range(8)]
    rng = np.random.default_rng(0)
    sets = {"+".join(name for name in names if rng.random() < 0.6) for _ in range(20)}
    combinations = pd.DataFrame({"omics": sorted(sets)})
    combinations["patients"] = np.arange(len(sets), 0, -1) * 100
    combinations["kept"] = combinations["patients"] // 2
    gaps = pd.DataFrame(
        [
            (name, by, share, count, 10)
            for name in names
            for by in ("feature", "patient")
            for share, count in ((0.0, 7), (0.5, 3))
        ],
        columns=["omics", "by", "share", "count", "of"],
    )
    figure = draw_cohort_omics(cohort_omics_table(combinations, gaps), ABOUT)
    assert fits(figure)
    assert collisions(figure) == []
    more = combinations.iloc[12:]
    assert f"and {len(more)} more combinations, {more['patients'].sum()} patients" in words(figure)


def test_nothing_missing_is_said():
    gaps = pd.DataFrame({"omics": "mrna", "by": ["feature", "patient"], "share": 0.0, "count": [5, 9], "of": [5, 9]})
    combinations = pd.DataFrame({"omics": ["mrna"], "patients": [9], "kept": [9]})
    assert "no measurement is missing" in words(draw_cohort_omics(cohort_omics_table(combinations, gaps), ABOUT))


@pytest.mark.parametrize(
    ("suffix", "n_levels"), [("", 9), (" with a name as long as a sentence", 9), (" of a long name", 2)]
)
def test_many_batches_many_outliers_and_names_as_written(suffix, n_levels):
    n, levels = 300, [f"$p_{i}$ <b>{suffix}" for i in range(n_levels)]
    rng = np.random.default_rng(0)
    patients = [f"P_{i}$" for i in range(n)]
    components = pd.concat(
        pd.DataFrame(
            {
                "omics": "mrna",
                "step": step,
                "patient": patients,
                "level": ["", *rng.choice(levels, n - 1)],
                "pc1": rng.normal(size=n),
                "pc2": rng.normal(size=n),
                "share_1": 0.2,
                "share_2": 0.1,
            }
        )
        for step in ("transformed", "standardised")
    )
    separation = pd.DataFrame(
        {"omics": "mrna", "by": "$plate$", "step": ["transformed", "standardised"], "silhouette": 0.1, "between": 0.2}
    )
    z = np.linspace(-2, 9, n)
    distances = pd.DataFrame({"omics": "mrna", "patient": patients, "distance": 1.0, "z": z, "outlier": z > 4})
    figure = draw_cohort_batches(cohort_batches_table(components, separation, distances), ABOUT)
    assert fits(figure)
    assert collisions(figure) == []
    said = words(figure)
    assert "$plate$" in said
    assert sum(f"$p_{i}$" in said for i in range(9)) == min(6, n_levels)
    assert "others, or not known (" in said
    assert f"and {(z > 4).sum() - 5} more" in said
    assert "P_299$ (9.0)" in said


def test_no_batches_at_all():
    components = pd.DataFrame(
        [("mrna", step, f"P{i}", "", i, -i, 0.2, 0.1) for step in ("transformed", "standardised") for i in range(4)],
        columns=["omics", "step", "patient", "level", "pc1", "pc2", "share_1", "share_2"],
    )
    separation = pd.DataFrame(columns=["omics", "by", "step", "patients", "levels", "silhouette", "between"])
    distances = pd.DataFrame(
        [("mrna", f"P{i}", 1.0, 0.0, False) for i in range(4)], columns=["omics", "patient", "distance", "z", "outlier"]
    )
    said = words(draw_cohort_batches(cohort_batches_table(components, separation, distances), ABOUT))
    assert said.count("no batches given") == 2
    assert "nobody above the line" in said


def test_follow_up_where_half_are_never_reached():
    table = pd.DataFrame(
        [
            (curve, time, at_risk, events, 1 - events, survival, survival - 0.1, survival)
            for curve in ("survival", "follow_up")
            for time, at_risk, events, survival in ((0.0, 4, 0, 1.0), (100.0, 4, 1, 0.75), (200.0, 3, 0, 0.75))
        ],
        columns=["curve", "time", "at_risk", "events", "censored", "survival", "ci_low", "ci_high"],
    )
    figure = draw_cohort_follow_up(cohort_follow_up_table(table), ABOUT)
    assert words(figure).count("median not reached") == 2
    assert fits(figure)
