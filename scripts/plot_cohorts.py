"""Forest plot of the held-out concordance of every embedding in every cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.cohorts import cohorts_figure_table, draw_cohorts
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_table, write_table

    table = cohorts_figure_table(read_table(snakemake.input.cohorts, dtype={"cohort": str, "embedding": str}))
    write_table(table, snakemake.output.table)
    save_figure(draw_cohorts(table), snakemake.output.png, snakemake.output.svg)
