"""Find the subtypes again in part of the patients, and again from other starting points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stratomics.chain.cluster import find_subtypes
from stratomics.chain.select import chosen_latents
from stratomics.errors import DataError
from stratomics.runtime import derive_seed, parallel_map
from stratomics.subtypes import fit_subtypes
from stratomics.subtypes.methods import find_method

#: Trains networks anew in subsamples, see `resample_subtypes`.
Retrain = Callable[[Sequence[np.ndarray]], Sequence[np.ndarray]]
#: How often all patients are clustered from other starting points.
RESTARTS = 20


@dataclass(frozen=True)
class Resamples:
    """What came of the subsamples that could be clustered, B of them.

    Parameters
    ----------
    held
        Whether each holds each patient, bool [B, n].
    selected
        Whether each selected each latent, bool [B, l].
    k_chosen
        The number of subtypes each chose, int64 [B].
    labels
        Labels at the chosen K of all patients, int16 [B, n], 0..K-1; those not held were assigned to the clusters afterwards.
    labels_at
        By K: labels when that many clusters were asked for, int16 [B, n]; -1 where not held, or everywhere where the
        subsample has too few different patients for K.
    failed
        Number of subsamples without a result (no latent selected where ``if_none: stop``, or a cluster left empty).
    retrained
        How many of the latents, the first, are those of networks trained anew, which are other latents in every subsample.
    """

    held: np.ndarray
    selected: np.ndarray
    k_chosen: np.ndarray
    labels: np.ndarray
    labels_at: dict[int, np.ndarray]
    failed: int
    retrained: int = 0


def draw_subsamples(event: np.ndarray, subsamples: int, share: float, seed: int) -> np.ndarray:
    """Draw patients without replacement, the same share of those with and of those without the event.

    Parameters
    ----------
    event
        Whether follow-up ended in the event, bool [n].
    subsamples
        Number of draws B.
    share
        Of the patients in each draw; at least one patient with and one without the event is drawn, where there are any.
    seed
        Draw b depends on it and on b alone, so more draws extend those before.

    Returns
    -------
    numpy.ndarray
        bool [B, n].
    """
    held = np.zeros((subsamples, len(event)), dtype=bool)
    for b in range(subsamples):
        rng = np.random.default_rng(derive_seed(seed, "subsample", b))
        for group in (np.flatnonzero(event), np.flatnonzero(~event)):
            size = min(max(round(share * len(group)), 1), len(group))
            held[b, rng.choice(group, size=size, replace=False)] = True
    return held


def resample_subtypes(
    latents: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    ks: Sequence[int],
    settings: Mapping[str, Any],
    selection: Mapping[str, Any],
    subtypes: Mapping[str, Any],
    *,
    seed: int,
    retrain: Retrain | None = None,
    threads: int = 1,
) -> Resamples:
    """Select latents and cluster anew in every subsample; latents that know no survival (their network) stay as they are.

    Parameters
    ----------
    latents
        Of the full fit, all patients [n, l].
    time, event
        Follow-up [n].
    ks
        Numbers of subtypes to cluster each subsample into, beside the one that it chooses itself.
    settings, selection, subtypes
        The parts ``stability``, ``selection`` and ``subtypes`` of the config.
    seed
        Of the draws and of the starting points.
    retrain
        Trains the networks that look at survival anew: given the positions of the patients of each subsample, returns for each the
        latents of all patients that those networks make, [n, l], which replace the first l. None where none does.
    threads
        Subsamples at once; results do not depend on it.

    Returns
    -------
    Resamples
    """
    subsamples = int(settings["subsamples" if retrain is None else "survival_subsamples"])
    draws = draw_subsamples(event, subsamples, float(settings["share"]), seed)
    method = find_method(subtypes["method"])
    anew = None if retrain is None else retrain([np.flatnonzero(held) for held in draws])

    def refit(b: int) -> tuple[np.ndarray, int, np.ndarray, dict[int, np.ndarray]] | None:
        held, own_seed = draws[b], derive_seed(seed, "cluster", b)
        codes = latents if anew is None else np.hstack([anew[b], latents[:, anew[b].shape[1] :]])
        try:
            table, model = find_subtypes(codes[held], time[held], event[held], selection, subtypes, seed=own_seed)
        except DataError:
            return None
        values = codes[:, chosen_latents(table)].astype(np.float64)
        # the scaling is that of the model, so every K sees the same points
        z = model.place(values)
        at = {}
        for k in ks:
            at[k] = np.full(len(z), -1, dtype=np.int16)
            if k == model.n_subtypes:
                at[k][held] = model.labels - 1
            elif k < len(np.unique(z[held], axis=0)):
                arrays = method.fit(z[held], k, derive_seed(own_seed, subtypes["method"], k), int(subtypes["restarts"]))
                at[k][held] = method.assign(z[held], arrays)
        return table["selected"].to_numpy(bool), model.n_subtypes, (model.assign(values) - 1).astype(np.int16), at

    results = parallel_map(refit, range(len(draws)), threads)
    done = [b for b, result in enumerate(results) if result is not None]
    found = [result for result in results if result is not None]
    n, width = latents.shape
    return Resamples(
        held=draws[done],
        selected=np.array([one[0] for one in found], dtype=bool).reshape(-1, width),
        k_chosen=np.array([one[1] for one in found], dtype=np.int64),
        labels=np.array([one[2] for one in found], dtype=np.int16).reshape(-1, n),
        labels_at={k: np.array([one[3][k] for one in found], dtype=np.int16).reshape(-1, n) for k in ks},
        failed=len(draws) - len(done),
        retrained=0 if anew is None else anew[0].shape[1],
    )


def restart_subtypes(
    latents: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    k: int,
    subtypes: Mapping[str, Any],
    *,
    strength: np.ndarray | None,
    seed: int,
    threads: int = 1,
) -> np.ndarray:
    """Cluster all patients again and again into k subtypes, each time from other starting points.

    Parameters
    ----------
    latents
        Selected latents of the full fit [n, l].
    time, event
        Follow-up [n].
    k
        Number of subtypes.
    subtypes
        The part ``subtypes`` of the config; each run keeps the best of its ``restarts``, as the full fit does.
    strength
        How much each latent counts [l], see `stratomics.subtypes.clustering_scale`.
    seed
        Of the starting points.
    threads
        Runs at once; results do not depend on it.

    Returns
    -------
    numpy.ndarray
        int64 [runs, n], 0..k-1; runs that left a cluster empty are not there.
    """

    def run(i: int) -> np.ndarray | None:
        try:
            fixed = {**subtypes, "n_subtypes": k}
            own_seed = derive_seed(seed, "restart", i)
            return fit_subtypes(latents, time, event, fixed, own_seed, strength=strength, report=False).labels - 1
        except DataError:
            return None

    found = [labels for labels in parallel_map(run, range(RESTARTS), threads) if labels is not None]
    return np.array(found, dtype=np.int64).reshape(-1, len(latents))
