"""Run the chain on some of the permutations of survival; networks that look at survival are trained anew."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from functools import partial

    from stratomics.cohort import complete_patients, load_cohort, splits_from_table
    from stratomics.embedding.told import Told
    from stratomics.evaluation.permutation import permute_survival
    from stratomics.preprocess import design_of_known, load_preprocess
    from stratomics.tables import load_arrays, load_models, read_table, write_table

    cohort, params = load_cohort(snakemake.input.cohort), snakemake.params
    design = None
    if params.covariates:
        _, design = design_of_known(complete_patients(cohort, [])[0].clinical, params.covariates)
    splits = splits_from_table(read_table(snakemake.input.splits), cohort.patients)
    told, again = load_models(snakemake.input.told, Told), None
    features = partial(load_preprocess, snakemake.input.get("transforms"), clinical=snakemake.input.get("clinical"))
    if params.embedding is not None and any(params.permutations):
        from stratomics.embedding.splits import survival_studies
        from stratomics.embedding.study import retrain

        again = partial(retrain, survival_studies(cohort, splits, features(), params.embedding, seed=params.seed))
    table = permute_survival(
        cohort,
        splits,
        lambda split: features([split])[split],
        load_arrays(snakemake.input.latents)[0],
        params.settings,
        params.permutations,
        told=told,
        retrain=again,
        design=design,
        seed=params.seed,
    )
    write_table(table, snakemake.output.chunks)
