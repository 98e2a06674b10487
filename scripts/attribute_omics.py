"""Say which omics and features the risk and the subtypes of held-out patients rest on."""

from stratomics.runtime import job  # first: it fixes the thread pools before torch loads

with job(snakemake.log[0]) as log:
    from stratomics import attribution
    from stratomics.attribution.attention import attention_table
    from stratomics.chain.fit import join_chains
    from stratomics.chain.risk import RiskModel
    from stratomics.classifier import ClassifierModel
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.embedding.state import NetworkState
    from stratomics.preprocess import load_preprocess
    from stratomics.runtime import derive_seed
    from stratomics.subtypes import SubtypeModel
    from stratomics.tables import load_arrays, load_models, read_table, write_table

    given, params = snakemake.input, snakemake.params
    cohort = load_cohort(given.cohort)
    splits = splits_from_table(read_table(given.splits), cohort.patients)
    fitted = load_preprocess(given.transforms, clinical=given.clinical)
    attributed = attribution.attribute_splits(
        cohort,
        splits,
        fitted,
        load_models(given.encoders, NetworkState),
        join_chains(
            read_table(given.prognostic),
            load_models(given.subtype_models, SubtypeModel),
            load_models(given.risk_models, RiskModel),
            load_models(given.classifier_models, ClassifierModel),
            params.predictors == "latents",
        ),
    )
    seed = derive_seed(params.seed, "attribute_omics")
    table = attribution.omics_attribution_table(attributed, bootstrap=params.bootstrap, seed=seed)
    write_table(table, snakemake.output.attribution)
    write_table(attribution.feature_attribution_table(attributed), snakemake.output.feature_attribution)
    weights, views = load_arrays(given.attention_weights)[0], list(fitted["full"].blocks)
    write_table(attention_table(weights, splits, cohort.patients, views), snakemake.output.attention)
