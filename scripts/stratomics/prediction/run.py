"""One prediction from its entry in the config to its tables: what the rule `predict` and the command line do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics.chain.survival import SurvivalModel
from stratomics.model import Model

from .intake import read_tables
from .predict import Prediction, predict
from .survival import add_survival
from .validation import Validation, validate


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
    survival
        What survival was told by: of the model, or learned anew.
    follow_up
        ``time`` and ``event`` by patient; None without.
    """

    prediction: Prediction
    validation: Validation | None
    checks: pd.DataFrame
    survival: SurvivalModel
    follow_up: pd.DataFrame | None = None

    @property
    def warnings(self) -> list[str]:
        """What is said of the tables; of single patients see ``checks.tsv``."""
        said = self.checks["action"].isin(["warning", "advice"]) & (self.checks["level"] != "patient")
        return [str(message) for message in self.checks.loc[said, "message"]]

    def write(self, folder: str | Path, name: str, model: Model) -> None:
        """Write the tables, the figures, ``summary.md`` and ``report.html`` into a folder, which is made if absent."""
        from .write import write_run  # matplotlib and jinja2 are not for whoever predicts in a notebook

        write_run(self, Path(folder), name, model)


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
    return Run(found, validation, read.checks.table(), survival, read.follow_up)
