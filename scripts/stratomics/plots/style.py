"""How every figure looks: sizes in millimetres, fonts, colours, headings, and files whose bytes repeat.

A subtype keeps its colour in all figures: cool for the best prognosis, warm for the worst. The hues are those of Paul Tol's
"vibrant" and "bright" schemes [1]_, which stay apart under the common kinds of colour blindness; where curves meet, a second
mark (dashes, labels) tells them apart too.

References
----------
.. [1] P. Tol (2021). Colour schemes. SRON/EPS/TN/09-002, issue 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from stratomics.user_text import one_line
from stratomics.writing import atomic_path

MM = 1 / 25.4
DAYS_PER_YEAR = 365.25
#: The width of a figure over two columns of a journal, mm.
WIDTH = 180.0

INK, MUTED, FAINT = "#222222", "#666666", "#D9D9D9"

_PALETTES = {
    1: ("#0077BB",),
    2: ("#0077BB", "#CC3311"),
    3: ("#0077BB", "#DDAA33", "#CC3311"),
    4: ("#0077BB", "#33BBEE", "#EE9944", "#CC3311"),
    5: ("#0077BB", "#33BBEE", "#DDAA33", "#EE7733", "#AA1133"),
}

#: Risk as a continuous colour: blue below the average, red above.
RISK_COLORMAP = LinearSegmentedColormap.from_list(
    "stratomics_risk", ["#004D80", "#0077BB", "#8FC3E3", "#E2E2E2", "#F0A48C", "#CC3311", "#801F0A"]
)

#: Dots per inch of what is a picture within an SVG (thousands of marks, a matrix of patients): as fine as a screen, since pages
#: hold it; the PNG is as fine as print.
PICTURE_DPI = 200

#: Keyword arguments of a matplotlib artist.
Style = dict[str, Any]

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so every machine has it
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.minor.width": 0.35,
    "ytick.minor.width": 0.35,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 6.5,
    "lines.linewidth": 1.2,
    "svg.fonttype": "none",  # text stays text: it can be searched and edited
    "text.parse_math": False,  # a dollar in a name is a dollar
    "svg.hashsalt": "stratomics",  # ids in the file would be random otherwise
    "savefig.dpi": 300,
    "figure.dpi": 100,
}


@dataclass(frozen=True)
class About:
    """What a figure is about: its heading says so.

    Parameters
    ----------
    cohort, embedding
        Names in the config; an empty embedding for what is of the cohort alone.
    n, n_events
        Patients and events in the cohort.
    """

    cohort: str
    embedding: str
    n: int
    n_events: int

    def title(self, what: str) -> str:
        """Return the heading, for instance ``LIHC, vae: survival by subtype``."""
        return f"{', '.join(filter(None, (self.cohort, self.embedding)))}: {what}"

    def counts(self) -> str:
        """Return the counts, for instance ``326 patients, 109 events``."""
        return f"{self.n} patients, {self.n_events} events"


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the style to the figures drawn or saved inside, and to nothing else."""
    with mpl.rc_context():
        mpl.rcdefaults()  # a user's matplotlibrc must not change the bytes
        mpl.rcParams.update(_STYLE)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of `width` x `height` mm that is not registered with pyplot."""
    figure = Figure(figsize=(width * MM, height * MM))
    FigureCanvasAgg(figure)
    return figure


def axes_mm(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes at a place given in mm from the left and the top edge of the figure."""
    figure_width, figure_height = figure.get_size_inches() / MM
    box = (left / figure_width, 1 - (top + height) / figure_height, width / figure_width, height / figure_height)
    return figure.add_axes(box)


