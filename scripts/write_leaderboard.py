"""One row per method, apparent beside held-out, and the verdict on every embedding."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    import pandas as pd

    from stratomics.evaluation.evidence import gather_evidence
    from stratomics.evaluation.findings import verdict_row
    from stratomics.evaluation.leaderboard import leaderboard
    from stratomics.evaluation.sources import EvidenceTables
    from stratomics.evaluation.verdict import verdict
    from stratomics.tables import read_table, read_tables, write_table

    given, params = snakemake.input, snakemake.params
    names = list(params.embeddings)
    metrics, stability, prognostic, clusters = (
        read_tables(names, getattr(given, table)) for table in ("metrics", "stability", "prognostic", "clusters")
    )
    cohort_tables = {name: read_table(getattr(given, name)) for name in ("tests", "added_value", "comparisons")}
    evidence = {
        name: gather_evidence(
            EvidenceTables(
                name,
                metrics[name],
                stability=stability[name],
                prognostic=prognostic[name],
                clusters=clusters[name],
                **cohort_tables,
                embeddings=names,
                covariates=params.covariates,
                horizon_days=params.evaluation["horizon_days"],
            )
        )
        for name in names
    }
    verdicts = {name: verdict(own) for name, own in evidence.items()}
    table = leaderboard(
        evidence, verdicts, metrics, read_table(given.comparator_metrics), params.evaluation["auc_days"]
    )
    write_table(table, snakemake.output.leaderboard)
    rows = pd.DataFrame([verdict_row(evidence[name], verdicts[name]) for name in names])
    write_table(rows, snakemake.output.verdicts)
    for name, found in verdicts.items():
        log.info("%s: %s", name, found.sentence)
