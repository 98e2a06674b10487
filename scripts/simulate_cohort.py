"""Draw a TCGA-like cohort with planted subtypes and write its tables, the truth beside them."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort.simulate import simulate_cohort, write_simulated

    cohort = snakemake.params.cohort
    simulated = simulate_cohort(cohort["name"], cohort["simulate"])
    write_simulated(simulated, snakemake.output.folder)
    log.info("simulated %d patients and %s", len(simulated.clinical), ", ".join(simulated.tables))
