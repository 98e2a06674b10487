"""Describe all patients of a cohort as they were read, in tables and figures; nothing that is fitted sees any of it."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.description import describe_cohort
    from stratomics.plots.cohort_page import cohort_page
    from stratomics.plots.style import About, save_figure
    from stratomics.preprocess import load_preprocess
    from stratomics.tables import read_table, write_table

    given, made = snakemake.input, snakemake.output
    cohort, checks = load_cohort(given.cohort), read_table(given.checks, dtype={"id": str, "value": str})
    fitted = load_preprocess(given.transforms, ["full"])["full"]
    tables = describe_cohort(cohort, checks, fitted, snakemake.params.covariates)
    for name, table in tables.items():
        write_table(table, made[name])
    page = cohort_page(tables, About(cohort.name, "", cohort.n, cohort.n_events))
    for (table, figure), path, png, svg in zip(page.values(), made.table, made.png, made.svg, strict=True):
        write_table(table, path)
        save_figure(figure, png, svg)
    far = tables["distances"]
    log.info(
        "%s: far from all others: %s", cohort.name, ", ".join(far.loc[far["outlier"], "patient"].unique()) or "none"
    )
