"""Fit one comparator on the training patients of every split and predict all patients with it."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.comparators import fit_comparator
    from stratomics.preprocess import load_preprocess
    from stratomics.tables import read_table, save_arrays, write_table

    cohort = load_cohort(snakemake.input.cohort)
    settings = snakemake.params.settings
    predictions, survival = fit_comparator(
        snakemake.params.comparator,
        cohort,
        splits_from_table(read_table(snakemake.input.splits), cohort.patients),
        load_preprocess(snakemake.input.transforms),
        settings,
        snakemake.params.covariates,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        # Without a GPU among its resources the job leaves the GPU of the machine to others.
        device=settings.get("device", "cpu") if snakemake.resources.get("gpu", 0) else "cpu",
    )
    write_table(predictions, snakemake.output.comparator_predictions)
    save_arrays(snakemake.output.survival, survival)
