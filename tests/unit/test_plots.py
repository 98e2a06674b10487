"""Figures: the tables they are drawn from, the hard cases, the words on them and their bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import ttest_ind

from stratomics.evaluation import selection_frequency, top_features
from stratomics.plots.feature_heatmap import draw_feature_heatmap, feature_heatmap_table
from stratomics.plots.kaplan_meier import at_risk, draw_curve, draw_kaplan_meier, kaplan_meier_table, years_frame
from stratomics.plots.prognostic_latents import draw_prognostic_latents, prognostic_latents_table
from stratomics.plots.style import (
    DAYS_PER_YEAR,
    About,
    house_style,
    new_figure,
    number_text,
    p_text,
    save_figure,
    shorten,
    subtype_color,
    text_mm,
)
from stratomics.plots.training import draw_training, training_table
from stratomics.plots.umap import MOST_MARKS, draw_umap, umap_table
from stratomics.projection import compute_umap, umap_coordinates
from stratomics.survival.kaplan_meier import kaplan_meier
from stratomics.tables import read_table, write_table

ABOUT = About("COHORT_A", "vae", 120, 41)


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def fits(figure: Figure) -> bool:
    """Say whether everything drawn, text included, stays within the edges of the figure."""
    with house_style():
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return bool(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height)


def people(panel: str, n: int, n_subtypes: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "panel": panel,
            "patient": [f"p{i}" for i in range(n)],
            "time": np.ceil(rng.exponential(900, n)),
            "event": (rng.random(n) < 0.4).astype(int),
            "group": np.arange(n) % n_subtypes + 1,
            "n_groups": n_subtypes,
        }
    )


def statistics() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "panel": ["apparent", "held_out"],
            "logrank_p": [3.1e-11, 0.0042],
            "hazard_ratio": [3.4, 1.92],
            "cindex": [0.68, 0.61],
            "logrank_p_median": [np.nan, 0.0071],
            "n_repeats": [np.nan, 2],
        }
    )


def clinical(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {
        "time": rng.exponential(900, n),
        "event": rng.integers(0, 2, n),
        "stage": rng.choice(["I", "II", None], n),
    }
    return pd.DataFrame(columns, index=[f"p{i}" for i in range(n)])


def prognostic(n_latents: int, n_selected: int, splits: tuple[str, ...] = ("full", "r0f0", "r0f1")) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    parts = []
    for split in splits:
        coef = rng.normal(0, 0.4, n_latents)
        part = {
            "split": split,
            "latent": [f"latent_{i:02d}" for i in range(n_latents)],
            "hazard_ratio": np.exp(coef),
            "ci_low": np.exp(coef - 0.3),
            "ci_high": np.exp(coef + 0.3),
            "p": rng.random(n_latents),
            "q": 1.0,
            "selected": np.arange(n_latents) < n_selected,
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def history(divergence: bool, splits: tuple[str, ...] = ("full", "r0f0", "r0f1")) -> pd.DataFrame:
    parts = []
    for number, split in enumerate(splits):
        epoch = np.arange(1, 21)
        loss = 0.4 + np.exp(-epoch / 5) + 0.01 * number
        part = {"split": split, "restart": 0, "epoch": epoch, "train_loss": loss - 0.1, "validation_loss": loss}
        part |= {
            "reconstruction": loss,
            "divergence": loss / 4 if divergence else np.nan,
            "chosen": epoch == 12 + number,
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


# --- style


@pytest.mark.parametrize("n_subtypes", range(1, 9))
def test_colours_of_subtypes_are_distinct_and_run_from_cool_to_warm(n_subtypes: int) -> None:
    colors = [subtype_color(k, n_subtypes) for k in range(1, n_subtypes + 1)]
    assert len(set(colors)) == n_subtypes
    assert colors[0].upper() == "#0077BB"
    if n_subtypes > 1:
        red, blue = int(colors[-1][1:3], 16), int(colors[-1][5:7], 16)
        assert red > 2 * blue


def test_a_subtype_that_does_not_exist_has_no_colour() -> None:
    with pytest.raises(ValueError, match="1 to 2"):
        subtype_color(3, 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.034, "0.034"),
        (3.14e-7, "3.1 × 10⁻⁷"),
        (0.5, "0.50"),
        (12.3, "12"),
        (np.nan, "n/a"),
        (0.001, "0.0010"),
        (0, "0"),
    ],
)
def test_numbers_are_written_for_reading(value: float, text: str) -> None:
    assert number_text(value) == text


def test_a_p_value_that_underflows_is_not_zero() -> None:
    assert p_text(0.0) == "p < 10⁻³⁰⁰"
    assert p_text(np.nan) == "p n/a"


@pytest.mark.parametrize("length", [5, 6, 11])
def test_long_names_keep_both_ends(length: int) -> None:
    cut = shorten("abcdefghijklmnop", length)
    assert len(cut) == length
    assert cut[0] == "a"
    assert cut[-1] == "p"
    assert shorten("abc", 3) == "abc"


def test_the_check_of_the_edges_sees_a_text_that_leaves_the_figure() -> None:
    figure = draw_training(training_table(history(False)), ABOUT)
    assert fits(figure)
    text_mm(figure, 125, 40, "too far right")
    assert not fits(figure)


# --- Kaplan-Meier


def test_the_table_of_the_curves_agrees_with_lifelines() -> None:
    patients = pd.concat([people("apparent", 90, 3, 0), people("held_out", 90, 2, 1)])
    table = kaplan_meier_table(patients, statistics())
    for (panel, subtype), rows in patients.groupby(["panel", "group"]):
        curve = table[(table["panel"] == panel) & (table["group"] == subtype)]
        fitter = KaplanMeierFitter().fit(rows["time"], rows["event"])
        expected = fitter.survival_function_at_times(curve["time"]).to_numpy()
        np.testing.assert_allclose(curve["survival"], expected, atol=1e-9)
        days = np.array([0.0, 365.25, 730.5, 1e6])
        events = fitter.event_table
        counts = [int(events.loc[events.index >= day, "removed"].sum()) for day in days]
        assert at_risk(curve, days).tolist() == counts
        assert curve["n"].iloc[0] == len(rows)
        assert curve["n_events"].iloc[0] == rows["event"].sum()


def test_kaplan_meier_says_what_is_a_test_and_what_is_not() -> None:
    table = kaplan_meier_table(pd.concat([people("apparent", 120, 2, 0), people("held_out", 120, 2, 1)]), statistics())
    figure = draw_kaplan_meier(table, ABOUT, repeat="r0")
    text = words(figure)
    for part in (
        "COHORT_A, vae",
        "120 patients, 41 events",
        "log-rank p = 3.1 × 10⁻¹¹ (apparent, not a test)",
        "log-rank p = 0.0042 (nominal; median 0.0071 over 2 repeats)",
        "HR per step 1.92, C 0.61",
        "follow-up (years)",
        "repeat r0",
        "1 of 2",
    ):
        assert part in text
    assert fits(figure)


def test_kaplan_meier_draws_folds_that_found_different_numbers_of_subtypes() -> None:
    folds = pd.concat([people("held_out", 40, 2, 1), people("held_out", 45, 3, 2), people("held_out", 40, 4, 3)])
    table = kaplan_meier_table(pd.concat([people("apparent", 120, 3, 0), folds]), statistics())
    about = About("A_cohort_with_a_very_long_name_2024_release_7", "my_variational_autoencoder_with_mmd", 120, 41)
    figure = draw_kaplan_meier(table, about)
    text = words(figure)
    assert all(f"{k} of {size}" in text for size in (2, 3, 4) for k in range(1, size + 1))
    assert fits(figure)


def test_kaplan_meier_shows_the_same_patients_by_risk_where_there_are_such_groups() -> None:
    panels = ["apparent", "held_out", "apparent_risk", "held_out_risk"]
    both = pd.concat([people(panel, 60, 3, seed) for seed, panel in enumerate(panels)])
    own = statistics().assign(panel=panels[2:], hazard_ratio=[3.6, 2.07], cindex=[0.7, 0.63])
    risk = own.assign(cindex_risk=[0.75, 0.66], cindex_risk_low=[np.nan, 0.58], cindex_risk_high=[np.nan, 0.73])
    with_risk = draw_kaplan_meier(kaplan_meier_table(both, pd.concat([statistics(), risk])), ABOUT)
    without = draw_kaplan_meier(kaplan_meier_table(both[~both["panel"].isin(panels[2:])], statistics()), ABOUT)
    assert "HR per step 2.07, C 0.63\nC of the risk before it is cut 0.66 (0.58–0.73)" in words(with_risk)
    assert "by risk" not in words(without)
    assert len(with_risk.axes) == 2 * len(without.axes)
    assert fits(with_risk)


def test_kaplan_meier_survives_groups_of_one_and_groups_without_events(tmp_path) -> None:
    patients = people("apparent", 40, 2, 0)
    patients.loc[patients["group"] == 1, "event"] = 0
    patients = pd.concat([patients.assign(n_groups=3), people("apparent", 1, 1, 5).assign(group=3, n_groups=3)])
    figure = draw_kaplan_meier(kaplan_meier_table(patients, statistics().iloc[:1]), ABOUT)
    save_figure(figure, tmp_path / "a.png", tmp_path / "a.svg")
    text = words(figure)
    assert "0 / 20" in text
    assert "no patients" in text  # in the held-out panel


@pytest.mark.parametrize(("n", "most"), [(60, 60), (20_000, 600)])
def test_ticks_stand_on_the_curve_at_censored_times_and_never_become_too_many(n: int, most: int) -> None:
    rng = np.random.default_rng(0)
    curve = kaplan_meier(np.arange(1, n + 1) * (6 * DAYS_PER_YEAR / n), rng.random(n) < 0.4)
    with house_style():
        axes = new_figure(100, 100).add_subplot()
        years_frame(axes, 5)
        draw_curve(axes, curve, {"color": "k"}, shade=0.1)
    line, ticks = axes.lines
    x, low = np.asarray(ticks.get_xdata())[::3], np.asarray(ticks.get_ydata())[::3]
    y = (low + np.asarray(ticks.get_ydata())[1::3]) / 2
    censored = curve[(curve["censored"] > 0) & (curve["time"] <= 5 * DAYS_PER_YEAR)]
    times = censored["time"].to_numpy() / DAYS_PER_YEAR
    if n == 60:
        np.testing.assert_allclose(x, times)
    assert most / 3 < len(x) <= most
    assert np.isin(x, times).all()
    np.testing.assert_allclose(y, censored.set_index(times).loc[x, "survival"])
    # the line has the corners of the curve, and no others
    assert len(line.get_xdata()) == (curve["events"] > 0).sum() + 1 + (curve["events"].iloc[-1] == 0)
    last = np.searchsorted(line.get_xdata(), times, side="right") - 1
    np.testing.assert_allclose(np.asarray(line.get_ydata())[last], censored["survival"])


def test_kaplan_meier_is_drawn_from_the_file_beside_it_alone(tmp_path) -> None:
    table = kaplan_meier_table(pd.concat([people("apparent", 60, 2, 0), people("held_out", 60, 2, 1)]), statistics())
    write_table(table, tmp_path / "a.tsv")
    for name, drawn in (("memory", table), ("file", read_table(tmp_path / "a.tsv"))):
        save_figure(draw_kaplan_meier(drawn, ABOUT), tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    assert (tmp_path / "memory.png").read_bytes() == (tmp_path / "file.png").read_bytes()


# --- UMAP


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_umap_of_very_few_patients_is_their_principal_plane(n: int) -> None:
    latents = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    plane = umap_coordinates(latents, [f"p{i}" for i in range(n)], 0)[["umap_1", "umap_2"]].to_numpy()
    assert plane.shape == (n, 2)
    assert plane.dtype == np.float32
    if n == 2:  # two points keep their distance
        np.testing.assert_allclose(
            np.linalg.norm(plane[0] - plane[1]), np.linalg.norm(latents[0] - latents[1]), rtol=1e-5
        )


def test_umap_repeats_its_bytes_and_keeps_groups_apart() -> None:
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(60, 8))
    latents[:30] += 8
    plane = compute_umap(latents, 3)
    assert plane.tobytes() == compute_umap(latents, 3).tobytes()
    centres = plane[:30].mean(axis=0), plane[30:].mean(axis=0)
    nearer = np.linalg.norm(plane - centres[0], axis=1) < np.linalg.norm(plane - centres[1], axis=1)
    assert nearer.tolist() == [True] * 30 + [False] * 30


@pytest.mark.parametrize("risk", [np.linspace(-1, 1, 40), np.zeros(40), np.full(40, np.nan)])
def test_umap_is_drawn_for_any_risk(risk: np.ndarray) -> None:
    people = clinical(40)
    plane = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["umap_1", "umap_2"])
    subtypes = people.assign(subtype=np.arange(40) % 6 + 1, risk=risk)
    figure = draw_umap(umap_table(plane.assign(patient=people.index), subtypes), ABOUT)
    text = words(figure)
    assert "apparent" in text
    assert "no test" in text
    assert f"event ({people['event'].sum()})" in text
    assert fits(figure)


def test_a_map_of_very_many_patients_is_a_picture() -> None:
    for n, flat in ((MOST_MARKS, False), (MOST_MARKS + 1, True)):
        table = pd.DataFrame(
            {"umap_1": np.arange(n), "umap_2": 0.0, "subtype": 1, "log_risk": 0.0, "event": np.arange(n) % 2}
        )
        axes = draw_umap(table, ABOUT).axes
        assert {bool(marks.get_rasterized()) for one in axes for marks in one.collections} == {flat}


# --- training


def test_training_marks_the_chosen_epoch_of_the_kept_restart() -> None:
    runs = [history(False).assign(restart=r, kept=r == 1, chosen=lambda t, r=r: t["epoch"] == 5 + r) for r in (0, 1)]
    table = training_table(pd.concat(runs))
    assert len(table) == 2 * len(runs[0])
    figure = draw_training(table, ABOUT)
    (axes,) = figure.axes
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_xdata().tolist() for line in marks] == [[6.0]] * 3
    assert "2 cross-validation fits" in words(figure)


@pytest.mark.parametrize("divergence", [True, False])
def test_training_shows_a_divergence_only_where_there_is_one(divergence: bool) -> None:
    figure = draw_training(training_table(history(divergence)), ABOUT)
    assert len(figure.axes) == 1 + divergence
    assert ("Divergence" in words(figure)) == divergence
    assert "120 patients, 41 events" in words(figure)
    assert fits(figure)


def test_training_without_validation_patients_marks_the_training_curve() -> None:
    figure = draw_training(training_table(history(False).assign(validation_loss=np.nan)), ABOUT)
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert np.isfinite([line.get_ydata() for line in marks]).all()


# --- prognostic latents


def test_selection_frequency_follows_latents_that_another_network_put_elsewhere() -> None:
    rng = np.random.default_rng(0)
    full = rng.normal(size=(50, 3))
    shuffled = -2 * full[:, [2, 0, 1]] + 1  # another order, sign, scale and origin
    dead = full.copy()
    dead[:, 2] = 7.0
    table = prognostic(3, 0)
    table["selected"] = [True, False, True, False, True, False, True, False, False]
    found = selection_frequency(table, {"full": full, "r0f0": shuffled, "r0f1": dead}).set_index("latent")
    # r0f0 selects its second latent, which is the first of the full fit; r0f1 selects its first.
    assert found["frequency"].tolist()[0] == 1.0
    assert found["frequency"].tolist()[1] == 0.0
    assert found["match"].tolist()[:2] == pytest.approx([1.0, 1.0])
    assert found["match"].tolist()[2] < 0.7  # dead in one of two


def test_the_forest_lists_the_selected_latents_by_hazard_ratio() -> None:
    latents = prognostic(20, 12)
    table = prognostic_latents_table(latents)
    full = latents[(latents["split"] == "full") & latents["selected"]]
    assert table["latent"].tolist() == full.sort_values("hazard_ratio", ascending=False)["latent"].tolist()
    figure = draw_prognostic_latents(table, ABOUT)
    text = words(figure)
    assert "prognostic latents (apparent)" in text
    assert "120 patients, 41 events; 12 latents selected" in text
    assert "not a test" in text
    assert fits(figure)


def test_the_forest_says_how_many_latents_it_leaves_out() -> None:
    table = prognostic_latents_table(prognostic(50, 42))
    text = words(draw_prognostic_latents(table, ABOUT))
    assert "12 more" in text
    worst = table.nlargest(12, "p")["latent"]
    assert not any(name in text for name in worst)


@pytest.mark.parametrize("fallback", [True, False])
def test_the_forest_owns_up_when_no_latent_passed(fallback: bool) -> None:
    latents = prognostic(20, 3 if fallback else 0)
    latents["reason"] = np.where(latents["selected"], "fallback: no latent has p < 0.05", "p >= 0.05")
    table = prognostic_latents_table(latents)
    assert len(table) == (3 if fallback else 10)
    assert not table["passed"].any()
    text = words(draw_prognostic_latents(table, ABOUT))
    assert "no latent passed" in text
    assert f"the {len(table)} with the smallest p are shown" in text


def test_the_forest_bounds_extreme_and_missing_estimates() -> None:
    latents = prognostic(4, 4, ("full",))
    latents.loc[0, ["hazard_ratio", "ci_low", "ci_high"]] = [8e3, 3.0, 2e7]
    latents.loc[1, ["hazard_ratio", "ci_low", "ci_high", "p"]] = np.nan
    latents.loc[2, ["hazard_ratio", "ci_low", "ci_high"]] = [1.0, 0.0, np.inf]
    figure = draw_prognostic_latents(prognostic_latents_table(latents), ABOUT)
    low, high = figure.axes[0].get_xlim()
    assert high <= 20
    assert low >= 0.05 - 1e-12
    assert "not estimable" in words(figure)
    assert fits(figure)


# --- features


def feature_data() -> tuple[np.ndarray, list[str], dict[str, slice], np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3 + 1
    X = rng.normal(size=(90, 30))
    X[labels == 1, 4] += 3
    X[labels == 3, 25] += 3
    X[:, 7] = 0.0  # constant
    return (
        X,
        [f"{'rna' if i < 20 else 'meth'}:f{i}" for i in range(30)],
        {"rna": slice(0, 20), "meth": slice(20, 30)},
        labels,
    )


def test_top_features_are_cohens_d_against_the_rest() -> None:
    X, features, blocks, labels = feature_data()
    markers = top_features(X, features, blocks, labels, 3)
    assert markers.columns.tolist()[:5] == ["feature", "omics", "subtype", "rank", "difference"]
    assert not markers["feature"].duplicated().any()
    assert "rna:f7" not in set(markers["feature"])
    assert markers.groupby(["omics", "subtype"]).size().max() <= 3
    first = markers[markers["rank"] == 1].set_index(["omics", "subtype"])["feature"]
    assert first["rna", 1] == "rna:f4"
    assert first["meth", 3] == "meth:f25"
    for row in markers.itertuples():
        inside = labels == row.subtype
        column = X[:, features.index(row.feature)]
        t = ttest_ind(column[inside], column[~inside]).statistic  # d = t * sqrt(1/n + 1/m)
        assert row.difference == pytest.approx(t * np.sqrt(1 / inside.sum() + 1 / (~inside).sum()))
        assert row.mean_in == pytest.approx(column[inside].mean())


def test_top_features_of_a_single_subtype_are_none() -> None:
    X, features, blocks, labels = feature_data()
    assert top_features(X, features, blocks, np.ones_like(labels), 3).empty


def test_the_heatmap_orders_patients_by_subtype_and_risk() -> None:
    X, features, blocks, labels = feature_data()
    markers = top_features(X, features, blocks, labels, 4)
    people = clinical(90)
    risk = np.random.default_rng(2).normal(size=90)
    table = feature_heatmap_table(X, features, markers, people, labels, risk, ["stage"])
    assert table["subtype"].is_monotonic_increasing
    assert all(rows["log_risk"].is_monotonic_increasing for _, rows in table.groupby("subtype"))
    assert table.columns.tolist() == ["patient", "subtype", "log_risk", "event", "stage", *markers["feature"]]
    place = people.index.get_loc(table["patient"].iloc[13])
    np.testing.assert_array_equal(
        table.iloc[13, 5:].astype(float), X[place, [features.index(f) for f in markers["feature"]]]
    )
    figure = draw_feature_heatmap(table, markers, ABOUT)
    text = words(figure)
    for part in ("120 patients, 41 events", "apparent", "no test", "subtype 1\n30 patients", "missing", "f25"):
        assert part in text
    assert fits(figure)


def test_the_heatmap_bears_long_names_and_tiny_subtypes() -> None:
    X, features, blocks, labels = feature_data()
    labels = np.where(np.arange(90) < 2, 3, np.arange(90) % 2 + 1)
    features = [f"{name}_a_probe_with_a_very_long_name_{i:06d}" for i, name in enumerate(features)]
    markers = top_features(X, features, blocks, labels, 8)
    table = feature_heatmap_table(X, features, markers, clinical(90), labels, np.zeros(90))
    assert fits(draw_feature_heatmap(table, markers, ABOUT))


# --- files


def test_figures_repeat_their_bytes_and_keep_text_as_text(tmp_path) -> None:
    X, features, blocks, labels = feature_data()
    markers = top_features(X, features, blocks, labels, 2)
    draw = {
        "km": lambda: draw_kaplan_meier(kaplan_meier_table(people("apparent", 30, 2, 0), statistics()), ABOUT),
        "heat": lambda: draw_feature_heatmap(
            feature_heatmap_table(X, features, markers, clinical(90), labels, np.zeros(90)), markers, ABOUT
        ),
    }
    for name, make in draw.items():
        for again in ("1", "2"):
            save_figure(make(), tmp_path / f"{name}{again}.png", tmp_path / f"{name}{again}.svg")
        for suffix in ("png", "svg"):
            assert (tmp_path / f"{name}1.{suffix}").read_bytes() == (tmp_path / f"{name}2.{suffix}").read_bytes()
        svg = (tmp_path / f"{name}1.svg").read_text()
        assert "120 patients, 41 events" in svg
        assert "<dc:date>" not in svg
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".png"] * 4 + [".svg"] * 4  # no temporary file left


def test_the_bytes_do_not_depend_on_the_users_matplotlib_settings(tmp_path) -> None:
    import matplotlib as mpl

    table = training_table(history(True))
    save_figure(draw_training(table, ABOUT), tmp_path / "a.png", tmp_path / "a.svg")
    with mpl.rc_context({"font.size": 20, "axes.grid": True, "savefig.dpi": 50}):
        save_figure(draw_training(table, ABOUT), tmp_path / "b.png", tmp_path / "b.svg")
        assert mpl.rcParams["font.size"] == 20  # and the settings are given back
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
