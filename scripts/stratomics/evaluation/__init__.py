"""Judge subtypes on patients the chain never saw, beside the apparent figures on its own patients."""

from .heldout import apparent_labels, heldout_labels, subtype_table
from .leaderboard import LEADERBOARD_COLUMNS, leaderboard_row
from .metrics import evaluate_subtypes
from .panels import survival_panels

__all__ = [
    "LEADERBOARD_COLUMNS",
    "apparent_labels",
    "evaluate_subtypes",
    "heldout_labels",
    "leaderboard_row",
    "survival_panels",
    "subtype_table",
]
