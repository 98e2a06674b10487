"""Find the subtypes again in subsamples of the patients, and say how firmly each of them stands."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from functools import partial

    from stratomics.cohort import load_cohort
    from stratomics.stability import measure_stability
    from stratomics.tables import load_arrays, read_table, save_arrays, write_table

    latents, _ = load_arrays(snakemake.input.latents)
    cohort, embedding, retrain = load_cohort(snakemake.input.cohort), snakemake.params.embedding, None
    if embedding is not None:
        from stratomics.embedding.splits import resampled_latents
        from stratomics.preprocess import load_preprocess

        fitted = load_preprocess(snakemake.input.transforms, ["full"], clinical=snakemake.input.clinical)["full"]
        retrain = partial(resampled_latents, cohort, fitted, embedding, snakemake.params.seed)
    stability = measure_stability(
        cohort,
        latents["full"],
        read_table(snakemake.input.prognostic),
        read_table(snakemake.input.clusters),
        read_table(snakemake.input.predictions),
        read_table(snakemake.input.k_selection),
        snakemake.params.stability,
        snakemake.params.selection,
        snakemake.params.subtypes,
        seed=snakemake.params.seed,
        retrain=retrain,
        threads=snakemake.threads,
    )
    write_table(stability.measures, snakemake.output.stability)
    write_table(stability.patients, snakemake.output.patients)
    save_arrays(snakemake.output.consensus, {"consensus": stability.consensus})
    write_table(stability.frequency, snakemake.output.frequency)
    value = stability.measures.drop_duplicates("measure").set_index("measure")["value"]
    log.info(
        "K chosen again in %.0f %% of %d subsamples, PAC %.2f, adjusted Rand index to the full fit %.2f, ambiguous %.0f %%",
        *(100 * value["k_chosen_again"], value["subsamples"], value["pac_chosen"]),
        *(value["ari_subsamples_full_mean"], 100 * value["ambiguous_share"]),
    )
