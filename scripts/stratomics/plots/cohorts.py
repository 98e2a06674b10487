"""All cohorts of a run side by side: held-out concordance of every embedding, beside the clinic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .small_multiples import key_below, light_grid, mark
from .style import (
    FAINT,
    INK,
    MUTED,
    WIDTH,
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

#: Paul Tol's "muted" scheme: none of these is the colour of a subtype.
EMBEDDING_COLORS = (
    "#332288",
    "#44AA99",
    "#CC6677",
    "#999933",
    "#882255",
    "#88CCEE",
    "#117733",
    "#DDCC77",
    "#AA4499",
)
_CLINIC = "#999999"
_TOP = 25.0
_NAME, _PATIENTS, _EVENTS, _FOREST, _TEXT, _P = (
    31.0,
    42.0,
    52.0,
    62.0,
    25.0,
    13.0,
)  # right edges of three, then widths, mm
#: From this many cohorts on the lines stand closer, so that a page holds 33 cohorts of three embeddings.
_MANY = 20
_PER_KEY_LINE = 6


def cohorts_figure_table(cohorts: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    cohorts
        ``cohorts.tsv``.

    Returns
    -------
    pandas.DataFrame
        In the same order: cohort, patients, events, embedding, heldout_cindex, heldout_cindex_low, heldout_cindex_high (of
        the risk), the same with ``heldout_cindex_subtype`` (of the subtypes), clinical_cindex, permutation_p_adjusted,
        separation, separates (whether the mark is filled).
    """
    columns = [
        "cohort",
        "patients",
        "events",
        "embedding",
        "heldout_cindex",
        "heldout_cindex_low",
        "heldout_cindex_high",
        "heldout_cindex_subtype",
        "heldout_cindex_subtype_low",
        "heldout_cindex_subtype_high",
    ]
    table = cohorts[[*columns, "clinical_cindex", "permutation_p_adjusted", "separation"]].copy()
    table["separates"] = table["separation"] == "separates"
    return table.reset_index(drop=True)


