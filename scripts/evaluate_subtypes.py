"""Judge the subtypes on patients the chain never saw, beside the apparent figures; all of them patients with every omics."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics import evaluation as judge
    from stratomics.chain.labels import heldout_labels
    from stratomics.chain.risk import predicted_survival
    from stratomics.cohort import complete_patients, load_cohort, splits_from_table
    from stratomics.survival.predicted import time_grid
    from stratomics.tables import read_table, write_table

    settings = snakemake.params.evaluation
    everybody = load_cohort(snakemake.input.cohort)
    splits = splits_from_table(read_table(snakemake.input.splits), everybody.patients)
    cohort, splits = complete_patients(everybody, splits)
    clusters, predictions = read_table(snakemake.input.clusters), read_table(snakemake.input.predictions)
    times = time_grid(settings["horizon_days"], cohort.time, splits)
    survival = predicted_survival(snakemake.params.risk, predictions, clusters, cohort, splits, times)
    metrics = judge.evaluate_method(
        predictions,
        survival,
        times,
        cohort,
        splits,
        settings,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        clusters=clusters,
    )
    heldout = heldout_labels(predictions, cohort)
    write_table(metrics, snakemake.output.metrics)
    curves = (heldout, survival, times, settings["auc_days"])
    write_table(judge.calibration_table(*curves), snakemake.output.calibration)
    write_table(judge.decision_curve_table(*curves), snakemake.output.decision_curve)
    write_table(judge.pairwise_table(heldout), snakemake.output.pairwise)
    write_table(judge.proportional_hazards_table(heldout), snakemake.output.proportional_hazards)
    stability = read_table(snakemake.input.patients)
    write_table(judge.subtype_table(predictions, clusters, everybody, stability), snakemake.output.subtypes)
    row = metrics[(metrics["repeat"] == "median") & (metrics["metric"] == "cindex")].iloc[0]
    log.info(
        "concordance: apparent %.3f, held-out %.3f (%.3f-%.3f)", *row[["apparent", "held_out", "ci_low", "ci_high"]]
    )
