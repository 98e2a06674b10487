"""Run the chain on some of the permutations of survival; the embedding stays as it is."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    import numpy as np

    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.comparators import fit_clinical_design
    from stratomics.evaluation.permutation import permute_survival
    from stratomics.preprocess import load_preprocess
    from stratomics.tables import load_arrays, read_table, write_table

    cohort, params = load_cohort(snakemake.input.cohort), snakemake.params
    design = None
    if params.covariates:
        everyone = np.arange(cohort.n)
        design = fit_clinical_design(cohort.clinical, everyone, params.covariates).transform_known(cohort.clinical)
    table = permute_survival(
        cohort,
        splits_from_table(read_table(snakemake.input.splits), cohort.patients),
        lambda split: load_preprocess(snakemake.input.transforms, [split])[split],
        load_arrays(snakemake.input.latents)[0],
        params.settings,
        params.permutations,
        design=design,
        seed=params.seed,
    )
    write_table(table, snakemake.output.permutations)