def text_mm(figure: Figure, left: float, top: float, text: str, *, fit: float | None = None, **style: Any) -> Text:
    """Write text at a place given in mm from the left and the top edge (the top of the text by default).

    Parameters
    ----------
    figure
        The figure.
    left, top
        Place in mm.
    text
        What to write.
    fit
        Widest the text may be, mm; it shrinks to that.
    **style
        Passed to `matplotlib.figure.Figure.text`.

    Returns
    -------
    matplotlib.text.Text
    """
    figure_width, figure_height = figure.get_size_inches() / MM
    made = figure.text(left / figure_width, 1 - top / figure_height, text, **{"va": "top", **style})
    if fit is not None:
        # Glyphs are fitted to the pixels of the output, so the width at another resolution differs by a little.
        width = 1.03 * made.get_window_extent().width / figure.dpi / MM
        if width > fit:
            made.set_fontsize(float(made.get_fontsize()) * fit / width)
    return made


def heading(figure: Figure, title: str, subtitle: str) -> None:
    """Write the bold title and the grey line below it at the top left; together they take 13 mm."""
    width = figure.get_size_inches()[0] / MM
    text_mm(figure, 4, 3.2, title, fit=width - 8, fontsize=9.5, fontweight="bold")
    text_mm(figure, 4, 8.2, subtitle, fit=width - 8, fontsize=7, color=MUTED)


def footnote(figure: Figure, text: str) -> None:
    """Write small grey lines at the bottom left."""
    figure_width, figure_height = figure.get_size_inches() / MM
    style: Style = {"fontsize": 5.8, "color": MUTED, "linespacing": 1.35, "va": "bottom"}
    text_mm(figure, 4, figure_height - 2.5, text, fit=figure_width - 8, **style)


def subtype_color(subtype: int, n_subtypes: int) -> str:
    """Return the colour of a subtype: cool for the best prognosis (1), warm for the worst.

    Parameters
    ----------
    subtype
        1 to `n_subtypes`.
    n_subtypes
        Number of subtypes of the chain that gave the label.

    Returns
    -------
    str
        ``#rrggbb``.
    """
    if not 1 <= subtype <= n_subtypes:
        raise ValueError(f"subtype is {subtype}; it must lie in 1 to {n_subtypes}")
    if n_subtypes in _PALETTES:
        return _PALETTES[n_subtypes][subtype - 1]
    between = LinearSegmentedColormap.from_list("subtypes", _PALETTES[5])
    return to_hex(between((subtype - 1) / (n_subtypes - 1)))


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number_text(value: float) -> str:
    """Return a number for reading: ``0.034``, ``3.1 × 10⁻⁷``, ``12``, ``n/a``."""
    if not np.isfinite(value):
        return "n/a"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:#.2g}" if abs(value) < 10 else f"{value:.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def ratio_text(value: float) -> str:
    """Return a ratio with two decimals (``2.31``), or shorter where it is extreme."""
    return f"{value:.2f}" if np.isfinite(value) and 0.01 <= abs(value) < 100 else number_text(value)


def p_text(p: float) -> str:
    """Return ``p = 0.034``, ``p = 3.1 × 10⁻⁷``, ``p < 10⁻³⁰⁰`` or ``p n/a``."""
    if not np.isfinite(p):
        return "p n/a"
    return "p < 10⁻³⁰⁰" if p < 1e-300 else f"p = {number_text(p)}"


def shorten(name: str, length: int) -> str:
    """Cut a name to `length` characters in its middle, so that its start and its end stay; it is put on one line."""
    name = one_line(name)
    if len(name) <= length:
        return name
    head = length // 2
    return f"{name[:head]}…{name[len(name) - (length - 1 - head) :]}"


def save_figure(figure: Figure, png: str | Path | None, svg: str | Path) -> None:
    """Write a figure as PNG (300 dots per inch) and SVG (text as text, pictures of `PICTURE_DPI`); the same bytes each time.

    Parameters
    ----------
    figure
        As a ``draw_*`` function returned it.
    png, svg
        Where to; None for no PNG.
    """
    with house_style():
        if png is not None:
            with atomic_path(png) as path:
                # A tenth larger than zlib's usual level makes it, in less than half the time.
                figure.savefig(path, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 2})
        with atomic_path(svg) as path:
            figure.savefig(path, format="svg", dpi=PICTURE_DPI, metadata={"Date": None})
