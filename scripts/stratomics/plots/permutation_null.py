"""What the chain finds in cohorts whose survival was permuted, beside what it found in the real one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .small_multiples import ALPHA, APPARENT, HELD_OUT, empty_figure, minus_log10, p_with_adjusted
from .style import (
    INK,
    MUTED,
    WIDTH,
    About,
    Style,
    axes_mm,
    footnote,
    heading,
    house_style,
    new_figure,
    number_text,
    ratio_text,
    shorten,
    text_mm,
)

#: Statistics drawn, by column of the figure: heading and axis.
STATISTICS = {
    "apparent_logrank_p": ("Apparent log-rank p: no test", "−log₁₀ p"),
    "heldout_trend_z": ("Held-out subtypes: trend", "z of the log-rank test for trend"),
    "heldout_cindex": ("Held-out risk: concordance", "Harrell’s C"),
}
#: Of the statistics that are no p-value: what chance gives, and the range that is shown at least.
CHANCE = {"heldout_trend_z": (0.0, -2.0, 3.0), "heldout_cindex": (0.5, 0.45, 0.6)}
#: An observed value farther out than this many times the reach of the null becomes an arrow at the edge.
FARTHEST = 1.5
_BINS = 28
_TITLE = "permutation test"
_TOP, _HEIGHT, _ROW = 25.0, 18.0, 32.0
_NAME, _PANEL, _GAP = 17.0, 46.0, 7.5


def permutation_null_table(permutations: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    permutations
        ``permutations.tsv``: embedding, permutation (0 = the observed order), apparent_logrank_p, heldout_trend_z,
        heldout_cindex.
    tests
        ``permutation_tests.tsv``: embedding, statistic, p, p_adjusted.

    Returns
    -------
    pandas.DataFrame
        One row per embedding, statistic and permutation: embedding, statistic, permutation, value, observed (true for
        permutation 0), p, p_adjusted (of the statistic), share_below_05 (share of the permuted cohorts whose p-value is below
        .05, one without a p-value not being so; NaN for what is no p-value). No rows where no permutation was run.
    """
    columns = ["embedding", "statistic", "permutation", "value", "observed", "p", "p_adjusted", "share_below_05"]
    if not (permutations["permutation"] > 0).any():
        return pd.DataFrame(columns=columns)
    pieces = []
    for embedding, own in permutations.groupby("embedding", sort=False):
        own = own.sort_values("permutation")
        null = own["permutation"] > 0
        for statistic in STATISTICS:
            test = tests[(tests["embedding"] == embedding) & (tests["statistic"] == statistic)]
            share = float((own.loc[null, statistic] < ALPHA).mean()) if statistic.endswith("_p") else np.nan
            piece = {
                "embedding": embedding,
                "statistic": statistic,
                "permutation": own["permutation"].to_numpy(np.int64),
                "value": own[statistic].to_numpy(np.float64),
                "observed": ~null.to_numpy(),
                "p": float(test["p"].iloc[0]) if len(test) else np.nan,
                "p_adjusted": float(test["p_adjusted"].iloc[0]) if len(test) else np.nan,
                "share_below_05": share,
            }
            pieces.append(pd.DataFrame(piece))
    return pd.concat(pieces, ignore_index=True)[columns]


