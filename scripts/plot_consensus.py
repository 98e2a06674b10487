"""Consensus matrices of the subtypes, one panel per embedding."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots import cohort_about, consensus_table, draw_consensus, save_figure
    from stratomics.tables import load_arrays, read_table, write_table

    names = snakemake.params.embeddings
    metrics = {name: read_table(path) for name, path in zip(names, snakemake.input.metrics, strict=True)}
    patients = {name: read_table(path) for name, path in zip(names, snakemake.input.patients, strict=True)}
    stability = {name: read_table(path) for name, path in zip(names, snakemake.input.stability, strict=True)}
    matrices = {
        name: load_arrays(path)[0]["consensus"] for name, path in zip(names, snakemake.input.consensus, strict=True)
    }
    table = consensus_table(patients, stability)
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_consensus(table, matrices, about), snakemake.output.png, snakemake.output.svg)
