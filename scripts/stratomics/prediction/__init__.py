"""Predict patients that a model has never seen: read their tables, match features, compare, map, label, validate."""

from .predict import Prediction, predict

__all__ = ["Prediction", "predict"]
