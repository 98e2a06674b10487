"""Predicted survival of new patients at the horizons of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from stratomics.chain.survival import SurvivalModel

from .predict import Prediction


def add_survival(prediction: Prediction, survival: SurvivalModel, horizons: Sequence[float]) -> Prediction:
    """Add the probability to be free of the event at each horizon, with its interval.

    Parameters
    ----------
    prediction
        Of the patients.
    survival
        Of the model, or learned anew.
    horizons
        Days.

    Returns
    -------
    Prediction
        Its table with ``survival_<day>, survival_<day>_low, survival_<day>_high`` behind the risk group (NaN beyond the follow-up
        that the model has seen). The 95 % interval holds the uncertainty of the baseline, not that of the patient's risk or
        subtype.
    """
    labels = prediction.labels
    columns: dict[str, np.ndarray] = {}
    for day, *values in zip(
        horizons,
        *(one.T for one in survival.of_patients(labels.risk, labels.probabilities, list(horizons))),
        strict=True,
    ):
        columns |= dict(zip((f"survival_{day:g}{end}" for end in ("", "_low", "_high")), values, strict=True))
    table = prediction.predictions
    place = list(table.columns).index("risk_group") + 1
    added = pd.DataFrame(columns, index=table.index)
    return replace(prediction, predictions=pd.concat([table.iloc[:, :place], added, table.iloc[:, place:]], axis=1))
