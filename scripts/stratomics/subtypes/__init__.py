"""From latents to risk subtypes: prognostic latents, clusters of patients on them, labels ordered by risk."""

from .model import SubtypeModel, fit_subtypes
from .select import select_latents

__all__ = ["SubtypeModel", "fit_subtypes", "select_latents"]
