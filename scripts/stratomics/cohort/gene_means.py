"""Means of the features of each gene: those that a patient has, each counting the same, added up in the order of the features.

Numbers are added one feature after the other in single precision, so the means do not depend on how many rows are read at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from .feature_map import FeatureMap

#: Patients whose measurements are brought to genes at once, where those of one stand beside each other.
CHUNK = 64


@dataclass(frozen=True)
class GeneTable:
    """Measurements by gene, in the place of those of features.

    Parameters
    ----------
    names
        Genes, in the order of their first feature.
    values
        Means, float32; NaN where no feature of the gene is known.
    in_rows
        Whether genes are in rows.
    used
        Features that belong to a gene.
    by
        What says so.
    """

    names: list[str]
    values: np.ndarray
    in_rows: bool
    used: int
    by: FeatureMap

    def by_patient(self) -> np.ndarray:
        """Return patients x genes."""
        return np.ascontiguousarray(self.values.T) if self.in_rows else self.values


class Belonging:
    """Which of some features belong to which genes, for measurements of all features of a patient.

    Parameters
    ----------
    features
        Names.
    by
        The map.

    Attributes
    ----------
    names : list of str
        Genes, in the order of their first feature.
    used : int
        Features that belong to a gene.
    """

    def __init__(self, features: Sequence[str], by: FeatureMap) -> None:
        place: dict[str, int] = {}
        at, of = _pairs(features, by.genes, place).T
        self.names = list(place)
        self.used = len(np.unique(at))
        self._matrix = sparse.csr_matrix((np.ones(len(at), np.float32), (of, at)), (len(place), len(features)))

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return patients x genes of patients x features, float32."""
        means = np.empty((len(values), len(self.names)), dtype=np.float32)
        for start in range(0, len(values), CHUNK):
            part = np.ascontiguousarray(values[start : start + CHUNK].T, dtype=np.float32)
            known = ~np.isnan(part)
            sums, counts = self._matrix @ np.where(known, part, 0), self._matrix @ known.astype(np.float32)
            means[start : start + CHUNK] = _divided(sums, counts).T
        return means


def gene_table(values: np.ndarray, features: Sequence[str], by: FeatureMap) -> GeneTable:
    """Bring all measurements of all patients, patients x features, to genes."""
    belonging = Belonging(features, by)
    return GeneTable(belonging.names, belonging.means(values), False, belonging.used, by)


class GeneMeans:
    """Means of genes while their features come in.

    Parameters
    ----------
    by
        The map.
    patients
        How many.
    """

    def __init__(self, by: FeatureMap, patients: int) -> None:
        self._by = by
        self._place: dict[str, int] = {}
        self._sums, self._counts = (np.zeros((0, patients), np.float32) for _ in range(2))
        self._used = 0

    def add(self, features: Sequence[str], values: np.ndarray) -> None:
        """Add measurements.

        Parameters
        ----------
        features
            Names.
        values
            Features x patients.
        """
        from .gene_sums import add_to_genes  # compiled

        pairs = _pairs(features, self._by.genes, self._place)
        self._used += len(np.unique(pairs[:, 0]))
        for total in (self._sums, self._counts):  # grows in place, and is not copied where the system can help it
            total.resize((len(self._place), total.shape[1]), refcheck=False)
        add_to_genes(self._sums, self._counts, np.ascontiguousarray(values, np.float32), pairs)

    def table(self) -> GeneTable:
        """Return genes x patients; it takes the sums, so nothing can be added afterwards."""
        return GeneTable(list(self._place), _divided(self._sums, self._counts), True, self._used, self._by)


def _divided(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # nothing known of a gene: missing
        return np.divide(sums, counts, out=sums)


def _pairs(features: Sequence[str], genes: Mapping[str, tuple[str, ...]], place: dict[str, int]) -> np.ndarray:
    """Return positions of features and of their genes [pairs, 2]; new genes get the next places."""
    pairs = [
        (i, place.setdefault(gene, len(place))) for i, feature in enumerate(features) for gene in genes.get(feature, ())
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
