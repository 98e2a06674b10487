"""How much better the chain looks on its own patients than on patients it never saw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .small_multiples import ALPHA, APPARENT, HELD_OUT, key_below, light_grid, mark, metric_value, minus_log10
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

#: The axis of -log10 p ends here at the latest; what lies beyond is an arrow, and its number stands beside it.
FARTHEST_P = 20.0

_TESTS = {"heldout_trend_z": "permutation_p", "heldout_cindex": "permutation_p_cindex"}
_TOP, _ROW = 25.0, 11.0
_NAME, _C, _C_TEXT, _P, _P_TEXT = 27.0, 45.0, 27.0, 40.0, 33.0  # widths, mm


def optimism_table(metrics: Mapping[str, pd.DataFrame], tests: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    metrics
        ``metrics.tsv`` by embedding.
    tests
        ``permutation_tests.tsv``; without rows where no permutation test was run.

    Returns
    -------
    pandas.DataFrame
        One row per embedding: embedding, n, events, repeats, cindex_apparent, cindex_heldout (median over the repeats), ci_low,
        ci_high, cindex_min, cindex_max (over the repeats), optimism (apparent - held-out), logrank_p_apparent,
        logrank_p_heldout (nominal, median over the repeats), permutation_p and permutation_p_adjusted (of the held-out
        trend), permutation_p_cindex and permutation_p_cindex_adjusted (of the held-out C), permutations. NaN where there is
        none.
    """
    rows = []
    for name, own in metrics.items():
        apparent, held_out = metric_value(own, "cindex", "apparent"), metric_value(own, "cindex")
        row = {
            "embedding": name,
            "n": int(own["n"].iloc[0]),
            "events": int(own["events"].iloc[0]),
            "repeats": int(own["repeat"].astype(str).str.fullmatch(r"r\d+").groupby(own["metric"]).sum().max()),
            "cindex_apparent": apparent,
            "cindex_heldout": held_out,
            "ci_low": metric_value(own, "cindex", "ci_low"),
            "ci_high": metric_value(own, "cindex", "ci_high"),
            "cindex_min": metric_value(own, "cindex", repeat="min"),
            "cindex_max": metric_value(own, "cindex", repeat="max"),
            "optimism": apparent - held_out,
            "logrank_p_apparent": metric_value(own, "logrank_p", "apparent"),
            "logrank_p_heldout": metric_value(own, "logrank_p"),
        }
        permutations = np.nan
        for statistic, column in _TESTS.items():
            test = tests[(tests["embedding"] == name) & (tests["statistic"] == statistic)]
            found = len(test) > 0
            row[column] = float(test["p"].iloc[0]) if found else np.nan
            row[f"{column}_adjusted"] = float(test["p_adjusted"].iloc[0]) if found else np.nan
            permutations = float(test["permutations"].iloc[0]) if found else permutations
        rows.append({**row, "permutations": permutations})
    return pd.DataFrame(rows)


