"""Preprocessing: fitted on training patients, stored per split, applied to anyone."""

from .fit import fit_preprocess
from .model import FittedOmics, FittedPreprocess
from .store import load_preprocess, save_preprocess

__all__ = ["FittedOmics", "FittedPreprocess", "fit_preprocess", "load_preprocess", "save_preprocess"]
