"""Whether held-out patients lived as long as the chain predicted, subtype by subtype."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .small_multiples import key_below, light_grid, metric_value, n_rows, panel_places, panel_scale, panel_title
from .style import (
    DAYS_PER_YEAR,
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
)

_SLOPE = "calibration_slope"
_MARKERS = ("o", "s", "D", "^", "v", "P")
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.2)), (0, (1.2, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1)))
_TOP, _STEP, _LEFT, _PANEL, _AROUND = 17.0, 58.5, 10.0, 42.0, 20.5


def calibration_table(
    calibration: Mapping[str, pd.DataFrame], metrics: Mapping[str, pd.DataFrame], *, repeat: str = "r0"
) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    calibration
        ``calibration.tsv`` by embedding: repeat, subtype, n_subtypes, days, n, predicted, observed, ci_low, ci_high.
    metrics
        ``metrics.tsv`` by embedding, for the calibration slope.
    repeat
        The repeat shown; repeats are never merged.

    Returns
    -------
    pandas.DataFrame
        The rows of that repeat: embedding, repeat, subtype, n_subtypes, days, n, predicted, observed, ci_low, ci_high (of the
        observed), then slope, slope_low, slope_high of the repeat. An embedding without rows has one of NaN.
    """
    columns = ["subtype", "n_subtypes", "days", "n", "predicted", "observed", "ci_low", "ci_high"]
    pieces = []
    for embedding, own in calibration.items():
        rows = own.loc[own["repeat"] == repeat, columns].sort_values(["n_subtypes", "subtype", "days"])
        rows = rows.reset_index(drop=True) if len(rows) else pd.DataFrame({name: [np.nan] for name in columns})
        slope = {
            new: metric_value(metrics[embedding], _SLOPE, column, repeat)
            for new, column in (("slope", "held_out"), ("slope_low", "ci_low"), ("slope_high", "ci_high"))
        }
        pieces.append(
            rows.assign(embedding=embedding, repeat=repeat, **slope)[["embedding", "repeat", *columns, *slope]]
        )
    return pd.concat(pieces, ignore_index=True)


def draw_calibration(table: pd.DataFrame, about: About) -> Figure:
    """Draw observed against predicted survival of the held-out patients of every subtype.

    Parameters
    ----------
    table
        From `calibration_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(table["embedding"].unique())
    days = np.sort(table["days"].dropna().unique())
    sizes = [int(size) for size in np.sort(table["n_subtypes"].dropna().unique())]
    side = _PANEL * panel_scale(len(names))
    step, height = _STEP * panel_scale(len(names)), side + _AROUND
    bottom = _TOP + height * n_rows(len(names))
    repeat = str(table["repeat"].iloc[0])
    with house_style():
        figure = new_figure(WIDTH, bottom + 14 + 4 * len(sizes))
        subtitle = f"{about.counts()}; held-out patients of repeat {repeat}, each once"
        heading(figure, about.title("calibration of predicted survival"), subtitle)
        for name, left, top in panel_places(names, step, height):
            own = table[table["embedding"] == name]
            slope, low, high = own[["slope", "slope_low", "slope_high"]].iloc[0].to_numpy(np.float64)
            limits = f" ({ratio_text(low)} to {ratio_text(high)})" if np.isfinite([low, high]).all() else ""
            panel_title(
                figure,
                left + _LEFT,
                _TOP + top,
                shorten(str(name), 26),
                f"calibration slope {ratio_text(slope)}{limits}",
                side + 4,
            )
            axes = axes_mm(figure, left + _LEFT, _TOP + top + 8.5, side, side)
            _frame(axes, named=left < step)
            points = own.dropna(subset=["predicted", "observed"])
            if points.empty:
                axes.text(0.5, 0.5, "no estimate", ha="center", color=MUTED)
            for size, subtype in points[["n_subtypes", "subtype"]].drop_duplicates().to_numpy(np.int64).tolist():
                rows = points[(points["n_subtypes"] == size) & (points["subtype"] == subtype)]
                _points(axes, rows, subtype_color(subtype, size), days, _dash(sizes, size))
        _key(figure, days, sizes, bottom - 0.5)
        footnote(
            figure,
            "Predicted: mean over the patients with the label, by the fold that never saw them. Observed: Kaplan-Meier, 95 %"
            " interval. On the diagonal they agree; below it, fewer lived than predicted.\nSlope: of the log hazard on the"
            " predicted log risk (1 = right spread; below 1 = predictions too extreme), interval by patient bootstrap."
            " Points of one repeat; “k of K” where folds found K.",
        )
    return figure


def _frame(axes: Axes, *, named: bool) -> None:
    ticks = np.linspace(0, 1, 6)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xticks=ticks, yticks=ticks)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
    axes.set_xlabel("predicted survival", labelpad=1.5)
    if named:
        axes.set_ylabel("observed survival", labelpad=2)
    axes.tick_params(labelsize=6)
    light_grid(axes, "x")
    light_grid(axes, "y")


def _points(axes: Axes, rows: pd.DataFrame, color: str, days: np.ndarray, dash: Any) -> None:
    values = rows[["predicted", "observed", "ci_low", "ci_high"]].to_numpy(np.float64)
    axes.plot(values[:, 0], values[:, 1], color=color, linewidth=0.8, linestyle=dash, alpha=0.7, zorder=2)
    for day, (x, y, low, high) in zip(rows["days"], values, strict=True):
        axes.plot([x, x], [low, high], color=color, linewidth=0.8, zorder=3)
        marker = _MARKERS[int(np.searchsorted(days, day)) % len(_MARKERS)]
        edge: Style = {"markeredgecolor": "white", "markeredgewidth": 0.4}
        axes.plot([x], [y], marker, color=color, markersize=4.6, zorder=4, clip_on=False, **edge)


def _dash(sizes: list[int], n_subtypes: int) -> Any:
    return _DASHES[sizes.index(n_subtypes) % len(_DASHES)]


def _years(days: float) -> str:
    years = f"{days / DAYS_PER_YEAR:.1f}".removesuffix(".0")
    return f"{years} year{'s' if years != '1' else ''}"


def _key(figure: Figure, days: np.ndarray, sizes: list[int], top: float) -> None:
    """Write the marks of the horizons, and below them the colours and dashes of the subtypes."""
    plain: Style = {"linestyle": "none", "color": MUTED, "markersize": 4.6, "markeredgewidth": 0}
    handles = [Line2D([], [], marker=_MARKERS[place % len(_MARKERS)], **plain) for place in range(len(days))]
    key_below(figure, handles, [_years(day) for day in days], top, left=14)
    for place, size in enumerate(sizes):
        own = range(1, size + 1)
        line: Style = {"linestyle": _dash(sizes, size), "linewidth": 1.4}
        handles = [Line2D([], [], color=subtype_color(subtype, size), **line) for subtype in own]
        key_below(figure, handles, [f"{subtype} of {size}" for subtype in own], top + 4 * (place + 1), left=14)
