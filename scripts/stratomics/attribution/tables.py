"""Tables of attributions: per omics with intervals, and the features that weigh most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from .measure import Attributed
from .scores import TARGETS

#: Features listed per target and omics: those of a narrow omics weigh more each, and would fill a common list.
TOP_FEATURES = 20

OMICS_COLUMNS = (
    *("target", "role", "repeat", "omics", "features", "n", "mean_absolute", "share", "ci_low", "ci_high"),
    *("fold_low", "fold_high", "agreement", "expected", "completeness", "reason"),
)
FEATURE_COLUMNS = ("target", "rank", "feature", "omics", "slope", "agreement", "share", "folds")


def omics_attribution_table(attributed: Sequence[Attributed], *, bootstrap: int, seed: int) -> pd.DataFrame:
    """Say how much of the risk and of the subtype score rests on each omics.

    Parameters
    ----------
    attributed
        One per split.
    bootstrap
        Samples of patients for the intervals.
    seed
        Of these samples.

    Returns
    -------
    pandas.DataFrame
        ``omics_attribution.tsv``, one row per target (``risk``, ``subtype``), omics and set of patients: ``role``
        ``held_out`` with ``repeat`` ``r0``, ``r1``, ... and ``all`` (every repeat), or ``apparent`` with ``full``.

        - ``features`` (of the full fit), ``n`` (patients)
        - ``mean_absolute``: mean over the patients of the size of the summed attributions of the omics, in units of the target
          (log hazard; difference of decision values)
        - ``share``: of the total of ``mean_absolute`` over the omics, each fold on its own scale
        - ``ci_low, ci_high``: 2.5 and 97.5 % quantile of ``share`` over bootstrap samples of the patients, networks kept
        - ``fold_low, fold_high``: lowest and highest share of a fold (NaN for the full fit)
        - ``agreement``: share of the patients whose omics pulls the way that their total goes
        - ``expected``: the share of an omics if its features were weighed at random: that of the length of its inputs
        - ``completeness``: largest miss of the sum of all attributions, over the mean size of the score
        - ``reason``: why there is no figure
    """
    folds = [one for one in attributed if one.split.repeat is not None]
    full = [one for one in attributed if one.split.repeat is None]
    sets = [("held_out", str(r), [one for one in folds if one.split.repeat == r]) for r in _repeats(folds)]
    sets += [("held_out", "all", folds)] if folds else []
    sets += [("apparent", "full", full)] if full else []
    widths = dict(zip((full or folds)[0].omics, (full or folds)[0].widths, strict=True))
    rows = []
    for target in TARGETS:
        reason = next((one.reasons[target] for one in attributed if target in one.reasons), "")
        for role, repeat, own in sets:
            figures = {} if reason else _figures(target, own, bootstrap, np.random.default_rng(seed))
            for place, omics in enumerate(own[0].omics):
                values = {name: value[place] for name, value in figures.items()}
                head = {"target": target, "role": role, "repeat": repeat, "omics": omics}
                n = len(np.unique(np.concatenate([one.patients for one in own])))
                rows.append({**head, "features": int(widths[omics]), "n": n, **values, "reason": reason or "-"})
    return pd.DataFrame(rows).reindex(columns=list(OMICS_COLUMNS))


def _repeats(folds: Iterable[Attributed]) -> list[str]:
    return list(dict.fromkeys(str(one.split.repeat) for one in folds))


def _figures(target: str, own: Sequence[Attributed], bootstrap: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Compute the figures of a set of folds for each omics, [O] each."""
    at = own[0].targets.index(target)
    sizes = [np.abs(one.sums[at]) for one in own]
    # Scores of different folds have different scales: the sum over the omics is 1 on average in each.
    scales = [size.sum(axis=1).mean() for size in sizes]
    relative = np.concatenate([size / (scale or 1.0) for size, scale in zip(sizes, scales, strict=True)])
    who = np.concatenate([one.patients for one in own])
    names, position = np.unique(who, return_inverse=True)
    # A patient of several repeats is drawn with all of them.
    of_patient = np.zeros((len(names), relative.shape[1]))
    np.add.at(of_patient, position, relative)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=bootstrap)
    low, high = np.quantile(_shares(draws @ of_patient), [0.025, 0.975], axis=0)
    by_fold = np.stack([_shares(size.sum(axis=0)) for size in sizes])
    unknown = np.full(relative.shape[1], np.nan)
    agrees = [np.sign(one.sums[at]) == np.sign(one.change[at])[:, None] for one in own]
    return {
        "mean_absolute": np.concatenate(sizes).mean(axis=0),
        "share": _shares(of_patient.sum(axis=0)),
        "ci_low": low,
        "ci_high": high,
        "fold_low": by_fold.min(axis=0) if len(own) > 1 else unknown,
        "fold_high": by_fold.max(axis=0) if len(own) > 1 else unknown,
        "agreement": np.concatenate(agrees).mean(axis=0),
        "expected": _shares(np.concatenate([one.lengths for one in own]).mean(axis=0)),
        "completeness": np.full(relative.shape[1], max(one.completeness[at] for one in own)),
    }


