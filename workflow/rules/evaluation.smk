# Apparent beside held-out.


rule evaluate_subtypes:
    """Judge the subtypes on held-out patients, per repeat, beside the apparent figures."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        clusters="<results>/{cohort}/{embedding}/clusters.tsv",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
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
    log:
        "<logs>/{cohort}/{embedding}/evaluate_subtypes.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/evaluate_subtypes.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(20),
    params:
        evaluation=SETTINGS["evaluation"],
        seed=SETTINGS["seed"],
        code=code_version("evaluate_subtypes"),
    script:
        "../../scripts/evaluate_subtypes.py"


rule export_embedding:
    """Put the full fit in one AnnData file with its UMAP, and the description of the model beside its arrays."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        history="<results>/{cohort}/{embedding}/training.tsv",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
        subtypes="<results>/{cohort}/{embedding}/subtypes.tsv",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
        network="<results>/{cohort}/{embedding}/network.safetensors",
        clusters="<results>/{cohort}/{embedding}/subtypes.safetensors",
        classifier="<results>/{cohort}/{embedding}/classifier.safetensors",
    output:
        embedding="<results>/{cohort}/{embedding}/embedding.h5ad",
        umap="<results>/{cohort}/{embedding}/umap.tsv",
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
        mem_mb=memory(3000),
        runtime=runtime(20),
    params:
        embedding=embedding_settings,
        seed=SETTINGS["seed"],
        code=code_version("export_embedding"),
    script:
        "../../scripts/export_embedding.py"
