"""Consensus matrices of the subtypes, one panel per embedding."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.consensus import consensus_table, draw_consensus
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import load_arrays, read_tables, write_table

    names = snakemake.params.embeddings
    metrics = read_tables(names, snakemake.input.metrics)
    patients = read_tables(names, snakemake.input.patients)
    stability = read_tables(names, snakemake.input.stability)
    loaded = zip(names, map(load_arrays, snakemake.input.consensus), strict=True)
    matrices = {name: arrays["consensus"] for name, (arrays, _) in loaded}
    table = consensus_table(patients, stability)
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_consensus(table, matrices, about), snakemake.output.png, snakemake.output.svg)
