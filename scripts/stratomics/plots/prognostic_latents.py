"""Forest plot of the latents of the full fit that carry survival."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .style import (
    FAINT,
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
    number_text,
    ratio_text,
    shorten,
    text_mm,
)

#: Most latents drawn; the table beside the figure holds all that were selected.
MOST_ROWS = 30
#: Latents shown, hollow, where none was selected.
_IF_NONE = 10
_TOP, _ROW = 22.0, 4.3
_NAME, _FOREST, _RATIO, _P = 24.0, 58.0, 29.0, 18.0
_FARTHEST = 20.0  # a confidence interval beyond 1/20 or 20 is cut and ends in an arrow


def prognostic_latents_table(prognostic: pd.DataFrame, frequency: pd.DataFrame | None = None) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    prognostic
        One row per split and latent: split, latent, hazard_ratio (per standard deviation), ci_low, ci_high, p, q, selected,
        and reason, if known.
    frequency
        From `stratomics.evaluation.selection_frequency`, or None.

    Returns
    -------
    pandas.DataFrame
        The selected latents of the full fit, largest hazard ratio first: latent, hazard_ratio, ci_low, ci_high, p, q, passed
        (false where the latent was taken as the best of those that failed), frequency, match. Where none was selected: the
        ten with the smallest p, not passed.
    """
    full = prognostic[prognostic["split"] == "full"].copy()
    selected = full["selected"].astype(bool)
    fallback = full["reason"].astype(str).str.startswith("fallback") if "reason" in full else ~selected
    full["passed"] = selected & ~fallback
    shown = full[selected] if selected.any() else full.dropna(subset="p").nsmallest(_IF_NONE, "p")
    table = shown.reindex(columns=["latent", "hazard_ratio", "ci_low", "ci_high", "p", "q", "passed"])
    if frequency is None:
        table = table.assign(frequency=np.nan, match=np.nan)
    else:
        table = table.merge(frequency[["latent", "frequency", "match"]], on="latent", how="left")
    return table.sort_values(["hazard_ratio", "latent"], ascending=[False, True], ignore_index=True)


