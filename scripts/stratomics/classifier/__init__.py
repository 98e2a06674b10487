"""From omics features to a subtype and its probability, for patients whose survival is unknown."""

from .model import ClassifierModel, fit_classifier

__all__ = ["ClassifierModel", "fit_classifier"]
