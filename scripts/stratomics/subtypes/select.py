"""Which latents carry prognosis: one Cox model per latent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.errors import DataError
from stratomics.survival.cox import cox_univariate

#: A latent that varies less than this share of the liveliest one is dead: what is left of it is rounding noise, which
#: standardising would blow up to full size.
DEAD_SHARE = 1e-4

WHY_NOT = {
    "dead": "dead: does not vary among the training patients",
    "constant": "dead: does not vary among the training patients",
    "separated": "separated: the Cox likelihood has no maximum",
    "not_converged": "the Cox fit did not converge",
}


def adjust_benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjust p-values for the false discovery rate.

    Parameters
    ----------
    p
        P-values [m]; NaN where there was no test, which then does not count.

    Returns
    -------
    numpy.ndarray
        Adjusted values [m], NaN where `p` is.

    References
    ----------
    Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289-300.
    """
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    falling = tested[np.argsort(-p[tested], kind="stable")]
    m = len(falling)
    q[falling] = np.minimum(1.0, np.minimum.accumulate(p[falling] * m / np.arange(m, 0, -1)))
    return q


def default_names(width: int) -> list[str]:
    """Name latents ``z1``, ``z2``, ..., padded with zeros so that they sort."""
    digits = len(str(width))
    return [f"z{i:0{digits}d}" for i in range(1, width + 1)]


def select_latents(
    latents: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    settings: Mapping[str, Any],
    *,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """Keep the latents that are associated with survival among the training patients.

    Each latent is standardised and put alone into a Cox model (Efron ties); the p-value is that of the Wald test. Dead
    latents and those without a finite estimate are reported and never selected.

    Parameters
    ----------
    latents
        Training patients x latents [n, L].
    time
        Follow-up [n], > 0.
    event
        Whether follow-up ended in the event [n].
    settings
        ``alpha``: the level, selected when below. ``correction``: ``none`` compares p with it, ``bh`` compares q.
        ``if_none``: when nothing passes, ``best`` takes the ``n_best`` latents of smallest p, ``stop`` raises.
    names
        One name per latent; ``z1``, ``z2``, ... padded to equal width if absent.
    threads
        Threads of the Cox fits; the result does not depend on it.

    Returns
    -------
    pandas.DataFrame
        One row per latent in the order given: ``latent``, ``coef`` (log hazard ratio per standard deviation of the
        training patients), ``hazard_ratio``, ``ci_low``, ``ci_high`` (95 %), ``z`` and ``p`` (Wald), ``q``
        (Benjamini-Hochberg over the latents that could be tested), ``selected``, ``reason``. Numbers are NaN where there was
        no estimate.

    Raises
    ------
    DataError
        When there is no event, when no latent can be tested, or when none passes and ``if_none`` is ``stop``.

    Notes
    -----
    On survival that has nothing to do with the latents a share ``alpha`` of them is still selected: a p-value computed
    later on the same patients is not a test.
    """
    values = np.asarray(latents, dtype=np.float64)
    event = np.asarray(event).astype(bool)
    n, width = values.shape
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).any(axis=0).sum())
        raise DataError(
            f"The embedding has NaN or infinite values in {bad} of {width} latents of the {n} training patients; "
            "its training diverged. Lower the learning_rate of the embedding, or raise its weight_decay."
        )
    if not event.any():
        raise DataError(
            f"None of the {n} training patients has the event, so no latent can be tied to survival. "
            "At least one event per training set is needed: use fewer evaluation.folds, or an endpoint with more events."
        )

    spread = values.std(axis=0)
    dead = spread <= DEAD_SHARE * spread.max(initial=0.0)
    scaled = (values - values.mean(axis=0)) / np.where(dead, 1.0, spread)
    scaled[:, dead] = 0.0
    cox = cox_univariate(scaled, np.asarray(time, dtype=np.float64), event, threads=threads)
    status = np.where(dead, "dead", cox["status"].to_numpy(str))
    ok = status == "ok"
    if not ok.any():
        counts = ", ".join(f"{int((status == one).sum())} {one}" for one in sorted(set(status)))
        raise DataError(
            f"No latent of the embedding can be tested against survival: of {width} latents on {n} training patients "
            f"with {int(event.sum())} events, {counts}. At least one must vary between patients: lower the divergence_weight, "
            "dropout or weight_decay of the embedding, or train it for more epochs."
        )

    # Plain arrays, and one table in the end: a permutation test comes here thousands of times.
    columns = {name: cox[name].to_numpy() for name in ("coef", "hazard_ratio", "ci_low", "ci_high", "z", "p")}
    columns["q"] = adjust_benjamini_hochberg(columns["p"])

    measure = "q" if settings["correction"] == "bh" else "p"
    alpha = float(settings["alpha"])
    selected = ok & (columns[measure] < alpha)
    reason = np.where(selected, f"{measure} < {alpha:g}", f"{measure} >= {alpha:g}").astype(object)
    for one, why in WHY_NOT.items():
        reason[status == one] = why
    if not selected.any():
        if settings["if_none"] == "stop":
            raise DataError(
                f"No latent has {measure} < {alpha:g} (selection.alpha) among the {n} training patients with "
                f"{int(event.sum())} events; the smallest of {int(ok.sum())} is {np.nanmin(columns[measure]):.3g}. "
                "Set selection.if_none: best to go on with the best few, or raise selection.alpha."
            )
        p = np.where(ok, columns["p"], np.inf)
        best = np.argsort(p, kind="stable")[: min(int(settings["n_best"]), int(ok.sum()))]
        selected[best] = True
        reason[best] = f"fallback: no latent has {measure} < {alpha:g}, among the {len(best)} of smallest p"
    latent = list(names) if names is not None else default_names(width)
    return pd.DataFrame({"latent": latent, **columns, "selected": selected, "reason": reason})
