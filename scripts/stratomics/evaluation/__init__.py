"""Judge subtypes on patients the chain never saw, beside the apparent figures on its own patients."""

from .calibration import calibration_table
from .counterparts import selection_frequency
from .heldout import apparent_labels, heldout_labels, subtype_table
from .heldout_tests import pairwise_table, proportional_hazards_table
from .leaderboard import LEADERBOARD_COLUMNS, leaderboard_row
from .markers import top_features
from .metrics import MethodScores, evaluate_method, metrics_table, score_method
from .panels import survival_panels

__all__ = [
    "LEADERBOARD_COLUMNS",
    "MethodScores",
    "apparent_labels",
    "calibration_table",
    "evaluate_method",
    "heldout_labels",
    "leaderboard_row",
    "metrics_table",
    "pairwise_table",
    "proportional_hazards_table",
    "score_method",
    "selection_frequency",
    "subtype_table",
    "survival_panels",
    "top_features",
]
