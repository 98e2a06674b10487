"""Figures of the evidence: their tables against hand counts, the hard cases, the words, the layout and the bytes."""

from __future__ import annotations

import runpy
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from stratomics import runtime
from stratomics.evaluation.attention import SUBTYPE_COLUMNS
from stratomics.plots.calibration import calibration_table, draw_calibration
from stratomics.plots.comparators import comparators_table, draw_comparators
from stratomics.plots.consensus import consensus_table, draw_consensus
from stratomics.plots.enrichment import MOST_LEVELS, OTHER, draw_enrichment, enrichment_table
from stratomics.plots.k_selection import draw_k_selection, k_selection_table
from stratomics.plots.omics_attribution import draw_omics_attribution, omics_attribution_figure_table
from stratomics.plots.optimism import draw_optimism, optimism_table
from stratomics.plots.permutation_null import draw_permutation_null, permutation_null_table
from stratomics.plots.small_multiples import APPARENT, HELD_OUT, cohort_about, values_by_k
from stratomics.plots.style import About, house_style, number_text, save_figure, subtype_color
from stratomics.tables import read_table, save_arrays, write_table

NAMES = ["ae", "dae", "vae", "vae_mmd", "stacked_ae", "joint_vae_with_a_long_name", "ae_per_omics"]
COMPARATORS = ["clinical", "ridge_cox", "random_survival_forest", "mrna_only", "random_embedding"]
FIGURES = ["optimism", "permutation_null", "comparators", "consensus", "k_selection", "calibration", "enrichment"]
FIGURES += ["omics_attribution"]
SCRIPTS = Path(__file__).parents[2] / "scripts"
N, EVENTS = 60, 23


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def fits(figure: Figure) -> bool:
    """Say whether everything drawn, text included, stays within the edges of the figure."""
    with house_style():
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return bool(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height)


def collisions(figure: Figure) -> list[tuple[str, str]]:
    """Return the texts that are printed over one another."""
    with house_style():
        figure.draw_without_rendering()
        ticks = {text for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for text in _hidden(axis)}
        boxes = [
            (text.get_text().strip(), text.get_window_extent().padded(-1.0))
            for text in figure.findobj(Text)
            if text.get_text().strip() and text.get_visible() and text not in ticks
        ]
    inside = [(said, box) for said, box in boxes if box.width > 0 and box.height > 0]
    return [(a, b) for (a, one), (b, other) in combinations(inside, 2) if one.overlaps(other)]


def _hidden(axis) -> set[Text]:
    """Return the tick labels that are kept but not drawn: outside the axis, or on an axis that is off."""
    low, high = sorted(axis.get_view_interval())
    drawn = axis.axes.axison
    return {
        label
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        for label in (tick.label1, tick.label2)
        if not drawn or not low <= tick.get_loc() <= high
    }


# --- tables as the stages write them


def metrics(seed: int, *, c: float = 0.61, p: float = 0.02) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for repeat, shift in (("r0", 0.0), ("r1", 0.02), ("median", 0.01), ("min", 0.0), ("max", 0.02)):
        held_out = c + shift
        rows.append((repeat, "cindex", 0.71, held_out, held_out - 0.06, held_out + 0.05))
        rows.append((repeat, "logrank_p", 10 ** -(4 + 5 * rng.random()), p, np.nan, np.nan))
        rows.append((repeat, "calibration_slope", np.nan, 0.7 + shift, 0.2, 1.2))
    table = pd.DataFrame(rows, columns=["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high"])
    return table.assign(n=N, events=EVENTS)


def all_metrics(count: int) -> dict[str, pd.DataFrame]:
    return {name: metrics(place, c=0.55 + 0.02 * place) for place, name in enumerate(NAMES[:count])}


def permutations(count: int, b: int = 39) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    parts = []
    for name in NAMES[:count]:
        part = {
            "embedding": name,
            "permutation": np.arange(b + 1),
            "apparent_logrank_p": 10 ** -rng.gamma(3, 0.8, b + 1),
            "heldout_trend_z": rng.normal(size=b + 1),
            "heldout_cindex": rng.normal(0.5, 0.03, b + 1),
            "added_lr_p": rng.chisquare(1, b + 1),
        }
        parts.append(pd.DataFrame(part))
    table = pd.concat(parts, ignore_index=True)
    table.loc[table["permutation"] == 0, "apparent_logrank_p"] = 1e-9
    table.loc[table["permutation"] == 0, ["heldout_trend_z", "heldout_cindex"]] = 2.5, 0.61
    return table


