"""Gene sets among the markers of the subtypes, and along their held-out differences."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.evaluation.pathways import measure_pathways
    from stratomics.gene_sets import read_gene_sets
    from stratomics.tables import read_tables, write_table

    given, params = snakemake.input, snakemake.params
    effects, markers = (read_tables(params.embeddings, paths) for paths in (given.effects, given.markers))
    gene_sets = read_gene_sets(given.gene_sets)
    table = measure_pathways(effects, markers, gene_sets, params.omics, seed=params.seed)
    write_table(table, snakemake.output.pathways)
    log.info("%d rows, %d with q < .05 among the markers", len(table), (table["q"] < 0.05).sum())
