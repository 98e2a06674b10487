"""Who has which omics (an UpSet plot [1]_), and what is missing of each.

References
----------
.. [1] A. Lex, N. Gehlenborg, H. Strobelt, R. Vuillemot, H. Pfister (2014). UpSet: visualization of intersecting sets. IEEE
   Transactions on Visualization and Computer Graphics 20, 1983-1992.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stratomics.description.combinations import JOIN

from .cohorts import EMBEDDING_COLORS
from .small_multiples import light_grid
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

#: Combinations that are drawn; those of the fewest patients beyond them are in the table alone.
MOST = 12

_TOP, _NAMES, _SIZES, _MATRIX, _BARS, _ROW = 24.0, 26.0, 20.0, 58.0, 36.0, 5.2  # mm
_GAPS, _BETWEEN = 17.0, 15.0


def cohort_omics_table(combinations: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    combinations
        From `stratomics.description.combinations.omics_combinations`.
    gaps
        From `stratomics.description.gaps.missing_shares`.

    Returns
    -------
    pandas.DataFrame
        ``panel`` is ``combination`` (with ``omics``, the names joined by +; ``count`` patients, ``kept`` of them in the cohort),
        ``feature`` or ``patient`` (with ``omics``; ``share`` missing, 0 to 1; ``count`` features or patients with this share,
        ``of`` so many).
    """
    sets = combinations.rename(columns={"patients": "count"}).assign(panel="combination")
    table = pd.concat([sets, gaps.rename(columns={"by": "panel"})], ignore_index=True)
    return table[["panel", "omics", "share", "count", "of", "kept"]].astype({"of": "Int64", "kept": "Int64"})


