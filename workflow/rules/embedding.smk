# Early fusion: the networks of all splits and restarts of one embedding train as one batch.


rule train_embedding:
    """Train one embedding for every split on its training patients, and encode all patients with it."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
    output:
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        network="<results>/{cohort}/{embedding}/network.safetensors",
        history="<results>/{cohort}/{embedding}/training.tsv",
        info="<results>/{cohort}/{embedding}/training.json",
    log:
        "<logs>/{cohort}/{embedding}/train_embedding.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/train_embedding.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: TRAINING_THREADS
    resources:
        mem_mb=training_memory,
        runtime=runtime(30, kept_by_split=0.5),
        gpu=gpus,
    params:
        embedding=embedding_settings,
        device=SETTINGS["device"],
        seed=SETTINGS["seed"],
        code=code_version("train_embedding"),
    script:
        "../../scripts/train_embedding.py"
