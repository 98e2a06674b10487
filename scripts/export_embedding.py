"""Put the full fit into one AnnData file with its UMAP, and its model into one portable folder."""

from pathlib import Path

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort
    from stratomics.export import embedding_anndata
    from stratomics.model import export_model
    from stratomics.tables import load_arrays, read_table
    from stratomics.writing import atomic_path

    cohort = load_cohort(snakemake.input.cohort)
    subtypes, history = read_table(snakemake.input.subtypes), read_table(snakemake.input.history)
    prognostic = read_table(snakemake.input.prognostic)
    latents = load_arrays(snakemake.input.latents)[0]["full"]
    umap = read_table(snakemake.input.umap)
    adata = embedding_anndata(cohort, latents, prognostic, subtypes, umap, history)
    with atomic_path(snakemake.output.embedding) as temporary:
        adata.write_h5ad(temporary)
    export_model(
        Path(snakemake.output.model[0]).parent,
        cohort=cohort,
        embedding=snakemake.params.embedding,
        prognostic=prognostic,
        transforms=snakemake.input.transforms,
        network=snakemake.input.network,
        clinical=snakemake.input.clinical,
        parts={
            "subtypes.safetensors": snakemake.input.subtype_models,
            "risk.safetensors": snakemake.input.risk_models,
            "classifier.safetensors": snakemake.input.classifier_models,
            "subsets.safetensors": snakemake.input.subset_models,
        },
        on_latents=snakemake.params.classifier["predictors"] == "latents",
        predictions=read_table(snakemake.input.predictions),
        horizons=snakemake.params.horizons,
        units=snakemake.params.units,
        subsets=read_table(snakemake.input.subsets),
    )
