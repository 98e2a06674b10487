"""How often two patients share a subtype when the patients are sampled again: the consensus matrix of every embedding."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from .small_multiples import n_rows, panel_places, panel_scale, panel_title, values_by_k
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
    ratio_text,
    shorten,
    subtype_color,
    text_mm,
)

COLUMNS = ["embedding", "patient", "row", "position", "subtype", "n_subtypes"]
COLUMNS += ["consensus_own", "consensus_other", "ambiguous", "pac"]

#: Purple, so that no shade is the colour of a subtype.
_COLORMAP = LinearSegmentedColormap.from_list("stratomics_consensus", ["#FFFFFF", "#D5CBE5", "#8E6FB5", "#40135E"])
_TOP, _PANEL, _BAR, _STEP, _AROUND = 17.0, 47.0, 1.8, 58.5, 17.5


def consensus_table(patients: Mapping[str, pd.DataFrame], stability: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Make the table of the figure; the matrices themselves stay in ``consensus.safetensors``.

    Parameters
    ----------
    patients
        ``patient_stability.tsv`` by embedding, in the order of the rows of the matrix.
    stability
        ``stability.tsv`` by embedding, for the PAC of the chosen K.

    Returns
    -------
    pandas.DataFrame
        One row per embedding and patient, in the order drawn (subtype, then falling consensus with the own subtype): embedding,
        patient, row (of the matrix, from 0), position (from 0), subtype, n_subtypes, consensus_own, consensus_other,
        ambiguous, pac (of the embedding; NaN where it was not measured).
    """
    pieces = []
    for embedding, own in patients.items():
        table = own.reset_index(drop=True).assign(row=np.arange(len(own)), embedding=embedding)
        table["n_subtypes"] = int(table["subtype"].max())
        table["falling"] = -table["consensus_own"].astype(np.float64)
        table = table.sort_values(["subtype", "falling", "patient"], ignore_index=True)
        pac = values_by_k(stability[embedding], "pac").get(int(table["n_subtypes"].iloc[0]), np.nan)
        pieces.append(table.assign(position=np.arange(len(table)), pac=pac)[COLUMNS])
    return pd.concat(pieces, ignore_index=True)


def draw_consensus(table: pd.DataFrame, matrices: Mapping[str, np.ndarray], about: About) -> Figure:
    """Draw the consensus matrix of every embedding with the patients ordered by subtype.

    Parameters
    ----------
    table
        From `consensus_table`.
    matrices
        Consensus [n, n] by embedding, rows as in ``row`` of the table; NaN for pairs never sampled together. Drawn as an image,
        in the SVG too, so that the file stays small however many patients there are.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(table["embedding"].unique())
    side = _PANEL * panel_scale(len(names))
    step, height = _STEP * panel_scale(len(names)), side + _AROUND
    bottom = _TOP + height * n_rows(len(names))
    with house_style():
        figure = new_figure(WIDTH, bottom + 17)
        subtitle = f"{about.counts()}; each cell: a pair of patients, in subsamples that hold both"
        heading(figure, about.title("consensus of the subtypes"), subtitle)
        for name, left, top in panel_places(names, step, height):
            own = table[table["embedding"] == name]
            _panel(figure, left + 2 * _BAR, _TOP + top, side, own, matrices[name])
        _key(figure, bottom + 1.5)
        footnote(
            figure,
            "Subtypes of the full fit (apparent); within a subtype, patients run from high to low consensus with their own."
            " Ticks at the right: ambiguous patients. PAC: proportion of pairs with a consensus\nbetween .1 and .9, 0 is perfect."
            " No test: every clustering has a consensus, also of patients who form no groups, and stable subtypes need not differ"
            " in survival.",
        )
    return figure


def _panel(figure: Figure, left: float, top: float, panel: float, own: pd.DataFrame, matrix: np.ndarray) -> None:
    n_subtypes = int(own["n_subtypes"].iloc[0])
    pac = f"PAC {ratio_text(float(own['pac'].iloc[0]))}"
    ambiguous = own["ambiguous"].astype(bool).to_numpy()
    words = f"K = {n_subtypes}; {pac}; {int(ambiguous.sum())} of {len(own)} ambiguous"
    name = shorten(str(own["embedding"].iloc[0]), 30)
    panel_title(figure, left - 2 * _BAR, top, name, words, panel + 6)
    top += 8.0 + _BAR
    rows = own["row"].to_numpy(np.int64)
    axes = axes_mm(figure, left, top, panel, panel)
    colors = _COLORMAP.with_extremes(bad="#EEEEEE")
    axes.imshow(matrix[np.ix_(rows, rows)], cmap=colors, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.4, color=MUTED)
    edges = np.flatnonzero(np.diff(own["subtype"].to_numpy())) + 0.5
    line: Style = {"color": INK, "linewidth": 0.4}
    axes.vlines(edges, -0.5, len(own) - 0.5, **line)
    axes.hlines(edges, -0.5, len(own) - 0.5, **line)
    # The bar of the subtypes along both sides.
    strip = np.array([to_rgb(subtype_color(int(k), n_subtypes)) for k in own["subtype"]])
    _strip(axes_mm(figure, left, top - _BAR - 0.5, panel, _BAR), strip[None])
    _strip(axes_mm(figure, left - _BAR - 0.5, top, _BAR, panel), strip[:, None])
    marks = axes_mm(figure, left + panel + 0.5, top, 1.6, panel)
    marks.set(xlim=(0, 1), ylim=(len(own) - 0.5, -0.5))
    marks.axis("off")
    marks.hlines(np.flatnonzero(ambiguous), 0, 1, color=INK, linewidth=0.35)
    start = 0
    for subtype, count in own["subtype"].value_counts().sort_index().items():
        middle = left + panel * (start + count / 2) / len(own)
        said = f"{subtype} ({count})" if panel * count / len(own) > 8 else str(subtype)
        style: Style = {"ha": "center", "fontsize": 6, "color": subtype_color(int(str(subtype)), n_subtypes)}
        text_mm(figure, middle, top + panel + 1.0, said, fontweight="bold", **style)
        start += count


def _strip(axes: Axes, colors: np.ndarray) -> None:
    axes.imshow(colors, aspect="auto", interpolation="nearest")
    axes.axis("off")


def _key(figure: Figure, top: float) -> None:
    """Draw the colour scale, with what its ends mean."""
    words: Style = {"fontsize": 6.5, "va": "center"}
    text_mm(figure, 4, top + 1.2, "share of subsamples in the same subtype", **words)
    bar = axes_mm(figure, 56, top, 40, 2.4)
    bar.imshow(np.linspace(0, 1, 256)[None], cmap=_COLORMAP, aspect="auto", extent=(0, 1, 0, 1))
    bar.set(xticks=[0, 0.5, 1], yticks=[])
    bar.set_xticklabels(["0", "0.5", "1"])
    bar.tick_params(labelsize=6, length=1.5, pad=1)
    text_mm(figure, 104, top + 1.2, "below each panel: subtype (patients), 1 = best prognosis", **words, color=MUTED)
