"""New patients beside those a model was fitted on: their risks, and their survival as foretold and as it came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from stratomics.survival.kaplan_meier import kaplan_meier

from .kaplan_meier import CURVES_LEFT, CURVES_RIGHT, CURVES_WIDTH, curves_of, draw_curve, risk_table, years_frame
from .small_multiples import key_below, light_grid
from .style import (
    DAYS_PER_YEAR,
    INK,
    MUTED,
    WIDTH,
    About,
    axes_mm,
    footnote,
    heading,
    house_style,
    new_figure,
    subtype_color,
    text_mm,
)

#: Shares of patients below the ends of the thin line, of the thick one, and the mark between.
STRIP = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 24
RISK_COLUMNS = ["panel", "subtype", "n_subtypes", "low", "high", "n", "level", "risk"]
PANELS = {
    "predicted": "Foretold, beside the patients of the fit",
    "observed": "What became of them, beside what was foretold",
}


def new_risk_table(predictions: pd.DataFrame, levels: Sequence[float], home: Sequence[float]) -> pd.DataFrame:
    """Make the table of the risks.

    Parameters
    ----------
    predictions
        ``predictions.tsv`` of new patients: risk, subtype, n_subtypes.
    levels, home
        Shares of the patients whom the folds held out at home, and the risk below which they lie; may be empty.

    Returns
    -------
    pandas.DataFrame
        `RISK_COLUMNS`. Panel ``new``: the number of patients `n` of a subtype with a risk from `low` to `high`. Panels
        ``new quantile`` and ``home quantile``: the `risk` below which a share `level` of them lies.
    """
    risk = predictions["risk"].to_numpy(np.float64)
    everything = [*risk, *home]
    low, high = min(everything), max(everything)
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    rows: list[tuple[object, ...]] = []
    for k in range(1, int(predictions["n_subtypes"].max()) + 1):
        counts = np.histogram(risk[predictions["subtype"] == k], edges)[0]
        for start, end, n in zip(edges, edges[1:], counts.tolist(), strict=False):
            rows.append(("new", k, predictions["n_subtypes"].max(), start, end, n, np.nan, np.nan))
    nothing = (np.nan,) * 4
    for level in STRIP:
        rows.append(("new quantile", *nothing, len(risk), level, np.quantile(risk, level)))
        for place in np.flatnonzero(np.isclose(list(levels), level)) if len(home) else ():
            rows.append(("home quantile", *nothing, np.nan, level, home[int(place)]))
    return pd.DataFrame(rows, columns=RISK_COLUMNS)


def draw_new_risk(table: pd.DataFrame, about: About) -> Figure:
    """Draw the risks of new patients by subtype, and below them where the middle half and nine tenths lie, here and at home.

    Parameters
    ----------
    table
        From `new_risk_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    bars = table[table["panel"] == "new"]
    k = int(bars["n_subtypes"].max())
    with house_style():
        figure = new_figure(WIDTH, 92)
        heading(figure, about.title("risk of the new patients"), f"{about.n} patients")
        axes = axes_mm(figure, 40, 17, 120, 36)
        strips = axes_mm(figure, 40, 55, 120, 14)
        below = np.zeros(len(bars) // k)
        for subtype in range(1, k + 1):
            own = bars[bars["subtype"] == subtype]
            low, high, n = (own[name].to_numpy(np.float64) for name in ("low", "high", "n"))
            axes.bar(
                low,
                n,
                high - low,
                below,
                align="edge",
                color=subtype_color(subtype, k),
                edgecolor="white",
                linewidth=0.3,
            )
            below = below + n
        limits = bars["low"].min(), bars["high"].max()
        axes.set(xlim=limits, ylabel="patients")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(labelbottom=False)
        light_grid(axes, "y")
        strips.set(
            xlim=limits, ylim=(1.6, -0.6), xlabel="risk (log relative hazard; 0 is the average training patient)"
        )
        shown = [
            (panel, name) for panel, name in (("new quantile", "these patients"), ("home quantile", "held out at home"))
        ]
        for y, (panel, _) in enumerate(shown):
            values = table.loc[table["panel"] == panel].set_index("level")["risk"].reindex(STRIP).to_numpy(np.float64)
            color = INK if y == 0 else MUTED
            strips.plot(values[[0, -1]], [y, y], color=color, linewidth=0.8, solid_capstyle="butt")
            strips.plot(values[[1, -2]], [y, y], color=color, linewidth=3.2, solid_capstyle="butt")
            strips.plot(values[[2]], [y], "o", color="white", markeredgecolor=color, markersize=4.5)
        strips.set_yticks([0, 1], [name for _, name in shown])
        strips.tick_params(axis="y", length=0)
        strips.spines["left"].set_visible(False)
        handles = [Line2D([], [], color=subtype_color(one, k), linewidth=4) for one in range(1, k + 1)]
        key_below(figure, handles, [f"subtype {one}" for one in range(1, k + 1)], 80, left=40)
        footnote(figure, "Thin line: nine tenths of the patients. Thick: the middle half. Circle: the median.")
    return figure


def new_survival_table(
    days: np.ndarray, predicted: np.ndarray, home: np.ndarray, patients: pd.DataFrame
) -> pd.DataFrame:
    """Make the table of the curves.

    Parameters
    ----------
    days
        Rising [D].
    predicted
        Survival that the model tells of each patient [n, D].
    home
        Kaplan-Meier estimate of each subtype among the patients the model was fitted on [K, D]; NaN after their follow-up.
    patients
        By patient: subtype, n_subtypes; time (days) and event, NaN without follow-up.

    Returns
    -------
    pandas.DataFrame
        ``panel, group, n_groups, n, n_events, time, at_risk, events, censored, survival, ci_low, ci_high``. Panel ``predicted``:
        the mean over the patients with this subtype; ``home``; ``observed``: the Kaplan-Meier estimate of those with follow-up.
    """
    k, pieces = len(home), []
    for group in range(1, k + 1):
        own = (patients["subtype"] == group).to_numpy()
        if own.any():
            mean = pd.DataFrame({"time": days, "survival": predicted[own].mean(axis=0)})
            pieces.append(mean.assign(panel="predicted", group=group, n_groups=k, n=own.sum()))
        pieces.append(
            pd.DataFrame({"time": days, "survival": home[group - 1]}).assign(panel="home", group=group, n_groups=k)
        )
        followed = own & patients["time"].notna().to_numpy()
        if followed.any():
            event = patients.loc[followed, "event"].to_numpy().astype(bool)
            curve = kaplan_meier(patients.loc[followed, "time"].to_numpy(np.float64), event)
            pieces.append(
                curve.assign(panel="observed", group=group, n_groups=k, n=followed.sum(), n_events=event.sum())
            )
    columns = [
        "panel",
        "group",
        "n_groups",
        "n",
        "n_events",
        "time",
        "at_risk",
        "events",
        "censored",
        "survival",
        "ci_low",
        "ci_high",
    ]
    return pd.concat(pieces, ignore_index=True).dropna(subset="survival").reindex(columns=columns)


def draw_new_survival(table: pd.DataFrame, about: About) -> Figure:
    """Draw survival by subtype: as foretold beside home, and, where there is follow-up, as it came beside what was foretold.

    Parameters
    ----------
    table
        From `new_survival_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    k = int(table["n_groups"].max())
    panels = {panel: title for panel, title in PANELS.items() if (table["panel"] == panel).any()}
    followed = "observed" in panels
    foretold, home = (curves_of(table[table["panel"] == panel]) for panel in ("predicted", "home"))
    end = max(1.0, float(np.ceil(table["time"].max() / DAYS_PER_YEAR)))
    with house_style():
        figure = new_figure(WIDTH, 106 + 3.4 * k if followed else 102)
        counts = about.counts() if followed else f"{about.n} patients"
        heading(
            figure,
            about.title("survival of the new patients by predicted subtype"),
            f"{counts}; subtype 1 has the best prognosis",
        )
        for place, (panel, title) in enumerate(panels.items()):
            left = 2 + place * (CURVES_LEFT + CURVES_WIDTH + CURVES_RIGHT + 2.0)
            text_mm(
                figure, left + CURVES_LEFT, 15, title, fit=CURVES_WIDTH + CURVES_RIGHT, fontsize=7.8, fontweight="bold"
            )
            axes = axes_mm(figure, left + CURVES_LEFT, 20, CURVES_WIDTH, 56)
            years_frame(axes, end)
            own = curves_of(table[table["panel"] == panel])
            for key, curve in own.items():
                color = subtype_color(key[1], k)
                if panel == "observed":
                    draw_curve(axes, curve, {"color": color}, shade=0.14 if k <= 3 else 0.08)
                    _line(axes, foretold.get(key), color, (0, (3, 1.5)))
                else:
                    _line(axes, curve, color, "-")
            if panel == "predicted":
                for key, curve in home.items():
                    _line(axes, curve, subtype_color(key[1], k), (0, (1, 1.2)))
            else:
                width, deep = CURVES_LEFT + CURVES_WIDTH + CURVES_RIGHT, 4 + 3.4 * k
                below = axes_mm(figure, left, 87, width, deep)
                below.set(xlim=(0, width), ylim=(deep, 0))  # in mm
                risk_table(below, axes, own, [k], "subtype")
        handles = [Line2D([], [], color=subtype_color(one, k), linewidth=1.6) for one in range(1, k + 1)]
        sizes = table[table["panel"] == "predicted"].drop_duplicates("group").set_index("group")["n"]
        words = [f"subtype {one} of {k} (n = {sizes.get(one, 0):.0f})" for one in range(1, k + 1)]
        key_below(figure, handles, words, 93 + 3.4 * k if followed else 90, left=21)
        notes = [
            "Foretold, solid: the mean over the new patients with the subtype; dotted: Kaplan-Meier of the patients of the fit."
        ]
        notes += [
            "What became of them, solid: Kaplan-Meier, 95 % band, ticks: censored; dashed: what was foretold."
        ] * followed
        footnote(figure, "\n".join(notes))
    return figure


def _line(axes: Axes, curve: pd.DataFrame | None, color: str, dash: object) -> None:
    if curve is not None:
        years = np.append(0.0, curve["time"].to_numpy(np.float64) / DAYS_PER_YEAR)
        survival = np.append(1.0, curve["survival"].to_numpy(np.float64))
        axes.plot(years, survival, color=color, linestyle=dash, linewidth=1.3, zorder=2)
