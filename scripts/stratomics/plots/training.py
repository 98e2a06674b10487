"""Loss of the networks while they train, for every split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from stratomics.tables import FULL, of_folds

from .style import FAINT, INK, MUTED, WIDTH, About, Style, axes_mm, footnote, heading, house_style, new_figure, text_mm

LOSSES = ("train_loss", "validation_loss", "reconstruction", "divergence", "cox")
#: Colour of the patients that the loss was measured on.
_COLORS = {"train_loss": "#0077BB", "validation_loss": "#EE7733", "divergence": "#009988", "cox": "#EE7733"}
_TOP, _HEIGHT, _GAP = 20.0, 54.0, 18.0
_UNSUPERVISED = (
    "Patients are split for validation inside each training set; survival plays no part. The chosen epoch is the one\nwhose weights"
    " are kept. The training loss is measured with dropout (and corruption, for denoising), the validation loss\nwithout, so it may"
    " lie below."
)
_SUPERVISED = (
    "Patients are split for validation inside each training set. Networks that see survival are trained for a set number of epochs;"
    "\ntheir validation patients are those that each leaves out. The chosen epoch is the one whose weights are kept. The training"
    " loss is\nmeasured with dropout and corruption, the validation loss without, so it may lie below."
)


def training_table(history: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure from the history of the training.

    Parameters
    ----------
    history
        One row per split, part, omics, restart and epoch: split, part (``supervised`` or ``unsupervised``), omics (that the
        network is given; empty for all), restart, epoch, train_loss,
        validation_loss, divergence and cox (NaN for networks without), chosen (the epoch whose weights the network keeps), and
        reconstruction and kept (the networks that the split keeps), if known.

    Returns
    -------
    pandas.DataFrame
        The same columns, sorted; without `kept` every network counts as kept.
    """
    table = history.reindex(columns=["split", "part", "omics", "restart", "epoch", *LOSSES, "chosen", "kept"])
    table["part"], table["omics"] = table["part"].fillna("unsupervised"), table["omics"].fillna("")
    for flag, default in (("chosen", False), ("kept", True)):
        table[flag] = history[flag].astype(bool) if flag in history else default
    return table.sort_values(["part", "split", "omics", "restart", "epoch"], ignore_index=True)


def draw_training(table: pd.DataFrame, about: About) -> Figure:
    """Draw training and validation loss, thin for the folds and bold for the full fit, with the chosen epochs marked.

    Parameters
    ----------
    table
        From `training_table`. A panel for the divergence is added where the embedding has one; networks that look at survival
        have panels of their own, one with the Cox loss of the patients they leave out.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = table[table["kept"]]
    panels = _panels(table)
    n_folds = of_folds(table)["split"].nunique()
    wide, rows = len(panels) > 1, -(-len(panels) // 2)
    width = WIDTH if wide else 130.0
    panel = 72.0 if wide else width - 21
    with house_style():
        figure = new_figure(width, _TOP + rows * (_HEIGHT + _GAP) - _GAP + 26)
        fits = f"full fit and {n_folds} cross-validation fits"
        heading(figure, about.title("training"), f"{about.counts()}; {fits}; no test")
        for i, (title, own, columns, label) in enumerate(panels):
            left, top = 14 + (i % 2) * (panel + 18), _TOP + (i // 2) * (_HEIGHT + _GAP)
            axes = axes_mm(figure, left, top, panel, _HEIGHT)
            text_mm(figure, left, top - 5, title, fontsize=7.8, fontweight="bold")
            # Without validation patients the chosen epoch is marked on the only curve there is.
            seen = [name for name in columns if own[name].notna().any()] or columns
            for name in columns:
                _lines(axes, own, name, _COLORS[name], mark=name == seen[-1])
            _frame(axes, own[columns].to_numpy(np.float64), label)
        _key(figure, _TOP + rows * (_HEIGHT + _GAP) - _GAP)
        footnote(figure, _SUPERVISED if (table["part"] == "supervised").any() else _UNSUPERVISED)
    return figure


def _panels(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame, list[str], str]]:
    """Say what to draw: title, rows, columns and label of each panel."""
    panels = []
    parts = list(dict.fromkeys(table["part"]))
    for part in parts:
        own, supervised = table[table["part"] == part], part == "supervised"
        ending = (
            "" if len(parts) == 1 and not supervised else ", sees survival" if supervised else ", does not see survival"
        )
        label = "loss" if supervised else "loss (1 = network that knows nothing)"
        panels.append((f"Loss{ending}", own, ["train_loss", "validation_loss"], label))
        if own["cox"].notna().any():
            panels.append(("Cox loss of patients left out", own, ["cox"], "negative log partial likelihood per event"))
        if own["divergence"].notna().any():
            panels.append(
                (f"Divergence from the prior{ending}", own, ["divergence"], "divergence (validation patients)")
            )
    return panels


def _lines(axes: Axes, table: pd.DataFrame, name: str, color: str, *, mark: bool) -> None:
    for (split, *_), run in table.groupby(["split", "omics", "restart"], sort=True, dropna=False):
        full = split == FULL
        style: Style = {"linewidth": 1.6, "zorder": 4} if full else {"linewidth": 0.5, "alpha": 0.45, "zorder": 2}
        epochs, values = run["epoch"].to_numpy(np.float64), run[name].to_numpy(np.float64)
        axes.plot(epochs, values, color=color, **style)
        if mark:
            chosen = run["chosen"].to_numpy(bool)
            marker: Style = {"marker": "o", "linestyle": "none", "color": "white"}
            if full:
                marker |= {"markersize": 4.5, "markeredgewidth": 0.7, "markeredgecolor": INK, "zorder": 6}
            else:
                marker |= {"markersize": 2.6, "markeredgewidth": 0.4, "markeredgecolor": color, "zorder": 5}
            axes.plot(epochs[chosen], values[chosen], **marker)


def _frame(axes: Axes, values: np.ndarray, label: str) -> None:
    """Label the axes; a few wild first epochs must not flatten all the others."""
    axes.set_xlabel("epoch", labelpad=2)
    axes.set_ylabel(label, labelpad=3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    finite = values[np.isfinite(values)]
    if finite.size:
        low, high = finite.min(), np.quantile(finite, 0.995)
        reach = (high - low) or abs(high) or 1.0
        axes.set_ylim(low - 0.05 * reach, high + 0.08 * reach)
    axes.margins(x=0.02)
    axes.grid(axis="y", color=FAINT, linewidth=0.3)


def _key(figure: Figure, bottom: float) -> None:
    handles = [
        Line2D([], [], color=color, linewidth=1.4) for color in (_COLORS["train_loss"], _COLORS["validation_loss"])
    ]
    handles += [Line2D([], [], color=MUTED, linewidth=1.8), Line2D([], [], color=MUTED, linewidth=0.6)]
    handles.append(Line2D([], [], linestyle="none", marker="o", color="white", markeredgecolor=INK, markersize=4.5))
    words = ["training patients", "validation patients", "full fit", "folds", "chosen epoch"]
    width, height = figure.get_size_inches() * 25.4
    style: Style = {"handlelength": 1.4, "handletextpad": 0.5, "columnspacing": 1.3, "borderpad": 0, "borderaxespad": 0}
    place = (14 / width, 1 - (bottom + 10) / height)
    figure.legend(handles, words, ncols=5, loc="upper left", bbox_to_anchor=place, **style)