def draw_optimism(table: pd.DataFrame, about: About) -> Figure:
    """Draw concordance and log-rank p of every embedding, apparent joined to held-out.

    Parameters
    ----------
    table
        From `optimism_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    height = _ROW * len(table)
    tested = bool(table["permutation_p"].notna().any())
    at_c = _NAME
    at_c_text = at_c + _C + 3
    at_p = at_c_text + _C_TEXT
    at_p_text = at_p + _P + 4
    with house_style():
        figure = new_figure(WIDTH, _TOP + height + 28)
        repeats = int(table["repeats"].max())
        over = f"median of {repeats} repeats" if repeats > 1 else "one repeat"
        heading(figure, about.title("apparent and held-out"), f"{about.counts()}; held-out: {over} of cross-validation")
        head: Style = {"fontsize": 7.8, "fontweight": "bold"}
        text_mm(figure, at_c, 15.5, "Concordance of the risk (Harrell’s C)", **head)
        text_mm(figure, at_p, 15.5, "Log-rank test of the subtypes", **head)
        small: Style = {"fontsize": 6, "color": MUTED}
        text_mm(figure, at_c_text, _TOP - 4.6, "held-out C (95 %)", fit=_C_TEXT - 2, **small)
        text_mm(figure, at_p_text, _TOP - 4.6, "permutation p (adjusted)", fit=_P_TEXT - 2, **small)
        _concordance(axes_mm(figure, at_c, _TOP, _C, height), table)
        _p_values(axes_mm(figure, at_p, _TOP, _P, height), table)
        for place, row in enumerate(table.to_dict("records")):
            middle = _TOP + _ROW * (place + 0.5)
            name = shorten(str(row["embedding"]), 16)
            text_mm(figure, _NAME - 3, middle, name, ha="right", va="center", fontsize=7.2, fit=_NAME - 6)
            interval = np.isfinite([row["ci_low"], row["ci_high"]]).all()
            limits = f" ({ratio_text(row['ci_low'])}–{ratio_text(row['ci_high'])})" if interval else ""
            lines = (
                f"{ratio_text(row['cindex_heldout'])}{limits}",
                f"apparent {ratio_text(row['cindex_apparent'])}",
                f"optimism {_signed(row['optimism'])}",
            )
            _lines(figure, at_c_text, middle, lines, HELD_OUT, _C_TEXT - 2)
            p, adjusted = row["permutation_p"], row["permutation_p_adjusted"]
            more = f" ({number_text(adjusted)})" if np.isfinite(adjusted) else ""
            lines = (
                f"{number_text(p)}{more}" if np.isfinite(p) else "not tested",
                f"held-out, nominal {number_text(row['logrank_p_heldout'])}",
                f"apparent {number_text(row['logrank_p_apparent'])}",
            )
            _lines(figure, at_p_text, middle, lines, INK, _P_TEXT - 2)
        _key(figure, _TOP + height + 11, tested)
        footnote(figure, _footnote(table, tested))
    return figure


def _lines(figure: Figure, left: float, middle: float, lines: tuple[str, str, str], color: str, width: float) -> None:
    """Write what matters in bold, and below it two lines in grey."""
    text_mm(figure, left, middle - 4.3, lines[0], fontsize=6.8, fontweight="bold", color=color, fit=width)
    for place, words in enumerate(lines[1:]):
        text_mm(figure, left, middle - 1.0 + 2.7 * place, words, fontsize=6, color=MUTED, fit=width)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if np.isfinite(value) else "n/a"


def _rows(axes: Axes, n: int) -> None:
    axes.set(ylim=(n - 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    light_grid(axes, "x")


def _concordance(axes: Axes, table: pd.DataFrame) -> None:
    values = table[["cindex_apparent", "cindex_heldout", "ci_low", "ci_high"]].to_numpy(np.float64)
    known = values[np.isfinite(values)]
    low, high = (min(known.min(), 0.5), max(known.max(), 0.6)) if known.size else (0.4, 0.8)
    axes.set_xlim(low - 0.02, high + 0.02)
    axes.locator_params(axis="x", nbins=6)
    axes.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
    axes.set_xlabel("C (0.5 = chance)", labelpad=2)
    _rows(axes, len(table))
    for place, (apparent, held_out, start, stop) in enumerate(values):
        axes.plot([start, stop], [place] * 2, color=HELD_OUT, linewidth=2.6, alpha=0.3, solid_capstyle="butt")
        _dumbbell(axes, apparent, held_out, place)


def _p_values(axes: Axes, table: pd.DataFrame) -> None:
    names = ["logrank_p_apparent", "logrank_p_heldout", "permutation_p"]
    values = minus_log10(table[names].to_numpy(np.float64))
    known = values[np.isfinite(values)]
    reach = min(max(known.max(initial=0.0) * 1.08, 3.0), FARTHEST_P)
    axes.set_xlim(0, reach)
    axes.locator_params(axis="x", nbins=6, integer=True)
    axes.axvline(-np.log10(ALPHA), color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
    top: Style = {"ha": "center", "va": "bottom", "fontsize": 5.8, "color": MUTED}
    axes.text(-np.log10(ALPHA), -0.5, "p = .05", **top)
    axes.set_xlabel("−log₁₀ p (larger = smaller p)", labelpad=2)
    _rows(axes, len(table))
    for place, (apparent, held_out, permutation) in enumerate(values):
        _dumbbell(axes, apparent, held_out, place, reach)
        style: Style = {"marker": "D", "markersize": 3.6, "color": INK, "linestyle": "none", "zorder": 5}
        axes.plot([permutation], [place + 0.18], clip_on=False, **style)


def _dumbbell(axes: Axes, apparent: float, held_out: float, place: int, reach: float = np.inf) -> None:
    """Join the hollow mark of apparent to the filled one of held-out; beyond `reach` an arrow."""
    y = place - (0.14 if np.isfinite(reach) else 0.0)
    ends = np.minimum([apparent, held_out], reach)
    axes.plot(ends, [y, y], color="#BDBDBD", linewidth=1.1, zorder=2)
    for value, color, face in ((apparent, APPARENT, "white"), (held_out, HELD_OUT, HELD_OUT)):
        beyond = value > reach
        style: Style = {"markersize": 5, "markeredgewidth": 1.0, "markeredgecolor": color, "clip_on": False}
        axes.plot([min(value, reach)], [y], ">" if beyond else "o", markerfacecolor=face, zorder=4, **style)


def _key(figure: Figure, top: float, tested: bool) -> None:
    handles = [mark("o", APPARENT, hollow=True), mark("o", HELD_OUT)]
    words = ["apparent: own patients, no test", "held-out: patients never seen (log-rank p nominal)"]
    if tested:
        handles.append(mark("D", INK, size=3.6))
        words.append("permutation p of the held-out trend")
    key_below(figure, handles, words, top, left=6)


def _footnote(table: pd.DataFrame, tested: bool) -> str:
    lines = [
        "Bars: 95 % interval of the held-out C (patients resampled, fitted chain kept). The grey line between the marks is the"
        " optimism. The apparent p is no test: the",
        "same patients chose latents and clusters by their survival. The nominal held-out p is too small too often, because folds"
        " share training patients.",
    ]
    if tested:
        b = int(table["permutations"].max())
        lines.append(
            f"Only the permutation p is a test: {b} permutations of survival, everything that used it run again; the smallest"
            f" possible is 1/{b + 1}. Adjusted: over the embeddings (Westfall-Young)."
        )
    else:
        lines.append("No permutation test was run, so nothing in this figure is a valid test.")
    return "\n".join(lines)
