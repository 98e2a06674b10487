"""Cluster the training patients on their prognostic latents, and label anyone by the same clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.arrays import Array
from stratomics.errors import DataError
from stratomics.runtime import derive_seed

from .choose_k import candidate_ks, choose_k, judge, pick_k, smallest_shares
from .methods import find_method
from .order import order_by_risk


@dataclass(frozen=True)
class SubtypeModel:
    """Fitted risk subtypes.

    Parameters
    ----------
    method
        Name of the clustering.
    n_subtypes
        K.
    labels
        Subtype of each training patient, int64 [n], 1 (best prognosis) to K.
    log_risk
        Log of observed over expected events of subtype 1..K among the training patients, each plus one half, [K].
    k_table
        The numbers of subtypes that were tried, see `choose_k.choose_k`.
    mean, scale
        What puts the selected latents where they were clustered [l], see `clustering_scale`.
    subtype_of_cluster
        The label of each cluster of `clusters`, int64 [K].
    clusters
        The arrays of the clustering method.
    """

    method: str
    n_subtypes: int
    labels: np.ndarray
    log_risk: np.ndarray
    k_table: pd.DataFrame
    mean: np.ndarray
    scale: np.ndarray
    subtype_of_cluster: np.ndarray
    clusters: dict[str, np.ndarray]

    def assign(self, latents: np.ndarray) -> np.ndarray:
        """Label patients by their selected latents.

        Parameters
        ----------
        latents
            The latents the model was fitted on, in the same order, [n, l].

        Returns
        -------
        numpy.ndarray
            Subtypes, int64 [n], 1..K.
        """
        return self.subtype_of_cluster[find_method(self.method).assign(self.place(latents), self.clusters)]

    def place(self, latents: np.ndarray) -> np.ndarray:
        """Put the selected latents of patients [n, l] where those of the training patients were clustered, float64 [n, l]."""
        return (np.asarray(latents, dtype=np.float64) - self.mean) / self.scale

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be, those of the clustering by its method."""
        clusters = find_method(meta["method"]).ARRAYS
        return {
            "labels": Array("int64", ("N",), "subtype of each training patient", low=1, high=meta["n_subtypes"]),
            "log_risk": Array("float64", ("K",), "log of observed over expected events of each subtype", rising=0),
            "mean": Array("float64", ("l",), "mean of each selected latent among the training patients"),
            "scale": Array("float64", ("l",), "what it is divided by", positive=True, infinite=True),
            "subtype_of_cluster": Array("int64", ("K",), "subtype of each cluster", low=1),
            **{f"clusters.{name}": array for name, array in clusters.items()},
        }

    def faults(self) -> Iterator[str]:
        """Say which arrays do not suit each other."""
        subtypes = np.arange(1, self.n_subtypes + 1)
        if not np.array_equal(np.sort(self.subtype_of_cluster), subtypes):
            yield (
                f"array subtype_of_cluster: found {self.subtype_of_cluster.tolist()}; allowed is each of 1 to "
                f"{self.n_subtypes} once"
            )
        if not np.array_equal(np.unique(self.labels), subtypes):
            yield f"array labels: found the subtypes {np.unique(self.labels).tolist()}; allowed are 1 to {self.n_subtypes}"

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take the model apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {name: getattr(self, name) for name in ("labels", "log_risk", "mean", "scale", "subtype_of_cluster")}
        arrays |= {f"clusters.{name}": array for name, array in self.clusters.items()}
        return arrays, {
            "method": self.method,
            "n_subtypes": self.n_subtypes,
            "k_table": self.k_table.to_dict(orient="list"),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> SubtypeModel:
        """Put a model together again from what `to_arrays` gave."""
        own = {name: array for name, array in arrays.items() if not name.startswith("clusters.")}
        clusters = {name.removeprefix("clusters."): array for name, array in arrays.items() if name not in own}
        return cls(
            method=meta["method"],
            n_subtypes=meta["n_subtypes"],
            k_table=pd.DataFrame(meta["k_table"]),
            clusters=clusters,
            **own,
        )


def clustering_scale(values: np.ndarray, strength: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Decide how much each latent counts when patients are clustered.

    Parameters
    ----------
    values
        Selected latents of the training patients [n, l].
    strength
        How strongly each is tied to survival (|z| of its Cox model) [l]: latents then count by it, whatever the scale that the
        network gave them. None: they count by that scale, as in the canonical chain (Chaudhary et al. 2018, Clin. Cancer Res.
        24, 1248-1259), where a factor that the network stored in many latents counts many times.

    Returns
    -------
    mean, scale : numpy.ndarray
        [l]; patients are clustered on (values - mean) / scale, whose mean square is 1.
    """
    mean = values.mean(axis=0)
    centred = values - mean
    scale = np.ones(len(mean))
    if strength is not None:
        scale = np.where(strength > 0, centred.std(axis=0) / np.where(strength > 0, strength, 1.0), np.inf)
    spread = float(np.sqrt(((centred / scale) ** 2).mean()))
    return mean, scale * (spread if spread > 0 else 1.0)


def fit_subtypes(
    latents_selected: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    *,
    strength: np.ndarray | None = None,
    report: bool = True,
) -> SubtypeModel:
    """Find risk subtypes of the training patients.

    The latents are centred and clustered for every K to be tried, K is chosen without looking at survival, and the
    clusters are numbered by risk.

    Parameters
    ----------
    latents_selected
        Prognostic latents of the training patients [n, l], finite.
    time
        Follow-up [n], > 0.
    event
        Whether follow-up ended in the event [n].
    settings
        ``method`` (a file of `methods`), ``n_subtypes`` (``auto`` or a number), ``range``, ``criterion``,
        ``min_share``, ``restarts``.
    seed
        Of the starting points.
    strength
        How strongly each latent is tied to survival, see `clustering_scale`.
    report
        Whether to fill ``k_table``. Without it only the criterion that decides is computed and the table stays empty, which
        is all that a permutation test needs; nothing else differs.

    Returns
    -------
    SubtypeModel
        It does not depend on the order of the patients: they are put into the order of their values first.

    Raises
    ------
    DataError
        When there are too few patients, or a cluster of the demanded number stays empty.

    Notes
    -----
    The method ``gaussian_mixture`` works on principal axes, where a factor counts once however many latents store it.
    """
    values, time, event = np.asarray(latents_selected, np.float64), np.asarray(time), np.asarray(event).astype(bool)
    if values.ndim != 2 or values.shape[1] == 0 or not np.isfinite(values).all():
        raise ValueError(f"latents_selected must be finite with at least one column, got shape {values.shape}")
    order = np.lexsort([event, time, *values.T[::-1]])
    values, time, event = values[order], time[order], event[order]
    mean, scale = clustering_scale(values, strength)
    z = (values - mean) / scale

    method = find_method(settings["method"])
    ks = candidate_ks(settings, distinct=len(np.unique(z, axis=0)))
    fits = {k: method.fit(z, k, derive_seed(seed, settings["method"], k), int(settings["restarts"])) for k in ks}
    groups = {k: method.assign(z, arrays) for k, arrays in fits.items()}
    share = smallest_shares(groups)
    if report:
        table = choose_k(z, groups, settings)
        position = int(np.flatnonzero(table["chosen"])[0])
    else:
        table, criterion = pd.DataFrame(), settings["criterion"]
        values = judge(z, groups, [criterion]).get(criterion, np.zeros(len(ks))) if len(ks) > 1 else np.zeros(1)
        position = pick_k(share, values, settings)
    k = ks[position]
    if share[position] == 0:
        raise DataError(
            f"subtypes.method: {settings['method']} left one of {k} clusters of the {len(z)} training patients empty. "
            "Set subtypes.n_subtypes to a smaller number or to auto, or use subtypes.method: kmeans."
        )
    subtype, log_risk = order_by_risk(z, time, event, groups[k], k)
    labels = np.empty(len(z), dtype=np.int64)
    labels[order] = subtype[groups[k]]
    return SubtypeModel(settings["method"], k, labels, log_risk, table, mean, scale, subtype, fits[k])
