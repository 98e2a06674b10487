"""Compare the embeddings with the comparators, with the clinic and with each other, on the same held-out patients."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.evaluation.side_by_side import side_by_side
    from stratomics.tables import load_arrays, read_table, read_tables, write_table

    given, params = snakemake.input, snakemake.params
    cohort = load_cohort(given.cohort)
    tables = side_by_side(
        cohort,
        splits_from_table(read_table(given.splits), cohort.patients),
        read_tables(params.embeddings, given.predictions),
        read_tables(params.embeddings, given.clusters),
        [(read_table(t), load_arrays(a)[0]) for t, a in zip(given.comparator_predictions, given.survival, strict=True)],
        params.covariates,
        params.evaluation,
        params.risk,
        seed=params.seed,
        threads=snakemake.threads,
    )
    write_table(tables.metrics, snakemake.output.comparator_metrics)
    write_table(tables.comparisons, snakemake.output.comparisons)
    write_table(tables.added_value, snakemake.output.added_value)
    write_table(tables.hazard_ratios, snakemake.output.hazard_ratios)
    write_table(tables.agreement, snakemake.output.agreement)
    for row in tables.comparisons[tables.comparisons["metric"] == "cindex"].itertuples():
        log.info(
            "%s against %s: concordance %+.3f (%+.3f to %+.3f)",
            *(row.embedding, row.against, row.difference, row.ci_low, row.ci_high),
        )
