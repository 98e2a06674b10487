"""Forest plot of the held-out concordance of every embedding and comparator."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.comparators import comparators_table, draw_comparators
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_table, read_tables, write_table

    names = snakemake.params.embeddings
    metrics = read_tables(names, snakemake.input.metrics)
    comparators, comparisons = (read_table(snakemake.input[name]) for name in ("comparator_metrics", "comparisons"))
    table = comparators_table(metrics, comparators, comparisons)
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, metrics)
    save_figure(draw_comparators(table, about), snakemake.output.png, snakemake.output.svg)
