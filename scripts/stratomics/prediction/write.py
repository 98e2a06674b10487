"""The files of a prediction: tables, figures, the page and the summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stratomics.model import Model
from stratomics.model.parts import RISK_LEVELS
from stratomics.plots.new_patients import draw_new_risk, draw_new_survival, new_risk_table, new_survival_table
from stratomics.plots.style import About, save_figure
from stratomics.report.figures import Figures, figure_files
from stratomics.report.html import write_page
from stratomics.report.markdown import document_markdown
from stratomics.report.new_patients import Predicted, new_patients
from stratomics.tables import write_table
from stratomics.writing import atomic_path

from .overview import overview
from .validation import Validation

if TYPE_CHECKING:
    from .run import Run

#: The tables, by what they are made from; those of a validation have no rows without one.
PREDICTED = ("predictions", "features", "shift")
JUDGED = ("metrics", "calibration", "added_value", "verdict")
COUNTED = ("subtypes", "omics", "matching", "model")
#: Days of a curve, beside the first.
STEPS = 80


def write_run(run: Run, folder: Path, name: str, model: Model) -> None:
    """Write a prediction.

    Parameters
    ----------
    run
        The prediction.
    folder
        Where to; made if absent.
    name
        Of the prediction.
    model
        That made it.
    """
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    table, judged = run.prediction.predictions, run.validation or Validation.empty()
    for source, names in ((run.prediction, PREDICTED), (judged, JUDGED), (overview(run.prediction, model), COUNTED)):
        for own in names:
            write_table(getattr(source, own), folder / f"{own}.tsv")
    write_table(run.checks, folder / "checks.tsv")
    about = About(name, "", len(table), int(judged.verdict["events"].sum()))
    drawn = {
        "new_risk": (new_risk_table(table, RISK_LEVELS, model.description["heldout_risk"]), draw_new_risk),
        "new_survival": (_curves(run, model), draw_new_survival),
    }
    files = {own: folder / "figures" / own for own in drawn}
    for own, (values, draw) in drawn.items():
        write_table(values, files[own].with_suffix(".tsv"))
        save_figure(draw(values, about), None, files[own].with_suffix(".svg"))
    found = Predicted.read(name, folder)
    shown = [{"name": own, "item": own, "category": "", "embedding": ""} for own in drawn]
    svg, tables = ([file.with_suffix(end) for file in files.values()] for end in (".svg", ".tsv"))
    write_page(new_patients(found, Figures(figure_files(shown, svg, tables), name)), folder / "report.html")
    with atomic_path(folder / "summary.md") as temporary:
        temporary.write_text(document_markdown(new_patients(found, Figures([], name))), encoding="utf-8")


def _curves(run: Run, model: Model) -> pd.DataFrame:
    """Arrange what is foretold, what was at home, and what became of the patients, by predicted subtype."""
    labels = run.prediction.labels
    days = np.linspace(0, float(run.survival.times[-1]), STEPS + 1)[1:]
    foretold = run.survival.of_patients(labels.risk, labels.probabilities, days)[0]
    patients = run.prediction.predictions[["patient", "subtype", "n_subtypes"]].set_index("patient")
    nothing = pd.DataFrame(columns=["time", "event"], dtype=np.float64)
    known = nothing if run.follow_up is None else run.follow_up[["time", "event"]]
    return new_survival_table(days, foretold, model.survival.of_subtypes(days)[0], patients.join(known))
