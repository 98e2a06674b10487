"""Kaplan-Meier curves of the subtypes: the patients the chain was fitted on beside the patients it never saw.

Below them the same patients in as many groups of the continuous risk: what clusters have to be better than.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stratomics.survival.kaplan_meier import kaplan_meier

from .style import (
    DAYS_PER_YEAR,
    FAINT,
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
    number_text,
    p_text,
    ratio_text,
    subtype_color,
    text_mm,
)

#: By row and column.
PANELS = (
    {"apparent": "Apparent: patients the chain was fitted on", "held_out": "Held-out: patients the chain never saw"},
    {
        "apparent_risk": "Apparent: by risk, cut into as many groups",
        "held_out_risk": "Held-out: by risk, cut into as many groups",
    },
)
#: What `stats` may hold beside its keys; a column that is absent is not printed.
STATISTICS = (
    "logrank_p",
    "hazard_ratio",
    "hazard_ratio_low",
    "hazard_ratio_high",
    "cindex",
    "cindex_low",
    "cindex_high",
    "cindex_risk",
    "cindex_risk_low",
    "cindex_risk_high",
    "logrank_p_median",
    "n_repeats",
)
#: The axis ends at the first whole year with a smaller share of a panel's patients at risk.
SHARE_AT_RISK = 0.05

#: The rows of each curve by (number of groups, group).
Curves = dict[tuple[int, int], pd.DataFrame]

_GROUP = ["panel", "n_groups", "group"]
#: Of one panel, mm.
CURVES_LEFT, CURVES_WIDTH, CURVES_RIGHT = 19.0, 52.0, 16.0
_TOP, _HEADS, _HEIGHT, _ROW, _APART = 14.3, (12.7, 16.0), 56.0, 3.4, 4.0
#: How dark the bands are, by the number of curves; above five they would hide one another.
_SHADES = {1: 0.14, 2: 0.14, 3: 0.14, 4: 0.08, 5: 0.08}
#: Height of a tick in points, and how many places there are for them: half a tick's width apart.
_TICK, _MOST_TICKS = 3.2, 600
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.2)), (0, (1.2, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1)))


def kaplan_meier_table(patients: pd.DataFrame, stats: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the curves.

    Parameters
    ----------
    patients
        One row per panel (see `PANELS`) and patient: panel, patient, time (days), event (0/1), group (subtype or group of the
        risk, 1 = best prognosis), n_groups (of the chain that gave the label; folds may differ). Held-out patients carry
        their out-of-fold label of one repeat, so that each counts once.
    stats
        One row per panel: panel, logrank_p, hazard_ratio (per step), cindex (of the groups), and if known cindex_risk (of the
        risk before it is cut), the limits of the last three (``_low``, ``_high``), logrank_p_median (over the repeats),
        n_repeats.

    Returns
    -------
    pandas.DataFrame
        One row per panel, group and time of follow-up: panel, group, n_groups, n, n_events, time (days), at_risk,
        events, censored, survival, ci_low, ci_high, then the statistics of the panel.
    """
    pieces = []
    for key, rows in patients.groupby(_GROUP, sort=True):
        panel, n_groups, group = key
        event = rows["event"].to_numpy().astype(bool)
        curve = kaplan_meier(rows["time"].to_numpy(np.float64), event)
        head = {"panel": panel, "group": group, "n_groups": n_groups, "n": len(rows), "n_events": event.sum()}
        pieces.append(curve.assign(**head)[[*head, *curve.columns]])
    curves = pd.concat(pieces, ignore_index=True)
    kept = ["panel", *(name for name in STATISTICS if name in stats.columns)]
    return curves.merge(stats[kept], on="panel", how="left", validate="many_to_one")


