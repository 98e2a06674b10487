"""Cluster the training patients of every split on its selected latents; order the subtypes by risk."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.chain.cluster import cluster_splits
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.tables import load_arrays, read_table, save_models, write_table

    cohort = load_cohort(snakemake.input.cohort)
    latents, _ = load_arrays(snakemake.input.latents)
    models, clusters, k_selection = cluster_splits(
        cohort,
        splits_from_table(read_table(snakemake.input.splits), cohort.patients),
        latents,
        read_table(snakemake.input.prognostic),
        snakemake.params.subtypes,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
    )
    write_table(clusters, snakemake.output.clusters)
    write_table(k_selection, snakemake.output.k_selection)
    save_models(snakemake.output.subtype_models, models)
