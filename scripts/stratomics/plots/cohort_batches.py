"""Patients on the first principal components of each omics, before and after standardisation, and those far from all others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stratomics.description.batches import COMPONENTS
from stratomics.description.outliers import FAR
from stratomics.description.states import STANDARDISED, TRANSFORMED

from .cohorts import EMBEDDING_COLORS
from .small_multiples import key_below, mark
from .style import (
    FAINT,
    INK,
    MUTED,
    WIDTH,
    About,
    axes_mm,
    footnote,
    heading,
    house_style,
    new_figure,
    shorten,
    text_mm,
)

#: Batches with a colour of their own; smaller ones are grey together.
MOST_BATCHES = 6
#: Outliers of an omics that are named.
MOST_NAMES = 5
STEPS = {TRANSFORMED: "Before standardisation", STANDARDISED: "As the networks see them"}

_TOP, _LEFT, _PANEL, _APART, _ROW = 31.0, 12.0, 42.0, 11.0, 62.0
_FAR, _PER_LINE = 50.0, 4


def cohort_batches_table(components: pd.DataFrame, separation: pd.DataFrame, distances: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    components, separation
        From `stratomics.description.batches.components`, of all omics.
    distances
        From `stratomics.description.outliers.distances`, of all omics.

    Returns
    -------
    pandas.DataFrame
        One row per omics, step and patient: the columns of `components`, ``by`` (the column of the batches; empty where there
        are none), ``silhouette`` and ``between`` of the omics and step, and ``distance, z, outlier`` of the patient.
    """
    first = separation.drop_duplicates(["omics", "step"])[["omics", "step", "by", "silhouette", "between"]]
    table = components.merge(first, on=["omics", "step"], how="left", validate="many_to_one")
    table["by"] = table["by"].fillna("")
    return table.merge(distances, on=["omics", "patient"], how="left", validate="many_to_one")


