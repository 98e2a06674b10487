"""Univariate Cox of survival on each latent, among the training patients of every split."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.chain.select import select_splits
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.tables import load_arrays, read_table, write_table

    cohort = load_cohort(snakemake.input.cohort)
    splits = splits_from_table(read_table(snakemake.input.splits), cohort.patients)
    latents, _ = load_arrays(snakemake.input.latents)
    write_table(select_splits(cohort, splits, latents, snakemake.params.selection), snakemake.output.prognostic)
