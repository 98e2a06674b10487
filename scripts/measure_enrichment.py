"""Test every clinical variable against the final subtypes of every embedding of a cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.evaluation.enrichment import measure_enrichment
    from stratomics.tables import read_table, write_table

    labels = {}
    for embedding, path in zip(snakemake.params.embeddings, snakemake.input.clusters, strict=True):
        clusters = read_table(path)
        labels[embedding] = clusters[clusters["split"] == "full"].set_index("patient")["subtype"]
    enrichment, levels = measure_enrichment(
        load_cohort(snakemake.input.cohort), labels, snakemake.params.covariates, seed=snakemake.params.seed
    )
    write_table(enrichment, snakemake.output.enrichment)
    write_table(levels, snakemake.output.levels)
    log.info("%d tests, %d with q < .05", enrichment["p"].notna().sum(), (enrichment["q"] < 0.05).sum())
