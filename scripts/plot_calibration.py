"""Predicted against observed survival of held-out patients, one panel per embedding."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.calibration import calibration_table, draw_calibration
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_tables, write_table

    names = snakemake.params.embeddings
    metrics = read_tables(names, snakemake.input.metrics)
    calibration = read_tables(names, snakemake.input.calibration)
    table = calibration_table(calibration, metrics)
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_calibration(table, about), snakemake.output.png, snakemake.output.svg)