def at_risk(curve: pd.DataFrame, days: np.ndarray) -> np.ndarray:
    """Read the numbers at risk off one curve of the table.

    Parameters
    ----------
    curve
        The rows of one panel and group.
    days
        When, in days.

    Returns
    -------
    numpy.ndarray
        Patients whose follow-up lasts at least that long, int64.
    """
    times = curve["time"].to_numpy(np.float64)
    counts = np.append(curve["at_risk"].to_numpy(np.int64), 0)
    return counts[np.searchsorted(times, days, side="left")]


def draw_kaplan_meier(table: pd.DataFrame, about: About, *, repeat: str = "r0") -> Figure:
    """Draw the panels, those by risk below those by subtype, each with its numbers at risk.

    Parameters
    ----------
    table
        From `kaplan_meier_table`. A panel without rows is drawn empty and says so; a row of panels without any is left out.
    about
        Heading.
    repeat
        The repeat whose out-of-fold labels the held-out panels show.

    Returns
    -------
    matplotlib.figure.Figure
    """
    curves = {str(panel): curves_of(rows) for panel, rows in table.groupby("panel")}
    # The dashes tell chains with different numbers of groups apart; the colour tells the step of risk.
    sizes = [int(size) for size in table.sort_values("panel")["n_groups"].drop_duplicates()]
    end = _axis_end(table)
    rows_below = max((len(panel) for panel in curves.values()), default=1)
    body = _HEIGHT + 15 + _ROW * rows_below
    rows = [row for row in PANELS if row is PANELS[0] or any(panel in curves for panel in row)]
    with house_style():
        figure = new_figure(WIDTH, _TOP + sum(_HEADS[: len(rows)]) + (body + _APART) * len(rows) + 12)
        words = "subtype 1 has" if len(rows) == 1 else "subtype 1 and group 1 have"
        heading(figure, about.title("survival by subtype"), f"{about.counts()}; {words} the best prognosis")
        top = _TOP
        for head, row in zip(_HEADS, rows, strict=False):
            for place, (panel, title) in enumerate(row.items()):
                left = 2 + place * (CURVES_LEFT + CURVES_WIDTH + CURVES_RIGHT + 2.0)
                text_mm(
                    figure,
                    left + CURVES_LEFT,
                    top,
                    title,
                    fit=CURVES_WIDTH + CURVES_RIGHT,
                    fontsize=7.8,
                    fontweight="bold",
                )
                axes = axes_mm(figure, left + CURVES_LEFT, top + head, CURVES_WIDTH, _HEIGHT)
                years_frame(axes, end)
                if panel not in curves:
                    axes.text(0.5, 0.5, "no patients", transform=axes.transAxes, ha="center", color=MUTED)
                    continue
                first = table[table["panel"] == panel].iloc[0]
                for number, statistics in enumerate(_statistics(first, panel)):
                    text_mm(
                        figure,
                        left + CURVES_LEFT,
                        top + 4.1 + 3.3 * number,
                        statistics,
                        fit=CURVES_WIDTH + CURVES_RIGHT,
                        fontsize=6.3,
                    )
                for (n_groups, group), curve in curves[panel].items():
                    style: Style = {"color": subtype_color(group, n_groups), "linestyle": _dash(sizes, n_groups)}
                    draw_curve(axes, curve, style, shade=_SHADES.get(len(curves[panel]), 0.0))
                deep = 4 + _ROW * rows_below
                below = axes_mm(
                    figure, left, top + head + _HEIGHT + 11, CURVES_LEFT + CURVES_WIDTH + CURVES_RIGHT, deep
                )
                below.set(xlim=(0, CURVES_LEFT + CURVES_WIDTH + CURVES_RIGHT), ylim=(deep, 0))  # in mm
                risk_table(below, axes, curves[panel], sizes, "group" if panel.endswith("_risk") else "subtype")
            top += head + body + _APART
        footnote(figure, _footnote(repeat))
    return figure


def curves_of(rows: pd.DataFrame) -> Curves:
    """Split the rows of a panel into its curves, by number of groups and group."""
    pairs = rows[["n_groups", "group"]].drop_duplicates().to_numpy(np.int64)
    return {
        (int(size), int(group)): rows[(rows["n_groups"] == size) & (rows["group"] == group)]
        for size, group in sorted(pairs.tolist())
    }