def draw_cohort_batches(table: pd.DataFrame, about: About) -> Figure:
    """Draw three panels per omics: before, after, and the distance of each patient from the mean of all.

    Parameters
    ----------
    table
        From `cohort_batches_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(dict.fromkeys(table["omics"].astype(str)))
    with house_style():
        figure = new_figure(WIDTH, _TOP + _ROW * len(names) - 5)
        heading(
            figure, about.title("batches and outliers"), f"{about.counts()}; all patients, nothing is fitted on this"
        )
        for row, name in enumerate(names):
            own = table[table["omics"] == name]
            top = _TOP + _ROW * row
            text_mm(figure, 4, top - 14, shorten(name, 16), fontsize=7.8, fontweight="bold", fit=26)
            colors = _colors(own)
            for place, (step, title) in enumerate(STEPS.items()):
                left = _LEFT + place * (_PANEL + _APART)
                rows = own[own["step"] == step]
                text_mm(figure, left, top - 6.6, title, fontsize=7)
                text_mm(figure, left, top - 3.4, _apart(rows.iloc[0]), fontsize=6, color=MUTED, fit=_PANEL + 8)
                _points(axes_mm(figure, left, top, _PANEL, _PANEL - 2), rows, colors)
            left = _LEFT + 2 * (_PANEL + _APART) + 2
            rows = own[own["step"] == STANDARDISED]
            text_mm(figure, left, top - 6.6, "Distance from the mean of all", fontsize=7)
            _distances(axes_mm(figure, left, top, _FAR, _PANEL - 2), rows, colors)
            _key(figure, own, colors, top - 13.6)
        footnote(
            figure,
            f"Silhouette: on the first {COMPONENTS} principal components, 1 where batches are far apart, 0 where they lie on one "
            "another. Variance between: the share that lies\nbetween the means of batches. Outliers (ringed): more than "
            f"{FAR:g} robust standard deviations above the median log distance. They stay in the cohort.",
        )
    return figure


def _colors(own: pd.DataFrame) -> dict[str, str]:
    """Give the largest batches a colour; grey for the others, and for patients of no known batch."""
    levels = own.loc[(own["step"] == STANDARDISED) & (own["level"] != ""), "level"].astype(str).value_counts()
    if not len(levels):
        return {}
    chosen = sorted(levels.index[:MOST_BATCHES])
    return {level: EMBEDDING_COLORS[place % len(EMBEDDING_COLORS)] for place, level in enumerate(chosen)}


def _apart(row: pd.Series) -> str:
    """Say how far the batches lie apart."""
    if not row["by"]:
        return "no batches given"
    if not np.isfinite(row["silhouette"]):
        return f"{shorten(str(row['by']), 18)}: one batch"
    return f"silhouette {row['silhouette']:.3f}; variance between {100 * row['between']:.1f} %"


def _shades(rows: pd.DataFrame, colors: dict[str, str]) -> list[str]:
    plain = "#777777" if not colors else "#BBBBBB"
    return [colors.get(str(level), plain) for level in rows["level"]]


def _points(axes: Axes, rows: pd.DataFrame, colors: dict[str, str]) -> None:
    size = float(np.clip(1500 / max(len(rows), 1), 1.5, 8))
    x, y = rows["pc1"].to_numpy(np.float64), rows["pc2"].to_numpy(np.float64)
    many = len(rows) > 2000  # as many marks in an SVG would be megabytes
    axes.scatter(x, y, s=size, c=_shades(rows, colors), linewidths=0, alpha=0.8, rasterized=many)
    far = rows["outlier"].to_numpy(bool)
    axes.scatter(x[far], y[far], s=4 * size + 10, facecolors="none", edgecolors=INK, linewidths=0.7)
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel(f"PC 1 ({100 * rows['share_1'].iloc[0]:.0f} %)", labelpad=2)
    axes.set_ylabel(f"PC 2 ({100 * rows['share_2'].iloc[0]:.0f} %)", labelpad=2)
    axes.margins(0.06)


def _distances(axes: Axes, rows: pd.DataFrame, colors: dict[str, str]) -> None:
    """Draw the patients by rank, the line of the rule, and the names of those above it."""
    ordered = rows.sort_values("z", kind="stable")
    x, z = np.arange(1, len(ordered) + 1), ordered["z"].to_numpy(np.float64)
    axes.axhline(FAR, color=MUTED, linewidth=0.5, linestyle=(0, (3, 2)))
    axes.scatter(x, z, s=3, c=_shades(ordered, colors), linewidths=0, rasterized=len(ordered) > 2000)
    far = ordered["outlier"].to_numpy(bool)
    axes.scatter(x[far], z[far], s=22, facecolors="none", edgecolors=INK, linewidths=0.7)
    axes.set(
        ylim=(min(-3.0, 1.1 * float(z.min())), max(6.0, 1.12 * float(z.max()))), xlim=(-0.02 * len(x), 1.04 * len(x))
    )
    axes.set_xlabel("patients, by distance", labelpad=2)
    axes.set_ylabel("robust standard deviations", labelpad=2)
    axes.grid(axis="y", color=FAINT, linewidth=0.3)
    named = ordered[far].iloc[::-1]
    lines = [f"{shorten(str(one.patient), 20)} ({one.z:.1f})" for one in named.iloc[:MOST_NAMES].itertuples()]
    more = len(named) - MOST_NAMES
    lines += [f"and {more} more"] if more > 0 else []
    words = "\n".join(lines) or "nobody above the line"
    axes.text(
        0.98,
        0.03,
        words,
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=5.8,
        linespacing=1.3,
        color=INK if lines else MUTED,
    )


def _key(figure: Figure, own: pd.DataFrame, colors: dict[str, str], top: float) -> None:
    if not colors:
        return
    rows = own[own["step"] == STANDARDISED]
    counts = rows["level"].astype(str).value_counts()
    handles, words = [], []
    for level, color in colors.items():
        handles.append(mark("o", color, size=3.2))
        words.append(f"{shorten(level, 22 if len(colors) < _PER_LINE else 11)} ({counts[level]})")
    others = len(rows) - int(counts[list(colors)].sum())
    if others:
        handles.append(mark("o", "#BBBBBB", size=3.2))
        words.append(f"others, or not known ({others})")
    column = text_mm(figure, 32, top, shorten(str(own["by"].iloc[0]), 30), fontsize=6.5, color=MUTED, fit=34)
    left = 34 + column.get_window_extent().width / figure.dpi * 25.4
    for place in range(0, len(handles), _PER_LINE):
        line = slice(place, place + _PER_LINE)
        key_below(figure, handles[line], words[line], top + 3.2 * place / _PER_LINE, left=left)
