"""Lay out the patients of a cohort in the plane by UMAP, for every embedding."""

from stratomics.runtime import derive_seed, job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.projection import umap_coordinates
    from stratomics.tables import load_arrays, write_table

    patients = load_cohort(snakemake.input.cohort).patients
    seed = derive_seed(snakemake.params.seed, "export_embedding")
    for latents, umap in zip(snakemake.input.latents, snakemake.output.umap, strict=True):
        write_table(umap_coordinates(load_arrays(latents)[0]["full"], patients, seed), umap)
