"""Measure how far patients are told as by all omics when some of theirs are hidden, and how those are told who lack some."""

from stratomics.runtime import job  # first: it fixes the thread pools before torch loads

with job(snakemake.log[0]) as log:
    from stratomics.chain.fit import join_chains
    from stratomics.chain.risk import RiskModel
    from stratomics.chain.subsets import measure_subsets, told_by_subsets
    from stratomics.classifier import ClassifierModel
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.cohort.types import complete_patients
    from stratomics.embedding.state import NetworkState
    from stratomics.evaluation import pattern_table
    from stratomics.evaluation.subsets import subset_table
    from stratomics.preprocess import load_preprocess
    from stratomics.subtypes import SubtypeModel
    from stratomics.tables import load_models, read_table, save_models, write_table

    given, params = snakemake.input, snakemake.params
    cohort = load_cohort(given.cohort)
    splits = splits_from_table(read_table(given.splits), cohort.patients)
    chains = join_chains(
        read_table(given.prognostic),
        load_models(given.subtype_models, SubtypeModel),
        load_models(given.risk_models, RiskModel),
        load_models(given.classifier_models, ClassifierModel),
        params.classifier["predictors"] == "latents",
    )
    fitted = load_preprocess(given.transforms, clinical=given.clinical)
    networks = load_models(given.encoders, NetworkState)
    full, labels = measure_subsets(cohort, splits, fitted, networks, chains, params.classifier, seed=params.seed)
    judged, _ = complete_patients(cohort, splits)
    write_table(subset_table(labels, judged, params.bootstrap, seed=params.seed), snakemake.output.subsets)
    told = told_by_subsets(read_table(given.predictions), labels)
    write_table(pattern_table(told, cohort, params.bootstrap, seed=params.seed), snakemake.output.patterns)
    save_models(snakemake.output.subset_models, {"full": full})
