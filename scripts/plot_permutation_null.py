"""Statistics of the cohorts with permuted survival beside those of the real one."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.permutation_null import draw_permutation_null, permutation_null_table
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_table, read_tables, write_table

    names = snakemake.params.embeddings
    metrics = read_tables(names, snakemake.input.metrics)
    table = permutation_null_table(read_table(snakemake.input.permutations), read_table(snakemake.input.tests))
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_permutation_null(table, about), snakemake.output.png, snakemake.output.svg)
