"""Figures for publication, each drawn from one tidy table that is saved beside it.

For every figure one function arranges results as its table (``*_table``) and one draws from that table alone (``draw_*``);
what they show is computed elsewhere: in `stratomics.evaluation`, `stratomics.description`, `stratomics.survival` (curves) and
`stratomics.projection` (UMAP). `stratomics.plots.style.save_figure` writes PNG and SVG whose bytes repeat.

Nothing is imported here: a figure is drawn by a process of its own, which loads and depends on no other figure.
"""
