"""Gene sets that run along the differences between the subtypes in held-out patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .feature_heatmap import DIVERGING
from .small_multiples import empty_figure, minus_log10
from .style import INK, WIDTH, About, Style, axes_mm, footnote, heading, house_style, new_figure, shorten, text_mm

#: Most sets per embedding and omics.
MOST_SETS = 12
#: Scores beyond this are drawn in the last colour.
CLIP = 2.5
_COLUMNS = ["embedding", "omics", "subtype", "gene_set", "measured", "nes", "gsea_q", "in_set", "expected", "q"]
_TITLE = "gene sets that go with the subtypes"
_PER_ROW, _STEP, _NAMES, _ROW, _COLUMN, _TOP, _HEAD = 2, 88.0, 50.0, 3.6, 6.4, 17.0, 9.0


def pathways_figure_table(pathways: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    pathways
        ``pathways.tsv``.

    Returns
    -------
    pandas.DataFrame
        embedding, omics, subtype, gene_set, measured, nes, gsea_q, in_set, expected, q: of each embedding and omics the sets of
        the smallest ``gsea_q`` in any subtype (where there is none, of the smallest ``q``), in the order of the figure.
    """
    pieces = []
    known = pathways[pathways["gene_set"] != ""]
    for _, own in known.groupby(["embedding", "omics"], sort=False):
        best = own.groupby("gene_set")[["gsea_q", "q"]].min().reset_index()
        best = best.sort_values(["gsea_q", "q", "gene_set"], kind="stable").head(MOST_SETS)
        order = {name: place for place, name in enumerate(best["gene_set"])}
        shown = own[own["gene_set"].isin(order)]
        places = shown["gene_set"].map(order)
        pieces.append(shown.iloc[np.lexsort([shown["subtype"], places])])
    return pd.concat(pieces, ignore_index=True)[_COLUMNS] if pieces else pd.DataFrame(columns=_COLUMNS)


def draw_pathways(table: pd.DataFrame, about: About) -> Figure:
    """Draw a dot per set and subtype: colour the score, size the certainty, a ring where the markers are in it.

    Parameters
    ----------
    table
        From `pathways_figure_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        if table.empty:
            return empty_figure(
                about, _TITLE, "No gene set has enough measured genes; pathways.tsv says what was found."
            )
        panels = list(table.groupby(["embedding", "omics"], sort=False))
        heights = [_HEAD + _ROW * own["gene_set"].nunique() + 8 for _, own in panels]
        bands = [max(heights[start : start + _PER_ROW]) for start in range(0, len(panels), _PER_ROW)]
        figure = new_figure(WIDTH, _TOP + sum(bands) + 22)
        heading(
            figure, about.title(_TITLE), f"{about.counts()}; differences in held-out patients; descriptive, no test"
        )
        for place, ((embedding, omics), own) in enumerate(panels):
            left = 4 + _STEP * (place % _PER_ROW)
            top = _TOP + sum(bands[: place // _PER_ROW])
            text_mm(
                figure, left, top, shorten(f"{embedding}, {omics}", 40), fit=_STEP - 4, fontsize=7.8, fontweight="bold"
            )
            _panel(figure, own, left, top + _HEAD)
        _key(figure, _TOP + sum(bands) + 1)
        footnote(
            figure,
            "Preranked enrichment (gseapy) of the genes by their held-out difference. Genes of a set move together without any"
            " subtype, and\nsubtypes were made from these features: q ranks the sets and tests nothing.",
        )
    return figure


def _panel(figure: Figure, own: pd.DataFrame, left: float, top: float) -> None:
    """Draw the dots of one embedding and omics, with the names of sets and subtypes."""
    names, subtypes = list(dict.fromkeys(own["gene_set"])), sorted(own["subtype"].unique())
    step = min(_COLUMN, (_STEP - _NAMES - 5) / len(subtypes))
    axes = axes_mm(figure, left + _NAMES, top, step * len(subtypes), _ROW * len(names))
    x = own["subtype"].map({one: place for place, one in enumerate(subtypes)}).to_numpy()
    y = own["gene_set"].map({one: place for place, one in enumerate(names)}).to_numpy()
    _dots(axes, x, y, own["nes"].to_numpy(np.float64), own["gsea_q"].to_numpy(np.float64), (own["q"] < 0.05).to_numpy())
    axes.set(xlim=(-0.5, len(subtypes) - 0.5), ylim=(len(names) - 0.5, -0.5))
    axes.axis("off")
    small: Style = {"fontsize": 6, "color": INK, "va": "center"}
    for place, one in enumerate(subtypes):
        text_mm(figure, left + _NAMES + step * (place + 0.5), top - 2, f"{one:.0f}", ha="center", **small)
    text_mm(figure, left + _NAMES - 1.5, top - 2, "subtype", ha="right", **small)
    for place, name in enumerate(names):
        middle = top + _ROW * (place + 0.5)
        text_mm(figure, left + _NAMES - 1.5, middle, shorten(str(name), 44), ha="right", fit=_NAMES - 2, **small)


def _dots(axes: Axes, x: np.ndarray, y: np.ndarray, nes: np.ndarray, q: np.ndarray, ring: np.ndarray) -> None:
    """Draw dots; where there is no score only the ring."""
    known = np.isfinite(nes)
    sizes = 6 + 16 * np.minimum(minus_log10(np.where(known, q, 1.0)), 3)
    color: Style = {"cmap": DIVERGING, "vmin": -CLIP, "vmax": CLIP}
    axes.scatter(x[known], y[known], s=sizes[known], c=nes[known], linewidths=0.3, edgecolors="#9B9B9B", **color)
    axes.scatter(x[ring], y[ring], s=sizes[ring] + 14, facecolors="none", edgecolors=INK, linewidths=0.7)


def _key(figure: Figure, top: float) -> None:
    """Draw the keys of colour, size and ring."""
    axes = axes_mm(figure, 4, top, WIDTH - 8, 7)
    axes.set(xlim=(0, WIDTH - 8), ylim=(7, 0))
    axes.axis("off")
    words: Style = {"fontsize": 6, "va": "center", "color": INK}
    scores, certain = np.array([-CLIP, 0.0, CLIP]), np.array([1.0, 0.05, 0.001])
    _dots(axes, np.array([2.0, 22.0, 30.0]), np.full(3, 3.5), scores, np.full(3, 0.01), np.zeros(3, bool))
    for x, text in ((4.5, "NES ≤ −2.5"), (24, "0"), (32.5, "≥ 2.5")):
        axes.text(x, 3.5, text, **words)
    _dots(axes, np.array([56.0, 68.0, 83.0]), np.full(3, 3.5), np.zeros(3), certain, np.zeros(3, bool))
    for x, text in ((58.5, "q 1"), (70.5, "q 0.05"), (86, "q ≤ 0.001")):
        axes.text(x, 3.5, text, **words)
    _dots(axes, np.array([112.0]), np.array([3.5]), np.array([np.nan]), np.ones(1), np.ones(1, bool))
    axes.text(115.5, 3.5, "markers of the subtype in it, q < 0.05", **words)
