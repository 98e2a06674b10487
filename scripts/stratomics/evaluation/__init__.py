"""Judge subtypes on patients the chain never saw, beside the apparent figures on its own patients."""

from .calibration import calibration_table, decision_curve_table
from .counterparts import selection_frequency
from .heldout_tests import pairwise_table, proportional_hazards_table
from .leaderboard import LEADERBOARD_COLUMNS, leaderboard_row
from .markers import top_features
from .metrics import MethodScores, evaluate_method, metrics_table, score_method
from .panels import survival_panels
from .patterns import pattern_table
from .replication import Markers, replicate_markers
from .subtype_table import subtype_table

__all__ = [
    "LEADERBOARD_COLUMNS",
    "Markers",
    "MethodScores",
    "calibration_table",
    "decision_curve_table",
    "evaluate_method",
    "leaderboard_row",
    "metrics_table",
    "pairwise_table",
    "pattern_table",
    "proportional_hazards_table",
    "replicate_markers",
    "score_method",
    "selection_frequency",
    "subtype_table",
    "survival_panels",
    "top_features",
]
