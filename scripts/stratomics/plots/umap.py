"""Patients in the plane of a UMAP of the latents, coloured by subtype and by risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .style import (
    INK,
    MUTED,
    RISK_COLORMAP,
    WIDTH,
    About,
    Style,
    axes_mm,
    footnote,
    heading,
    house_style,
    new_figure,
    subtype_color,
    text_mm,
)

_PANEL, _TOP, _LEFT, _GAP = 66.0, 20.0, 13.0, 17.0
#: Of more patients the points are drawn as a picture.
MOST_MARKS = 2500


def umap_table(coordinates: pd.DataFrame, subtypes: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    coordinates
        One row per patient: patient, umap_1, umap_2.
    subtypes
        ``subtypes.tsv``, the same patients in the same order: time (days), event (0/1), subtype (1 = best prognosis), risk
        (log relative hazard, larger = shorter survival; NaN where unknown).

    Returns
    -------
    pandas.DataFrame
        patient, umap_1, umap_2, subtype, log_risk, event, time.
    """
    return coordinates[["patient", "umap_1", "umap_2"]].assign(
        subtype=subtypes["subtype"].to_numpy(np.int64),
        log_risk=subtypes["risk"].to_numpy(np.float64),
        event=subtypes["event"].to_numpy(np.int64),
        time=subtypes["time"].to_numpy(np.float64),
    )


def draw_umap(table: pd.DataFrame, about: About) -> Figure:
    """Draw the patients twice: by subtype and by log risk; the marker tells who had the event.

    Parameters
    ----------
    table
        From `umap_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_subtypes = int(table["subtype"].max())
    labels = table["subtype"].to_numpy(np.int64)
    risk = table["log_risk"].to_numpy(np.float64)
    # Centred on the median patient, and the few most extreme ones do not wash out the rest.
    centre = float(np.nanmedian(risk)) if np.isfinite(risk).any() else 0.0
    reach = float(np.nanquantile(np.abs(risk - centre), 0.98)) if np.isfinite(risk).any() else 0.0
    scale = Normalize(centre - (reach or 1.0), centre + (reach or 1.0))
    by_subtype = np.array([subtype_color(label, n_subtypes) for label in labels])
    by_risk = np.array([RISK_COLORMAP(scale(value)) if np.isfinite(value) else (0.7, 0.7, 0.7, 1) for value in risk])
    with house_style():
        figure = new_figure(WIDTH, _TOP + _PANEL + (21 if n_subtypes <= 4 else 25))
        heading(
            figure, about.title("patients in the latent space (UMAP)"), f"{about.counts()}; full fit, apparent; no test"
        )
        second = _LEFT + _PANEL + _GAP
        text_mm(figure, _LEFT, _TOP - 5, "By subtype (1 = best prognosis)", fontsize=7.8, fontweight="bold")
        text_mm(figure, second, _TOP - 5, "By log risk", fontsize=7.8, fontweight="bold")
        for left, colors in ((_LEFT, by_subtype), (second, by_risk)):
            _points(axes_mm(figure, left, _TOP, _PANEL, _PANEL), table, colors)
        bar = axes_mm(figure, second + _PANEL + 2.5, _TOP + 8, 2.4, _PANEL - 16)
        _risk_bar(bar, scale)
        _key(figure, table, n_subtypes)
        footnote(
            figure,
            "Axes have no units; distances between far groups mean little. The subtypes were chosen on these patients by their"
            " survival,\nso their separation here is no evidence that they hold in others.",
        )
    return figure


def _points(axes: Axes, table: pd.DataFrame, colors: np.ndarray) -> None:
    size = float(np.clip(2600 / max(len(table), 1), 3.5, 16))
    # Of so many points a picture is smaller than a mark for each, and the page of the report holds the drawing.
    flat = len(table) > MOST_MARKS
    event = table["event"].to_numpy().astype(bool)
    places = table[["umap_1", "umap_2"]].to_numpy(np.float64)
    for chosen, area, marker, width, edge in ((~event, size, "o", 0.25, "white"), (event, size * 1.25, "D", 0.45, INK)):
        marks: Style = {
            "c": colors[chosen],
            "marker": marker,
            "linewidths": width,
            "edgecolors": edge,
            "rasterized": flat,
        }
        axes.scatter(places[chosen, 0], places[chosen, 1], s=area, **marks)
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel("UMAP 1", labelpad=3)
    axes.set_ylabel("UMAP 2", labelpad=3)
    axes.margins(0.04)


def _risk_bar(axes: Axes, scale: Normalize) -> None:
    low, high = float(scale.vmin or 0.0), float(scale.vmax or 0.0)
    axes.imshow(
        np.linspace(0, 1, 256)[:, None], cmap=RISK_COLORMAP, aspect="auto", origin="lower", extent=(0, 1, low, high)
    )
    axes.set(xticks=[])
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.locator_params(axis="y", nbins=5)
    axes.set_ylabel("log risk (per patient)", fontsize=6.5)
    for side in axes.spines.values():
        side.set_visible(False)


def _key(figure: Figure, table: pd.DataFrame, n_subtypes: int) -> None:
    def handle(color: str, marker: str, edge: str) -> Line2D:
        return Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=4,
            color=color,
            markeredgecolor=edge,
            markeredgewidth=0.5,
        )

    counts = table["subtype"].value_counts()
    subtypes = range(1, n_subtypes + 1)
    handles = [handle(subtype_color(subtype, n_subtypes), "o", "white") for subtype in subtypes]
    words = [f"{subtype} (n = {int(counts.get(subtype, 0))})" for subtype in subtypes]
    width, height = figure.get_size_inches() * 25.4
    style: Style = {"handletextpad": 0.1, "columnspacing": 1.1, "borderpad": 0, "borderaxespad": 0, "loc": "upper left"}
    place = 1 - (_TOP + _PANEL + 6) / height
    figure.legend(
        handles, words, ncols=n_subtypes if n_subtypes <= 4 else 3, bbox_to_anchor=(_LEFT / width, place), **style
    )
    handles = [handle(MUTED, "o", "white"), handle(MUTED, "D", INK)]
    n_events = int(table["event"].sum())
    words = [f"censored ({len(table) - n_events})", f"event ({n_events})"]
    figure.legend(handles, words, ncols=2, bbox_to_anchor=((_LEFT + _PANEL + _GAP) / width, place), **style)
