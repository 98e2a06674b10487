"""Compare the observed figures with those of permuted survival, for every embedding of a cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    import pandas as pd

    from stratomics.evaluation.permutation import permutation_tests
    from stratomics.tables import read_table, write_table

    names = snakemake.params.chunk_embeddings
    chunks = [read_table(path).assign(embedding=n) for n, path in zip(names, snakemake.input.chunks, strict=True)]
    table = pd.concat(chunks, ignore_index=True)
    table = table[["embedding", *table.columns.drop("embedding")]]
    tests = permutation_tests(table)
    write_table(table, snakemake.output.permutations)
    write_table(tests, snakemake.output.tests)
    for row in tests[tests["statistic"] == "heldout_logrank_p"].itertuples():
        log.info("%s: permutation p %.3g, adjusted %.3g", row.embedding, row.p, row.p_adjusted)
