"""How the number of subtypes was chosen, and whether the folds agree on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stratomics.catalogue import SMALLEST
from stratomics.tables import of_folds, of_full

from .small_multiples import key_below, light_grid, mark, n_rows, panel_places, panel_scale, panel_title, values_by_k
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
    ratio_text,
    shorten,
)

#: Criteria of ``k_selection.tsv`` and how they are named; a larger one is better.
CRITERIA = {
    "mixture_bic": "mixture BIC\n(minus best)",
    "silhouette": "silhouette",
    "calinski_harabasz": "Calinski-\nHarabasz",
}
#: Criteria whose level depends on the number of patients, so that each split is shown against its own best K.
RELATIVE = ("mixture_bic",)
_TOP, _LARGE, _SMALL, _GAP = 17.0, 23.0, 9.5, 3.2
_STEP, _LEFT, _PANEL = 58.5, 15.0, 40.0
_ROW = 9.0 + _LARGE + 4 * (_SMALL + _GAP) + 11.0
_CHOSEN = "times_chosen"
SAW_SURVIVAL = (
    "\nThe smallest: networks that see survival make gaps between their training patients; no criterion counts."
)
_MANY = 9  # candidates; more are not all named on the axis


def k_selection_table(
    k_selection: Mapping[str, pd.DataFrame], stability: Mapping[str, pd.DataFrame], criterion: str
) -> pd.DataFrame:
    """Make the table of the figure.

    Parameters
    ----------
    k_selection
        ``k_selection.tsv`` by embedding: split, k, the criteria, smallest_share, eligible, chosen, reason.
    stability
        ``stability.tsv`` by embedding, for the PAC by K.
    criterion
        The one that chose K.

    Returns
    -------
    pandas.DataFrame
        embedding, measure (a criterion, ``pac`` or ``times_chosen``), decisive (true for the criterion that chose), split
        (``subsamples`` for the PAC, ``folds`` for times_chosen), k, value, shown (value minus the largest of the split for
        the BIC, else the value), eligible (smallest cluster large enough), chosen, fixed (K was set in the config), smallest (K is
        the smallest that is eligible, whatever the criteria).
    """
    pieces = []
    for embedding, own in k_selection.items():
        reason = own.loc[own["chosen"].astype(bool), "reason"].astype(str)
        head: dict[str, Any] = {"embedding": embedding}
        head |= {word: bool(reason.str.startswith(f"{word} ").any()) for word in ("fixed", SMALLEST)}
        for measure in (name for name in CRITERIA if name in own and own[name].notna().any()):
            part = own[["split", "k", "eligible", "chosen"]].assign(
                measure=measure, value=own[measure].astype(np.float64)
            )
            best = part.groupby("split")["value"].transform("max") if measure in RELATIVE else 0.0
            pieces.append(part.assign(shown=part["value"] - best, decisive=measure == criterion, **head))
        picked = own[own["chosen"].astype(bool)]
        full = int(of_full(picked)["k"].iloc[0])
        pac = values_by_k(stability[embedding], "pac")
        folds = of_folds(picked)
        times = {k: float((folds["k"] == k).sum()) for k in sorted(own["k"].unique())}
        for measure, split, values in (("pac", "subsamples", pac), (_CHOSEN, "folds", times)):
            part = pd.DataFrame({"k": list(values), "value": list(values.values())}, dtype=np.float64)
            part = part.assign(
                measure=measure, split=split, shown=part["value"], chosen=part["k"] == full, eligible=True
            )
            pieces.append(part.assign(decisive=False, **head))
    table = pd.concat([piece for piece in pieces if len(piece)], ignore_index=True)
    for name in ("eligible", "chosen", "decisive", "fixed", SMALLEST):
        table[name] = table[name].astype(bool)
    table["k"] = table["k"].astype(np.int64)
    order = ["embedding", "measure", "decisive", "split", "k", "value", "shown", "eligible", "chosen"]
    order += ["fixed", SMALLEST]
    return table[order]


def draw_k_selection(table: pd.DataFrame, about: About) -> Figure:
    """Draw, for every embedding, the criteria and the PAC by K, and how many folds chose each K.

    Parameters
    ----------
    table
        From `k_selection_table`.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(table["embedding"].unique())
    decisive = [name for name in CRITERIA if table.loc[table["measure"] == name, "decisive"].any()]
    present = set(table["measure"])
    order = decisive + [name for name in CRITERIA if name in present and name not in decisive]
    fixed = bool(table["fixed"].any())
    step, width = _STEP * panel_scale(len(names)), _PANEL * panel_scale(len(names))
    with house_style():
        more = 3 * bool(table[SMALLEST].any())
        figure = new_figure(WIDTH, _TOP + _ROW * n_rows(len(names)) + 13 + more)
        chosen_by = "K was set in the config" if fixed else f"K chosen by {order[0]} (larger is better)"
        heading(
            figure,
            about.title("number of subtypes"),
            f"{about.counts()}; {chosen_by}; the choice does not look at survival",
        )
        for name, left, top in panel_places(names, step, _ROW):
            own = table[table["embedding"] == name]
            _panel(figure, left, _TOP + top, str(name), own, order, width=width, named=left < step)
        handles = [mark("", INK, line="-"), mark("", MUTED, line="-"), mark("o", INK), mark("o", INK, hollow=True)]
        handles[1].set_linewidth(0.6)
        handles.insert(2, mark("o", MUTED, size=2.2))
        words = ["full fit (PAC: subsamples)", "folds", "K of the fold", "K of the full fit"]
        words.append("smallest cluster too small")
        key_below(figure, handles, words, _TOP + _ROW * n_rows(len(names)) - 1, left=6)
        footnote(
            figure,
            "PAC: proportion of pairs of patients whose consensus over subsamples lies between .1 and .9; smaller is better, but"
            " it depends on K by itself. BIC: against\nthe best K of the same split. Every criterion has a best K,"
            " also where there are no clusters; folds that choose different K are a sign of that. No test."
            + (SAW_SURVIVAL if table[SMALLEST].any() else ""),
        )
    return figure


