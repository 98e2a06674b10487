"""Fit the classifier on the training patients of every split, and label all patients with the chain."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.chain.classify import classify_splits
    from stratomics.chain.risk import RiskModel
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.preprocess import load_preprocess
    from stratomics.subtypes import SubtypeModel
    from stratomics.tables import load_arrays, load_models, read_table, save_models, write_table

    given = snakemake.input
    cohort = load_cohort(given.cohort)
    classified = classify_splits(
        cohort,
        splits_from_table(read_table(given.splits), cohort.patients),
        load_preprocess(given.transforms, clinical=given.clinical) if given.get("transforms") else {},
        load_arrays(given.latents)[0],
        read_table(given.prognostic),
        load_models(given.subtype_models, SubtypeModel),
        load_models(given.risk_models, RiskModel),
        snakemake.params.classifier,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
    )
    write_table(classified.predictions, snakemake.output.predictions)
    write_table(classified.features, snakemake.output.classifier)
    write_table(classified.inner_cv, snakemake.output.inner_cv)
    save_models(snakemake.output.classifier_models, classified.models)
