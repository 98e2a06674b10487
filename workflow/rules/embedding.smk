# Fusion: the networks of all splits and restarts of one embedding train as one batch.


rule train_embedding:
    """Train one embedding for every split on its training patients, and encode all patients with it."""
    input:
        cohort=cohort_of_embedding,
        splits="<results>/{cohort}/splits.tsv",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
    output:
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        network="<results>/{cohort}/{embedding}/network.safetensors",
        told="<results>/{cohort}/{embedding}/told.safetensors",
        attention_weights="<results>/{cohort}/{embedding}/attention.safetensors",
        clinical="<results>/{cohort}/{embedding}/clinical.safetensors",
        encoders="<results>/{cohort}/{embedding}/encoders.safetensors",
        history="<results>/{cohort}/{embedding}/training.tsv",
        training="<results>/{cohort}/{embedding}/training.json",
    log:
        "<logs>/{cohort}/{embedding}/train_embedding.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/train_embedding.tsv"
    # All else of an embedding waits for it, the long permutations too.
    priority: 1
    conda:
        "../../envs/stratomics.yaml"
    threads: TRAINING_THREADS
    resources:
        mem_mb=training_memory,
        runtime=runtime(30, kept_by_split=0.5),
        gpu=gpus,
    params:
        embedding=training_settings,
        covariates=covariates_of_embedding,
        device=SETTINGS["device"],
        seed=SETTINGS["seed"],
        code=code_version("train_embedding"),
    script:
        "../../scripts/train_embedding.py"


rule project_embeddings:
    """Lay out the patients in the plane by UMAP, for every embedding of a cohort."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        latents=of_embeddings("latents.safetensors"),
    output:
        umap=of_embeddings("umap.tsv"),
    log:
        "<logs>/{cohort}/project_embeddings.log",
    benchmark:
        "<benchmarks>/{cohort}/project_embeddings.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1200, cells=6),
        runtime=runtime(15),
    params:
        seed=SETTINGS["seed"],
        code=code_version("project_embeddings"),
    script:
        "../../scripts/project_embeddings.py"
