"""Features that tell the subtypes apart, as a heat map of the patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from stratomics.cohort.columns import column_names

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
    subtype_color,
    text_mm,
)

#: z-scores beyond this are drawn in the last colour.
CLIP = 2.5
DIVERGING = LinearSegmentedColormap.from_list(
    "stratomics_z", ["#40004B", "#8E62A6", "#CFC0DC", "#F7F7F7", "#BFE0BC", "#4FA562", "#00441B"]
)
_ANNOTATIONS = ("patient", "subtype", "log_risk", "event")
_GREYS = ("#EFEFEF", "#C9C9C9", "#9B9B9B", "#6B6B6B", "#3D3D3D", "#111111")
_LEFT, _RIGHT, _TOP, _BAR, _GAP = 34.0, 11.0, 16.5, 2.6, 1.6


def feature_heatmap_table(
    X: np.ndarray,
    features: Sequence[str],
    markers: pd.DataFrame,
    clinical: pd.DataFrame,
    subtype: np.ndarray,
    log_risk: np.ndarray,
    covariates: Sequence[str] = (),
) -> pd.DataFrame:
    """Make the table of the figure: one row per patient, in the order of the columns of the figure.

    Parameters
    ----------
    X
        Patients x features, standardised; finite.
    features
        ``omics:feature`` for each column of `X`.
    markers
        From `stratomics.evaluation.top_features`.
    clinical
        Index = patients; columns event and those named in `covariates`.
    subtype, log_risk
        Of each patient.
    covariates
        Up to two categorical columns of `clinical`, for instance the stage, drawn as bars above.

    Returns
    -------
    pandas.DataFrame
        patient, subtype, log_risk, event, covariates (under a name of their own where theirs is one of these columns), then
        the z-scores of the features in the order of `markers`.
    """
    places = {feature: column for column, feature in enumerate(features)}
    names = markers["feature"].tolist()
    apart = column_names(covariates, reserved=[*_ANNOTATIONS, *names])
    head = pd.DataFrame(
        {
            "patient": clinical.index.to_numpy(),
            "subtype": np.asarray(subtype, dtype=np.int64),
            "log_risk": np.asarray(log_risk, dtype=np.float64),
            "event": clinical["event"].to_numpy().astype(np.int64),
            **{new: clinical[name].to_numpy() for new, name in zip(apart, covariates, strict=True)},
        }
    )
    scores = pd.DataFrame(np.asarray(X)[:, [places[name] for name in names]], columns=names)
    table = pd.concat([head, scores], axis=1)
    return table.sort_values(["subtype", "log_risk", "patient"], ignore_index=True)


def draw_feature_heatmap(table: pd.DataFrame, markers: pd.DataFrame, about: About) -> Figure:
    """Draw the z-scores of the marker features, patients ordered by subtype and risk.

    Parameters
    ----------
    table
        From `feature_heatmap_table`.
    markers
        From `stratomics.evaluation.top_features`: the rows, grouped by omics and subtype.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    covariates = [name for name in table.columns if name not in _ANNOTATIONS and name not in set(markers["feature"])]
    groups = list(markers.groupby("omics", sort=False))
    n_subtypes = int(table["subtype"].max())
    row = float(np.clip(170 / max(len(markers), 1), 2.0, 3.2))
    width = WIDTH - _LEFT - _RIGHT
    bars = {"subtype": _subtype_colors(table, n_subtypes), "event": _event_colors(table)}
    keys = {"event": [("#222222", "event"), ("#E4E4E4", "censored")]}
    for name in covariates:
        bars[name], keys[name] = _level_colors(table[name])
    body = row * len(markers) + _GAP * max(len(groups) - 1, 0)
    top = _TOP + (_BAR + 0.4) * len(bars) + 5.5
    lines = 1 + len(keys)
    edges = np.flatnonzero(np.diff(table["subtype"].to_numpy())) + 0.5
    with house_style():
        figure = new_figure(WIDTH, top + body + 3.8 * lines + 14)
        subtitle = f"{about.counts()}; full fit, apparent; no test"
        heading(figure, about.title("features raised in each subtype"), subtitle)
        _subtype_heads(figure, table, n_subtypes, width)
        for place, (name, colors) in enumerate(bars.items()):
            y = _TOP + 4.5 + (_BAR + 0.4) * place
            axes = axes_mm(figure, _LEFT, y, width, _BAR)
            axes.imshow(colors[None], aspect="auto", interpolation="nearest")
            axes.axis("off")
            _name(figure, y + _BAR / 2, name)
        y = top
        for omics, rows in groups:
            height = row * len(rows)
            axes = axes_mm(figure, _LEFT, y, width, height)
            scores = table[rows["feature"].tolist()].to_numpy(np.float64).T
            axes.imshow(scores, cmap=DIVERGING, vmin=-CLIP, vmax=CLIP, aspect="auto", interpolation="nearest")
            axes.vlines(edges, -0.5, len(rows) - 0.5, color="white", linewidth=0.9)
            breaks = np.flatnonzero(np.diff(rows["subtype"])) + 0.5
            axes.hlines(breaks, -0.5, len(table) - 0.5, color="white", linewidth=0.5)
            axes.axis("off")
            for place, line in enumerate(rows.itertuples()):
                middle = y + row * (place + 0.5)
                label = shorten(str(line.feature).removeprefix(f"{omics}:"), 24)
                style: Style = {"ha": "right", "va": "center", "fontsize": min(6.0, row * 2.2), "fit": _LEFT - 6}
                text_mm(figure, _LEFT - 3.2, middle, label, **style)
            side = axes_mm(figure, _LEFT - 2.4, y, 1.4, height)
            side.imshow(_subtype_colors(rows, n_subtypes)[:, None], aspect="auto", interpolation="nearest")
            side.axis("off")
            name_style: Style = {"va": "center", "fontsize": 7.5, "fontweight": "bold", "rotation": 270}
            name = shorten(str(omics), max(4, int(height / 1.6)))
            text_mm(figure, _LEFT + width + 2, y + height / 2, name, **name_style)
            y += height + _GAP
        _keys(figure, y + 3, keys)
        footnote(
            figure,
            "Per omics and subtype: the features with the largest standardised mean difference against all other patients."
            " The stripe beside a name is the\nsubtype it is raised in. Patients run from low to high risk within a subtype."
            " Subtypes were learned from these features: no independent test.",
        )
    return figure


