"""Find the features of a model in the tables of new patients, whatever case, separators and versions their names have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stratomics.cohort.symbols import feature_key, without_version
from stratomics.preprocess.omics import FittedOmics, measured

FEATURE_COLUMNS = ["omics", "feature", "found", "status", "share_present"]
#: So many patients must have the same value of a feature for it to tell nothing: a filler, most likely.
CONSTANT_PATIENTS = 10


@dataclass(frozen=True)
class Matched:
    """The features of a model in one table.

    Parameters
    ----------
    values
        Float [m, p], columns as in the model; NaN where missing.
    patients
        Of the table, in its order.
    features
        `FEATURE_COLUMNS`: a row for each feature of the model and for each of the table that the model does not use. ``found`` is
        the name in the table; ``status`` is ``same``, ``renamed: case``, ``renamed: version``, ``renamed: separators``,
        ``missing``, ``duplicated`` (several columns bear the name with different values; it counts as missing), ``constant`` (see
        `CONSTANT_PATIENTS`; it counts as missing) or ``unused``; ``share_present`` is the share of the patients who have it.
    """

    values: np.ndarray
    patients: pd.Index
    features: pd.DataFrame

    def count(self, status: str) -> int:
        """Count the features whose status begins so."""
        return int(self.features["status"].str.startswith(status).sum())

    @property
    def absent(self) -> list[str]:
        """List the features of the model that nobody has: missing, duplicated or constant."""
        gone = self.features["status"].isin(["missing", "duplicated", "constant"])
        return self.features.loc[gone, "feature"].tolist()

    def named(self, status: str) -> list[str]:
        """List the features whose status begins so."""
        return self.features.loc[self.features["status"].str.startswith(status), "feature"].tolist()


def match_features(table: pd.DataFrame, one: FittedOmics, varied: np.ndarray) -> Matched:
    """Bring a table to the features of a model.

    A name that the model has counts for it; of the other names, one that is the same without case, without the version of an id of
    Ensembl, or with other separators ('-', '.', '_') counts for the feature it so becomes, where no two do.

    Parameters
    ----------
    table
        New patients x features, numbers.
    one
        Preprocessing of the omics.
    varied
        Which features differ between most training patients, bool [p]: such a one that is the same in `CONSTANT_PATIENTS` new
        patients or more, all there are, was hardly measured.

    Returns
    -------
    Matched
    """
    names = [str(name) for name in table.columns]
    places: dict[str, list[int]] = {}
    for j, name in enumerate(names):
        places.setdefault(name, []).append(j)
    chosen = _choose(places, one.features)
    values = measured(table).astype(np.float64)
    out = np.full((len(table), len(one.features)), np.nan)
    rows: list[tuple[object, ...]] = []
    used: set[str] = set()
    for i, feature in enumerate(one.features):
        if feature not in chosen:
            rows.append((one.name, feature, np.nan, "missing", 0.0))
            continue
        found, how = chosen[feature]
        columns = values[:, [j for name in found for j in places[name]]]
        used.update(found)
        name = ";".join(found)
        if columns.shape[1] > 1 and not _same(columns):
            rows.append((one.name, feature, name, "duplicated", 0.0))
            continue
        own = columns[:, 0]
        known = own[~np.isnan(own)]
        if varied[i] and len(known) >= CONSTANT_PATIENTS and (known == known[0]).all():
            rows.append((one.name, feature, name, "constant", 0.0))
            continue
        out[:, i] = own
        status = "missing" if not len(known) else "same" if how == "same" else f"renamed: {how}"
        rows.append((one.name, feature, name, status, len(known) / max(1, len(own))))
    for name, where in places.items():
        if name not in used:
            share = float((~np.isnan(values[:, where[0]])).mean()) if len(table) else 0.0
            rows.append((one.name, name, name, "unused", share))
    return Matched(out, table.index, pd.DataFrame(rows, columns=FEATURE_COLUMNS))


def _choose(places: Mapping[str, Sequence[int]], features: Sequence[str]) -> dict[str, tuple[list[str], str]]:
    """Give the names in the table that mean a feature of the model, and how they differ, of each feature that is there."""
    chosen = {feature: ([feature], "same") for feature in features if feature in places}
    steps = (("case", str.casefold), ("version", without_version), ("separators", feature_key))
    for words, key in steps:
        wanted: dict[str, list[str]] = {}
        for feature in features:
            wanted.setdefault(key(feature), []).append(feature)
        offered: dict[str, list[str]] = {}
        taken = {name for names, _ in chosen.values() for name in names}
        for name in places:
            if name not in taken:
                offered.setdefault(key(name), []).append(name)
        for one, names in offered.items():
            meant = wanted.get(one, [])
            if len(meant) == 1 and meant[0] not in chosen:
                chosen[meant[0]] = (names, words)
    return chosen


def _same(columns: np.ndarray) -> bool:
    """Tell whether several columns hold the same."""
    return all(np.array_equal(columns[:, 0], columns[:, j], equal_nan=True) for j in range(1, columns.shape[1]))
