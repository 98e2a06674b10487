"""Fit the continuous risk on the latents of the training patients of every split."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.chain.risk import fit_risk_splits, risk_sources, risk_table
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.embedding.told import Told
    from stratomics.subtypes import SubtypeModel
    from stratomics.tables import load_arrays, load_models, read_table, save_models, write_table

    cohort = load_cohort(snakemake.input.cohort)
    models = fit_risk_splits(
        cohort,
        splits_from_table(read_table(snakemake.input.splits), cohort.patients),
        load_arrays(snakemake.input.latents)[0],
        load_models(snakemake.input.subtype_models, SubtypeModel),
        snakemake.params.risk,
        seed=snakemake.params.seed,
        told=load_models(snakemake.input.told, Told),
        threads=snakemake.threads,
    )
    write_table(risk_table(models), snakemake.output.risk_latents)
    write_table(risk_sources(models), snakemake.output.risk_sources)
    save_models(snakemake.output.risk_models, models)
