"""The attention of networks to each omics, by subtype: panels of the figure of the omics."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .small_multiples import light_grid, panel_places, panel_title
from .style import INK, MUTED, Style, axes_mm, shorten, subtype_color, text_mm


def draw_attention(figure: Figure, table: pd.DataFrame, top: float, step: float, block: float, row: float) -> None:
    """Draw a panel per embedding: the mean weight of each omics among the held-out patients of each subtype.

    Parameters
    ----------
    figure
        To draw on.
    table
        The rows of `stratomics.plots.omics_attribution.omics_attribution_figure_table` on attention.
    top
        Of the first row of panels, mm.
    step, block
        Width and height of a panel with what stands around it, mm.
    row
        Height of the row of an omics, mm.
    """
    left_of_axes, right = 15.0, 6.0
    reach = float(table["quartile_high"].max())
    for name, left, below in panel_places(list(dict.fromkeys(table["embedding"])), step, block):
        own = table[table["embedding"] == name]
        whole = own[own["subtype"] == 0]
        means = zip(whole["omics"].astype(str), whole["held_out"], strict=True)
        said = ", ".join(f"{shorten(one, 12)} {100 * weight:.0f} %" for one, weight in means)
        panel_title(figure, left, top + below, f"{shorten(name, 18)}: attention", f"mean: {said}", step - 4)
        height = row * len(whole)
        axes = axes_mm(figure, left + left_of_axes, top + below + 9, step - left_of_axes - right, height)
        _panel(axes, own, list(whole["omics"]), min(1.04 * reach, 1.0))
        for place, omics in enumerate(whole["omics"]):
            at = top + below + 9 + row * (place + 0.5)
            style: Style = {"ha": "right", "va": "center", "fontsize": 6.6}
            text_mm(figure, left + left_of_axes - 1.5, at, shorten(str(omics), 14), fit=left_of_axes - 2, **style)


def _panel(axes: Axes, own: pd.DataFrame, omics: list[str], reach: float) -> None:
    axes.set(ylim=(len(omics) - 0.5, -0.5), yticks=[], xlim=(0, reach))
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
    axes.set_xlabel("weight of the omics (%)", labelpad=2)
    axes.spines["left"].set_color(MUTED)
    light_grid(axes, "x")
    n_subtypes = int(own["n_subtypes"].iloc[0])
    reach_of_marks = min(0.13 * (n_subtypes - 1), 0.32)
    offsets = np.linspace(-reach_of_marks, reach_of_marks, n_subtypes)
    flat: Style = {"solid_capstyle": "butt", "clip_on": False}
    for row in own[own["subtype"] > 0].to_dict("records"):
        k = int(row["subtype"])
        y, color = omics.index(row["omics"]) + offsets[k - 1], subtype_color(k, n_subtypes)
        axes.plot([row["quartile_low"], row["quartile_high"]], [y, y], linewidth=2.6, alpha=0.4, color=color, **flat)
        axes.plot([row["held_out"]], [y], marker="o", markersize=3.4, color=color, clip_on=False, zorder=4)
    for place in range(len(omics)):
        even: Style = {"color": INK, "linewidth": 0.8, "zorder": 3}
        axes.plot([1 / len(omics)] * 2, [place - 0.38, place + 0.38], **even)
