"""Criteria for the number of subtypes by K, one panel per embedding."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.k_selection import draw_k_selection, k_selection_table
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_tables, write_table

    names = snakemake.params.embeddings
    metrics = read_tables(names, snakemake.input.metrics)
    k_selection = read_tables(names, snakemake.input.k_selection)
    stability = read_tables(names, snakemake.input.stability)
    table = k_selection_table(k_selection, stability, snakemake.params.criterion)
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_k_selection(table, about), snakemake.output.png, snakemake.output.svg)
