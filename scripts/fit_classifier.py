"""Fit the classifier on the training patients of every split and label all patients with it."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.preprocess import load_preprocess
    from stratomics.stages.classify import classify_splits
    from stratomics.subtypes import SubtypeModel
    from stratomics.tables import load_models, read_table, save_models, write_table

    cohort = load_cohort(snakemake.input.cohort)
    classified = classify_splits(
        cohort,
        splits_from_table(read_table(snakemake.input.splits), cohort.patients),
        load_preprocess(snakemake.input.transforms),
        read_table(snakemake.input.clusters),
        {name: model.log_risk for name, model in load_models(snakemake.input.subtypes, SubtypeModel).items()},
        snakemake.params.classifier,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
    )
    write_table(classified.predictions, snakemake.output.predictions)
    write_table(classified.features, snakemake.output.classifier)
    write_table(classified.inner_cv, snakemake.output.inner_cv)
    save_models(snakemake.output.models, classified.models)
