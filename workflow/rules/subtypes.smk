# From latents to risk subtypes and a continuous risk, per split.


rule select_latents:
    """Univariate Cox of survival on each latent, among the training patients of every split."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
    output:
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
    log:
        "<logs>/{cohort}/{embedding}/select_latents.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/select_latents.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6),
        runtime=runtime(5),
    params:
        selection=SETTINGS["selection"],
        code=code_version("select_latents"),
    script:
        "../../scripts/select_latents.py"


rule cluster_patients:
    """Cluster the training patients of every split on the selected latents; order the subtypes by risk."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
    output:
        clusters="<results>/{cohort}/{embedding}/clusters.tsv",
        k_selection=report(
            "<results>/{cohort}/{embedding}/k_selection.tsv",
            caption="../report/cluster_patients.rst",
            category="3 Subtypes",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "choice of K",
            },
        ),
        subtype_models="<results>/{cohort}/{embedding}/subtypes.safetensors",
    log:
        "<logs>/{cohort}/{embedding}/cluster_patients.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/cluster_patients.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6),
        runtime=runtime(10),
    params:
        subtypes=subtypes_of,
        seed=SETTINGS["seed"],
        code=code_version("cluster_patients"),
    script:
        "../../scripts/cluster_patients.py"


rule fit_risk:
    """Fit the continuous risk: a ridge Cox model on all latents of the training patients of every split."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        told="<results>/{cohort}/{embedding}/told.safetensors",
        subtype_models="<results>/{cohort}/{embedding}/subtypes.safetensors",
    output:
        risk_latents="<results>/{cohort}/{embedding}/risk_latents.tsv",
        risk_sources="<results>/{cohort}/{embedding}/risk_sources.tsv",
        risk_models="<results>/{cohort}/{embedding}/risk.safetensors",
    log:
        "<logs>/{cohort}/{embedding}/fit_risk.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/fit_risk.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6),
        runtime=runtime(10),
    params:
        risk=risk_of,
        seed=SETTINGS["seed"],
        code=code_version("fit_risk"),
    script:
        "../../scripts/fit_risk.py"
