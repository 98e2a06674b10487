"""One prediction from its entry in the config to its tables: what the rule `predict` and the command line do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics.model import Model
from stratomics.tables import write_table
from stratomics.writing import atomic_path

from .intake import read_tables
from .predict import Prediction, predict
from .summary import summarise
from .survival import add_survival
from .validation import Validation, validate

#: The tables of a prediction, by the attribute of what they are made from; those of a validation have no rows without one.
PREDICTED = {"predictions": "predictions.tsv", "features": "features.tsv", "shift": "shift.tsv"}
JUDGED = {
    "metrics": "metrics.tsv",
    "calibration": "calibration.tsv",
    "added_value": "added_value.tsv",
    "verdict": "verdict.tsv",
}


@dataclass(frozen=True)
class Run:
    """A finished prediction.

    Parameters
    ----------
    prediction
        With survival in its table.
    validation
        None without follow-up, or with too little of it.
    checks
        All that was found.
    """

    prediction: Prediction
    validation: Validation | None
    checks: pd.DataFrame

    @property
    def warnings(self) -> list[str]:
        """What is said of the tables; of single patients see ``checks.tsv``."""
        said = self.checks["action"].isin(["warning", "advice"]) & (self.checks["level"] != "patient")
        return [str(message) for message in self.checks.loc[said, "message"]]

    def write(self, folder: str | Path, name: str, model: Model) -> None:
        """Write the tables and ``summary.md`` into a folder, which is made if absent."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        judged = Validation.empty() if self.validation is None else self.validation
        for source, files in ((self.prediction, PREDICTED), (judged, JUDGED)):
            for key, file in files.items():
                write_table(getattr(source, key), folder / file)
        write_table(self.checks, folder / "checks.tsv")
        with atomic_path(folder / "summary.md") as temporary:
            text = summarise(name, model, self.prediction, self.validation, self.checks, self.warnings)
            temporary.write_text(text, encoding="utf-8")


def run_prediction(
    settings: Mapping[str, Any],
    model: Model,
    evaluation: Mapping[str, Any],
    *,
    seed: int,
    base_dir: str | Path = ".",
) -> Run:
    """Read, predict and, with follow-up, judge.

    Parameters
    ----------
    settings
        An entry of ``predict`` in the config, complete.
    model
        The model.
    evaluation
        Of the config.
    seed
        Seed of the run.
    base_dir
        Folder the paths of the config start from.

    Returns
    -------
    Run

    Raises
    ------
    DataError
        With every fault of the tables, or when nobody can be predicted.
    """
    read = read_tables(settings, model, base_dir)
    found = predict(model, read.tables, settings, batch=read.batch, checks=read.checks)
    survival, validation = model.survival, None
    if read.follow_up is not None:
        validation = validate(
            survival,
            list(model.description["horizons"]),
            found.predictions,
            read.follow_up,
            evaluation,
            name=str(settings["name"]),
            seed=seed,
            recalibrate=bool(settings["recalibrate"]),
            checks=read.checks,
        )
        if validation is not None and validation.survival is not None:
            survival = validation.survival
    found = add_survival(found, survival, list(model.description["horizons"]))
    return Run(found, validation, read.checks.table())
