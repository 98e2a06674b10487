"""Kaplan-Meier curves of the subtypes, apparent and held-out side by side."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import complete_patients, load_cohort
    from stratomics.evaluation import survival_panels
    from stratomics.plots.kaplan_meier import draw_kaplan_meier, kaplan_meier_table
    from stratomics.plots.style import About, save_figure
    from stratomics.tables import read_table, write_table

    cohort, _ = complete_patients(load_cohort(snakemake.input.cohort), [])
    tables = [read_table(snakemake.input[name]) for name in ("predictions", "clusters", "metrics")]
    table = kaplan_meier_table(*survival_panels(*tables, cohort))
    write_table(table, snakemake.output.table)
    about = About(cohort.name, snakemake.wildcards.embedding, cohort.n, cohort.n_events)
    save_figure(draw_kaplan_meier(table, about), snakemake.output.png, snakemake.output.svg)
