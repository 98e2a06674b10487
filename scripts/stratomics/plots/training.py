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

LOSSES = ("train_loss", "validation_loss", "reconstruction", "divergence")
#: Colour of the patients that the loss was measured on.
_COLORS = {"train_loss": "#0077BB", "validation_loss": "#EE7733"}
_TOP, _HEIGHT = 20.0, 54.0


def training_table(history: pd.DataFrame) -> pd.DataFrame:
    """Make the table of the figure from the history of the training.

    Parameters
    ----------
    history
        One row per split, restart and epoch: split, restart, epoch, train_loss, validation_loss, divergence (NaN for kinds
        without), chosen (the epoch whose weights the restart keeps), and reconstruction and kept (the restart that the split
        keeps), if known.

    Returns
    -------
    pandas.DataFrame
        The same columns, sorted; without `kept` every restart counts as kept.
    """
    table = history.reindex(columns=["split", "restart", "epoch", *LOSSES, "chosen", "kept"])
    for flag, default in (("chosen", False), ("kept", True)):
        table[flag] = history[flag].astype(bool) if flag in history else default
    return table.sort_values(["split", "restart", "epoch"], ignore_index=True)


def draw_training(table: pd.DataFrame, about: About) -> Figure:
    """Draw training and validation loss, thin for the folds and bold for the full fit, with the chosen epochs marked.

    Parameters
    ----------
    table
        From `training_table`. A panel for the divergence is added where the embedding has one.
    about
        Heading.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = table[table["kept"]]
    has_divergence = bool(table["divergence"].notna().any())
    n_folds = of_folds(table)["split"].nunique()
    width = WIDTH if has_divergence else 130.0
    panel = 72.0 if has_divergence else width - 21
    with house_style():
        figure = new_figure(width, _TOP + _HEIGHT + 26)
        fits = f"full fit and {n_folds} cross-validation fits"
        heading(figure, about.title("training"), f"{about.counts()}; {fits}; no test")
        axes = axes_mm(figure, 14, _TOP, panel, _HEIGHT)
        text_mm(figure, 14, _TOP - 5, "Loss", fontsize=7.8, fontweight="bold")
        # Without validation patients the chosen epoch is marked on the only curve there is.
        marked = "validation_loss" if table["validation_loss"].notna().any() else "train_loss"
        for name, color in _COLORS.items():
            _lines(axes, table, name, color, mark=name == marked)
        _frame(axes, table[list(_COLORS)].to_numpy(np.float64), "loss (1 = network that knows nothing)")
        if has_divergence:
            left = 14 + panel + 18
            side = axes_mm(figure, left, _TOP, panel, _HEIGHT)
            text_mm(figure, left, _TOP - 5, "Divergence from the prior", fontsize=7.8, fontweight="bold")
            _lines(side, table, "divergence", "#009988", mark=True)
            _frame(side, table[["divergence"]].to_numpy(np.float64), "divergence (validation patients)")
        _key(figure)
        footnote(
            figure,
            "Patients are split for validation inside each training set; survival plays no part."
            " The chosen epoch is the one\nwhose weights are kept. The training loss is measured with dropout (and"
            " corruption, for denoising), the validation loss\nwithout, so it may lie below.",
        )
    return figure


def _lines(axes: Axes, table: pd.DataFrame, name: str, color: str, *, mark: bool) -> None:
    for (split, _), run in table.groupby(["split", "restart"], sort=True, dropna=False):
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


def _key(figure: Figure) -> None:
    handles = [Line2D([], [], color=color, linewidth=1.4) for color in _COLORS.values()]
    handles += [Line2D([], [], color=MUTED, linewidth=1.8), Line2D([], [], color=MUTED, linewidth=0.6)]
    handles.append(Line2D([], [], linestyle="none", marker="o", color="white", markeredgecolor=INK, markersize=4.5))
    words = ["training patients", "validation patients", "full fit", "folds", "chosen epoch"]
    width, height = figure.get_size_inches() * 25.4
    style: Style = {"handlelength": 1.4, "handletextpad": 0.5, "columnspacing": 1.3, "borderpad": 0, "borderaxespad": 0}
    place = (14 / width, 1 - (_TOP + _HEIGHT + 10) / height)
    figure.legend(handles, words, ncols=5, loc="upper left", bbox_to_anchor=place, **style)
