"""Judge the subtypes on patients the chain never saw, beside the apparent figures."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.chain.labels import heldout_labels
    from stratomics.chain.risk import predicted_survival
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.evaluation import calibration_table, evaluate_method, pairwise_table, proportional_hazards_table
    from stratomics.evaluation.subtype_table import subtype_table
    from stratomics.survival.predicted import time_grid
    from stratomics.tables import read_table, write_table

    evaluation = snakemake.params.evaluation
    cohort = load_cohort(snakemake.input.cohort)
    splits = splits_from_table(read_table(snakemake.input.splits), cohort.patients)
    clusters, predictions = read_table(snakemake.input.clusters), read_table(snakemake.input.predictions)
    times = time_grid(evaluation["horizon_days"], cohort.time, splits)
    survival = predicted_survival(snakemake.params.risk, predictions, clusters, cohort, splits, times)
    metrics = evaluate_method(
        predictions,
        survival,
        times,
        cohort,
        splits,
        evaluation,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        clusters=clusters,
    )
    heldout = heldout_labels(predictions, cohort)
    write_table(metrics, snakemake.output.metrics)
    write_table(calibration_table(heldout, survival, times, evaluation["auc_days"]), snakemake.output.calibration)
    write_table(pairwise_table(heldout), snakemake.output.pairwise)
    write_table(proportional_hazards_table(heldout), snakemake.output.proportional_hazards)
    stability = read_table(snakemake.input.patients)
    write_table(subtype_table(predictions, clusters, cohort, stability), snakemake.output.subtypes)
    row = metrics[(metrics["repeat"] == "median") & (metrics["metric"] == "cindex")].iloc[0]
    log.info(
        "concordance: apparent %.3f, held-out %.3f (%.3f-%.3f)", *row[["apparent", "held_out", "ci_low", "ci_high"]]
    )