def draw_prognostic_latents(table: pd.DataFrame, about: About) -> Figure:
    """Draw hazard ratios with their intervals, p-values and selection frequencies.

    Parameters
    ----------
    table
        From `prognostic_latents_table`. Of more than 30 latents those with the smallest p are drawn.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    kept = table.loc[table["p"].fillna(np.inf).nsmallest(MOST_ROWS).index].sort_index()
    n_passed = int(table["passed"].sum())
    height = _ROW * max(len(kept), 3) + 2
    count = f"{n_passed} latent{'s' if n_passed != 1 else ''} selected" if n_passed else "no latent passed"
    notes = _notes(kept, len(table) - len(kept))
    with house_style():
        figure = new_figure(WIDTH, _TOP + height + 15 + 2.8 * len(notes))
        subtitle = f"{about.counts()}; {count}; univariate Cox, Wald test, apparent (full fit)"
        heading(figure, about.title("prognostic latents (apparent)"), subtitle)
        _forest(axes_mm(figure, _NAME, _TOP, _FOREST, height), kept)
        _columns(figure, kept, height)
        footnote(figure, "\n".join(notes))
    return figure


def _notes(table: pd.DataFrame, hidden: int) -> list[str]:
    """Return the lines below the figure."""
    notes = [
        "Hazard ratio per standard deviation of the latent, 95 % confidence interval; arrows: it goes on."
        " The latents were selected by this very p-value: not a test."
    ]
    if table["frequency"].notna().any():
        notes.append(
            "Selected in: share of the cross-validation fits that select the latent’s counterpart (the one with the largest"
            " |r| over all patients; its median in brackets)."
        )
    if not table["passed"].any():
        notes.append(f"No latent met the criterion: the {len(table)} with the smallest p are shown, hollow.")
    if hidden:
        notes.append(f"{hidden} more, with larger p, are in the table beside this figure.")
    return notes


def _forest(axes: Axes, table: pd.DataFrame) -> None:
    ratio, low, high = (table[name].to_numpy(np.float64) for name in ("hazard_ratio", "ci_low", "ci_high"))
    reach = np.nanmax(np.concatenate([[1.5], ratio, 1 / ratio, high, 1 / np.maximum(low, 1e-12)]))
    reach = float(min(reach * 1.08, _FARTHEST))
    axes.set_xscale("log")
    axes.set(xlim=(1 / reach, reach), ylim=(max(len(table), 3) - 0.5, -0.5), yticks=[])
    axes.axvline(1, color=MUTED, linewidth=0.6, zorder=1)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("hazard ratio per SD (log axis)", labelpad=2)
    subs = (1, 2, 5) if reach > 8 else (1, 1.5, 2, 3, 5, 7) if reach > 2.5 else (1, 1.2, 1.5, 2, 2.5, 4, 5, 6, 8)
    axes.xaxis.set_major_locator(LogLocator(subs=subs))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.grid(True, which="major", color=FAINT, linewidth=0.3)
    for row in range(len(table)):
        if not np.isfinite(ratio[row]):
            axes.text(
                1,
                row,
                "not estimable",
                fontsize=6,
                color=MUTED,
                ha="center",
                va="center",
                bbox={"facecolor": "white", "linewidth": 0, "pad": 1},
            )
            continue
        color = RISK_COLORMAP(0.82 if ratio[row] > 1 else 0.18)
        start, stop = np.clip([low[row], high[row]], 1 / reach, reach)
        axes.plot([start, stop], [row, row], color=color, linewidth=1.0, solid_capstyle="butt", zorder=2)
        for cut, place, marker in ((low[row] < start, start, "<"), (high[row] > stop, stop, ">")):
            if cut:
                axes.plot([place], [row], marker=marker, markersize=3, color=color, clip_on=False, zorder=3)
        face = color if table["passed"].iloc[row] else "white"
        if 1 / reach <= ratio[row] <= reach:
            axes.plot([ratio[row]], [row], "s", markersize=3.6, color=face, markeredgecolor=color, zorder=4)


def _columns(figure: Figure, table: pd.DataFrame, height: float) -> None:
    """Write names at the left; hazard ratio, p and frequency at the right."""
    rows = max(len(table), 3)
    at_ratio = _NAME + _FOREST + 5
    at_p = at_ratio + _RATIO + 3
    at_bar = at_p + _P
    has_frequency = bool(table["frequency"].notna().any())
    head: Style = {"fontsize": 6.5, "color": MUTED}
    text_mm(figure, 4, _TOP - 4.5, "latent", **head)
    text_mm(figure, at_ratio, _TOP - 4.5, "HR (95 % CI)", **head)
    text_mm(figure, at_p, _TOP - 4.5, "p", **head)
    if has_frequency:
        text_mm(figure, at_bar, _TOP - 4.5, "selected in (|r|)", **head)
        bars = axes_mm(figure, at_bar, _TOP, 16, height)
        bars.set(xlim=(0, 1), ylim=(rows - 0.5, -0.5))
        bars.axis("off")
        places = np.arange(len(table))
        bars.barh(places, np.ones(len(table)), height=0.42, color="#EEEEEE")
        bars.barh(places, table["frequency"].fillna(0).to_numpy(np.float64), height=0.42, color="#777777")
    cell: Style = {"fontsize": 6.5, "va": "center"}
    names = ("hazard_ratio", "ci_low", "ci_high", "p", "frequency", "match")
    numbers = table[list(names)].to_numpy(np.float64)
    for row, (name, (ratio, low, high, p, frequency, match)) in enumerate(zip(table["latent"], numbers, strict=True)):
        top = _TOP + height * (row + 0.5) / rows
        interval = f"{ratio_text(ratio)} ({ratio_text(low)}–{ratio_text(high)})" if np.isfinite(ratio) else "n/a"
        text_mm(figure, 4, top, shorten(str(name), 18), fit=_NAME - 6, **cell)
        text_mm(figure, at_ratio, top, interval, fit=_RATIO, **cell)
        text_mm(figure, at_p, top, number_text(p), fit=_P - 2, **cell)
        if np.isfinite(frequency):
            text_mm(figure, at_bar + 18, top, f"{100 * frequency:.0f} % ({match:.2f})", **cell)
