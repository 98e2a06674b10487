"""Survival of all patients, and how long they were followed (reverse Kaplan-Meier)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stratomics.description.follow_up import FOLLOW_UP, SURVIVAL

from .kaplan_meier import SHARE_AT_RISK, at_risk, draw_curve, years_frame
from .style import DAYS_PER_YEAR, INK, MUTED, WIDTH, About, axes_mm, footnote, heading, house_style, new_figure, text_mm

#: By curve: title, axis, what its counts are called, and its colour.
PANELS = {
    SURVIVAL: ("Survival", "without the event", "events so far", INK),
    FOLLOW_UP: ("Follow-up (reverse Kaplan-Meier)", "still followed", "censored so far", "#44AA99"),
}

_TOP, _LEFT, _PANEL, _APART, _HEIGHT = 25.0, 25.0, 60.0, 28.0, 46.0


def cohort_follow_up_table(follow_up: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    follow_up
        From `stratomics.description.follow_up.follow_up_curves`.

    Returns
    -------
    pandas.DataFrame
        The same, with ``so_far``: events (of the curve) up to each time.
    """
    return follow_up.assign(so_far=follow_up.groupby("curve", sort=False)["events"].cumsum())


def draw_cohort_follow_up(table: pd.DataFrame, about: About) -> Figure:
    """Draw both curves, each with its numbers below it.

    Parameters
    ----------
    table
        From `cohort_follow_up_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    end = _axis_end(table[table["curve"] == SURVIVAL])
    with house_style():
        figure = new_figure(WIDTH, _TOP + _HEIGHT + 29)
        heading(figure, about.title("follow-up and events"), about.counts())
        for place, (name, (title, share, words, color)) in enumerate(PANELS.items()):
            curve = table[table["curve"] == name]
            left = _LEFT + place * (_PANEL + _APART)
            text_mm(figure, left, _TOP - 8.5, title, fontsize=7.8, fontweight="bold")
            text_mm(figure, left, _TOP - 4.6, _median(curve, "median"), fontsize=6.3)
            axes = axes_mm(figure, left, _TOP, _PANEL, _HEIGHT)
            years_frame(axes, end)
            axes.set_ylabel(f"share {share}", labelpad=3)
            axes.axhline(0.5, color=MUTED, linewidth=0.4, linestyle=(0, (3, 2)))
            draw_curve(axes, curve, {"color": color}, shade=0.14)
            ticks = np.asarray(axes.get_xticks(), dtype=np.float64)
            days = ticks * DAYS_PER_YEAR
            step = np.searchsorted(curve["time"].to_numpy(np.float64), days, side="right") - 1
            rows = {"at risk": at_risk(curve, days), words: curve["so_far"].to_numpy(np.int64)[step]}
            for line, (what, counts) in enumerate(rows.items()):
                top = _TOP + _HEIGHT + 10.5 + 3.6 * line
                text_mm(figure, left - 5, top, what, ha="right", fontsize=6, color=MUTED, fit=18)
                for at, count in zip(ticks, counts, strict=True):
                    text_mm(figure, left + _PANEL * at / end, top, str(count), ha="center", fontsize=6.2)
        footnote(
            figure,
            "Bands: pointwise 95 % confidence interval (log-log). The ticks on a curve are the patients who leave it otherwise "
            f"(left: censored; right: with the event).\nThe axis ends where fewer than {100 * SHARE_AT_RISK:g} % are at risk.",
        )
    return figure


def _axis_end(curve: pd.DataFrame) -> float:
    """Return the first whole year with too few patients at risk."""
    last = int(np.ceil(curve["time"].max() / DAYS_PER_YEAR))
    years = np.arange(1, last + 1)
    few = np.flatnonzero(at_risk(curve, years * DAYS_PER_YEAR) < SHARE_AT_RISK * curve["at_risk"].max())
    return float(years[few[0]] if few.size else max(last, 1))


def _median(curve: pd.DataFrame, word: str) -> str:
    """Say when half are left."""
    half = curve.loc[curve["survival"] <= 0.5, "time"]
    if half.empty:
        return f"{word} not reached"
    return f"{word} {half.iloc[0] / DAYS_PER_YEAR:.1f} years ({half.iloc[0]:.0f} days)"
