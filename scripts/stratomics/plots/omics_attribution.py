"""Which omics the risk and the subtypes rest on, one panel per embedding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .attention import draw_attention
from .small_multiples import (
    APPARENT,
    HELD_OUT,
    empty_figure,
    key_below,
    light_grid,
    mark,
    n_rows,
    panel_places,
    panel_scale,
    panel_title,
)
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
    shorten,
    text_mm,
)

#: Marks and rows of the two scores, in the order of the table.
MARKS = {"risk": "o", "subtype": "D"}
#: What else an omics may have a share in.
ATTENTION = "attention"
_TOP, _ROW, _STEP, _LEFT, _TEXT = 17.0, 7.6, 58.5, 15.0, 10.0


def omics_attribution_figure_table(
    attribution: Mapping[str, pd.DataFrame], attention: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    attribution
        ``omics_attribution.tsv`` by embedding, in the order of the config.
    attention
        From `stratomics.evaluation.attention.attention_by_subtype`, by embedding; without rows where nothing is weighed.

    Returns
    -------
    pandas.DataFrame
        embedding, target, omics, n, held_out, ci_low, ci_high, fold_low, fold_high (shares among held-out patients, all repeats),
        apparent (of the full fit), agreement, expected, reason (why there is none, or ``-``). Where the target is ``attention``,
        held_out is the mean weight; subtype (0 for all), n_subtypes, quartile_low and quartile_high are of this target alone.
    """
    pieces = []
    for embedding, own in attribution.items():
        held = own[(own["role"] == "held_out") & (own["repeat"] == "all")].rename(columns={"share": "held_out"})
        apparent = own[own["role"] == "apparent"].rename(columns={"share": "apparent"})
        piece = held.merge(apparent[["target", "omics", "apparent"]], on=["target", "omics"], how="left")
        piece.insert(0, "embedding", embedding)
        pieces.append(piece)
    columns = ["embedding", "target", "omics", "n", "held_out", "ci_low", "ci_high", "fold_low", "fold_high"]
    columns += ["apparent", "agreement", "expected", "reason"]
    weighed = [own.assign(embedding=name, target=ATTENTION) for name, own in attention.items() if len(own)]
    if weighed:
        pieces.append(pd.concat(weighed).rename(columns={"weight": "held_out"}).assign(reason="-"))
    of_attention = ["subtype", "n_subtypes", "quartile_low", "quartile_high"]
    return pd.concat(pieces, ignore_index=True).reindex(columns=[*columns, *of_attention])


