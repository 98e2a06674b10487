"""The embeddings beside simpler methods on the same splits: held-out concordance and paired differences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .small_multiples import HELD_OUT, key_below, light_grid, mark, metric_value
from .style import (
    FAINT,
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

#: The comparator that gets a line through the figure.
CLINICAL = "clinical"
_COMPARATOR = "#555555"
_TOP, _ROW = 25.0, 4.8
_NAME, _C, _C_TEXT, _DIFFERENCE, _DIFFERENCE_TEXT, _P = 34.0, 38.0, 25.0, 33.0, 29.0, 11.0  # widths, mm


def comparators_table(
    metrics: Mapping[str, pd.DataFrame], comparators: pd.DataFrame, comparisons: pd.DataFrame
) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    metrics
        ``metrics.tsv`` by embedding, in the order of the config. The first one is the reference of the differences: named
        before the results were known, unlike the best.
    comparators
        ``comparator_metrics.tsv``: method, then the columns of ``metrics.tsv``. May have no rows.
    comparisons
        ``comparisons.tsv``: embedding, against, metric, difference (ours - theirs), ci_low, ci_high, p, p_adjusted. May have no
        rows.

    Returns
    -------
    pandas.DataFrame
        Embeddings first, each kind sorted by falling held-out concordance: method, kind (embedding | comparator), n, events,
        cindex_apparent, cindex_heldout (median over the repeats), ci_low, ci_high, reference (of the difference), difference
        (held-out concordance of the reference minus that of the method), difference_low, difference_high, p, p_adjusted;
        NaN where there is no comparison.
    """
    reference = next(iter(metrics))
    methods = [("embedding", name, own) for name, own in metrics.items()]
    methods += [("comparator", str(name), own) for name, own in comparators.groupby("method", sort=False)]
    against = comparisons[(comparisons["metric"] == "cindex") & (comparisons["embedding"] == reference)]
    against = against.drop_duplicates("against").set_index("against")
    wanted = {"difference": "difference", "difference_low": "ci_low", "difference_high": "ci_high"}
    wanted |= {"p": "p", "p_adjusted": "p_adjusted"}
    rows = []
    for kind, name, own in methods:
        known = name in against.index and name != reference
        rows.append(
            {
                "method": name,
                "kind": kind,
                "n": int(own["n"].iloc[0]),
                "events": int(own["events"].iloc[0]),
                "cindex_apparent": metric_value(own, "cindex", "apparent"),
                "cindex_heldout": metric_value(own, "cindex"),
                "ci_low": metric_value(own, "cindex", "ci_low"),
                "ci_high": metric_value(own, "cindex", "ci_high"),
                "reference": reference,
                **{new: float(against[old].loc[name]) if known else np.nan for new, old in wanted.items()},
            }
        )
    table = pd.DataFrame(rows)
    order = table.assign(second=table["kind"] == "comparator", falling=-table["cindex_heldout"])
    return table.loc[order.sort_values(["second", "falling", "method"]).index].reset_index(drop=True)


