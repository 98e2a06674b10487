"""Describe all patients of a cohort as they were read; nothing that is fitted sees it."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.description import describe_cohort
    from stratomics.preprocess import load_preprocess
    from stratomics.tables import read_table, write_table

    given = snakemake.input
    cohort, checks = load_cohort(given.cohort), read_table(given.checks, dtype={"id": str, "value": str})
    fitted = load_preprocess(given.transforms, ["full"])["full"]
    tables = describe_cohort(cohort, checks, fitted, snakemake.params.covariates)
    for name, table in tables.items():
        write_table(table, snakemake.output[name])
    far = tables["distances"]
    log.info("%s: outliers: %s", cohort.name, ", ".join(far.loc[far["outlier"], "patient"].unique()) or "none")