def draw_omics_attribution(table: pd.DataFrame, about: About) -> Figure:
    """Draw the share of each omics in the risk and in the subtype score of every embedding.

    Parameters
    ----------
    table
        From `omics_attribution_figure_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    what = "which omics the risk and the subtypes rest on"
    attention = table[table["target"] == ATTENTION]
    table = table[table["target"] != ATTENTION]
    if not table["held_out"].notna().any():
        with house_style():
            return empty_figure(about, what, f"No attribution: {table['reason'].iloc[0]}.")
    names = list(dict.fromkeys(table["embedding"]))
    omics = list(dict.fromkeys(table["omics"]))
    scale = panel_scale(len(names))
    step, height = _STEP * scale, _ROW * len(omics)
    width = step - _LEFT - _TEXT - 3
    block = 9.0 + height + 12.0
    reach = float(np.nanmax(table[["ci_high", "fold_high", "apparent", "expected"]].to_numpy(np.float64)))
    below = _TOP + block * n_rows(len(names))
    more = block * n_rows(attention["embedding"].nunique()) + 6 if len(attention) else 0.0
    with house_style():
        figure = new_figure(WIDTH, below + more + (13 if more else 16))
        subtitle = f"{about.counts()}; integrated gradients from the average patient, summed per omics"
        heading(figure, about.title(what), subtitle)
        for name, left, top in panel_places(names, step, block):
            own = table[table["embedding"] == name]
            panel_title(figure, left, _TOP + top, shorten(name, 26), _words(own), step - 4)
            axes = axes_mm(figure, left + _LEFT, _TOP + top + 9, width, height)
            _panel(axes, own, omics, min(1.04 * reach, 1.0))
            for place, one in enumerate(omics):
                middle = _TOP + top + 9 + _ROW * (place + 0.5)
                style: Style = {"va": "center", "fontsize": 6.6}
                text_mm(figure, left + _LEFT - 1.5, middle, shorten(one, 14), ha="right", fit=_LEFT - 2, **style)
                for row in own[own["omics"] == one].to_dict("records"):
                    if np.isfinite(row["held_out"]):
                        said = f"{100 * row['held_out']:.0f} %"
                        at = middle + _ROW * _offset(row["target"])
                        text_mm(figure, left + _LEFT + width + 1.5, at, said, va="center", fontsize=6, color=HELD_OUT)
        handles = [mark(marker, HELD_OUT, size=3.6) for marker in MARKS.values()]
        handles += [mark("o", APPARENT, hollow=True, size=3.6), mark("|", INK, size=6)]
        words = ["risk, held-out", "subtypes, held-out", "apparent (full fit)", "features weighed at random"]
        key_below(figure, handles, words, below)
        note = (
            "Share of the mean size, over patients, of the summed attributions of an omics. Bar: 95 % of bootstrap samples of the"
            " patients, networks kept. Line: range over the folds.\nIt says what the models rely on, not how well they foretell"
            " and not what causes the outcome."
        )
        if more:
            draw_attention(figure, attention, below + 6, step, block, _ROW)
            note += (
                "\nAttention: mean weight of an omics over the held-out patients of each subtype (best prognosis first, blue);"
                " bar: their middle half; line: even weights."
            )
        footnote(figure, note)
    return figure


def _offset(target: str) -> float:
    """Return how far from the middle of the row of an omics a score stands, in rows."""
    return -0.2 if target == "risk" else 0.2


def _words(own: pd.DataFrame) -> str:
    """Name the omics that each score rests on most, if its interval stands clear of the others, or say why there is none."""
    said = []
    for target, words in (("risk", "risk"), ("subtype", "subtypes")):
        rows = own[own["target"] == target].sort_values("held_out", ascending=False, kind="stable")
        if rows.empty:
            continue
        if rows["held_out"].isna().any():
            found = rows["reason"].iloc[0] if rows["reason"].iloc[0] != "-" else "the same for all"
        elif len(rows) > 1 and rows["ci_low"].iloc[0] > rows["ci_high"].iloc[1:].max():
            found = f"most on {shorten(str(rows['omics'].iloc[0]), 14)}"
        else:
            found = "no omics ahead"
        said.append(f"{words}: {found}")
    return "; ".join(said)


def _panel(axes: Axes, own: pd.DataFrame, omics: list[str], reach: float) -> None:
    axes.set(ylim=(len(omics) - 0.5, -0.5), yticks=[], xlim=(0, reach))
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
    axes.set_xlabel("share of the attributions (%)", labelpad=2)
    axes.spines["left"].set_color(MUTED)
    light_grid(axes, "x")
    for row in own.to_dict("records"):
        if not np.isfinite(row["held_out"]):
            continue
        y = omics.index(row["omics"]) + _offset(row["target"])
        flat: Style = {"color": HELD_OUT, "solid_capstyle": "butt", "clip_on": False}
        axes.plot([row["fold_low"], row["fold_high"]], [y, y], linewidth=0.7, zorder=2, **flat)
        axes.plot([row["ci_low"], row["ci_high"]], [y, y], linewidth=3.4, alpha=0.35, zorder=2, **flat)
        axes.plot([row["expected"]] * 2, [y - 0.15, y + 0.15], color=INK, linewidth=0.8, zorder=3)
        marks: dict[str, Any] = {"marker": MARKS[row["target"]], "linestyle": "none", "clip_on": False}
        hollow: Style = {"markerfacecolor": "white", "markeredgecolor": APPARENT, "markeredgewidth": 0.9}
        axes.plot([row["apparent"]], [y], markersize=3.6, zorder=3, **hollow, **marks)
        axes.plot([row["held_out"]], [y], markersize=3.6, color=HELD_OUT, zorder=4, **marks)
