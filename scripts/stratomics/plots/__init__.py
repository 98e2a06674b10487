"""Figures for publication, each drawn from one tidy table that is saved beside it.

For every figure one function arranges results as its table (``*_table``) and one draws from that table alone (``draw_*``);
what they show is computed elsewhere: in `stratomics.evaluation`, `stratomics.description`, `stratomics.survival` (curves) and
`stratomics.projection` (UMAP). `save_figure` writes PNG and SVG whose bytes repeat.
"""

from __future__ import annotations

from .calibration import calibration_table, draw_calibration
from .cohort_page import cohort_page
from .cohorts import cohorts_figure_table, draw_cohorts
from .comparators import comparators_table, draw_comparators
from .consensus import consensus_table, draw_consensus
from .enrichment import draw_enrichment, enrichment_table
from .feature_heatmap import draw_feature_heatmap, feature_heatmap_table
from .k_selection import draw_k_selection, k_selection_table
from .kaplan_meier import draw_kaplan_meier, kaplan_meier_table
from .new_patients import draw_new_risk, draw_new_survival, new_risk_table, new_survival_table
from .omics_attribution import draw_omics_attribution, omics_attribution_figure_table
from .optimism import draw_optimism, optimism_table
from .pathways import draw_pathways, pathways_figure_table
from .permutation_null import draw_permutation_null, permutation_null_table
from .prognostic_latents import draw_prognostic_latents, prognostic_latents_table
from .small_multiples import cohort_about
from .style import About, save_figure, subtype_color
from .training import draw_training, training_table
from .umap import draw_umap, umap_table

__all__ = [
    "About",
    "calibration_table",
    "cohort_about",
    "cohort_page",
    "cohorts_figure_table",
    "comparators_table",
    "consensus_table",
    "draw_calibration",
    "draw_cohorts",
    "draw_comparators",
    "draw_consensus",
    "draw_enrichment",
    "draw_feature_heatmap",
    "draw_k_selection",
    "draw_kaplan_meier",
    "draw_new_risk",
    "draw_new_survival",
    "draw_omics_attribution",
    "draw_optimism",
    "draw_pathways",
    "draw_permutation_null",
    "draw_prognostic_latents",
    "draw_training",
    "draw_umap",
    "enrichment_table",
    "feature_heatmap_table",
    "k_selection_table",
    "kaplan_meier_table",
    "new_risk_table",
    "new_survival_table",
    "omics_attribution_figure_table",
    "pathways_figure_table",
    "optimism_table",
    "permutation_null_table",
    "prognostic_latents_table",
    "save_figure",
    "subtype_color",
    "training_table",
    "umap_table",
]
