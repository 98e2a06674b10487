"""From latents to risk subtypes: prognostic latents, clusters of patients on them, labels ordered by risk."""

from .model import SubtypeModel, clustering_scale, fit_subtypes
from .select import select_latents

__all__ = ["SubtypeModel", "clustering_scale", "fit_subtypes", "select_latents"]
