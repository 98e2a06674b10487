"""Run the chain on some of the permutations of survival; the embedding stays as it is."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import complete_patients, load_cohort, splits_from_table
    from stratomics.comparators import design_of_known
    from stratomics.evaluation.permutation import permute_survival
    from stratomics.preprocess import load_preprocess
    from stratomics.tables import load_arrays, read_table, write_table

    cohort, params = load_cohort(snakemake.input.cohort), snakemake.params
    design = None
    if params.covariates:
        _, design = design_of_known(complete_patients(cohort, [])[0].clinical, params.covariates)
    table = permute_survival(
        cohort,
        splits_from_table(read_table(snakemake.input.splits), cohort.patients),
        lambda split: load_preprocess(snakemake.input.transforms, [split])[split],
        load_arrays(snakemake.input.latents)[0],
        params.settings,
        params.permutations,
        uses_survival=params.uses_survival,
        design=design,
        seed=params.seed,
    )
    write_table(table, snakemake.output.chunks)
