"""Figures for publication, each drawn from one tidy table that is saved beside it.

For every figure one function makes the table (``*_table``) and one draws from that table alone (``draw_*``); `save_figure`
writes PNG and SVG whose bytes repeat.
"""

from __future__ import annotations

from .feature_heatmap import draw_feature_heatmap, feature_heatmap_table, top_features
from .kaplan_meier import draw_kaplan_meier, kaplan_meier_table
from .prognostic_latents import draw_prognostic_latents, prognostic_latents_table, selection_frequency
from .style import About, save_figure, subtype_color
from .training import draw_training, training_table
from .umap import compute_umap, draw_umap, umap_table

__all__ = [
    "About",
    "compute_umap",
    "draw_feature_heatmap",
    "draw_kaplan_meier",
    "draw_prognostic_latents",
    "draw_training",
    "draw_umap",
    "feature_heatmap_table",
    "kaplan_meier_table",
    "prognostic_latents_table",
    "save_figure",
    "selection_frequency",
    "subtype_color",
    "top_features",
    "training_table",
    "umap_table",
]
