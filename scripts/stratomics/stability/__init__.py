"""How firmly the subtypes of the full fit stand: consensus over subsamples and restarts, agreement between fits."""

from .agreement import adjusted_rand, pairwise_adjusted_rand
from .consensus import consensus_matrix, patient_consensus, proportion_ambiguous
from .measure import Stability, measure_stability

__all__ = [
    "Stability",
    "adjusted_rand",
    "consensus_matrix",
    "measure_stability",
    "pairwise_adjusted_rand",
    "patient_consensus",
    "proportion_ambiguous",
]
