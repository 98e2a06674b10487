"""Gene sets along the held-out differences of the subtypes, one panel per embedding."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.pathways import draw_pathways, pathways_figure_table
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_table, read_tables, write_table

    table = pathways_figure_table(read_table(snakemake.input.pathways))
    write_table(table, snakemake.output.table)
    metrics = read_tables(snakemake.params.embeddings, snakemake.input.metrics)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_pathways(table, about), snakemake.output.png, snakemake.output.svg)