def permutation_tests(count: int, b: int = 39) -> pd.DataFrame:
    statistics = ["apparent_logrank_p", "heldout_trend_z", "heldout_cindex", "added_lr_p"]
    rows = [(name, one, 0.1, 0.5, 0.2, 0.9, 0.025, 0.075, b) for name in NAMES[:count] for one in statistics]
    columns = ["embedding", "statistic", "observed", "null_mean", "null_q05", "null_q95", "p", "p_adjusted"]
    return pd.DataFrame(rows, columns=[*columns, "permutations"])


def comparator_metrics(names: list[str] = COMPARATORS) -> pd.DataFrame:
    parts = [metrics(50 + place, c=0.5 + 0.03 * place).assign(method=name) for place, name in enumerate(names)]
    columns = ["method", *metrics(0).columns]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def comparisons(count: int, names: list[str] = COMPARATORS) -> pd.DataFrame:
    rows = [
        (ours, theirs, metric, 0.01 * place + 0.1 * number, -0.05, 0.07, 0.2, 0.6, N, EVENTS)
        for number, ours in enumerate(NAMES[:count])
        for place, theirs in enumerate(names)
        for metric in ("cindex", "ibs")
    ]
    columns = ["embedding", "against", "metric", "difference", "ci_low", "ci_high", "p", "p_adjusted", "n", "events"]
    return pd.DataFrame(rows, columns=columns)


def patients(seed: int, n: int = N) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    subtype = np.arange(n) % (2 + seed % 3) + 1
    same = subtype[:, None] == subtype
    matrix = np.clip(np.where(same, 0.8, 0.2) + rng.normal(0, 0.15, (n, n)), 0, 1)
    matrix = (matrix + matrix.T) / 2
    own = np.array([matrix[i, same[i]].mean() for i in range(n)])
    table = {
        "patient": [f"p{i:03d}" for i in range(n)],
        "subtype": subtype,
        "consensus_own": own,
        "consensus_other": np.array([matrix[i, ~same[i]].mean() for i in range(n)]),
        "heldout_agreement": 0.5,
        "ambiguous": own < np.quantile(own, 0.1),
    }
    return pd.DataFrame(table), matrix.astype(np.float32)


def stability() -> pd.DataFrame:
    rows = [("subsamples", "all", 100.0), *(("pac", str(k), 0.1 * k) for k in range(2, 6)), ("pac_chosen", "3", 0.3)]
    return pd.DataFrame(rows, columns=["measure", "item", "value"])


