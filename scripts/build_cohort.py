"""Read, harmonise and check the tables of one cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.checksums import held_still
    from stratomics.cohort import build_cohort, save_cohort
    from stratomics.cohort.intake import locate, without_covariates
    from stratomics.locations import table_paths
    from stratomics.tables import write_json, write_table

    settings = snakemake.params.settings
    located = locate(settings["cohort"], snakemake.input.tables, snakemake.input.fetched)
    paths = table_paths(located)
    with held_still(paths, snakemake.params.remembered) as sums:
        cohort, checks = build_cohort(
            located,
            preprocess=settings["preprocess"],
            evaluation=settings["evaluation"],
            threads=snakemake.threads,
        )
    write_table(checks, snakemake.output.checks)
    save_cohort(without_covariates(cohort), snakemake.output.cohort)
    # By the names in the config, which for a table with an address is not where this job found it.
    names = table_paths(settings["cohort"]) or paths
    tables = [{"path": name, "sha256": digest} for name, digest in zip(names, sums, strict=True)]
    write_json({"settings": settings, "tables": tables}, snakemake.output.read)
    log.info("%s: %d patients kept, %d with the event", cohort.name, cohort.n, cohort.n_events)
    for message in checks.loc[checks["action"].isin(["warning", "advice"]), "message"]:
        log.info("mind: %s", message)
