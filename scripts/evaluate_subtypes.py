"""Judge the subtypes on patients the chain never saw, beside the apparent figures."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.evaluation import apparent_labels, evaluate_subtypes, heldout_labels, subtype_table
    from stratomics.tables import read_table, write_table

    cohort = load_cohort(snakemake.input.cohort)
    splits = splits_from_table(read_table(snakemake.input.splits), cohort.patients)
    clusters, predictions = read_table(snakemake.input.clusters), read_table(snakemake.input.predictions)
    metrics = evaluate_subtypes(
        apparent_labels(predictions, clusters, cohort),
        heldout_labels(predictions, cohort),
        cohort,
        splits,
        snakemake.params.evaluation,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
    )
    write_table(metrics, snakemake.output.metrics)
    write_table(subtype_table(predictions, clusters, cohort, splits), snakemake.output.subtypes)
    row = metrics[(metrics["repeat"] == "median") & (metrics["metric"] == "cindex")].iloc[0]
    log.info(
        "concordance: apparent %.3f, held-out %.3f (%.3f-%.3f)", *row[["apparent", "held_out", "ci_low", "ci_high"]]
    )
