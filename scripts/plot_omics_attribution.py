"""Share of every omics in what the risk and the subtypes rest on, for every embedding of a cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots import cohort_about, draw_omics_attribution, omics_attribution_figure_table, save_figure
    from stratomics.tables import read_tables, write_table

    names = snakemake.params.embeddings
    table = omics_attribution_figure_table(read_tables(names, snakemake.input.attribution))
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, read_tables(names, snakemake.input.metrics))
    save_figure(draw_omics_attribution(table, about), snakemake.output.png, snakemake.output.svg)
