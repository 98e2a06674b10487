# Preprocessing, fitted on the training patients of each split.


rule fit_preprocess:
    """Fit filters, imputation, transforms and scaling on the training patients of every split."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
    output:
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
        features="<results>/{cohort}/preprocess/features.tsv",
        dropped="<results>/{cohort}/preprocess/dropped_features.tsv",
    log:
        "<logs>/{cohort}/fit_preprocess.log",
    benchmark:
        "<benchmarks>/{cohort}/fit_preprocess.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1200, cells=30, kept_by_split=3),
        runtime=runtime(10, cells=0.3),
    params:
        preprocess=SETTINGS["preprocess"],
        code=code_version("fit_preprocess"),
    script:
        "../../scripts/fit_preprocess.py"