def k_selection(seed: int, *, fixed: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ks = np.array([3]) if fixed else np.arange(2, 6)
    parts = []
    for split in ("full", "r0f0", "r0f1", "r1f0", "r1f1"):
        bic = -4000 - 8 * np.abs(ks - 3) + rng.normal(0, 6, len(ks))
        best = int(bic.argmax())
        part = {
            "split": split,
            "k": ks,
            "mixture_bic": bic,
            "silhouette": rng.random(len(ks)),
            "calinski_harabasz": 50 + 9 * rng.random(len(ks)),
            "smallest_share": 0.2,
            "eligible": ks < 5,
            "chosen": np.arange(len(ks)) == best,
            "reason": "fixed by n_subtypes" if fixed else "largest mixture_bic of the eligible",
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def calibration(sizes: tuple[int, ...] = (2, 3)) -> pd.DataFrame:
    rows = []
    for repeat, shift in (("r0", 0.0), ("r1", 0.3)):
        for size in sizes:
            for subtype in range(1, size + 1):
                for days, base in ((365, 0.9), (1095, 0.7), (1825, 0.6)):
                    predicted = base - 0.1 * (subtype - 1) - shift
                    rows.append((repeat, subtype, size, days, 20, predicted, predicted - 0.05, predicted - 0.15, base))
    columns = ["repeat", "subtype", "n_subtypes", "days", "n", "predicted", "observed", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns)


def attribution(seed: int, omics: tuple[str, ...] = ("mrna", "mirna", "methylation_450k")) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for target in ("risk", "subtype"):
        for role, repeat in (("held_out", "r0"), ("held_out", "all"), ("apparent", "full")):
            for one, share in zip(omics, rng.dirichlet(np.full(len(omics), 4.0)), strict=True):
                limits = (share - 0.02, share + 0.02, share - 0.08, share + 0.08)
                rows.append((target, role, repeat, one, N, share, *limits, 0.7, 1 / len(omics), "-"))
    columns = ["target", "role", "repeat", "omics", "n", "share", "ci_low", "ci_high", "fold_low", "fold_high"]
    return pd.DataFrame(rows, columns=[*columns, "agreement", "expected", "reason"])


def attention(place: int, omics: tuple[str, ...] = ("mrna", "mirna", "methylation_450k")) -> pd.DataFrame:
    """Every other embedding weighs the omics; the numbers of subtypes differ."""
    rng, k = np.random.default_rng(place), 2 + place % 4
    rows = [
        (subtype, k, one, N, weight, weight - 0.05, weight + 0.08)
        for subtype in range(k + 1)
        for one, weight in zip(omics, rng.dirichlet(np.full(len(omics), 6.0)), strict=True)
    ]
    return pd.DataFrame(rows if place % 2 == 0 else [], columns=list(SUBTYPE_COLUMNS))


COVARIATES = {
    "age_at_initial_pathologic_diagnosis": ("numeric", ["median", "q25", "q75"]),
    "gender": ("categorical", ["FEMALE", "MALE"]),
    "ajcc_pathologic_tumor_stage": ("ordinal", ["Stage I", "Stage II", "Stage III", "Stage IV"]),
    "race": ("categorical", ["AMERICAN INDIAN OR ALASKA NATIVE", "ASIAN", "BLACK OR AFRICAN AMERICAN", "WHITE"]),
}


def enrichment(count: int, covariates: dict = COVARIATES) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    tests, levels = [], []
    for place, name in enumerate(NAMES[:count]):
        for covariate, (kind, own) in covariates.items():
            q = np.nan if covariate == "constant" else rng.random()
            tests.append((name, covariate, kind, "chi_square", 3.0, q, q, 0.2, "cramers_v", N - 4, 4))
            for subtype in range(1, 3 + place % 3):
                counts = rng.integers(1, 9, len(own))
                for level, n in zip(own, counts, strict=True):
                    share, value = (np.nan, 50 + 9 * rng.random()) if kind == "numeric" else (n / counts.sum(), np.nan)
                    levels.append((name, covariate, kind, subtype, level, n, share, value))
    columns = ["embedding", "covariate", "kind", "test", "statistic", "p", "q", "effect", "effect_name", "n", "missing"]
    columns_levels = ["embedding", "covariate", "kind", "subtype", "level", "n", "share", "value"]
    return pd.DataFrame(tests, columns=columns), pd.DataFrame(levels, columns=columns_levels)


def draw(figure: str, count: int) -> tuple[pd.DataFrame, Figure]:
    names = NAMES[:count]
    of_all = all_metrics(count)
    about = cohort_about("COHORT_A", of_all)
    if figure == "consensus":
        made = {name: patients(place) for place, name in enumerate(names)}
        table = consensus_table({name: own for name, (own, _) in made.items()}, dict.fromkeys(names, stability()))
        return table, draw_consensus(table, {name: matrix for name, (_, matrix) in made.items()}, about)
    if figure == "optimism":
        table = optimism_table(of_all, permutation_tests(count))
        return table, draw_optimism(table, about)
    if figure == "permutation_null":
        table = permutation_null_table(permutations(count), permutation_tests(count))
        return table, draw_permutation_null(table, about)
    if figure == "comparators":
        table = comparators_table(of_all, comparator_metrics(), comparisons(count))
        return table, draw_comparators(table, about)
    if figure == "k_selection":
        chosen = {name: k_selection(place) for place, name in enumerate(names)}
        table = k_selection_table(chosen, dict.fromkeys(names, stability()), "mixture_bic")
        return table, draw_k_selection(table, about)
    if figure == "calibration":
        table = calibration_table(dict.fromkeys(names, calibration()), of_all)
        return table, draw_calibration(table, about)
    if figure == "omics_attribution":
        given = [{name: make(place) for place, name in enumerate(names)} for make in (attribution, attention)]
        table = omics_attribution_figure_table(*given)
        return table, draw_omics_attribution(table, about)
    table = enrichment_table(*enrichment(count))
    return table, draw_enrichment(table, about)


ABOUT = About("COHORT_A", "ae", N, EVENTS)


# --- all of them


@pytest.mark.parametrize("count", [1, 3, 7])
@pytest.mark.parametrize("name", FIGURES)
def test_every_embedding_has_its_panel_and_nothing_collides(name: str, count: int) -> None:
    table, figure = draw(name, count)
    column = "method" if name == "comparators" else "embedding"
    assert set(NAMES[:count]) <= set(table[column])
    text = words(figure)
    assert f"{N} patients, {EVENTS} events" in text
    assert ("COHORT_A, ae" if count == 1 else f"COHORT_A, {count} embeddings") in text
    assert all(embedding in text for embedding in NAMES[:count] if len(embedding) < 14)
    assert fits(figure)
    assert collisions(figure) == []


def test_the_search_for_collisions_finds_one() -> None:
    _, figure = draw("optimism", 3)
    place = next(text for text in figure.texts if "apparent 0.71" in text.get_text()).get_position()
    figure.text(*place, "printed over it")
    assert any("printed over it" in pair for pair in collisions(figure))


@pytest.mark.parametrize("name", FIGURES)
def test_figures_repeat_their_bytes(name: str, tmp_path) -> None:
    for again in "ab":
        save_figure(draw(name, 2)[1], tmp_path / f"{again}.png", tmp_path / f"{again}.svg")
    for suffix in ("png", "svg"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize("name", FIGURES)
def test_the_scripts_draw_from_the_files_of_the_workflow(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(runtime.log, "propagate", runtime.log.propagate)  # given back after the test
    names = NAMES[:2]

    def write(table: pd.DataFrame, stem: str) -> str:
        write_table(table, tmp_path / f"{stem}.tsv")
        return str(tmp_path / f"{stem}.tsv")

    made = [patients(place) for place in range(2)]
    for place, (_, matrix) in enumerate(made):
        save_arrays(tmp_path / f"consensus{place}.safetensors", {"consensus": matrix})
    tests, levels = enrichment(2)
    weights = pd.DataFrame(
        [("r0f0", f"P{i}", "held_out", one, 1 / 3) for i in range(4) for one in ("mrna", "mirna", "methylation_450k")],
        columns=["split", "patient", "role", "omics", "weight"],
    )
    rows = [(split, f"P{i}", 1 + i % 2, 2) for split in ("full", "r0f0") for i in range(4)]
    labels = write(pd.DataFrame(rows, columns=["split", "patient", "subtype", "n_subtypes"]), "predictions")
    files = {
        "metrics": [write(table, f"metrics_{one}") for one, table in all_metrics(2).items()],
        "tests": write(permutation_tests(2), "tests"),
        "permutations": write(permutations(2), "permutations"),
        "comparator_metrics": write(comparator_metrics(), "comparator_metrics"),
        "comparisons": write(comparisons(2), "comparisons"),
        "consensus": [str(tmp_path / f"consensus{place}.safetensors") for place in range(2)],
        "patients": [write(own, f"patients{place}") for place, (own, _) in enumerate(made)],
        "stability": [write(stability(), f"stability{place}") for place in range(2)],
        "k_selection": [write(k_selection(place), f"k{place}") for place in range(2)],
        "calibration": [write(calibration(), f"calibration{place}") for place in range(2)],
        "enrichment": write(tests, "enrichment"),
        "attribution": [write(attribution(place), f"attribution{place}") for place in range(2)],
        "attention": [write(weights, "attention0"), write(weights.iloc[:0], "attention1")],
        "predictions": [labels] * 2,
        "levels": write(levels, "levels"),
    }
    outputs = {"png": str(tmp_path / "f.png"), "svg": str(tmp_path / "f.svg"), "table": str(tmp_path / "f.tsv")}
    # Snakemake's Namedlist gives names as attributes and by key.
    inputs = type("Inputs", (SimpleNamespace,), {"__getitem__": lambda self, key: getattr(self, key)})(**files)
    snakemake = SimpleNamespace(
        input=inputs,
        output=SimpleNamespace(**outputs),
        params=SimpleNamespace(embeddings=names, criterion="mixture_bic"),
        wildcards=SimpleNamespace(cohort="COHORT_A"),
        log=[str(tmp_path / "f.log")],
    )
    runpy.run_path(str(SCRIPTS / f"plot_{name}.py"), init_globals={"snakemake": snakemake})
    assert "2 embeddings" in Path(outputs["svg"]).read_text()
    assert Path(outputs["png"]).stat().st_size > 10_000
    expected = draw(name, 2)[0]
    found = read_table(outputs["table"])
    assert found.columns.tolist() == expected.columns.tolist()
    assert len(found) == len(expected)


# --- apparent and held-out


def test_the_optimism_is_apparent_minus_the_median_held_out() -> None:
    table = optimism_table({"ae": metrics(0)}, permutation_tests(1)).iloc[0]
    assert table["cindex_heldout"] == pytest.approx(0.62)  # the median row, not a repeat
    assert table["optimism"] == pytest.approx(0.09)
    assert (table["cindex_min"], table["cindex_max"]) == (pytest.approx(0.61), pytest.approx(0.63))
    assert (table["repeats"], table["permutations"]) == (2, 39)
    assert (table["permutation_p"], table["permutation_p_adjusted"]) == (0.025, 0.075)


def test_apparent_is_hollow_and_held_out_is_filled() -> None:
    table = optimism_table({"ae": metrics(0)}, permutation_tests(1))
    marks = [line for line in draw_optimism(table, ABOUT).axes[0].lines if line.get_marker() == "o"]
    by_face = {line.get_markerfacecolor(): (line.get_markeredgecolor(), float(line.get_xdata()[0])) for line in marks}
    assert by_face["white"] == (APPARENT, pytest.approx(0.71))
    assert by_face[HELD_OUT] == (HELD_OUT, pytest.approx(0.62))


def test_without_permutations_the_optimism_owns_up() -> None:
    table = optimism_table(all_metrics(2), permutation_tests(0))
    assert table["permutation_p"].isna().all()
    figure = draw_optimism(table, ABOUT)
    text = words(figure)
    assert "not tested" in text
    assert "nothing in this figure is a valid test" in text
    assert "permutation p of the held-out trend" not in text
    assert fits(figure)


def test_the_optimism_bounds_extreme_and_missing_values() -> None:
    wild = metrics(0)
    wild.loc[wild["metric"] == "logrank_p", "apparent"] = 0.0
    wild.loc[wild["metric"] == "logrank_p", "held_out"] = np.nan
    wild.loc[wild["metric"] == "cindex", ["held_out", "ci_low", "ci_high"]] = np.nan
    figure = draw_optimism(optimism_table({"ae": wild}, permutation_tests(0)), ABOUT)
    assert figure.axes[1].get_xlim()[1] <= 20
    assert any(line.get_marker() == ">" for line in figure.axes[1].lines)
    assert "n/a" in words(figure)
    assert fits(figure)


# --- permutation null


def test_the_share_of_false_alarms_counts_every_permuted_cohort() -> None:
    null = pd.DataFrame({"embedding": "ae", "permutation": range(6), "heldout_cindex": 0.5, "heldout_trend_z": 0.3})
    null["apparent_logrank_p"] = [1e-8, 0.01, 0.04, 0.05, np.nan, 0.6]  # permutation 0 is the real cohort
    table = permutation_null_table(null.sample(frac=1, random_state=1), permutation_tests(1, 5))
    apparent = table[table["statistic"] == "apparent_logrank_p"]
    assert apparent["share_below_05"].unique() == pytest.approx([2 / 5])
    assert apparent.loc[apparent["observed"], "value"].tolist() == [1e-8]
    assert table.loc[table["statistic"] == "heldout_cindex", "share_below_05"].isna().all()
    figure = draw_permutation_null(table, ABOUT)
    assert "p < .05 in 40 % of permuted cohorts" in words(figure)
    bars = figure.axes[0].patches[0].get_data().values
    assert bars.sum() == 4  # the one without a p-value is in no bar


def test_the_observed_value_beyond_the_null_is_an_arrow() -> None:
    table = permutations(1)
    table.loc[0, "apparent_logrank_p"] = 1e-120
    figure = draw_permutation_null(permutation_null_table(table, permutation_tests(1)), ABOUT)
    assert figure.axes[0].get_xlim()[1] < 20
    assert [line.get_marker() for line in figure.axes[0].lines if line.get_marker() in "<>v"] == [">"]
    assert "p 1.0 × 10⁻¹²⁰" in words(figure)


def test_the_null_tells_how_many_permutations_each_embedding_may_have() -> None:
    anew = permutations(1)
    anew["embedding"] = "cox"
    fewer = anew[anew["permutation"] <= 9]
    both = pd.concat([permutations(1), fewer])
    table = permutation_null_table(both, permutation_tests(2).replace({"embedding": {"dae": "cox"}}))
    n = permutations(1)["permutation"].max()
    assert f"9 to {n} permutations" in words(draw_permutation_null(table, ABOUT))


def test_without_permutations_the_null_says_so() -> None:
    for none in (permutations(2).query("permutation == 0"), permutations(2).iloc[:0]):
        table = permutation_null_table(none, permutation_tests(0))
        assert table.empty
        figure = draw_permutation_null(table, ABOUT)
        assert "No permutation test was run" in words(figure)
        assert fits(figure)


def test_a_null_without_any_statistic_does_not_crash() -> None:
    table = permutations(1)
    table[["apparent_logrank_p", "heldout_trend_z", "heldout_cindex"]] = np.nan
    figure = draw_permutation_null(permutation_null_table(table, permutation_tests(0)), ABOUT)
    assert "permutation p n/a" in words(figure)
    assert fits(figure)


# --- comparators


def test_embeddings_come_first_and_differences_are_those_of_the_first() -> None:
    table = comparators_table(all_metrics(3), comparator_metrics(), comparisons(3))
    assert table["method"].tolist() == ["vae", "dae", "ae", *reversed(COMPARATORS)]
    assert (table["reference"] == "ae").all()
    rows = table.set_index("method")
    assert rows.loc[["vae", "dae", "ae"], "difference"].isna().all()
    assert rows.loc["mrna_only", "difference"] == pytest.approx(0.03)  # of ae: dae has 0.13
    assert rows.loc["mrna_only", "p_adjusted"] == 0.6
    assert rows.loc["ae", "cindex_heldout"] == pytest.approx(0.56)
    text = words(draw_comparators(table, ABOUT))
    assert "ae minus method" in text
    assert "+0.03 (−0.05 to +0.07)" in text


def test_the_clinical_comparator_has_its_line() -> None:
    def vertical(names: list[str]) -> list[float]:
        table = comparators_table(all_metrics(1), comparator_metrics(names), comparisons(1, names))
        lines = draw_comparators(table, ABOUT).axes[0].lines
        return [line.get_xdata()[0] for line in lines if len(line.get_xdata()) == 2 and line.get_ydata()[1] == 1]

    assert vertical(COMPARATORS) == pytest.approx([0.5, 0.51])
    assert vertical(COMPARATORS[1:]) == pytest.approx([0.5])


def test_without_comparators_the_embeddings_stand_alone() -> None:
    table = comparators_table(all_metrics(2), comparator_metrics([]), comparisons(0))
    assert table["kind"].tolist() == ["embedding"] * 2
    figure = draw_comparators(table, ABOUT)
    assert "No comparators were run" in words(figure)
    assert "minus method" not in words(figure)
    assert fits(figure)


# --- consensus


def test_patients_are_ordered_and_the_image_is_the_matrix_in_that_order() -> None:
    own, matrix = patients(1)
    own.loc[5, ["consensus_own", "consensus_other"]] = np.nan
    matrix[5, 6] = matrix[6, 5] = np.nan
    table = consensus_table({"ae": own}, {"ae": stability()})
    assert table["subtype"].is_monotonic_increasing
    assert table["position"].tolist() == list(range(N))
    for _, rows in table.groupby("subtype"):
        assert rows["consensus_own"].dropna().is_monotonic_decreasing
    assert (table["patient"] == own["patient"].to_numpy()[table["row"]]).all()
    assert table["pac"].unique() == pytest.approx([0.3])  # of K = 3
    figure = draw_consensus(table, {"ae": matrix}, ABOUT)
    image = np.ma.filled(figure.axes[0].images[0].get_array().astype(float), np.nan)
    rows = table["row"].to_numpy()
    np.testing.assert_array_equal(image, matrix[np.ix_(rows, rows)])
    text = words(figure)
    for part in ("PAC 0.30", f"{int(own['ambiguous'].sum())} of {N} ambiguous", "1 (20)"):
        assert part in text


def test_many_patients_are_an_image_in_the_svg(tmp_path) -> None:
    own, matrix = patients(0, 900)
    table = consensus_table({"ae": own}, {"ae": stability().iloc[:0]})
    figure = draw_consensus(table, {"ae": matrix}, ABOUT)
    assert "PAC n/a" in words(figure)
    save_figure(figure, tmp_path / "f.png", tmp_path / "f.svg")
    assert "<image" in (tmp_path / "f.svg").read_text()
    assert (tmp_path / "f.svg").stat().st_size < 3e6


# --- number of subtypes


def test_the_criteria_and_the_choices_of_the_folds_are_counted() -> None:
    own = k_selection(0)
    table = k_selection_table({"ae": own}, {"ae": stability()}, "silhouette")
    bic = table[table["measure"] == "mixture_bic"]
    np.testing.assert_allclose(bic.groupby("split")["shown"].max(), 0)  # each split against its own best
    np.testing.assert_allclose(bic["value"], own["mixture_bic"])
    assert (table["decisive"] == (table["measure"] == "silhouette")).all()
    times = table[table["measure"] == "times_chosen"].set_index("k")["value"]
    expected = own[(own["split"] != "full") & own["chosen"]]["k"].value_counts()
    assert times[times > 0].to_dict() == expected.to_dict()
    assert times.sum() == 4
    pac = table[table["measure"] == "pac"]
    assert dict(zip(pac["k"], pac["value"], strict=True)) == pytest.approx({2: 0.2, 3: 0.3, 4: 0.4, 5: 0.5})
    figure = draw_k_selection(table, ABOUT)
    heights = [axes.get_position().height for axes in figure.axes]
    assert heights[0] > 2 * max(heights[1:])  # the criterion that decides is the large one
    assert figure.axes[0].get_ylabel() == "silhouette"


def test_a_fixed_number_of_subtypes_is_named_as_such() -> None:
    table = k_selection_table({"ae": k_selection(0, fixed=True)}, {"ae": stability().iloc[:0]}, "mixture_bic")
    figure = draw_k_selection(table, ABOUT)
    text = words(figure)
    assert "K was set in the config" in text
    assert "4 of 4 folds agree" in text
    assert fits(figure)


def test_values_by_k_read_the_item_with_or_without_words() -> None:
    table = pd.DataFrame({"measure": ["pac", "pac", "pac", "ari"], "item": [2, "3.0", "k4", 5], "value": range(4)})
    assert values_by_k(table, "pac") == {2: 0.0, 3: 1.0, 4: 2.0}


# --- calibration


def test_calibration_shows_one_repeat_and_its_slope() -> None:
    table = calibration_table({"ae": calibration()}, {"ae": metrics(0)})
    assert table["repeat"].unique().tolist() == ["r0"]
    assert len(table) == 15
    assert table["slope"].unique() == pytest.approx([0.7])  # of r0, not the median
    figure = draw_calibration(table, ABOUT)
    points = {(round(line.get_xdata()[0], 6), round(line.get_ydata()[0], 6)) for line in figure.axes[0].lines}
    assert (0.9, 0.85) in points
    text = words(figure)
    for part in ("slope 0.70 (0.20 to 1.20)", "1 year", "3 years", "5 years", "repeat r0", "2 of 3"):
        assert part in text


def test_calibration_bears_many_sizes_and_missing_points() -> None:
    rows = calibration((2, 3, 4, 5, 7))
    rows.loc[rows["days"] == 1825, ["observed", "ci_low", "ci_high"]] = np.nan
    none = calibration().iloc[:0]
    table = calibration_table({"ae": rows, "dae": none}, all_metrics(2))
    figure = draw_calibration(table, ABOUT)
    assert "no estimate" in words(figure)
    assert fits(figure)
    assert collisions(figure) == []
    alone = draw_calibration(calibration_table({"ae": none}, all_metrics(1)), ABOUT)
    assert fits(alone)


# --- enrichment


def test_rare_levels_are_put_together_and_shares_still_sum_to_one() -> None:
    sites = {"site": ("categorical", [f"hospital {i}" for i in range(12)])}
    tests, levels = enrichment(2, sites)
    table = enrichment_table(tests, levels)
    assert table["level"].nunique() == MOST_LEVELS
    other = table[table["level"] == OTHER]
    assert len(other) == table.groupby(["embedding", "subtype"]).ngroups
    np.testing.assert_allclose(table.groupby(["embedding", "subtype"])["share"].sum(), 1)
    assert table["n"].sum() == levels["n"].sum()
    kept = set(table["level"]) - {OTHER}
    totals = levels.groupby("level")["n"].sum()
    assert totals[sorted(kept)].min() >= totals.drop(sorted(kept)).max()


def test_the_bars_are_the_shares_and_the_test_is_named() -> None:
    tests, levels = enrichment(1, {"stage": COVARIATES["ajcc_pathologic_tumor_stage"]})
    table = enrichment_table(tests, levels)
    figure = draw_enrichment(table, ABOUT)
    axes = next(axes for axes in figure.axes if len(axes.patches) > 4)
    drawn = [patch.get_width() for patch in axes.patches]
    expected = table.sort_values(["subtype", "level"])["share"]
    np.testing.assert_allclose(drawn, expected)
    assert f"q = {number_text(table['q'].iloc[0])}" in words(figure)


def test_enrichment_bears_many_covariates_constants_and_none() -> None:
    many = {f"covariate_number_{i}": ("categorical", ["a", "b"]) for i in range(7)}
    many |= {"constant": ("categorical", ["1"]), "age": ("numeric", ["median", "q25", "q75"])}
    tests, levels = enrichment(2, many)
    levels.loc[levels["kind"] == "numeric", "value"] = np.nan
    figure = draw_enrichment(enrichment_table(tests, levels), ABOUT)
    assert "no test" in words(figure)
    assert fits(figure)
    assert collisions(figure) == []
    table = enrichment_table(*enrichment(0))
    assert table.empty
    figure = draw_enrichment(table, ABOUT)
    assert "No clinical variable was given" in words(figure)
    assert fits(figure)


# --- omics


def test_the_shares_drawn_are_those_of_all_repeats_and_of_the_full_fit() -> None:
    given = attribution(0)
    table = omics_attribution_figure_table({"ae": given}, {})
    for column, repeat in (("held_out", "all"), ("apparent", "full")):
        expected = given.loc[given["repeat"] == repeat, "share"].tolist()
        assert table[column].tolist() == expected
    (axes,) = draw_omics_attribution(table, ABOUT).axes
    drawn = [
        line.get_xdata()[0]
        for line in axes.lines
        if line.get_markerfacecolor() == HELD_OUT and len(line.get_xdata()) == 1
    ]
    assert sorted(drawn) == sorted(table["held_out"])


def test_a_score_without_a_gradient_is_named_and_not_drawn() -> None:
    given = attribution(0)
    gone = given["target"] == "subtype"
    given.loc[gone, ["share", "ci_low", "ci_high", "fold_low", "fold_high", "expected"]] = np.nan
    given.loc[gone, "reason"] = "the classifier svm (kernel rbf, C 1.0) cannot be differentiated"
    figure = draw_omics_attribution(omics_attribution_figure_table({"ae": given}, {}), ABOUT)
    assert "subtypes: the classifier svm" in words(figure)
    assert not any(line.get_marker() == "D" for line in figure.axes[0].lines)
    assert fits(figure)
    table = omics_attribution_figure_table({"ae": given[gone]}, {})
    assert "No attribution" in words(draw_omics_attribution(table, ABOUT))


def test_the_attention_of_each_subtype_is_drawn_where_omics_are_weighed() -> None:
    own = attention(0)
    table = omics_attribution_figure_table(
        {"ae": attribution(0), "vae": attribution(1)}, {"ae": own, "vae": attention(1)}
    )
    figure = draw_omics_attribution(table, ABOUT)
    assert len(figure.axes) == 3
    drawn = {
        (line.get_color(), round(float(line.get_xdata()[0]), 6))
        for line in figure.axes[2].lines
        if line.get_marker() == "o"
    }
    of_subtypes = own[own["subtype"] > 0]
    assert drawn == {(subtype_color(row.subtype, 2), round(row.weight, 6)) for row in of_subtypes.itertuples()}
    assert "ae: attention" in words(figure)
    assert fits(figure)
    without = omics_attribution_figure_table({"ae": attribution(0)}, {"ae": attention(1)})
    assert "ttention" not in words(draw_omics_attribution(without, ABOUT))


def test_an_omics_is_called_ahead_only_where_its_interval_is_clear() -> None:
    given = attribution(0, ("mrna", "mirna"))
    of_risk = given["target"] == "risk"
    given.loc[of_risk, "share"] = np.tile([0.6, 0.4], 3)
    given.loc[~of_risk, "share"] = np.tile([0.51, 0.49], 3)
    given["ci_low"], given["ci_high"] = given["share"] - 0.05, given["share"] + 0.05
    text = words(draw_omics_attribution(omics_attribution_figure_table({"ae": given}, {}), ABOUT))
    assert "risk: most on mrna; subtypes: no omics ahead" in text
