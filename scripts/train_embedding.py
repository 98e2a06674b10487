"""Train one embedding: the networks of all splits and restarts as one batch."""

from stratomics.runtime import job  # first: it fixes the thread pools before torch loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.embedding.splits import embed_splits
    from stratomics.preprocess import load_preprocess
    from stratomics.preprocess.splits import with_clinical
    from stratomics.tables import read_table, save_arrays, save_models, write_json, write_table

    device = snakemake.params.device
    if device != "cpu" and not snakemake.resources.get("gpu", 0):
        # The GPU of the machine may belong to others.
        log.info("no gpu among the resources of this job: training on the CPU, whatever `device: %s` says", device)
        device = "cpu"
    cohort = load_cohort(snakemake.input.cohort)
    splits = splits_from_table(read_table(snakemake.input.splits), cohort.patients)
    fitted = load_preprocess(snakemake.input.transforms)
    if snakemake.params.embedding["clinical"]:
        fitted = with_clinical(cohort, splits, fitted, snakemake.params.covariates)
    result = embed_splits(
        cohort,
        splits,
        fitted,
        snakemake.params.embedding,
        seed=snakemake.params.seed,
        device=device,
        threads=snakemake.threads,
    )
    save_arrays(snakemake.output.latents, result.latents)
    save_models(snakemake.output.network, {"full": result.models["full"]})
    # Of the folds no more than attributions need: nobody decodes with them.
    save_models(snakemake.output.encoders, {split: model.encoder() for split, model in result.models.items()})
    save_models(snakemake.output.told, result.told)
    save_arrays(snakemake.output.attention_weights, result.attention)
    designs = {split: own.clinical for split, own in fitted.items() if own.clinical is not None}
    save_models(snakemake.output.clinical, designs)
    write_table(result.history, snakemake.output.history)
    write_json(result.info, snakemake.output.training)
