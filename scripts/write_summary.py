"""The result of one cohort in words, with the versions and settings that made it."""

import json
from pathlib import Path

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.evaluation.summary import provenance, summary_text
    from stratomics.tables import atomic_path, read_table, write_json

    names = snakemake.params.embeddings
    training = {n: json.loads(Path(p).read_text()) for n, p in zip(names, snakemake.input.training, strict=True)}
    text = summary_text(
        snakemake.params.cohort["name"],
        checks=read_table(snakemake.input.checks, dtype={"id": str, "value": str}),
        leaderboard=read_table(snakemake.input.leaderboard),
        metrics={n: read_table(p) for n, p in zip(names, snakemake.input.metrics, strict=True)},
        prognostic={n: read_table(p) for n, p in zip(names, snakemake.input.prognostic, strict=True)},
        training=training,
        settings=snakemake.params.settings,
    )
    with atomic_path(snakemake.output.summary) as temporary:
        temporary.write_text(text, encoding="utf-8")
    write_json(provenance(snakemake.params.cohort, snakemake.params.settings, training), snakemake.output.provenance)
