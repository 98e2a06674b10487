"""Add the covariates and annotations that the config names to a cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.checksums import held_still
    from stratomics.cohort import load_cohort, save_cohort
    from stratomics.cohort.intake import locate, with_covariates
    from stratomics.locations import clinical_paths, table_paths
    from stratomics.tables import read_json

    located = locate(snakemake.params.cohort, snakemake.input.tables, snakemake.input.fetched)
    paths = table_paths(located)
    # The tables may be of today while the patients are of yesterday: only the same clinical table may add to them.
    tables = read_json(snakemake.input.read, ["tables"])["tables"]
    known = {path: table["sha256"] for path, table in zip(paths, tables, strict=True)}
    with held_still(clinical_paths(located), snakemake.params.remembered, known):
        cohort = with_covariates(load_cohort(snakemake.input.cohort), located)
    save_cohort(cohort, snakemake.output.cohort)
    log.info("%s: %d covariates and annotations", cohort.name, cohort.clinical.shape[1] - 2)
