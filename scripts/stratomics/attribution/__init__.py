"""What the risk and the subtypes of patients rest on: integrated gradients, summed per omics."""

from __future__ import annotations

from .gradients import integrated_gradients
from .measure import Attributed, attribute_split, attribute_splits
from .tables import feature_attribution_table, omics_attribution_table

__all__ = [
    "Attributed",
    "attribute_split",
    "attribute_splits",
    "feature_attribution_table",
    "integrated_gradients",
    "omics_attribution_table",
]
