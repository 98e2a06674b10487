"""UMAP of the embedding, by subtype and by risk."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.plots.style import About, save_figure
    from stratomics.plots.umap import draw_umap, umap_table
    from stratomics.tables import read_table, write_table

    table = umap_table(read_table(snakemake.input.umap), read_table(snakemake.input.subtypes))
    write_table(table, snakemake.output.table)
    about = About(snakemake.wildcards.cohort, snakemake.wildcards.embedding, len(table), int(table["event"].sum()))
    save_figure(draw_umap(table, about), snakemake.output.png, snakemake.output.svg)
