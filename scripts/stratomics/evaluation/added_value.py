"""What the held-out subtype or risk adds to the clinical covariates.

Two questions, both put to predictions on patients the chain never saw (pre-validation, Tibshirani & Efron 2002).

*Likelihood ratio*: does a Cox model of the covariates gain by the held-out term? See `added_lr`.

*Concordance*: how much better are unseen patients ranked by the clinic and the term together than by the clinic alone? Each
is standardised within the held-out fold, without looking at survival, and they are added with weights from a Cox model on
the other held-out folds (stacking, Breiman 1996), neither weight below zero. Plain addition would charge the clinic for the
noise of a weak term: where the term added nothing it lost .05 of concordance, and .03 where it did add to a strong clinic.
The weights see the fold only through the models of the other folds, which had trained on it. Unconstrained, that slight leak
gained up to .03 where nothing was to be gained, by negative weights; with weights of zero or more it was within .002.

Both look only at patients who have every covariate. Where stage is missing, anything that knows stage would add to the clinic,
however little of its own it knows (with 30 % missing at random and omics that repeat the covariate, that made 18 to 51 % of
data sets gain .02 and more at p < .05; now none). `clinical_missing` says how many patients that leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort
from stratomics.runtime import derive_seed, log
from stratomics.survival import concordance_harrell
from stratomics.survival.likelihood_ratio import NestedCox

from .added_lr import Term, added_lr, within_fold
from .metrics import percentile_interval
from .scores import has_risk, has_subtypes
from .yardstick import bootstrap_weights

TERMS: tuple[Term, ...] = ("subtype", "risk")
ADDED_VALUE_COLUMNS = [
    "embedding",
    "term",
    "clinical_cindex",
    "combined_cindex",
    "delta",
    "ci_low",
    "ci_high",
    "lr_chi2",
    "lr_df",
    "lr_p",
    "n",
    "events",
    "covariates",
    "clinical_missing",
]
NAN = float("nan")


def stacked_risk(
    clinical: np.ndarray, term: np.ndarray, time: np.ndarray, event: np.ndarray, fold: np.ndarray
) -> np.ndarray:
    """Combine a held-out clinical risk and a held-out term, with weights learned on the other folds.

    Parameters
    ----------
    clinical, term
        Held-out values [n], higher for shorter survival; each is standardised within its fold.
    time, event
        Follow-up [n].
    fold
        Label [n].

    Returns
    -------
    numpy.ndarray
        Risk [n], to be compared within folds only. Where the other folds give the term no weight above zero, or have no
        event, it is the clinical risk; where they give the clinical risk none, it is the term.

    References
    ----------
    Breiman 1996, Machine Learning 24, 49-64.
    """
    both = np.column_stack([within_fold(values, fold, scale=True) for values in (clinical, term)])
    combined = np.empty(len(both))
    for label in np.unique(fold):
        others = fold != label
        weights = np.zeros(2)
        if event[others].any():
            nothing = np.zeros((int(others.sum()), 0))
            model = NestedCox.fit(nothing, time[others], event[others], strata=fold[others])
            weights = np.maximum(np.nan_to_num(model.add(both[others]).coef), 0.0)
        if weights[1] == 0:
            weights = np.array([1.0, 0.0])
        combined[~others] = both[~others] @ weights
    return combined


def added_value_table(
    ours: Mapping[str, Mapping[str, pd.DataFrame]],
    clinical: Mapping[str, pd.DataFrame],
    design: np.ndarray,
    cohort: Cohort,
    settings: Mapping[str, Any],
    *,
    covariates: Sequence[str],
    seed: int,
) -> pd.DataFrame:
    """Make ``added_value.tsv``: what the held-out subtype and the held-out risk of a method add to the clinic.

    Parameters
    ----------
    ours
        By method (embeddings and comparators) and repeat, from `stratomics.chain.labels.heldout_labels`.
    clinical
        The same of the clinical comparator, on the same splits; empty if there is none.
    design
        Clinical covariates of all patients [n, q], from `stratomics.preprocess.design_of_known`: NaN for patients who lack one.
    cohort
        For the follow-up.
    settings
        ``evaluation`` of the config: ``bootstrap``.
    covariates
        Their names.
    seed
        Seed of the run; the bootstrap draws are those of ``metrics.tsv``.

    Returns
    -------
    pandas.DataFrame
        ``embedding, term, clinical_cindex, combined_cindex, delta, ci_low, ci_high`` (concordance on held-out patients and its
        gain with 95 % bootstrap interval, medians over the repeats), ``lr_chi2, lr_df, lr_p`` (of one repeat, see `added_lr`;
        nominal), ``n, events`` (of the patients who have every covariate, on whom all this rests), ``covariates``,
        ``clinical_missing`` (share of the patients who lack one). The first column names the method, an embedding or not; a
        method without subtypes has the row of its risk only. No rows without covariates or clinical comparator.
    """
    if not covariates or not clinical:
        return pd.DataFrame(columns=ADDED_VALUE_COLUMNS)
    known = np.isfinite(design).all(axis=1)
    time, event = cohort.time[known], cohort.event[known]
    draws = bootstrap_weights(cohort.n, settings["bootstrap"], derive_seed(seed, "evaluate_subtypes"))
    counts = np.vstack([np.ones(int(known.sum())), draws[:, known]])

    def concordance(risk: np.ndarray, fold: np.ndarray) -> np.ndarray:
        """Of the patients as they are, then of each draw."""
        return np.asarray(concordance_harrell(time, event, risk, fold=fold, weights=counts))

    risks = {repeat: own["risk"].to_numpy()[known] for repeat, own in clinical.items() if has_risk(own)}
    alone = {repeat: concordance(risk, clinical[repeat]["fold"].to_numpy()[known]) for repeat, risk in risks.items()}
    rows = []
    for method, repeats in ours.items():
        for term in TERMS:
            if term == "subtype" and all(own["subtype"].isna().all() for own in repeats.values()):
                continue
            exists = has_risk if term == "risk" else has_subtypes
            usable = [repeat for repeat, own in repeats.items() if repeat in alone and exists(own)]
            figures: tuple[float, ...] = (NAN,) * 5
            if len(usable) == len(repeats):
                together = []
                for repeat, own in repeats.items():
                    value = own["risk"] if term == "risk" else own["subtype"] / own["n_subtypes"]
                    fold = own["fold"].to_numpy()[known]
                    risk = stacked_risk(risks[repeat], value.to_numpy(np.float64)[known], time, event, fold)
                    together.append(concordance(risk, fold))
                clinic = np.array([alone[repeat] for repeat in repeats])
                gain = np.median(np.array(together) - clinic, axis=0)
                points = np.median(clinic[:, 0]), np.median(np.array(together)[:, 0]), gain[0]
                figures = (*map(float, points), *percentile_interval(gain[1:]))
            else:
                log.warning("%s, %s: missing for some held-out patients, so nothing is known of its gain", method, term)
            rows.append((method, term, *figures, *added_lr(design, cohort.time, cohort.event, repeats, term)))
    table = pd.DataFrame(rows, columns=ADDED_VALUE_COLUMNS[:-4])
    return table.assign(
        n=int(known.sum()),
        events=int(event.sum()),
        covariates=", ".join(covariates),
        clinical_missing=1 - float(known.mean()),
    )
