"""Training and validation loss of every split."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.plots.style import About, save_figure
    from stratomics.plots.training import draw_training, training_table
    from stratomics.tables import read_table, write_table

    cohort = load_cohort(snakemake.input.cohort)
    table = training_table(read_table(snakemake.input.history))
    write_table(table, snakemake.output.table)
    about = About(cohort.name, snakemake.wildcards.embedding, cohort.n, cohort.n_events)
    save_figure(draw_training(table, about), snakemake.output.png, snakemake.output.svg)
