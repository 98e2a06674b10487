"""How the measurements of each omics are spread: as in the table, after the transform, and as the networks see them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stratomics.description.states import MEASURED, STANDARDISED, TRANSFORMED

from .cohorts import EMBEDDING_COLORS
from .small_multiples import light_grid
from .style import INK, MUTED, WIDTH, About, axes_mm, footnote, heading, house_style, new_figure, shorten, text_mm

#: By column of the figure: its title and the unit of its axis.
STEPS = {
    MEASURED: ("As measured", "unit of the table"),
    TRANSFORMED: ("After the transform", "transformed"),
    STANDARDISED: ("As the networks see them", "standard deviations"),
}
#: What the unit is after each transform.
UNITS = {"log2p1": "log2(x + 1)", "rank_normal": "normal scores", "none": "unit of the table"}

_TOP, _LEFT, _PANEL, _APART, _HEIGHT, _ROW = 23.0, 15.0, 44.0, 13.0, 22.0, 36.0


def cohort_values_table(values: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    values
        From `stratomics.description.values.histograms`, of all omics.

    Returns
    -------
    pandas.DataFrame
        The same, with ``share``: of the measurements of the omics, in each bin.
    """
    total = values.groupby(["omics", "step"], sort=False)["count"].transform("sum")
    return values.assign(share=values["count"] / total)


def draw_cohort_values(table: pd.DataFrame, about: About) -> Figure:
    """Draw one row of histograms per omics.

    Parameters
    ----------
    table
        From `cohort_values_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(dict.fromkeys(table["omics"].astype(str)))
    with house_style():
        figure = new_figure(WIDTH, _TOP + _ROW * len(names) + 6)
        heading(figure, about.title("measurements before and after the transform"), about.counts())
        for row, name in enumerate(names):
            own = table[table["omics"] == name]
            color = EMBEDDING_COLORS[row % len(EMBEDDING_COLORS)]
            top = _TOP + _ROW * row
            text_mm(figure, _LEFT - 9, top - 5.5, shorten(name, 24), fontsize=7.8, fontweight="bold", fit=50)
            for place, (step, (title, unit)) in enumerate(STEPS.items()):
                left = _LEFT + place * (_PANEL + _APART)
                transform = str(own["transform"].iloc[0])
                if row == 0:
                    text_mm(figure, left, top - 9.5, title, fontsize=7, color=INK)
                if step == TRANSFORMED and transform == "none":
                    text_mm(
                        figure,
                        left + _PANEL / 2,
                        top + _HEIGHT / 2,
                        "no transform",
                        ha="center",
                        va="center",
                        color=MUTED,
                    )
                    continue
                bins = own[own["step"] == step]
                axes = axes_mm(figure, left, top, _PANEL, _HEIGHT)
                low, high = bins["low"].to_numpy(np.float64), bins["high"].to_numpy(np.float64)
                axes.bar(low, 100 * bins["share"], width=high - low, align="edge", color=color, linewidth=0)
                axes.set(xlim=(low[0], high[-1]))
                axes.locator_params(axis="x", nbins=4)
                axes.locator_params(axis="y", nbins=4)
                axes.set_xlabel(UNITS[transform] if step == TRANSFORMED else unit, labelpad=1)
                if place == 0:
                    axes.set_ylabel("measurements (%)", labelpad=2)
                light_grid(axes, "y")
                n = int(bins["count"].sum())
                text_mm(figure, left + _PANEL, top - 2.8, f"n = {n:,}", ha="right", fontsize=5.8, color=MUTED)
        footnote(
            figure,
            "All patients who have the omics, on the features that the networks of the full fit see; n: measurements that are not "
            "missing. The outer bins also hold the\n0.1 % of the values at either end.",
        )
    return figure