def draw_cohort_omics(table: pd.DataFrame, about: About) -> Figure:
    """Draw the combinations of omics at the left, missing measurements at the right.

    Parameters
    ----------
    table
        From `cohort_omics_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(dict.fromkeys(table.loc[table["panel"] == "feature", "omics"].astype(str)))
    with house_style():
        figure = new_figure(WIDTH, _TOP + max(_BARS + 2 + _ROW * len(names), 2 * _GAPS + _BETWEEN + 9) + 14)
        sets = table[table["panel"] == "combination"]
        heading(
            figure,
            about.title("patients and omics"),
            f"{int(sets['count'].sum())} patients with usable follow-up, {about.n} of them in the cohort "
            f"({about.n_events} events)",
        )
        _sets(figure, sets, names)
        left = 8 + _NAMES + _SIZES + _MATRIX + 24
        text_mm(figure, left - 10, _TOP - 8, "Missing in the cohort", fontsize=7.8, fontweight="bold")
        if table["share"].fillna(0).max() == 0:
            words = "no measurement is missing\nin a patient who has the omics"
            text_mm(figure, left - 10, _TOP + 6, words, color=MUTED, linespacing=1.4)
        else:
            for place, (panel, words) in enumerate((("feature", "features"), ("patient", "patients"))):
                top = _TOP + place * (_GAPS + _BETWEEN)
                _missing(figure, table[table["panel"] == panel], names, words, left, top)
        footnote(
            figure,
            "Bars: dark, in the cohort; light, left out for lack of an omics. An omics with too much missing in a patient counts "
            "as absent.\nMissing: share of features (of patients who have the omics) with more than this share of their "
            "measurements missing.",
        )
    return figure


def _colors(names: list[str]) -> dict[str, str]:
    return {name: EMBEDDING_COLORS[place % len(EMBEDDING_COLORS)] for place, name in enumerate(names)}


def _sets(figure: Figure, sets: pd.DataFrame, names: list[str]) -> None:
    """Draw the bars of the combinations above, the dots that say what each is below, and all patients of an omics at the left."""
    members = [set(omics.split(JOIN)) for omics in sets["omics"]]
    sizes = {name: int(sum(n for n, own in zip(sets["count"], members, strict=True) if name in own)) for name in names}
    shown = sets.iloc[:MOST]
    colors = _colors(names)
    top, left = _TOP, 6 + _NAMES + _SIZES
    width = min(_MATRIX, 9.0 * len(shown) + 4)
    bars = axes_mm(figure, left, top, width, _BARS)
    x = np.arange(len(shown))
    count, kept = shown["count"].to_numpy(np.int64), shown["kept"].to_numpy(np.int64)
    bars.bar(x, count, width=0.62, color=FAINT, edgecolor=MUTED, linewidth=0.3)
    bars.bar(x, kept, width=0.62, color=INK)
    for place, n in zip(x.tolist(), count.tolist(), strict=True):
        bars.text(place, n, f"{n}", ha="center", va="bottom", fontsize=5.8)
    bars.set(xlim=(-0.6, len(shown) - 0.4), xticks=[], ylim=(0, 1.1 * max(count.max(), 1)))
    bars.set_ylabel("patients", labelpad=2)
    light_grid(bars, "y")
    matrix = axes_mm(figure, left, top + _BARS + 2, width, _ROW * len(names))
    matrix.set(xlim=(-0.6, len(shown) - 0.4), ylim=(len(names) - 0.5, -0.5))
    matrix.axis("off")
    for place, own in zip(x.tolist(), members, strict=False):
        rows = [row for row, name in enumerate(names) if name in own]
        matrix.scatter([place] * len(names), range(len(names)), s=12, color=FAINT, zorder=1, linewidths=0)
        matrix.plot([place] * len(rows), rows, color=INK, linewidth=1, zorder=2)
        matrix.scatter([place] * len(rows), rows, s=14, color=INK, zorder=3, linewidths=0)
    across = axes_mm(figure, 6 + _NAMES, top + _BARS + 2, _SIZES - 3, _ROW * len(names))
    across.barh(range(len(names)), [sizes[name] for name in names], height=0.6, color=[colors[name] for name in names])
    across.set(ylim=(len(names) - 0.5, -0.5), xlim=(1.02 * max(max(sizes.values()), 1), 0))
    across.axis("off")
    for row, name in enumerate(names):
        middle = top + _BARS + 2 + _ROW * (row + 0.5)
        text_mm(
            figure,
            6 + _NAMES - 1,
            middle,
            f"{shorten(name, 14)}  {sizes[name]}",
            va="center",
            ha="right",
            fit=_NAMES,
            fontsize=6.5,
        )
    if len(sets) > MOST:
        more = sets.iloc[MOST:]
        text_mm(
            figure,
            left,
            top - 2,
            f"and {len(more)} more combinations, {int(more['count'].sum())} patients (see the table)",
            fontsize=5.8,
            color=MUTED,
            va="bottom",
        )


def _missing(figure: Figure, rows: pd.DataFrame, names: list[str], words: str, left: float, top: float) -> None:
    """Draw for each omics the share of features or patients that miss more than each share of their measurements."""
    axes = axes_mm(figure, left, top, WIDTH - left - 8, _GAPS)
    highest, colors = 0.0, _colors(names)
    for name in names:
        own = rows[rows["omics"] == name]
        share = own["share"].to_numpy(np.float64)
        more = 1 - np.cumsum(own["count"].to_numpy(np.float64)) / float(own["of"].iloc[0])
        x, y = np.concatenate([[0.0], share, [1.0]]), np.concatenate([[1.0], more, [0.0]])
        if share[0] == 0:
            x, y = x[1:], y[1:]
        axes.step(100 * x, 100 * np.maximum(y, 0), where="post", color=colors[name], linewidth=1.1)
        highest = max(highest, float(share.max()))
    top_of = max(float(axes.get_ylim()[1]), 1.0)
    axes.set(xlim=(0, 100 * max(min(1.15 * highest, 1.0), 0.01)), ylim=(0, min(top_of, 100)))
    axes.set_ylabel(f"{words} (%)", labelpad=2)
    axes.set_xlabel(f"missing per {words.removesuffix('s')} (%)", labelpad=1)
    light_grid(axes, "y")
