# The null of the whole chain: survival permuted against the omics.


rule permute_survival:
    """Run the chain on some of the permutations of survival; what is done stays done when a run is killed."""
    input:
        unpack(features_of_permutations),
        cohort="<results>/{cohort}/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        told="<results>/{cohort}/{embedding}/told.safetensors",
    output:
        chunks="<results>/{cohort}/{embedding}/permutations/{chunk}.tsv",
    log:
        "<logs>/{cohort}/{embedding}/permutations/{chunk}/permute_survival.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/permutations/{chunk}/permute_survival.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=chain_memory(1200, outcomes=CHUNK + 1, cells=6, kept_by_split=6),
        runtime=chain_runtime(30, trainings=CHUNK * SPLITS, patients=1e5),
    params:
        settings=chain_of,
        permutations=permutations_of_chunk,
        embedding=embedding_if_survival,
        covariates=covariates_of,
        seed=SETTINGS["seed"],
        code=code_version("permute_survival"),
    script:
        "../../scripts/permute_survival.py"


rule summarise_permutations:
    """Compare the observed figures with those of permuted survival, for every embedding of a cohort."""
    input:
        chunks=[
            f"<results>/{{cohort}}/{name}/permutations/{chunk}.tsv"
            for name in EMBEDDINGS
            for chunk in chunks_of(name)
        ],
    output:
        permutations="<results>/{cohort}/permutations.tsv",
        tests=report(
            "<results>/{cohort}/permutation_tests.tsv",
            caption="../report/summarise_permutations.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "all",
                "item": "permutation tests",
            },
        ),
    log:
        "<logs>/{cohort}/summarise_permutations.log",
    benchmark:
        "<benchmarks>/{cohort}/summarise_permutations.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        chunk_embeddings=[name for name in EMBEDDINGS for _ in chunks_of(name)],
        code=code_version("summarise_permutations"),
    script:
        "../../scripts/summarise_permutations.py"
