"""Add the clinic to the risk that the latents of each embedding tell, and to that of the penalised Cox models."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.comparators.combine import combine_methods
    from stratomics.embedding.told import Told
    from stratomics.tables import load_arrays, load_models, read_table, save_arrays, write_table

    given, params = snakemake.input, snakemake.params
    cohort = load_cohort(given.cohort)
    comparators = zip(
        params.comparators, given.get("comparator_predictions", []), given.get("survival", []), strict=True
    )
    predictions, survival = combine_methods(
        cohort,
        splits_from_table(read_table(given.splits), cohort.patients),
        {name: load_arrays(path)[0] for name, path in zip(params.embeddings, given.latents, strict=True)},
        {name: load_models(path, Told) for name, path in zip(params.embeddings, given.told, strict=True)},
        {name: (read_table(table), load_arrays(arrays)[0]) for name, table, arrays in comparators},
        params.covariates,
        seed=params.seed,
        late=dict(zip(params.embeddings, params.late, strict=True)),
        threads=snakemake.threads,
    )
    write_table(predictions, snakemake.output.comparator_predictions)
    save_arrays(snakemake.output.survival, survival)