def draw_cohorts(table: pd.DataFrame, of: int | None = None) -> Figure:
    """Draw the held-out concordance of the risk of every embedding in every cohort, beside the verdict on its subtypes.

    Parameters
    ----------
    table
        From `cohorts_figure_table`; at least one row.
    of
        Number of cohorts of the run, where only those that finished are drawn.

    Returns
    -------
    matplotlib.figure.Figure
    """
    cohorts = table.drop_duplicates("cohort")
    embeddings = list(dict.fromkeys(table["embedding"]))
    line, gap = (2.2, 0.9) if len(cohorts) > _MANY else (2.6, 1.6)
    if len(embeddings) == 1:
        gap = 1.8
    rows = table["cohort"].map({name: place for place, name in enumerate(cohorts["cohort"])}).to_numpy()
    # Where every line stands, mm below the top of the axes.
    places = gap * rows + line * np.arange(len(table)) + (line + gap) / 2
    height = float(line * len(table) + gap * len(cohorts))
    colors = {name: EMBEDDING_COLORS[i % len(EMBEDDING_COLORS)] for i, name in enumerate(embeddings)}
    at_forest = _EVENTS + 5
    at_text = at_forest + _FOREST + 3
    at_p = at_text + _TEXT
    at_verdict = at_p + _P
    key_lines = -(-len(embeddings) // _PER_KEY_LINE) + 1
    with house_style():
        figure = new_figure(WIDTH, _TOP + height + 19 + 3.6 * key_lines)
        counts = f"{cohorts['patients'].sum()} patients, {cohorts['events'].sum()} events"
        number = (
            f"{len(cohorts)} cohorts" if of is None else f"{len(cohorts)} of {of} cohorts (the others did not finish)"
        )
        heading(figure, f"{number}: do the subtypes hold in patients they never saw?", f"{counts}; held-out patients")
        head: Style = {"fontsize": 7.8, "fontweight": "bold"}
        text_mm(figure, at_forest, 15.5, "Held-out concordance of the risk", fit=_FOREST, **head)
        text_mm(figure, at_text, 15.5, "Separation of the subtypes", fit=WIDTH - at_text - 4, **head)
        small: Style = {"fontsize": 6, "color": MUTED}
        for right, word in ((_NAME, "cohort"), (_PATIENTS, "patients"), (_EVENTS, "events")):
            text_mm(figure, right, _TOP - 4.0, word, ha="right", **small)
        for left, word in ((at_text, "C (95 %)"), (at_p, "adj. p"), (at_verdict, "verdict")):
            text_mm(figure, left, _TOP - 4.0, word, **small)
        axes = axes_mm(figure, at_forest, _TOP, _FOREST, height)
        _frame(axes, table, height)
        for row in range(len(cohorts)):
            own = places[rows == row]
            top, bottom = own[0] - (line + gap) / 2, own[-1] + (line + gap) / 2
            if row:
                axes.axhline(top, color=FAINT, linewidth=0.4, zorder=0)
            known = cohorts.iloc[row]
            if np.isfinite(known["clinical_cindex"]):
                axes.vlines(
                    known["clinical_cindex"], top + 0.25, bottom - 0.25, color=_CLINIC, linewidth=2.0, zorder=1.5
                )
            cell: Style = {"ha": "right", "va": "center", "fontsize": 6.4, "color": INK}
            middle = _TOP + (top + bottom) / 2
            text_mm(figure, _NAME, middle, shorten(str(known["cohort"]), 20), fit=_NAME - 4, fontweight="bold", **cell)
            text_mm(figure, _PATIENTS, middle, str(known["patients"]), **cell)
            text_mm(figure, _EVENTS, middle, str(known["events"]), **cell)
        for place, one in zip(places, table.to_dict("records"), strict=True):
            color = colors[one["embedding"]]
            _estimate(axes, one, place, color)
            line_style: Style = {"va": "center", "fontsize": 5.2, "color": INK}
            if one["separates"]:
                line_style["fontweight"] = "bold"
            text_mm(figure, at_text, _TOP + place, _interval(one), fit=_TEXT - 2, **line_style)
            text_mm(figure, at_p, _TOP + place, number_text(one["permutation_p_adjusted"]), fit=_P - 1, **line_style)
            words = str(one["separation"]).replace("_", " ")
            text_mm(figure, at_verdict, _TOP + place, words, fit=WIDTH - at_verdict - 3, **line_style)
        _keys(figure, colors, bool(cohorts["clinical_cindex"].notna().any()), _TOP + height + 8.5)
        footnote(figure, _footnote(len(cohorts)))
    return figure


def _interval(one: Mapping[Any, Any]) -> str:
    """Return ``0.61 (0.55–0.67)``, of the subtypes."""
    value, low, high = (one[f"heldout_cindex_subtype{end}"] for end in ("", "_low", "_high"))
    limits = f" ({ratio_text(low)}–{ratio_text(high)})" if np.isfinite([low, high]).all() else ""
    return f"{ratio_text(value)}{limits}"


def _frame(axes: Axes, table: pd.DataFrame, height: float) -> None:
    columns = ["heldout_cindex", "heldout_cindex_low", "heldout_cindex_high", "clinical_cindex"]
    values = table[columns].to_numpy(np.float64)
    known = values[np.isfinite(values)]
    low, high = min(known.min(initial=0.5), 0.45), max(known.max(initial=0.5), 0.65)
    axes.set(xlim=(low - 0.015, high + 0.015), ylim=(height, 0), yticks=[])
    axes.locator_params(axis="x", nbins=7)
    axes.set_xlabel("Harrell’s C of the risk", labelpad=2)
    axes.spines["left"].set_visible(False)
    light_grid(axes, "x")
    axes.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
    axes.text(0.5, 0, "chance", ha="center", va="bottom", fontsize=5.6, color=MUTED)


def _estimate(axes: Axes, one: Mapping[Any, Any], place: float, color: str) -> None:
    """Draw one embedding of one cohort: its interval, and its mark filled where the subtypes separate."""
    limits = [one["heldout_cindex_low"], one["heldout_cindex_high"]]
    axes.plot(limits, [place, place], color=color, linewidth=0.9, solid_capstyle="butt", zorder=2)
    face = color if one["separates"] else "white"
    style: Style = {"markersize": 3.6, "markeredgewidth": 0.8, "zorder": 3}
    axes.plot([one["heldout_cindex"]], [place], "o", markeredgecolor=color, markerfacecolor=face, **style)


def _keys(figure: Figure, colors: dict[str, str], clinic: bool, top: float) -> None:
    """Write the keys: what the marks mean, then the colours of the embeddings."""
    handles = [mark("o", INK, size=3.6), mark("o", INK, hollow=True, size=3.6)]
    words = ["subtypes separate held-out patients", "little, or not shown"]
    if clinic:
        handles.append(Line2D([], [], marker="|", color=_CLINIC, markersize=7, markeredgewidth=2.0, linestyle="none"))
        words.append("clinical covariates alone")
    key_below(figure, handles, words, top)
    names = list(colors)
    for i in range(0, len(names), _PER_KEY_LINE):
        some = names[i : i + _PER_KEY_LINE]
        lines = [Line2D([], [], color=colors[name], linewidth=2.0) for name in some]
        key_below(figure, lines, [shorten(name, 18) for name in some], top + 3.8 * (1 + i // _PER_KEY_LINE))


def _footnote(n_cohorts: int) -> str:
    expected = f"up to about {0.05 * n_cohorts:.1f}"
    return (
        "C: median over the repeats. Intervals resample patients and keep the fitted methods. adj. p: permutation p of the held-out"
        " log-rank test for trend, adjusted over the embeddings\n"
        f"of a cohort, not over the cohorts: were there nothing to find, {expected} of {n_cohorts} cohorts would separate by"
        " chance. Cohorts differ in follow-up and end point: compare within a row."
    )