def draw_comparators(table: pd.DataFrame, about: About) -> Figure:
    """Draw the held-out concordance of every method and the difference of the reference embedding to it.

    Parameters
    ----------
    table
        From `comparators_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    kinds = table["kind"].to_numpy()
    n_ours = int((kinds == "embedding").sum())
    places = np.arange(len(table)) + 0.6 * (kinds == "comparator")  # a gap between the two kinds
    height = _ROW * (places[-1] + 1)
    reference = str(table["reference"].iloc[0])
    compared = bool(table["difference"].notna().any())
    at_text = _NAME + _C + 3
    at_difference = at_text + _C_TEXT
    at_last = at_difference + _DIFFERENCE + 3
    at_p = at_last + _DIFFERENCE_TEXT
    with house_style():
        figure = new_figure(WIDTH, _TOP + height + 25)
        about_counts = f"{about.counts()}; held-out patients, the same splits for every method"
        heading(figure, about.title("beside simpler methods"), about_counts)
        head: Style = {"fontsize": 7.8, "fontweight": "bold"}
        small: Style = {"fontsize": 6, "color": MUTED}
        text_mm(figure, _NAME, 15.5, "Held-out concordance (Harrell’s C)", fit=_C + _C_TEXT, **head)
        text_mm(figure, at_text, _TOP - 4.0, "C (95 %)", **small)
        forest = axes_mm(figure, _NAME, _TOP, _C, height)
        _concordance(forest, table, places)
        if compared:
            title = f"Difference in C: {shorten(reference, 16)} minus method"
            text_mm(figure, at_difference, 15.5, title, fit=_DIFFERENCE + _DIFFERENCE_TEXT + _P, **head)
            text_mm(figure, at_last, _TOP - 4.0, "difference (95 %)", **small)
            text_mm(figure, at_p, _TOP - 4.0, "adj. p", **small)
            _differences(axes_mm(figure, at_difference, _TOP, _DIFFERENCE, height), table, places)
        for place, row in zip(places, table.to_dict("records"), strict=True):
            middle = _TOP + _ROW * (place + 0.5)
            ours = row["kind"] == "embedding"
            cell: Style = {"va": "center", "fontsize": 6.4, "color": INK}
            weight = "bold" if ours else "normal"
            name = shorten(str(row["method"]), 24)
            text_mm(figure, _NAME - 3, middle, name, ha="right", fit=_NAME - 7, fontweight=weight, **cell)
            words = _interval(row["cindex_heldout"], row["ci_low"], row["ci_high"])
            text_mm(figure, at_text, middle, words, fit=_C_TEXT - 3, fontweight=weight, **cell)
            if not compared:
                continue
            if row["method"] == reference:
                text_mm(figure, at_last, middle, "reference", **{**cell, "color": MUTED})
            elif np.isfinite(row["difference"]):
                limits = row["difference"], row["difference_low"], row["difference_high"]
                text_mm(figure, at_last, middle, _interval(*limits, signed=True), fit=_DIFFERENCE_TEXT - 1, **cell)
                text_mm(figure, at_p, middle, number_text(row["p_adjusted"]), fit=_P, **cell)
        handles, words_of = [mark("o", HELD_OUT)], ["embedding"]
        if n_ours < len(table):
            handles.append(mark("s", _COMPARATOR))
            words_of.append("comparator")
        key_below(figure, handles, words_of, _TOP + height + 9, left=_NAME)
        footnote(figure, _footnote(table, compared))
    return figure


def _interval(value: float, low: float, high: float, *, signed: bool = False) -> str:
    """Return ``0.61 (0.55–0.67)`` or, signed, ``+0.02 (−0.04 to +0.08)``."""
    if not signed:
        limits = f" ({ratio_text(low)}–{ratio_text(high)})" if np.isfinite([low, high]).all() else ""
        return f"{ratio_text(value)}{limits}"
    text = [f"{number:+.2f}".replace("-", "−") for number in (value, low, high)]
    return f"{text[0]} ({text[1]} to {text[2]})" if np.isfinite([low, high]).all() else text[0]


def _frame(axes: Axes, places: np.ndarray, kinds: np.ndarray) -> None:
    axes.set(ylim=(places[-1] + 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    light_grid(axes, "x")
    if (kinds == "comparator").any() and (kinds == "embedding").any():
        axes.axhline((kinds == "embedding").sum() - 0.2, color=FAINT, linewidth=0.8)


def _forest(axes: Axes, values: np.ndarray, places: np.ndarray, kinds: np.ndarray) -> None:
    """Draw estimates with their intervals; [rows, (value, low, high)]."""
    for (value, low, high), place, kind in zip(values, places, kinds, strict=True):
        color, marker = (HELD_OUT, "o") if kind == "embedding" else (_COMPARATOR, "s")
        axes.plot([low, high], [place, place], color=color, linewidth=1.1, solid_capstyle="butt", zorder=2)
        axes.plot([value], [place], marker, color=color, markersize=4.2 if marker == "o" else 3.6, zorder=3)


def _concordance(axes: Axes, table: pd.DataFrame, places: np.ndarray) -> None:
    values = table[["cindex_heldout", "ci_low", "ci_high"]].to_numpy(np.float64)
    known = values[np.isfinite(values)]
    low, high = (min(known.min(), 0.5), max(known.max(), 0.6)) if known.size else (0.4, 0.8)
    kinds = table["kind"].to_numpy()
    axes.set_xlim(low - 0.015, high + 0.015)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel("C of the held-out risk", labelpad=2)
    _frame(axes, places, kinds)
    dash: Style = {"color": MUTED, "linewidth": 0.7, "zorder": 1}
    axes.axvline(0.5, linestyle=(0, (3, 2)), **dash)
    top: Style = {"ha": "center", "va": "bottom", "fontsize": 5.6, "color": MUTED}
    axes.text(0.5, -0.5, "chance", **top)
    clinical = table.loc[table["method"] == CLINICAL, "cindex_heldout"].to_numpy(np.float64)
    if clinical.size and np.isfinite(clinical[0]):
        axes.axvline(clinical[0], linestyle=(0, (1, 1.2)), **{**dash, "color": INK, "linewidth": 0.9})
        if clinical[0] - 0.5 > 0.22 * (high - low):  # else the two names would meet
            axes.text(clinical[0], -0.5, CLINICAL, **{**top, "color": INK})
    _forest(axes, values, places, kinds)


def _differences(axes: Axes, table: pd.DataFrame, places: np.ndarray) -> None:
    values = table[["difference", "difference_low", "difference_high"]].to_numpy(np.float64)
    kinds = table["kind"].to_numpy()
    reach = max(float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) * 1.08, 0.05)
    axes.set_xlim(-reach, reach)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("difference in held-out C", labelpad=2)
    side: Style = {"va": "bottom", "fontsize": 5.6, "color": MUTED}
    axes.text(-0.02 * reach, -0.5, "method better ", ha="right", **side)
    axes.text(0.02 * reach, -0.5, " reference better", ha="left", **side)
    _frame(axes, places, kinds)
    axes.axvline(0, color=MUTED, linewidth=0.7, zorder=1)
    _forest(axes, values, places, kinds)


def _footnote(table: pd.DataFrame, compared: bool) -> str:
    lines = [
        "C: median over the repeats; pairs of patients lie within a fold. Its intervals resample patients and keep the fitted"
        " methods: they leave out fitting again."
    ]
    if compared:
        lines.append(
            "Differences are paired within folds; their intervals and p hold it too (corrected resampled t-test). The reference"
            " is the first embedding of the config, not the best."
        )
    elif (table["kind"] == "comparator").any():
        lines.append("No paired comparison was made.")
    else:
        lines.append("No comparators were run: nothing here says whether a simpler method does as well.")
    return "\n".join(lines)
