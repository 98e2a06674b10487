"""What the subtypes must be measured against: other ways to predict survival, on the same splits and the same patients.

``methods`` holds a file per comparator; `context` is what each is given and gives back, `fit` runs one by its name.
"""

from .context import PREDICTION_COLUMNS, Context, MethodResult
from .fit import fit_comparator
from .methods import comparator_names

__all__ = [
    "PREDICTION_COLUMNS",
    "Context",
    "MethodResult",
    "comparator_names",
    "fit_comparator",
]
