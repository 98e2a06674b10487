"""Preprocessing: fitted on training patients, stored per split, applied to anyone."""

from .clinical_design import ClinicalDesign, design_of_known, fit_clinical_design
from .fit import fit_preprocess
from .model import FittedPreprocess
from .omics import FittedOmics
from .store import load_preprocess, save_preprocess

__all__ = [
    "ClinicalDesign",
    "FittedOmics",
    "FittedPreprocess",
    "design_of_known",
    "fit_clinical_design",
    "fit_preprocess",
    "load_preprocess",
    "save_preprocess",
]