def _axis_end(table: pd.DataFrame) -> float:
    """Return the first whole year with too few patients at risk in every panel."""
    ends = [1.0]
    for _, rows in table.groupby("panel"):
        curves = list(curves_of(rows).values())
        total = sum(int(curve["n"].iloc[0]) for curve in curves)
        last = int(np.ceil(rows["time"].max() / DAYS_PER_YEAR))
        years = np.arange(1, last + 1)
        left = np.sum([at_risk(curve, years * DAYS_PER_YEAR) for curve in curves], axis=0)
        few = np.flatnonzero(left < SHARE_AT_RISK * total)
        ends.append(float(years[few[0]] if few.size else last))
    return max(ends)


def years_frame(axes: Axes, end: float) -> None:
    """Set the axes of a survival curve: years from 0 to `end`, a probability from 0 to 1."""
    step = next(step for step in (0.5, 1, 2, 5, 10, 20, 50) if end / step <= 8 or step == 50)
    axes.set(xlim=(0, end), ylim=(0, 1.02), xticks=np.arange(0, end + 1e-9, step), yticks=np.linspace(0, 1, 6))
    axes.set_xlabel("follow-up (years)", labelpad=2)
    axes.set_ylabel("survival probability", labelpad=3)
    axes.grid(axis="y", color=FAINT, linewidth=0.3)


def draw_curve(axes: Axes, curve: pd.DataFrame, style: Style, *, shade: float) -> None:
    """Draw one curve with its ticks, and a band that is as dark as `shade`, if at all.

    Parameters
    ----------
    axes
        Years by probability.
    curve
        From `stratomics.survival.kaplan_meier.kaplan_meier`.
    style
        Of the line: its color at least.
    shade
        Opacity of the band, 0 for none.
    """
    years = np.concatenate([[0.0], curve["time"].to_numpy(np.float64) / DAYS_PER_YEAR])
    survival = np.concatenate([[1.0], curve["survival"].to_numpy(np.float64)])
    # Between events nothing changes, and a page holds these curves for every embedding.
    steps = np.concatenate([[True], curve["events"].to_numpy() > 0])
    steps[-1] = True
    axes.step(years[steps], survival[steps], where="post", linewidth=1.2, zorder=3, clip_on=True, **style)
    if shade:
        # Where the interval is not defined (nobody has died, or everybody has) the last one is carried on.
        low, high = (np.concatenate([[1.0], curve[end].ffill().fillna(1.0)])[steps] for end in ("ci_low", "ci_high"))
        axes.fill_between(
            years[steps], low, high, step="post", color=style["color"], alpha=shade, linewidth=0, zorder=1
        )
    censored = np.concatenate([[False], curve["censored"].to_numpy() > 0])
    _ticks(axes, years[censored], survival[censored], style["color"])


def _ticks(axes: Axes, years: np.ndarray, survival: np.ndarray, color: str) -> None:
    """Draw ticks as one line with gaps, of those that would lie on one another the first: a mark for each would be megabytes."""
    end = axes.get_xlim()[1]
    _, first = np.unique(np.floor(years / end * _MOST_TICKS), return_index=True)
    shown = first[years[first] <= end]
    height = axes.get_window_extent().height / axes.figure.dpi * 72  # in points
    half = _TICK / 2 * np.ptp(axes.get_ylim()) / height
    x, y = years[shown], survival[shown]
    gaps = np.full(len(shown), np.nan)
    axes.plot(
        np.column_stack([x, x, gaps]).ravel(),
        np.column_stack([y - half, y + half, gaps]).ravel(),
        linewidth=0.5,
        solid_capstyle="butt",
        color=color,
        zorder=4,
    )