def _shares(values: np.ndarray) -> np.ndarray:
    """Divide by the sum over the last axis; NaN where it is 0."""
    total = values.sum(axis=-1, keepdims=True)
    return np.divide(values, total, out=np.full(values.shape, np.nan), where=total > 0)


def feature_attribution_table(attributed: Sequence[Attributed], top: int = TOP_FEATURES) -> pd.DataFrame:
    """List the features that the scores of held-out patients rest on most.

    Parameters
    ----------
    attributed
        One per split; that of the full fit is left out.
    top
        Features per target and omics.

    Returns
    -------
    pandas.DataFrame
        ``feature_attribution.tsv``, most important first:

        - ``target``, ``rank`` (among the features of all omics), ``feature`` (``omics:feature``), ``omics``
        - ``slope``: attribution per standard deviation of the feature, relative to the mean size of the score, mean over the
          folds (0 in a fold that dropped the feature); positive raises the risk, or leads to the worse subtype. What differs
          from network to network cancels. (The plain mean of the attributions says nothing: features are centred)
        - ``agreement``: share of the folds with the feature in which the slope has this sign
        - ``share``: of the absolute attribution of all features, mean over the folds
        - ``folds``: those that kept the feature
    """
    folds = [one for one in attributed if one.split.repeat is not None]
    tables = []
    for target in TARGETS:
        if not folds or any(target in one.reasons for one in folds):
            continue
        at = folds[0].targets.index(target)
        size = [np.abs(one.change[at]).mean() or 1.0 for one in folds]
        slopes = _by_feature(folds, [one.slope[at] / own for one, own in zip(folds, size, strict=True)])
        share = _by_feature(folds, [_shares(one.magnitude[at]) for one in folds]).fillna(0.0).mean(axis=1)
        slope = slopes.fillna(0.0).mean(axis=1)
        order = slope.abs().sort_values(ascending=False, kind="stable").index
        omics = pd.Series([str(name).split(":", 1)[0] for name in order], index=order)
        listed = (omics.groupby(omics).cumcount() < top).to_numpy()
        best = order[listed]
        own = slopes.loc[best]
        table = {
            "target": target,
            "rank": 1 + np.flatnonzero(listed),
            "feature": best,
            "omics": omics[listed].to_numpy(),
            "slope": slope[best].to_numpy(),
            "agreement": ((own.mul(slope[best], axis=0) > 0).sum(axis=1) / own.notna().sum(axis=1)).to_numpy(),
            "share": share[best].to_numpy(),
            "folds": own.notna().sum(axis=1).to_numpy(),
        }
        tables.append(pd.DataFrame(table)[list(FEATURE_COLUMNS)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(FEATURE_COLUMNS))


def _by_feature(folds: Sequence[Attributed], values: Sequence[np.ndarray]) -> pd.DataFrame:
    """Put values of the features of each fold beside each other; NaN where a fold dropped a feature."""
    return pd.concat([pd.Series(v, index=one.features) for one, v in zip(folds, values, strict=True)], axis=1)
