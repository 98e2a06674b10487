"""Apparent and held-out results of every embedding of a cohort side by side."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.optimism import draw_optimism, optimism_table
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_table, read_tables, write_table

    names = snakemake.params.embeddings
    metrics = read_tables(names, snakemake.input.metrics)
    table = optimism_table(metrics, read_table(snakemake.input.tests))
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_optimism(table, about), snakemake.output.png, snakemake.output.svg)
