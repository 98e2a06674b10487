"""The verdict on one cohort in words, with the tables behind it and the versions and settings that made it."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.evaluation.provenance import provenance
    from stratomics.evaluation.read_words import TABLES
    from stratomics.evaluation.summary import summary_text
    from stratomics.tables import read_json, read_table, read_tables, write_json
    from stratomics.writing import atomic_path

    given, params = snakemake.input, snakemake.params
    names = list(params.embeddings)
    training = {n: read_json(p, ["device"]) for n, p in zip(names, given.training, strict=True)}
    cohort_tables = (
        "leaderboard",
        "verdicts",
        "comparisons",
        "added_value",
        "hazard_ratios",
        "enrichment",
        "agreement",
    )
    embedding_tables = ("metrics", "prognostic", "sources", "attribution", "attention", "patterns")
    text = summary_text(
        params.cohort["name"],
        checks=read_table(given.checks, dtype={"id": str, "value": str}),
        training=training,
        description={table: read_table(getattr(given, table)) for table in TABLES},
        settings=params.settings,
        **{table: read_table(getattr(given, table)) for table in cohort_tables},
        **{table: read_tables(names, getattr(given, table)) for table in embedding_tables},
    )
    with atomic_path(snakemake.output.summary) as temporary:
        temporary.write_text(text, encoding="utf-8")
    tables = read_json(given.read, ["tables"])["tables"]
    write_json(provenance(params.cohort, params.settings, tables, training), snakemake.output.provenance)
