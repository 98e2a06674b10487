"""Which clinical variables the subtypes differ in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stratomics.evaluation.enrichment import GROUPS
from stratomics.user_text import one_line

from .small_multiples import empty_figure
from .style import (
    FAINT,
    MUTED,
    WIDTH,
    About,
    Style,
    axes_mm,
    footnote,
    heading,
    house_style,
    new_figure,
    number_text,
    shorten,
    subtype_color,
    text_mm,
)

#: Most covariates beside each other before the next band of panels begins.
PER_BAND = 5
#: Levels drawn by themselves; the rarer ones are put together.
MOST_LEVELS = 7
OTHER = "other levels"

_TITLE = "clinical variables by subtype"
#: Light to dark for levels with an order; hues that no subtype has for those without one (Tol's "muted" scheme).
_ORDINAL = ("#EFE6F4", "#D3BFE0", "#B295C9", "#8E6BAE", "#6B438F", "#46216B", "#220B40")
_CATEGORICAL = ("#44AA99", "#DDCC77", "#882255", "#999933", "#AA4499", "#117733", "#332288")
_OTHER_COLOR = "#CFCFCF"
_QUARTILES = ("q25", "median", "q75")
_NAME, _GAP, _BAR, _LEVEL = 30.0, 6.5, 3.6, 2.9


def enrichment_table(enrichment: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    enrichment
        ``enrichment.tsv``: embedding, covariate, kind, test, p, q and more. May have no rows.
    levels
        ``enrichment_levels.tsv``: embedding, covariate, kind, subtype, level, n, share (categorical and ordinal), value (numeric:
        levels ``median``, ``q25``, ``q75``).

    Returns
    -------
    pandas.DataFrame
        embedding, covariate, kind, subtype, level, n, share, value, n_subtypes, test, p, q. Of a covariate with more than
        seven levels the rarest are summed as ``other levels``.
    """
    columns = ["embedding", "covariate", "kind", "subtype", "level", "n", "share", "value"]
    table = levels[columns].copy()
    table["level"] = table["level"].astype(str).replace(OTHER, f"{OTHER} (a level)")
    for covariate, rows in table[table["kind"] != "numeric"].groupby("covariate", sort=False):
        totals = rows.groupby("level", sort=False)["n"].sum()
        if len(totals) > MOST_LEVELS:
            kept = totals.sort_values(ascending=False, kind="stable").index[: MOST_LEVELS - 1]
            rare = (table["covariate"] == covariate) & ~table["level"].isin(kept)
            table.loc[rare, "level"] = OTHER
    keys = ["embedding", "covariate", "kind", "subtype", "level"]
    sums: dict[str, Any] = {"n": "sum", "share": lambda share: share.sum(min_count=1), "value": "first"}
    table = table.groupby(keys, sort=False, as_index=False).agg(sums)[columns]
    table["n_subtypes"] = table.groupby("embedding")["subtype"].transform("max")
    tests = enrichment.loc[enrichment["kind"] != GROUPS, ["embedding", "covariate", "test", "p", "q"]]
    return table.merge(tests, on=["embedding", "covariate"], how="left", validate="many_to_one")