def draw_permutation_null(table: pd.DataFrame, about: About) -> Figure:
    """Draw, for every embedding, the null of each statistic with the observed value as a line.

    Parameters
    ----------
    table
        From `permutation_null_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        if table.empty:
            words = "No permutation test was run (evaluation: permutations, or survival_permutations, is 0)."
            return empty_figure(
                about, _TITLE, words, "Without it no p-value of this cohort is a valid test of the chain."
            )
        names = table["embedding"].unique()
        # Embeddings whose networks are trained anew have fewer.
        counts = table[table["permutation"] > 0].groupby("embedding")["permutation"].nunique()
        b = " to ".join(dict.fromkeys(str(count) for count in (counts.min(), counts.max())))
        figure = new_figure(WIDTH, _TOP + _ROW * len(names) + 10)
        subtitle = f"{about.counts()}; {b} permutations of survival against the omics, the chain run again on each"
        heading(figure, about.title(_TITLE), subtitle)
        for column, (statistic, (title, label)) in enumerate(STATISTICS.items()):
            left = _NAME + column * (_PANEL + _GAP)
            rows = table[table["statistic"] == statistic]
            values = rows["value"].to_numpy(np.float64)
            shown = minus_log10(values) if statistic.endswith("_p") else values
            limits = _limits(shown, rows["observed"].to_numpy(bool), statistic)
            color = APPARENT if statistic.startswith("apparent") else HELD_OUT
            text_mm(figure, left, 15.0, title, fontsize=7.8, fontweight="bold", color=color, fit=_PANEL + 2)
            for place, name in enumerate(names):
                top = _TOP + _ROW * place
                own = (rows["embedding"] == name).to_numpy()
                axes = axes_mm(figure, left, top + 3.5, _PANEL, _HEIGHT)
                null = shown[own & ~rows["observed"].to_numpy(bool)]
                observed = shown[own & rows["observed"].to_numpy(bool)]
                _histogram(axes, null, observed[0] if observed.size else np.nan, limits, color)
                _level(axes, statistic, observed)
                axes.tick_params(labelsize=6, labelbottom=True)
                if place == len(names) - 1:
                    axes.set_xlabel(label, labelpad=1.5, fontsize=6.5)
                _words(figure, left, top, rows[own].iloc[0], rows.loc[own & rows["observed"].to_numpy(bool), "value"])
                if column == 0:
                    middle = top + 3.5 + _HEIGHT / 2
                    style: Style = {"ha": "center", "va": "center", "rotation": 90, "fontsize": 8}
                    text_mm(figure, 5.5, middle, shorten(str(name), 14), fontweight="bold", **style)
                    text_mm(figure, 10, middle, "permuted cohorts", **{**style, "fontsize": 6.3})
        footnote(
            figure,
            "Bars: cohorts whose survival was permuted, so that there is nothing to find. Line: the real cohort (an arrow to the"
            " side where it lies beyond the axis). Held-out values are medians over\nthe repeats. Only the permutation p is a test:"
            " (1 + permuted cohorts at least as extreme) / (1 + permutations); adjusted: over the embeddings (Westfall-Young).",
        )
    return figure


def _limits(shown: np.ndarray, observed: np.ndarray, statistic: str) -> tuple[float, float]:
    """Return the axis that all embeddings share, so that one far observed value does not flatten the null."""
    null, real = (shown[rows & np.isfinite(shown)] for rows in (~observed, observed))
    if statistic.endswith("_p"):
        reach = max(null.max(initial=0.0), 3.0)
        return 0.0, float(max(reach, min(real.max(initial=0.0), FARTHEST * reach)) * 1.04)
    _, lowest, highest = CHANCE[statistic]
    low, high = null.min(initial=lowest), null.max(initial=highest)
    width = high - low
    low = max(min(low, real.min(initial=low)), low - width / 2)
    high = min(max(high, real.max(initial=high)), high + width / 2)
    return float(low - 0.02 * width), float(high + 0.02 * width)


def _histogram(axes: Axes, null: np.ndarray, observed: float, limits: tuple[float, float], color: str) -> None:
    axes.set_xlim(limits)
    edges = np.linspace(*limits, _BINS + 1)
    counts, _ = np.histogram(null[np.isfinite(null)], edges)
    axes.stairs(counts, edges, fill=True, color=color, alpha=0.55, linewidth=0, zorder=2)
    axes.set_ylim(0, max(counts.max(initial=0), 1) * 1.22)
    axes.locator_params(axis="y", nbins=4, integer=True)
    axes.locator_params(axis="x", nbins=6)
    if not np.isfinite(observed):
        return
    inside = float(np.clip(observed, *limits))
    top = axes.get_ylim()[1]
    axes.plot([inside, inside], [0, top], color=INK, linewidth=1.3, zorder=4, clip_on=False)
    marker = "v" if inside == observed else ">" if observed > inside else "<"
    axes.plot([inside], [top], marker=marker, markersize=4.5, color=INK, zorder=5, clip_on=False)


def _level(axes: Axes, statistic: str, observed: np.ndarray) -> None:
    """Draw the dashed line at p = .05, or at what chance gives; its name keeps clear of the observed value."""
    x, words = (CHANCE[statistic][0], "chance") if statistic in CHANCE else (-np.log10(ALPHA), "p = .05")
    axes.axvline(x, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=3)
    low, high = axes.get_xlim()
    near = observed.size > 0 and 0 <= observed[0] - x < 0.22 * (high - low)
    style: Style = {"fontsize": 5.4, "color": MUTED, "va": "top", "ha": "right" if near else "left"}
    axes.text(x, axes.get_ylim()[1], f"{words} " if near else f" {words}", **style)


def _words(figure: Figure, left: float, top: float, row: pd.Series, observed: pd.Series) -> None:
    """Write the test, or for apparent the share of false alarms, and the observed value above a panel."""
    value = float(observed.iloc[0]) if len(observed) else np.nan
    share = _percent(row["share_below_05"])
    test = f"permutation {p_with_adjusted(float(row['p']), float(row['p_adjusted']))}"
    if row["statistic"] == "apparent_logrank_p":
        lines = f"p < .05 in {share} of permuted cohorts", f"observed p {number_text(value)}"
    elif row["statistic"] == "heldout_trend_z":
        lines = test, f"observed z {ratio_text(value)}"
    else:
        lines = test, f"observed C {ratio_text(value)}"
    text_mm(figure, left, top - 3.6, lines[0], fontsize=6.5, fontweight="bold", fit=_PANEL + 4)
    text_mm(figure, left, top - 0.3, lines[1], fontsize=6.2, color=MUTED, fit=_PANEL + 4)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if np.isfinite(share) else "n/a"