def _subtype_colors(table: pd.DataFrame, n_subtypes: int) -> np.ndarray:
    return np.array([to_rgb(subtype_color(subtype, n_subtypes)) for subtype in table["subtype"]])


def _event_colors(table: pd.DataFrame) -> np.ndarray:
    return np.array([to_rgb("#222222" if event else "#E4E4E4") for event in table["event"]])


def _level_colors(values: pd.Series) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Give the levels of a covariate shades of grey in their sorted order; missing ones are white."""
    text = values.astype("string")
    levels = sorted(text.dropna().unique())
    shown = levels if len(levels) <= len(_GREYS) else levels[: len(_GREYS) - 1]
    places = np.linspace(0, len(_GREYS) - 1, max(len(shown), 2)).round().astype(int)
    shades = {level: _GREYS[place] for level, place in zip(shown, places, strict=False)}
    other = "#B9A7C9"
    colors = [to_rgb("#FFFFFF" if pd.isna(level) else shades.get(level, other)) for level in text]
    key = [(shades[level], shorten(level, 18)) for level in shown]
    if len(shown) < len(levels):
        key.append((other, f"{len(levels) - len(shown)} more"))
    if text.isna().any():
        key.append(("#FFFFFF", "missing"))
    return np.array(colors), key


def _name(figure: Figure, middle: float, words: str, color: str = INK) -> None:
    """Write the name of a bar or of a key left of the map."""
    style: Style = {"ha": "right", "va": "center", "fontsize": 6, "color": color}
    text_mm(figure, _LEFT - 1.5, middle, shorten(words, 24), fit=_LEFT - 3, **style)


def _subtype_heads(figure: Figure, table: pd.DataFrame, n_subtypes: int, width: float) -> None:
    """Write the subtype and its size above its patients."""
    counts = table["subtype"].value_counts().sort_index()
    start = 0
    for subtype, count in counts.items():
        share = width * count / len(table)
        middle = _LEFT + width * (start + count / 2) / len(table)
        words = f"subtype {subtype}\n{count} patients" if share > 18 else f"{subtype}\n{count}"
        color = subtype_color(int(str(subtype)), n_subtypes)
        style: Style = {
            "ha": "center",
            "va": "bottom",
            "fontsize": 6,
            "linespacing": 1.15,
            "color": color,
            "fontweight": "bold",
        }
        text_mm(figure, middle, _TOP + 3.8, words, **style)
        start += count


def _keys(figure: Figure, y: float, keys: Mapping[str, list[tuple[str, str]]]) -> None:
    """Draw the colour scale and the keys of the bars below the map."""
    _name(figure, y + 1.1, "z-score", color=MUTED)
    bar = axes_mm(figure, _LEFT + 9, y, 30, 2.2)
    bar.imshow(np.linspace(-CLIP, CLIP, 256)[None], cmap=DIVERGING, aspect="auto", extent=(-CLIP, CLIP, 0, 1))
    bar.set(yticks=[], xticks=[])
    for side in bar.spines.values():
        side.set_visible(False)
    for words, place in ((f"≤ −{CLIP:g}", 0), (f"≥ {CLIP:g}", 40)):
        text_mm(figure, _LEFT + place, y + 1.1, words, va="center", fontsize=6)
    width, height = figure.get_size_inches() * 25.4
    for line, (name, levels) in enumerate(keys.items(), start=1):
        top = y + 3.8 * line
        _name(figure, top + 1.1, name, color=MUTED)
        handles = [Patch(facecolor=color, edgecolor=INK, linewidth=0.3) for color, _ in levels]
        style = {"handlelength": 1.0, "handleheight": 0.8, "handletextpad": 0.4, "columnspacing": 1.2, "fontsize": 6}
        figure.legend(
            handles,
            [words for _, words in levels],
            ncols=len(levels),
            loc="center left",
            bbox_to_anchor=(_LEFT / width, 1 - (top + 1.1) / height),
            borderpad=0,
            borderaxespad=0,
            **style,
        )
