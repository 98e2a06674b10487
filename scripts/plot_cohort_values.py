"""How the measurements of each omics are spread, before and after the transform."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots import checks_about, cohort_values_table, draw_cohort_values, save_figure
    from stratomics.tables import read_table, write_table

    given = snakemake.input
    table = cohort_values_table(read_table(given.values))
    write_table(table, snakemake.output.table)
    about = checks_about(snakemake.wildcards.cohort, read_table(given.checks, dtype={"id": str, "value": str}))
    save_figure(draw_cohort_values(table, about), snakemake.output.png, snakemake.output.svg)
