"""Does one way of predicting beat another? The test of a difference that was cross-validated.

A bootstrap of the held-out patients keeps the fitted models: it tells whether *these models* differ on further patients. Which
*procedure* is better is another question, because trained on other patients each would have turned out a little better or worse.
Asked of two procedures that are equally good, the bootstrap finds a difference at .05 in 12 to 18 % of cohorts
(``tests/benchmarks/comparisons.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit


class ProcedureTest(NamedTuple):
    """The difference of two procedures.

    Attributes
    ----------
    difference
        Mean over the repeats of the difference of each.
    ci_low, ci_high
        95 % interval, for the procedures.
    p
        Two-sided.
    """

    difference: float
    ci_low: float
    ci_high: float
    p: float


def procedure_test(differences: ArrayLike, weights: ArrayLike, fitted_variance: float | None = None) -> ProcedureTest:
    """Test the difference of two procedures by the corrected resampled t-test.

    Nadeau and Bengio's variance of the mean over J folds is (1/J + held out/trained on) x the variance between folds, on J - 1
    degrees of freedom: the first term for the patients held out, the second for the training sets, which overlap. The first
    forgets that repeats hold out the same patients again. Where it is known, the bootstrap variance of the fitted models takes
    its place: the folds of all repeats are then resampled together. It rests on many patients rather than on J folds, so
    that the degrees of freedom (Satterthwaite) are more than J - 1.

    Parameters
    ----------
    differences
        Ours less theirs in each fold, repeats x folds [R, K]. Missing where the fold has nothing to compare; its weight must
        then be 0.
    weights
        What each fold counts within its repeat [R, K], >= 0: its comparable pairs (concordance) or patients (Brier score). The
        variance of a fold is taken to be inverse to it.
    fitted_variance
        Bootstrap variance of the mean difference of the fitted models over further patients; None if unknown.

    Returns
    -------
    ProcedureTest
        All missing where a repeat has no fold with a weight; interval and p missing with fewer than two folds in all. p is 1
        where nothing differs.

    References
    ----------
    Nadeau & Bengio 2003, Machine Learning 52, 239-281; Bouckaert & Frank 2004, PAKDD, LNCS 3056, 3-12 (several repeats);
    Satterthwaite 1946, Biometrics Bull. 2, 110-114.
    """
    counts = np.asarray(weights, dtype=np.float64)
    used = counts > 0
    if counts.ndim != 2 or not used.any(axis=1).all():
        return ProcedureTest(*[np.nan] * 4)
    values = np.where(used, np.asarray(differences, dtype=np.float64), 0.0)
    share = counts / counts.sum(axis=1, keepdims=True) / len(counts)
    mean, folds = float((share * values).sum()), int(used.sum())
    if folds < 2 or not np.isfinite(mean):
        return ProcedureTest(mean, np.nan, np.nan, np.nan)
    between = folds / (folds - 1) * float((share * (values - mean) ** 2).sum())
    training = between / max(counts.shape[1] - 1, 1)
    if fitted_variance is None:
        variance, df = between / folds + training, folds - 1.0
    else:
        variance = fitted_variance + training
        df = (folds - 1) * (variance / training) ** 2 if training else np.inf
    if variance == 0:
        return ProcedureTest(mean, mean, mean, float(mean == 0))
    error = np.sqrt(variance)
    width = error * float(stdtrit(df, 0.975))
    return ProcedureTest(mean, mean - width, mean + width, float(2 * stdtr(df, -abs(mean) / error)))