def risk_table(below: Axes, axes: Axes, groups: Curves, sizes: list[int], what: str) -> None:
    """Write patients at risk under the ticks of the curves, with the key of the lines at the left.

    Parameters
    ----------
    below
        Where, as wide as `CURVES_LEFT`, `CURVES_WIDTH` and `CURVES_RIGHT` together; its limits are mm from the top left.
    axes
        Of the curves.
    groups
        The curves.
    sizes
        Numbers of groups, for their dashes.
    what
        What a group is called.
    """
    total = CURVES_LEFT + CURVES_WIDTH + CURVES_RIGHT
    below.axis("off")
    ticks = np.asarray(axes.get_xticks(), dtype=np.float64)
    places = CURVES_LEFT + CURVES_WIDTH * ticks / axes.get_xlim()[1]
    below.text(2, 1, what, fontsize=6, color=MUTED, va="center")
    below.text(CURVES_LEFT + CURVES_WIDTH / 2, 1, "patients at risk", fontsize=6, color=MUTED, ha="center", va="center")
    below.text(total - 1, 1, "events / n", fontsize=6, color=MUTED, ha="right", va="center")
    for row, ((n_groups, group), curve) in enumerate(groups.items()):
        y = 4.6 + _ROW * row
        color = subtype_color(group, n_groups)
        below.plot([2, 7], [y, y], color=color, linestyle=_dash(sizes, n_groups), linewidth=1.4)
        below.text(8, y, f"{group} of {n_groups}", fontsize=6.2, va="center", color=INK)
        for place, count in zip(places, at_risk(curve, ticks * DAYS_PER_YEAR), strict=True):
            below.text(place, y, str(count), fontsize=6.2, ha="center", va="center", color=INK)
        counts = f"{int(curve['n_events'].iloc[0])} / {int(curve['n'].iloc[0])}"
        below.text(total - 1, y, counts, fontsize=6.2, ha="right", va="center", color=INK)


def _dash(sizes: list[int], n_groups: int) -> Any:
    return _DASHES[sizes.index(int(n_groups)) % len(_DASHES)]


def _statistics(row: pd.Series, panel: str) -> list[str]:
    """Return the lines of statistics above a panel."""
    first = f"log-rank {p_text(row.get('logrank_p', np.nan))}"
    if panel.startswith("apparent"):
        first += " (apparent, not a test)"
    else:
        median, repeats = row.get("logrank_p_median", np.nan), row.get("n_repeats", np.nan)
        many = (
            f"; median {number_text(median)} over {int(repeats)} repeats" if np.isfinite(median) and repeats > 1 else ""
        )
        first += f" (nominal{many})"
    second = f"HR per step {_with_interval(row, 'hazard_ratio')}, C {_with_interval(row, 'cindex')}"
    uncut = np.isfinite(row.get("cindex_risk", np.nan))
    return [first, second, *([f"C of the risk before it is cut {_with_interval(row, 'cindex_risk')}"] if uncut else [])]


def _with_interval(row: pd.Series, name: str) -> str:
    """Return ``1.92 (1.31–2.80)``, without the brackets where there is no interval."""
    low, high = row.get(f"{name}_low", np.nan), row.get(f"{name}_high", np.nan)
    interval = f" ({ratio_text(low)}–{ratio_text(high)})" if np.isfinite([low, high]).all() else ""
    return f"{ratio_text(row.get(name, np.nan))}{interval}"


def _footnote(repeat: str) -> str:
    return (
        "Bands: pointwise 95 % confidence interval (log-log; left out above 5 curves). Ticks: censored patients. The axis ends"
        f" where fewer than {100 * SHARE_AT_RISK:g} % are at risk.\n"
        f"C: Harrell’s, of the groups. Held-out: pooled out-of-fold labels of repeat {repeat}, each patient once."
        " “k of K”: subtype or group k where the chain found K subtypes;\nwith several K the log-rank test sums one per K."
        " Apparent: the same patients chose latents and clusters and fitted the risk, so its p-values test nothing.\n"
        "Nominal: folds share training patients, which makes the held-out p-value too small too often."
    )
