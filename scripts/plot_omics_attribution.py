"""Share of every omics in what the risk and the subtypes rest on, for every embedding of a cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.evaluation.attention import attention_by_subtype
    from stratomics.plots.omics_attribution import draw_omics_attribution, omics_attribution_figure_table
    from stratomics.plots.small_multiples import cohort_about
    from stratomics.plots.style import save_figure
    from stratomics.tables import read_tables, write_table

    names = snakemake.params.embeddings
    given = [read_tables(names, snakemake.input[key]) for key in ("attention", "predictions")]
    attention = {name: attention_by_subtype(*(own[name] for own in given)) for name in names}
    table = omics_attribution_figure_table(read_tables(names, snakemake.input.attribution), attention)
    write_table(table, snakemake.output.table)
    about = cohort_about(snakemake.wildcards.cohort, read_tables(names, snakemake.input.metrics))
    save_figure(draw_omics_attribution(table, about), snakemake.output.png, snakemake.output.svg)
