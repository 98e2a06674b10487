"""What the figures of a whole cohort share: one panel per embedding, and marks that never mix apparent and held-out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .style import FAINT, INK, MUTED, WIDTH, About, Style, footnote, heading, new_figure, number_text, text_mm

#: Panels beside each other before the next row begins.
PER_ROW = 3
#: In every figure held-out is filled and of this colour, apparent is hollow and grey. Neither is the colour of a subtype.
HELD_OUT, APPARENT = "#009988", "#777777"
#: Nominal level that the figures draw a line at.
ALPHA = 0.05

KEY_STYLE: Style = {"handletextpad": 0.5, "columnspacing": 1.4, "borderpad": 0, "borderaxespad": 0}


def cohort_about(cohort: str, metrics: Mapping[str, pd.DataFrame]) -> About:
    """Say what a figure of all embeddings of a cohort is about.

    Parameters
    ----------
    cohort
        Its name.
    metrics
        ``metrics.tsv`` by embedding; patients and events are read off the first.

    Returns
    -------
    About
        The number of embeddings stands where other figures name one.
    """
    first = next(iter(metrics.values()))
    words = next(iter(metrics)) if len(metrics) == 1 else f"{len(metrics)} embeddings"
    return About(cohort, words, int(first["n"].iloc[0]), int(first["events"].iloc[0]))


def metric_value(metrics: pd.DataFrame, metric: str, column: str = "held_out", repeat: str = "median") -> float:
    """Read one figure off ``metrics.tsv``.

    Parameters
    ----------
    metrics
        One row per repeat and metric.
    metric, column, repeat
        Which figure.

    Returns
    -------
    float
        NaN where the table does not hold it.
    """
    row = metrics[(metrics["metric"] == metric) & (metrics["repeat"] == repeat)]
    return float(row[column].iloc[0]) if len(row) else float("nan")


def values_by_k(stability: pd.DataFrame, measure: str) -> dict[int, float]:
    """Read a measure that exists for every number of subtypes off ``stability.tsv``.

    Parameters
    ----------
    stability
        Columns measure, item (the number of subtypes, with or without words before it), value.
    measure
        For instance ``pac``.

    Returns
    -------
    dict of float
        By number of subtypes.
    """
    found = {}
    rows = stability[stability["measure"].astype(str) == measure]
    for item, value in zip(rows["item"].astype(str), rows["value"], strict=True):
        digits = re.search(r"(\d+)(?:\.0+)?$", item)
        if digits:
            found[int(digits.group(1))] = float(value)
    return found


def panel_places(
    names: Sequence[str], width: float, height: float, *, left: float = 4.0
) -> Iterator[tuple[str, float, float]]:
    """Place one panel per name, `PER_ROW` in a row.

    Parameters
    ----------
    names
        Of the panels, in order.
    width, height
        Of a panel with what stands around it, mm.
    left
        Where the first begins, mm.

    Yields
    ------
    name, left, top
        mm; the top is counted from that of the first row.
    """
    for place, name in enumerate(names):
        yield name, left + width * (place % PER_ROW), height * (place // PER_ROW)


def panel_scale(n_panels: int) -> float:
    """Return how much larger the panels are where one or two of them have the width for themselves."""
    return 1.4 if n_panels < PER_ROW else 1.0


def n_rows(n_panels: int) -> int:
    """Return the number of rows that `panel_places` fills (at least one)."""
    return max(-(-n_panels // PER_ROW), 1)


def minus_log10(p: np.ndarray | float) -> np.ndarray:
    """Return -log10 of p-values; NaN stays NaN, and what underflowed to 0 becomes 300."""
    return -np.log10(np.maximum(np.asarray(p, dtype=np.float64), 1e-300)) + 0.0


def p_with_adjusted(p: float, adjusted: float) -> str:
    """Return ``p 0.010 (adjusted 0.030)``, without the brackets where there is no adjusted p."""
    return f"p {number_text(p)}" + (f" (adjusted {number_text(adjusted)})" if np.isfinite(adjusted) else "")


def key_below(
    figure: Figure, handles: Sequence[Line2D], words: Sequence[str], top: float, *, left: float = 4.0
) -> None:
    """Write the key of the marks in one line.

    Parameters
    ----------
    figure
        The figure.
    handles, words
        Mark and meaning.
    top, left
        Place in mm.
    """
    width, height = figure.get_size_inches() * 25.4
    place = (left / width, 1 - top / height)
    figure.legend(handles, words, ncols=max(len(handles), 1), loc="upper left", bbox_to_anchor=place, **KEY_STYLE)


def mark(marker: str, color: str, *, hollow: bool = False, size: float = 4.2, line: str = "none") -> Line2D:
    """Return the handle of a mark for the key."""
    face = "white" if hollow else color
    style: Style = {"markersize": size, "markeredgewidth": 0.9, "linestyle": line, "linewidth": 1.2}
    return Line2D([], [], marker=marker, color=color, markerfacecolor=face, markeredgecolor=color, **style)


def light_grid(axes: Axes, axis: str) -> None:
    """Draw the faint lines of the axis that is read off."""
    getattr(axes, f"{axis}axis").grid(True, which="major", color=FAINT, linewidth=0.3)


def panel_title(figure: Figure, left: float, top: float, name: str, words: str, width: float) -> None:
    """Write the name of an embedding in bold and a line of figures below it; together they take 7 mm."""
    text_mm(figure, left, top, name, fit=width, fontsize=7.8, fontweight="bold", color=INK)
    text_mm(figure, left, top + 3.6, words, fit=width, fontsize=6.3, color=INK)


def empty_figure(about: About, what: str, words: str, note: str = "") -> Figure:
    """Make the figure that says why there is nothing to draw.

    Parameters
    ----------
    about, what
        Heading.
    words
        The reason, in the middle.
    note
        Footnote.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(WIDTH, 48)
    heading(figure, about.title(what), about.counts())
    text_mm(figure, WIDTH / 2, 26, words, ha="center", va="center", fontsize=8, color=MUTED, fit=WIDTH - 20)
    if note:
        footnote(figure, note)
    return figure
