"""Patients on the first principal components of each omics, before and after standardisation, and outliers."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots import checks_about, cohort_batches_table, draw_cohort_batches, save_figure
    from stratomics.tables import read_table, write_table

    given = snakemake.input
    table = cohort_batches_table(*(read_table(given[name]) for name in ("components", "separation", "distances")))
    write_table(table, snakemake.output.table)
    about = checks_about(snakemake.wildcards.cohort, read_table(given.checks, dtype={"id": str, "value": str}))
    save_figure(draw_cohort_batches(table, about), snakemake.output.png, snakemake.output.svg)
