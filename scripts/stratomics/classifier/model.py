"""Train the classifier that gives unseen patients a subtype: features, setting and probabilities by inner validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.arrays import Array
from stratomics.errors import DataError
from stratomics.runtime import derive_seed

from .calibrate import calibrated, fit_calibration
from .features import anova_f, describe_features, moments, top_features
from .folds import stratified_folds
from .methods import find_method

#: Mean scores closer than this are a tie.
TIE = 1e-9


@dataclass(frozen=True)
class ClassifierModel:
    """A fitted classifier.

    Parameters
    ----------
    method
        Name of the kind of classifier.
    setting
        The chosen setting of the method.
    classes
        The labels, rising, int64 [K]; the columns of the probabilities.
    columns
        The columns of X that are used, int64 [m].
    features_table
        What is used and how it differs between subtypes, see `features.describe_features`.
    inner_cv_table
        One row per setting: the setting, mean and standard deviation over the folds of the ``balanced_accuracy`` of
        held-out patients, and whether it was ``chosen``.
    inner_folds
        Number of inner folds, lower than asked when a subtype is smaller.
    notes
        What a user should know about this fit, in words.
    machine, calibration
        The arrays of the method and of the probabilities.
    """

    method: str
    setting: dict[str, Any]
    classes: np.ndarray
    columns: np.ndarray
    features_table: pd.DataFrame
    inner_cv_table: pd.DataFrame
    inner_folds: int
    notes: tuple[str, ...]
    machine: dict[str, np.ndarray]
    calibration: dict[str, np.ndarray]

    @property
    def inner_score(self) -> float:
        """Balanced accuracy of the chosen setting in the inner cross-validation; a maximum, so a little optimistic."""
        chosen = self.inner_cv_table["chosen"].to_numpy(bool)
        return float(self.inner_cv_table.loc[chosen, "balanced_accuracy"].iloc[0])

    def decision(self, x: np.ndarray) -> np.ndarray:
        """Compute raw decision values of patients x [n, P]; [n, K], or [n, 1] for two subtypes."""
        chosen = x[:, self.columns].astype(np.float64)
        if not np.isfinite(chosen).all():
            raise ValueError("the classifier needs finite features: impute first")
        return find_method(self.method).decision(chosen, self.machine)

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Compute the probability of every subtype.

        Parameters
        ----------
        x
            Patients x features [n, P], preprocessed as the training patients were.

        Returns
        -------
        numpy.ndarray
            [n, K], rows sum to 1, columns as `classes`.
        """
        return calibrated(self.decision(x), self.calibration)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the most probable subtype of patients x [n, P], int64 [n]."""
        return self.classes[self.predict_proba(x).argmax(axis=1)]

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be, those of the machine by its method and setting."""
        machine = find_method(meta["method"]).declared(meta["setting"])
        return {
            "classes": Array("int64", ("K",), "the subtypes, rising", low=1, rising=0),
            "columns": Array("int64", ("_m",), "positions of the predictors used", low=0, below="Q"),
            **{f"machine.{name}": array for name, array in machine.items()},
            "calibration.coef": Array("float64", ("K", "D"), "from decision values to log odds"),
            "calibration.intercept": Array("float64", ("K",), "their intercepts"),
        }

    def faults(self) -> Iterator[str]:
        """Say which arrays do not suit each other."""
        if not np.array_equal(self.classes, np.arange(1, len(self.classes) + 1)):
            yield f"array classes: found {self.classes.tolist()}; allowed are 1 to {len(self.classes)}"
        if len(np.unique(self.columns)) < len(self.columns):
            yield "array columns: a position comes more than once; allowed is each once"
        if self.features_table["column"].tolist() != self.columns.tolist():
            yield "array columns: not those of the features_table in the header; they must be the same, in the same order"

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take the model apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {"classes": self.classes, "columns": self.columns}
        arrays |= {f"machine.{name}": array for name, array in self.machine.items()}
        arrays |= {f"calibration.{name}": array for name, array in self.calibration.items()}
        return arrays, {
            "method": self.method,
            "setting": self.setting,
            "features_table": self.features_table.to_dict(orient="list"),
            "inner_cv_table": self.inner_cv_table.to_dict(orient="list"),
            "inner_folds": self.inner_folds,
            "notes": list(self.notes),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> ClassifierModel:
        """Put a model together again from what `to_arrays` gave."""

        def under(prefix: str) -> dict[str, np.ndarray]:
            return {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}

        return cls(
            method=meta["method"],
            setting=dict(meta["setting"]),
            classes=arrays["classes"],
            columns=arrays["columns"],
            features_table=pd.DataFrame(meta["features_table"]),
            inner_cv_table=pd.DataFrame(meta["inner_cv_table"]),
            inner_folds=meta["inner_folds"],
            notes=tuple(meta["notes"]),
            machine=under("machine."),
            calibration=under("calibration."),
        )


def balanced_accuracy(decisions: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Average the share of right decisions over the classes.

    Parameters
    ----------
    decisions
        [..., n, D]: the largest column wins; a single one decides by its sign.
    y
        Classes, int [n].

    Returns
    -------
    numpy.ndarray
        [...], over the classes that occur in `y`.
    """
    single = decisions.shape[-1] == 1
    guess = (decisions[..., 0] > 0).astype(np.int64) if single else decisions.argmax(axis=-1)
    return np.mean([(guess[..., y == k] == k).mean(axis=-1) for k in np.unique(y)], axis=0)


def fit_classifier(
    x: np.ndarray,
    blocks: Mapping[str, slice],
    features: Sequence[str],
    labels: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    *,
    prepared: tuple[np.ndarray, np.ndarray] | None = None,
    report: bool = True,
) -> ClassifierModel:
    """Train a classifier of the subtype on omics features.

    In each inner fold the features are chosen anew from the patients of its training part, every setting is trained on
    them and decides the held-out part. The setting of largest mean balanced accuracy wins (the simpler on a tie), its
    out-of-fold decisions teach the probabilities, and it is trained once more on all patients.

    Parameters
    ----------
    x
        Training patients x features [n, P], standardised, finite.
    blocks
        The columns of each omics.
    features
        ``omics:feature`` of each column.
    labels
        Subtype of each training patient, int [n].
    settings
        ``method`` (a file of `methods`), ``top_features`` per omics, ``inner_folds``.
    seed
        Of the inner folds.
    prepared
        The `features.moments` of `x`, when many classifiers are trained on the same patients.
    report
        Whether to fill ``features_table`` and ``inner_cv_table``. A permutation test needs neither; nothing else differs.

    Returns
    -------
    ClassifierModel

    Raises
    ------
    DataError
        When all patients have one label, all labels have one patient, or no feature varies.
    """
    classes, y = np.unique(np.asarray(labels, dtype=np.int64), return_inverse=True)
    k = len(classes)
    if k < 2:
        raise DataError(
            f"The classifier needs at least two subtypes, but all {len(y)} training patients have subtype {classes[0]}. "
            "Set subtypes.n_subtypes to 2 or more."
        )
    if not np.isfinite(x).all():
        raise ValueError("the classifier needs finite features: impute first")
    method = find_method(settings["method"])
    top = int(settings["top_features"])
    asked = int(settings["inner_folds"])
    fold, n_folds = stratified_folds(y, k, asked, derive_seed(seed, "inner_folds"))
    notes = []
    if n_folds < asked:
        notes.append(f"{n_folds} inner folds instead of {asked}: the smallest subtype has too few patients")
    lone = fold == -1
    if lone.any():
        notes.append(f"{int(lone.sum())} subtypes of one patient: never held out, their probability is not validated")

    f = anova_f(moments(x) if prepared is None else prepared, y, k, fold, n_folds)
    if lone.all() or np.isnan(f).all(axis=1).any():
        raise DataError(
            f"No classifier can be trained on {len(y)} patients, {k} subtypes and {x.shape[1]} features: either every "
            "subtype has a single patient, or no feature varies within an inner fold. Use more patients or fewer subtypes."
        )
    decisions = np.zeros((len(method.SETTINGS), len(y), 1 if k == 2 else k))
    scores = np.zeros((len(method.SETTINGS), n_folds))
    for one in range(n_folds):
        chosen = x[:, top_features(f[one], blocks, top)].astype(np.float64)
        train, test = fold != one, fold == one
        decided = test | lone if one == 0 else test
        decisions[:, decided] = method.decide_all(chosen[train], y[train], chosen[decided], k)
        scores[:, one] = balanced_accuracy(decisions[:, test], y[test])

    mean = scores.mean(axis=1)
    best = int(np.flatnonzero(mean >= mean.max() - TIE)[0])
    columns = top_features(f[-1], blocks, top)
    inner_cv, table = pd.DataFrame(), pd.DataFrame()
    if report:
        inner_cv = pd.DataFrame(list(method.SETTINGS))
        inner_cv["balanced_accuracy"] = mean
        inner_cv["sd"] = scores.std(axis=1, ddof=1)
        inner_cv["chosen"] = np.arange(len(mean)) == best
        table = describe_features(x, y, classes, f[-1], columns, blocks, features)
    return ClassifierModel(
        method=settings["method"],
        setting=dict(method.SETTINGS[best]),
        classes=classes,
        columns=columns,
        features_table=table,
        inner_cv_table=inner_cv,
        inner_folds=n_folds,
        notes=tuple(notes),
        machine=method.fit(x[:, columns].astype(np.float64), y, k, method.SETTINGS[best]),
        calibration=fit_calibration(decisions[best], y),
    )
