# Apparent beside held-out, how firmly the subtypes stand, and who is in them.


rule measure_stability:
    """Find the subtypes again in subsamples of the patients, and say how firmly each patient stands in one."""
    input:
        unpack(transforms_if_survival),
        cohort=cohort_of_embedding,
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
        clusters="<results>/{cohort}/{embedding}/clusters.tsv",
        k_selection="<results>/{cohort}/{embedding}/k_selection.tsv",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
    output:
        stability=report(
            "<results>/{cohort}/{embedding}/stability.tsv",
            caption="../report/measure_stability.rst",
            category="3 Subtypes",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "stability",
            },
        ),
        patients="<results>/{cohort}/{embedding}/patient_stability.tsv",
        consensus="<results>/{cohort}/{embedding}/consensus.safetensors",
        frequency="<results>/{cohort}/{embedding}/selection_frequency.tsv",
    log:
        "<logs>/{cohort}/{embedding}/measure_stability.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/measure_stability.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=chain_memory(1000, cells=6, pairs=40),
        runtime=chain_runtime(
            15, trainings=SETTINGS["stability"]["survival_subsamples"], pairs=1
        ),
    params:
        stability=SETTINGS["stability"],
        embedding=embedding_if_survival,
        selection=SETTINGS["selection"],
        subtypes=subtypes_of,
        seed=SETTINGS["seed"],
        code=code_version("measure_stability"),
    script:
        "../../scripts/measure_stability.py"


rule evaluate_subtypes:
    """Judge the subtypes on held-out patients, per repeat, beside the apparent figures."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        clusters="<results>/{cohort}/{embedding}/clusters.tsv",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
        patients="<results>/{cohort}/{embedding}/patient_stability.tsv",
    output:
        metrics=report(
            "<results>/{cohort}/{embedding}/metrics.tsv",
            caption="../report/evaluate_subtypes.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "metrics",
            },
        ),
        subtypes="<results>/{cohort}/{embedding}/subtypes.tsv",
        calibration="<results>/{cohort}/{embedding}/calibration.tsv",
        decision_curve="<results>/{cohort}/{embedding}/decision_curve.tsv",
        pairwise="<results>/{cohort}/{embedding}/pairwise_logrank.tsv",
        proportional_hazards="<results>/{cohort}/{embedding}/proportional_hazards.tsv",
    log:
        "<logs>/{cohort}/{embedding}/evaluate_subtypes.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/evaluate_subtypes.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6, pairs=20),
        runtime=runtime(10, pairs=1),
    params:
        evaluation={
            key: SETTINGS["evaluation"][key]
            for key in ("folds", "repeats", "bootstrap", "horizon_days", "auc_days")
        },
        risk=SETTINGS["risk"]["method"],
        seed=SETTINGS["seed"],
        code=code_version("evaluate_subtypes"),
    script:
        "../../scripts/evaluate_subtypes.py"


rule attribute_omics:
    """Say which omics and features the risk and the subtypes of held-out patients rest on, by integrated gradients."""
    input:
        cohort=cohort_of_embedding,
        splits="<results>/{cohort}/splits.tsv",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
        clinical="<results>/{cohort}/{embedding}/clinical.safetensors",
        encoders="<results>/{cohort}/{embedding}/encoders.safetensors",
        attention_weights="<results>/{cohort}/{embedding}/attention.safetensors",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
        subtype_models="<results>/{cohort}/{embedding}/subtypes.safetensors",
        risk_models="<results>/{cohort}/{embedding}/risk.safetensors",
        classifier_models="<results>/{cohort}/{embedding}/classifier.safetensors",
    output:
        attribution=report(
            "<results>/{cohort}/{embedding}/omics_attribution.tsv",
            caption="../report/attribute_omics.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "attribution to omics",
            },
        ),
        feature_attribution=report(
            "<results>/{cohort}/{embedding}/feature_attribution.tsv",
            caption="../report/attribute_omics.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "attribution to features",
            },
        ),
        attention="<results>/{cohort}/{embedding}/attention.tsv",
    log:
        "<logs>/{cohort}/{embedding}/attribute_omics.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/attribute_omics.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1200, cells=6, kept=60),
        runtime=runtime(15, kept_by_split=0.5),
    params:
        predictors=SETTINGS["classifier"]["predictors"],
        bootstrap=SETTINGS["evaluation"]["bootstrap"],
        seed=SETTINGS["seed"],
        code=code_version("attribute_omics"),
    script:
        "../../scripts/attribute_omics.py"


rule measure_subsets:
    """Measure how far patients are told as by all omics when some are hidden, and how those are told who lack some."""
    input:
        cohort=cohort_of_embedding,
        splits="<results>/{cohort}/splits.tsv",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
        clinical="<results>/{cohort}/{embedding}/clinical.safetensors",
        encoders="<results>/{cohort}/{embedding}/encoders.safetensors",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
        subtype_models="<results>/{cohort}/{embedding}/subtypes.safetensors",
        risk_models="<results>/{cohort}/{embedding}/risk.safetensors",
        classifier_models="<results>/{cohort}/{embedding}/classifier.safetensors",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
    output:
        subsets=report(
            "<results>/{cohort}/{embedding}/omics_subsets.tsv",
            caption="../report/measure_subsets.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "subsets of the omics",
            },
        ),
        patterns="<results>/{cohort}/{embedding}/patterns.tsv",
        subset_models="<results>/{cohort}/{embedding}/subset_classifiers.safetensors",
    log:
        "<logs>/{cohort}/{embedding}/measure_subsets.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/measure_subsets.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1200, cells=6, kept=60),
        runtime=runtime(15, kept_by_split=0.5),
    params:
        classifier=SETTINGS["classifier"],
        bootstrap=SETTINGS["evaluation"]["bootstrap"],
        seed=SETTINGS["seed"],
        code=code_version("measure_subsets"),
    script:
        "../../scripts/measure_subsets.py"


rule find_markers:
    """Find the features that mark the subtypes, in the full fit and in every fold, and look at them in held-out patients."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
        clusters="<results>/{cohort}/{embedding}/clusters.tsv",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
    output:
        markers=report(
            "<results>/{cohort}/{embedding}/markers.tsv",
            caption="../report/find_markers.rst",
            category="3 Subtypes",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "markers",
            },
        ),
        folds=report(
            "<results>/{cohort}/{embedding}/marker_replication.tsv",
            caption="../report/find_markers.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "markers in held-out patients",
            },
        ),
        effects="<results>/{cohort}/{embedding}/marker_effects.tsv.gz",
    log:
        "<logs>/{cohort}/{embedding}/find_markers.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/find_markers.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6, kept=60),
        runtime=runtime(10, kept_by_split=0.5),
    params:
        code=code_version("find_markers"),
    script:
        "../../scripts/find_markers.py"


