"""Test every clinical variable against the final subtypes of every embedding of a cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.evaluation.enrichment import measure_enrichment
    from stratomics.tables import of_full, read_tables, write_table

    labels = {
        embedding: of_full(clusters).set_index("patient")["subtype"]
        for embedding, clusters in read_tables(snakemake.params.embeddings, snakemake.input.clusters).items()
    }
    cohort, params = load_cohort(snakemake.input.cohort), snakemake.params
    predictions = read_tables(params.embeddings, snakemake.input.predictions)
    enrichment, levels = measure_enrichment(
        cohort, labels, params.covariates, predictions=predictions, groups=params.groups, seed=params.seed
    )
    write_table(enrichment, snakemake.output.enrichment)
    write_table(levels, snakemake.output.levels)
    log.info("%d tests, %d with q < .05", enrichment["p"].notna().sum(), (enrichment["q"] < 0.05).sum())
