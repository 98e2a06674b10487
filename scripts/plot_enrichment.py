"""Clinical variables by subtype, one row of panels per embedding."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.enrichment import draw_enrichment, enrichment_table
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_table, read_tables, write_table

    names = snakemake.params.embeddings
    metrics = read_tables(names, snakemake.input.metrics)
    table = enrichment_table(read_table(snakemake.input.enrichment), read_table(snakemake.input.levels))
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_enrichment(table, about), snakemake.output.png, snakemake.output.svg)
