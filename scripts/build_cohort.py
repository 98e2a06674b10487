"""Read, harmonise and check the tables of one cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import build_cohort, save_cohort
    from stratomics.cohort.simulate import simulated_cohort_config
    from stratomics.tables import write_table

    settings = snakemake.params.cohort
    if "simulate" in settings:
        folder = snakemake.input.tables[0]
        settings = simulated_cohort_config(settings["simulate"], folder, name=settings["name"])
    else:
        # Where the tables are for this job: a storage plugin has fetched those with an address to a local copy.
        copies = iter(snakemake.input.fetched)
        clinical, *omics = (
            {**table, "path": next(copies)} if "://" in table["path"] else table
            for table in [settings["clinical"], *settings["omics"]]
        )
        settings = {**settings, "clinical": clinical, "omics": omics}
    cohort, checks = build_cohort(
        settings, preprocess=snakemake.params.preprocess, evaluation=snakemake.params.evaluation
    )
    write_table(checks, snakemake.output.checks)
    save_cohort(cohort, snakemake.output.cohort)
    log.info("%s: %d patients kept, %d with the event", cohort.name, cohort.n, cohort.n_events)
    for message in checks.loc[checks["action"].isin(["warning", "advice"]), "message"]:
        log.info("mind: %s", message)