rule export_embedding:
    """Put the full fit in one AnnData file with its UMAP, and the description of the model beside its arrays."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        history="<results>/{cohort}/{embedding}/training.tsv",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
        subtypes="<results>/{cohort}/{embedding}/subtypes.tsv",
        umap="<results>/{cohort}/{embedding}/umap.tsv",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
        subsets="<results>/{cohort}/{embedding}/omics_subsets.tsv",
        subset_models="<results>/{cohort}/{embedding}/subset_classifiers.safetensors",
        network="<results>/{cohort}/{embedding}/network.safetensors",
        clinical="<results>/{cohort}/{embedding}/clinical.safetensors",
        subtype_models="<results>/{cohort}/{embedding}/subtypes.safetensors",
        risk_models="<results>/{cohort}/{embedding}/risk.safetensors",
        classifier_models="<results>/{cohort}/{embedding}/classifier.safetensors",
    output:
        embedding="<results>/{cohort}/{embedding}/embedding.h5ad",
        model=expand(
            "<results>/{{cohort}}/{{embedding}}/model/{name}", name=MODEL_FILES
        ),
    log:
        "<logs>/{cohort}/{embedding}/export_embedding.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/export_embedding.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1200, cells=6, kept=40),
        runtime=runtime(15),
    params:
        embedding=embedding_settings,
        classifier=SETTINGS["classifier"],
        horizons=[
            *SETTINGS["evaluation"]["auc_days"],
            SETTINGS["evaluation"]["horizon_days"],
        ],
        units=units_of,
        code=code_version("export_embedding"),
    script:
        "../../scripts/export_embedding.py"


rule measure_pathways:
    """Compare what marks the subtypes of every embedding with sets of genes."""
    input:
        gene_sets=SETTINGS["pathways"]["gmt"] or [],
        effects=of_embeddings("marker_effects.tsv.gz"),
        markers=of_embeddings("markers.tsv"),
    output:
        pathways=report(
            "<results>/{cohort}/pathways.tsv",
            caption="../report/measure_pathways.rst",
            category="3 Subtypes",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "pathways"},
        ),
    log:
        "<logs>/{cohort}/measure_pathways.log",
    benchmark:
        "<benchmarks>/{cohort}/measure_pathways.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=runtime(60),
    params:
        embeddings=list(EMBEDDINGS),
        omics=SETTINGS["pathways"]["omics"],
        seed=SETTINGS["seed"],
        code=code_version("measure_pathways"),
    script:
        "../../scripts/measure_pathways.py"


rule measure_enrichment:
    """Test every clinical variable against the final subtypes, and compare categories with those of held-out patients."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        clusters=of_embeddings("clusters.tsv"),
        predictions=of_embeddings("predictions.tsv"),
    output:
        enrichment=report(
            "<results>/{cohort}/enrichment.tsv",
            caption="../report/measure_enrichment.rst",
            category="3 Subtypes",
            labels={
                "cohort": "{cohort}",
                "embedding": "all",
                "item": "clinical enrichment",
            },
        ),
        levels="<results>/{cohort}/enrichment_levels.tsv",
    log:
        "<logs>/{cohort}/measure_enrichment.log",
    benchmark:
        "<benchmarks>/{cohort}/measure_enrichment.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        covariates=annotated_of,
        groups=groups_of,
        seed=SETTINGS["seed"],
        code=code_version("measure_enrichment"),
    script:
        "../../scripts/measure_enrichment.py"
