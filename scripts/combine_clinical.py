"""Add the clinic to the risk that the latents of each embedding tell."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.comparators.combine import combine_latents
    from stratomics.tables import load_arrays, read_table, save_arrays, write_table

    cohort, params = load_cohort(snakemake.input.cohort), snakemake.params
    predictions, survival = combine_latents(
        cohort,
        splits_from_table(read_table(snakemake.input.splits), cohort.patients),
        {name: load_arrays(path)[0] for name, path in zip(params.embeddings, snakemake.input.latents, strict=True)},
        params.covariates,
        seed=params.seed,
        threads=snakemake.threads,
    )
    write_table(predictions, snakemake.output.predictions)
    save_arrays(snakemake.output.survival, survival)
