"""Read, harmonise, check, simulate and split a cohort."""

from .build import build_cohort
from .splits import make_splits, splits_from_table, splits_table
from .store import load_cohort, save_cohort
from .types import Cohort, Omics, Split, complete_patients

__all__ = [
    "Cohort",
    "Omics",
    "Split",
    "build_cohort",
    "complete_patients",
    "load_cohort",
    "make_splits",
    "save_cohort",
    "splits_from_table",
    "splits_table",
]