def _panel(
    figure: Figure,
    left: float,
    top: float,
    name: str,
    own: pd.DataFrame,
    order: list[str],
    *,
    width: float,
    named: bool,
) -> None:
    """Draw the criteria of one embedding above each other on the same axis of K."""
    times = own[own["measure"] == _CHOSEN]
    chosen = int(times.loc[times["chosen"], "k"].iloc[0])
    total = int(times["value"].sum())
    same = int(times.loc[times["k"] == chosen, "value"].sum())
    pac = own[(own["measure"] == "pac") & (own["k"] == chosen)]["value"]
    head = f"K = {chosen}, smallest" if own[SMALLEST].any() else f"K = {chosen}"
    agree = "" if own[SMALLEST].any() else " agree"
    words = f"{head}; {same} of {total} folds{agree}" + (f"; PAC {ratio_text(float(pac.iloc[0]))}" if len(pac) else "")
    panel_title(figure, left + _LEFT, top, shorten(name, 26), words, width + 3)
    ks = np.sort(own["k"].unique())
    y = top + 9
    for measure in [*order, "pac", _CHOSEN]:
        height = _LARGE if measure == order[0] else _SMALL
        axes = axes_mm(figure, left + _LEFT, y, width, height)
        rows = own[own["measure"] == measure]
        axes.set_xlim(ks[0] - 0.6, ks[-1] + 0.6)
        axes.set_xticks(ks if len(ks) <= _MANY else ks[::2])
        axes.axvline(chosen, color="#E6E1EE", linewidth=7, zorder=0, solid_capstyle="butt")
        if measure == _CHOSEN:
            _bars(axes, rows, total)
        else:
            _lines(axes, rows, str(measure), large=measure == order[0])
        last = measure == _CHOSEN
        axes.tick_params(labelbottom=last, labelsize=6)
        if last:
            axes.set_xlabel("number of subtypes K", labelpad=1.5, fontsize=6.5)
        if named:
            label = {"pac": "PAC", _CHOSEN: "folds"}.get(str(measure), CRITERIA.get(str(measure), ""))
            axes.set_ylabel(label, fontsize=6.5 if measure == order[0] else 5.8, labelpad=0)
            axes.yaxis.set_label_coords(-9.4 / width, 0.5)
        y += height + _GAP


def _lines(axes: Axes, rows: pd.DataFrame, measure: str, *, large: bool) -> None:
    """Draw a criterion by K: thin for the folds, bold for the full fit or the subsamples."""
    for split, run in rows.groupby("split", sort=True):
        run = run.sort_values("k")
        bold = split in ("full", "subsamples")
        style: Style = {"linewidth": 1.5, "color": INK, "zorder": 4} if bold else {"linewidth": 0.5, "color": MUTED}
        axes.plot(run["k"], run["shown"], alpha=1.0 if bold else 0.45, **style)
        marks = run[run["chosen"]] if not bold else run
        for k, value, chosen, eligible in marks[["k", "shown", "chosen", "eligible"]].to_numpy(dtype=object):
            size = (4.4 if large else 3.2) if chosen else 2.6
            face = INK if eligible else "white"
            edge: Style = {"markerfacecolor": face, "markeredgecolor": INK, "markeredgewidth": 0.6}
            if bold:
                axes.plot([k], [value], "o", markersize=size, zorder=5, **edge)
            elif large:
                axes.plot([k], [value], "o", markersize=2.0, color=MUTED, alpha=0.7, markeredgewidth=0, zorder=3)
    known = rows["shown"].to_numpy(np.float64)
    known = known[np.isfinite(known)]
    if known.size:
        low, high = known.min(), known.max()
        reach = (high - low) or abs(high) or 1.0
        axes.set_ylim(low - 0.12 * reach, high + 0.12 * reach)
    if measure == "pac":
        high = float(known.max(initial=0.1))
        axes.set_ylim(-0.1 * high, 1.2 * high)
    axes.locator_params(axis="y", nbins=5 if large else 3)
    light_grid(axes, "y")


def _bars(axes: Axes, rows: pd.DataFrame, total: int) -> None:
    """Draw how many folds chose each K."""
    counts = rows["value"].to_numpy(np.float64)
    ks = rows["k"].to_numpy(np.float64)
    axes.bar(ks, counts, width=0.55, color="#8A8A8A", zorder=2)
    axes.set_ylim(0, max(total, 1) * 1.3)
    axes.set_yticks([0, total] if total else [0])
    for k, count in zip(ks, counts, strict=True):
        if len(ks) > _MANY and count == 0:
            continue
        style: Style = {"ha": "center", "va": "bottom", "fontsize": 5.6}
        axes.text(k, count, f"{count:.0f}", **style)