def draw_enrichment(table: pd.DataFrame, about: About) -> Figure:
    """Draw the levels of every covariate in every subtype; a row of panels per embedding, a column per covariate.

    Parameters
    ----------
    table
        From `enrichment_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        if table.empty:
            return empty_figure(about, _TITLE, "No clinical variable was given (clinical: covariates, annotations).")
        covariates = list(table["covariate"].unique())
        per_band = -(-len(covariates) // -(-len(covariates) // PER_BAND))  # as even as can be
        bands = [covariates[start : start + per_band] for start in range(0, len(covariates), per_band)]
        sizes = table.groupby("embedding", sort=False)["n_subtypes"].first().astype(int)
        heads = [10.2 + _LEVEL * max(_key_lines(table, name) for name in band) for band in bands]
        body = sum(_BAR * size + 11.5 for size in sizes)
        figure = new_figure(WIDTH, 16 + sum(heads) + (body + 4) * len(bands) + 10)
        subtitle = f"{about.counts()}; subtypes of the full fit (apparent), 1 = best prognosis"
        heading(figure, about.title(_TITLE), subtitle)
        width = min((WIDTH - _NAME - 4) / max(len(bands[0]), 3), 48) - _GAP
        top = 16.0
        for band, head in zip(bands, heads, strict=True):
            _band(figure, table, band, sizes, top, head, width)
            top += head + body + 4
        footnote(
            figure,
            "Shares among patients of known value; numeric variables: median and quartiles. q: Benjamini-Hochberg over all tests"
            " (chi-square, Fisher’s exact or Kruskal-Wallis test).\nThe latents were chosen by survival, so a variable tied to"
            " survival is expected to differ between subtypes: this describes them and is no independent evidence for them.",
        )
    return figure


def _band(
    figure: Figure, table: pd.DataFrame, band: list[str], sizes: pd.Series, top: float, head: float, width: float
) -> None:
    """Draw some of the covariates for all embeddings, with the key of the levels above each column."""
    for column, covariate in enumerate(band):
        left = _NAME + column * (width + _GAP)
        rows = table[table["covariate"] == covariate]
        name: Style = {"fontsize": 7, "fontweight": "bold", "linespacing": 1.15, "va": "bottom"}
        text_mm(figure, left, top + 6.2, _wrapped(str(covariate), int(width / 1.55)), fit=width + 2, **name)
        colors = _colors(rows)
        if rows["kind"].iloc[0] == "numeric":
            text_mm(figure, left, top + 7.4, "median, quartiles", fontsize=6, color=MUTED, fit=width)
        for place, (level, color) in enumerate(colors.items()):
            y = top + 7.4 + _LEVEL * place
            box = axes_mm(figure, left, y + 0.2, 2.6, 2.0)
            box.set_facecolor(color)
            box.set(xticks=[], yticks=[])
            for side in box.spines.values():
                side.set(visible=True, linewidth=0.25, color=MUTED)
            text_mm(figure, left + 3.6, y, shorten(str(level), int(width / 1.3)), fontsize=6, fit=width - 3)
        limits = _limits(rows)
        y = top + head
        for embedding, size in sizes.items():
            height = _BAR * size
            own = rows[rows["embedding"] == embedding]
            if column == 0:
                _side(figure, table[table["embedding"] == embedding], y + 5, height)
            if len(own):
                q = float(own["q"].iloc[0])
                said = f"q = {number_text(q)}" if np.isfinite(q) else "no test"
                strong = "bold" if np.isfinite(q) and q < 0.05 else "normal"
                text_mm(figure, left, y + 1.3, said, fontsize=6.3, fontweight=strong, fit=width)
                axes = axes_mm(figure, left, y + 5, width, height)
                axes.set(ylim=(size + 0.5, 0.5), yticks=[])
                if rows["kind"].iloc[0] == "numeric":
                    _quartiles(axes, own, int(size), limits)
                else:
                    _shares(axes, own, colors)
                    if embedding == sizes.index[-1]:
                        axes.set_xlabel("% of patients", fontsize=5.8, labelpad=1, color=MUTED)
            y += height + 11.5


def _wrapped(name: str, length: int) -> str:
    """Break the name of a column in two at an underscore or a space, and cut what is still too long."""
    name = one_line(name)
    if len(name) <= length:
        return name
    breaks = [place + 1 for place, letter in enumerate(name[:-1]) if letter in "_ "]
    if not breaks:
        return shorten(name, length)
    middle = min(breaks, key=lambda place: (abs(place - len(name) / 2), place))
    return f"{shorten(name[:middle], length)}\n{shorten(name[middle:], length)}"


def _side(figure: Figure, own: pd.DataFrame, top: float, height: float) -> None:
    """Write the name of the embedding and its subtypes with their sizes left of its panels."""
    size = int(own["n_subtypes"].iloc[0])
    name = shorten(str(own["embedding"].iloc[0]), 22)
    text_mm(figure, _NAME - 3, top - 3.7, name, ha="right", fontsize=7.2, fontweight="bold", fit=_NAME - 6)
    for subtype in range(1, size + 1):
        middle = top + height * (subtype - 0.5) / size
        style: Style = {"ha": "right", "va": "center", "fontsize": 6.3, "color": subtype_color(subtype, size)}
        text_mm(figure, _NAME - 3, middle, f"subtype {subtype}", fontweight="bold", **style)


def _known(own: pd.DataFrame) -> pd.Series:
    """Return the patients of known value in each subtype."""
    by = own.groupby("subtype")["n"]
    return by.max() if own["kind"].iloc[0] == "numeric" else by.sum()


def _shares(axes: Axes, own: pd.DataFrame, colors: dict[str, str]) -> None:
    axes.set(xlim=(0, 1), xticks=[0, 0.5, 1])
    axes.set_xticklabels(["0", "50", "100"], fontsize=5.6)
    axes.spines["left"].set_visible(False)
    for subtype in np.sort(own["subtype"].unique()).tolist():
        rows = own[own["subtype"] == subtype]
        start = 0.0
        shares = rows.set_index("level")["share"].astype(np.float64).fillna(0.0)
        for level, color in colors.items():
            share = float(shares.get(level, 0.0))
            edge: Style = {"edgecolor": "white", "linewidth": 0.4}
            axes.barh([subtype], [share], left=start, height=0.78, color=color, **edge)
            start += share
    _counts(axes, own)


def _quartiles(axes: Axes, own: pd.DataFrame, size: int, limits: tuple[float, float]) -> None:
    axes.set_xlim(limits)
    axes.locator_params(axis="x", nbins=4)
    axes.tick_params(axis="x", labelsize=5.6)
    axes.xaxis.grid(True, color=FAINT, linewidth=0.3)
    axes.spines["left"].set_visible(False)
    for subtype in np.sort(own["subtype"].unique()).tolist():
        rows = own[own["subtype"] == subtype]
        low, middle, high = rows.set_index("level")["value"].astype(np.float64).reindex(list(_QUARTILES))
        color = subtype_color(subtype, size)
        axes.plot([low, high], [subtype, subtype], color=color, linewidth=3.2, alpha=0.4, solid_capstyle="butt")
        axes.plot([middle], [subtype], "o", color=color, markersize=4.2, markeredgecolor="white", markeredgewidth=0.4)
    _counts(axes, own)


def _counts(axes: Axes, own: pd.DataFrame) -> None:
    """Write the patients of known value at the right of each bar."""
    known = _known(own)
    for subtype, count in zip(known.index.to_list(), known.to_list(), strict=True):
        style: Style = {"va": "center", "ha": "left", "fontsize": 5.4, "color": MUTED, "clip_on": False}
        axes.text(1.02, subtype, f"{int(count)}", transform=axes.get_yaxis_transform(), **style)


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the axis that the embeddings share for a numeric covariate."""
    values = rows["value"].to_numpy(np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    reach = float(np.ptp(values)) or abs(float(values[0])) or 1.0
    return float(values.min() - 0.12 * reach), float(values.max() + 0.12 * reach)


def _colors(rows: pd.DataFrame) -> dict[str, str]:
    """Give each level of a covariate a colour; none for a numeric one."""
    kind = rows["kind"].iloc[0]
    if kind == "numeric":
        return {}
    levels = list(rows["level"].unique())
    named = [level for level in levels if level != OTHER]
    if kind == "ordinal":
        places = np.linspace(0, len(_ORDINAL) - 1, max(len(named), 2)).round().astype(int)
        colors = {level: _ORDINAL[place] for level, place in zip(named, places, strict=False)}
    else:
        colors = dict(zip(named, _CATEGORICAL, strict=False))
    return colors | ({OTHER: _OTHER_COLOR} if OTHER in levels else {})


def _key_lines(table: pd.DataFrame, covariate: str) -> int:
    """Return how many lines the key of a covariate takes."""
    return max(len(_colors(table[table["covariate"] == covariate])), 1)
