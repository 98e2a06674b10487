"""Survival of all patients of a cohort, and how long they were followed."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots import checks_about, cohort_follow_up_table, draw_cohort_follow_up, save_figure
    from stratomics.tables import read_table, write_table

    given = snakemake.input
    table = cohort_follow_up_table(read_table(given.follow_up))
    write_table(table, snakemake.output.table)
    about = checks_about(snakemake.wildcards.cohort, read_table(given.checks, dtype={"id": str, "value": str}))
    save_figure(draw_cohort_follow_up(table, about), snakemake.output.png, snakemake.output.svg)
