"""Forest plot of the selected latents of the full fit, with how often the folds selected them too."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.evaluation import selection_frequency
    from stratomics.plots.prognostic_latents import draw_prognostic_latents, prognostic_latents_table
    from stratomics.plots.style import About, save_figure
    from stratomics.tables import load_arrays, read_table, write_table

    cohort = load_cohort(snakemake.input.cohort)
    prognostic = read_table(snakemake.input.prognostic)
    latents, _ = load_arrays(snakemake.input.latents)
    table = prognostic_latents_table(prognostic, selection_frequency(prognostic, latents))
    write_table(table, snakemake.output.table)
    about = About(cohort.name, snakemake.wildcards.embedding, cohort.n, cohort.n_events)
    save_figure(draw_prognostic_latents(table, about), snakemake.output.png, snakemake.output.svg)
