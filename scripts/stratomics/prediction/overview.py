"""New patients counted: by subtype and by the omics they have, beside the patients at home, and features by how they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.checks import examples
from stratomics.model import Model

from .predict import Prediction

OMICS_COLUMNS = [
    "omics",
    "patients",
    *(f"{name}{end}" for name in ("agreement", "cindex") for end in ("", "_low", "_high")),
]
MATCHING_COLUMNS = ["omics", "status", "features", "examples"]
#: How the features of a table were found, see `stratomics.prediction.matching`.
STATUSES = ("same", "renamed", "missing", "duplicated", "constant", "unused")


@dataclass(frozen=True)
class Overview:
    """Counts of one prediction.

    Parameters
    ----------
    subtypes
        A row per subtype: ``subtype, n_subtypes, patients, share, home_patients, home_share`` (of the patients the model was
        fitted on), ``ambiguous`` (patients), ``mean_probability`` (of the subtype given), and at every horizon ``survival_<day>``
        (mean predicted probability to be free of the event) with ``home_survival_<day>, ..._low, ..._high`` (Kaplan-Meier estimate
        of the patients of the fit).
    omics
        `OMICS_COLUMNS`: a row per set of omics that patients have, with what was held out at home: the share of patients who get
        the subtype that all omics give them, and the concordance of the risk.
    matching
        `MATCHING_COLUMNS`: a row per omics and way in which its features were found.
    model
        One row: ``embedding, cohort, patients, events, omics, format, stratomics`` of the model.
    """

    subtypes: pd.DataFrame
    omics: pd.DataFrame
    matching: pd.DataFrame
    model: pd.DataFrame


def overview(prediction: Prediction, model: Model) -> Overview:
    """Count the patients of a prediction.

    Parameters
    ----------
    prediction
        With survival (`stratomics.prediction.survival.add_survival`).
    model
        The model.

    Returns
    -------
    Overview
    """
    return Overview(
        _subtypes(prediction.predictions, model),
        _omics(prediction.predictions["omics"], model),
        _matching(prediction.features),
        _model(model.description),
    )


def _subtypes(table: pd.DataFrame, model: Model) -> pd.DataFrame:
    k, days = model.chain.subtypes.n_subtypes, list(model.description["horizons"])
    home = np.bincount(model.chain.subtypes.labels, minlength=k + 1)[1:]
    curves = model.survival.of_subtypes(days)
    rows = []
    for subtype in range(1, k + 1):
        own = table[table["subtype"] == subtype]
        row = {
            "subtype": subtype,
            "n_subtypes": k,
            "patients": len(own),
            "share": len(own) / len(table),
            "home_patients": int(home[subtype - 1]),
            "home_share": home[subtype - 1] / home.sum(),
            "ambiguous": int(own["ambiguous"].sum()),
            "mean_probability": own["confidence"].mean(),
        }
        for place, day in enumerate(days):
            row[f"survival_{day:g}"] = own[f"survival_{day:g}"].mean()
            for end, curve in zip(("", "_low", "_high"), curves, strict=True):
                row[f"home_survival_{day:g}{end}"] = curve[subtype - 1, place]
        rows.append(row)
    return pd.DataFrame(rows)


def _omics(used: pd.Series, model: Model) -> pd.DataFrame:
    home = {";".join(one["omics"]): one for one in model.description["subsets"]}
    rows = []
    for omics, n in used.value_counts(sort=False).items():
        told = home.get(str(omics), {})
        rows.append(
            (
                omics,
                n,
                *(
                    np.nan if one is None else one
                    for key in ("agreement", "cindex")
                    for one in told.get(key, [None] * 3)
                ),
            )
        )
    return pd.DataFrame(rows, columns=OMICS_COLUMNS)


def _model(said: Mapping[str, Any]) -> pd.DataFrame:
    omics = ", ".join([*(one["name"] for one in said["omics"]), *said["covariates"]])
    cohort = {"cohort": said["cohort"]["name"], **{key: said["cohort"][key] for key in ("patients", "events")}}
    row = {"embedding": said["embedding"]["name"], **cohort, "omics": omics}
    return pd.DataFrame([{**row, **{key: said[key] for key in ("format", "stratomics")}}])


def _matching(features: pd.DataFrame) -> pd.DataFrame:
    status = features["status"].astype(str).str.partition(":")[0]
    rows = []
    for omics, own in features.groupby("omics", sort=False):
        for one in STATUSES:
            named = own.loc[status[own.index] == one, "feature"].tolist()
            if named:
                rows.append((omics, one, len(named), np.nan if one == "same" else examples(named)))
    return pd.DataFrame(rows, columns=MATCHING_COLUMNS)
