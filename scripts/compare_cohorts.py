"""One row per cohort and embedding, read off the leaderboards and verdicts of all cohorts."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.evaluation.cohorts import cohorts_table
    from stratomics.tables import read_tables, write_table

    names = snakemake.params.cohorts
    leaderboards, verdicts = (read_tables(names, snakemake.input[kind]) for kind in ("leaderboard", "verdicts"))
    table = cohorts_table(leaderboards, verdicts)
    write_table(table, snakemake.output.cohorts)
    separate = table.loc[table["separation"] == "separates", "cohort"].nunique()
    log.info("%d cohorts; the subtypes of %d separate held-out patients", len(names), separate)
