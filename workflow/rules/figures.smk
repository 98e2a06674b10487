# One rule per figure; each writes the table it was drawn from beside it.


rule plot_kaplan_meier:
    """Kaplan-Meier curves, apparent and held-out side by side."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
        clusters="<results>/{cohort}/{embedding}/clusters.tsv",
        metrics="<results>/{cohort}/{embedding}/metrics.tsv",
    output:
        png=report(
            "<results>/{cohort}/{embedding}/figures/kaplan_meier.png",
            caption="../report/plot_kaplan_meier.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "Kaplan-Meier",
            },
        ),
        svg="<results>/{cohort}/{embedding}/figures/kaplan_meier.svg",
        table="<results>/{cohort}/{embedding}/figures/kaplan_meier.tsv",
    log:
        "<logs>/{cohort}/{embedding}/plot_kaplan_meier.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/plot_kaplan_meier.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(10),
    params:
        code=code_version("plot_kaplan_meier"),
    script:
        "../../scripts/plot_kaplan_meier.py"


rule plot_umap:
    """UMAP of the embedding, by subtype and by risk."""
    input:
        umap="<results>/{cohort}/{embedding}/umap.tsv",
    output:
        png=report(
            "<results>/{cohort}/{embedding}/figures/umap.png",
            caption="../report/plot_umap.rst",
            category="3 Subtypes",
            labels={"cohort": "{cohort}", "embedding": "{embedding}", "item": "UMAP"},
        ),
        svg="<results>/{cohort}/{embedding}/figures/umap.svg",
        table="<results>/{cohort}/{embedding}/figures/umap.tsv",
    log:
        "<logs>/{cohort}/{embedding}/plot_umap.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/plot_umap.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(10),
    params:
        code=code_version("plot_umap"),
    script:
        "../../scripts/plot_umap.py"


rule plot_training:
    """Training and validation loss of every split."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        history="<results>/{cohort}/{embedding}/training.tsv",
    output:
        png=report(
            "<results>/{cohort}/{embedding}/figures/training.png",
            caption="../report/plot_training.rst",
            category="2 Embedding",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "training curves",
            },
        ),
        svg="<results>/{cohort}/{embedding}/figures/training.svg",
        table="<results>/{cohort}/{embedding}/figures/training.tsv",
    log:
        "<logs>/{cohort}/{embedding}/plot_training.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/plot_training.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(10),
    params:
        code=code_version("plot_training"),
    script:
        "../../scripts/plot_training.py"


rule plot_prognostic_latents:
    """Forest plot of the selected latents of the full fit."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
    output:
        png=report(
            "<results>/{cohort}/{embedding}/figures/prognostic_latents.png",
            caption="../report/plot_prognostic_latents.rst",
            category="3 Subtypes",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "prognostic latents",
            },
        ),
        svg="<results>/{cohort}/{embedding}/figures/prognostic_latents.svg",
        table="<results>/{cohort}/{embedding}/figures/prognostic_latents.tsv",
    log:
        "<logs>/{cohort}/{embedding}/plot_prognostic_latents.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/plot_prognostic_latents.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(10),
    params:
        code=code_version("plot_prognostic_latents"),
    script:
        "../../scripts/plot_prognostic_latents.py"


rule plot_feature_heatmap:
    """Heatmap of the features that tell the subtypes apart."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
        subtypes="<results>/{cohort}/{embedding}/subtypes.tsv",
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
    output:
        png=report(
            "<results>/{cohort}/{embedding}/figures/feature_heatmap.png",
            caption="../report/plot_feature_heatmap.rst",
            category="3 Subtypes",
            labels={
                "cohort": "{cohort}",
                "embedding": "{embedding}",
                "item": "feature heatmap",
            },
        ),
        svg="<results>/{cohort}/{embedding}/figures/feature_heatmap.svg",
        table="<results>/{cohort}/{embedding}/figures/feature_heatmap.tsv",
        markers="<results>/{cohort}/{embedding}/markers.tsv",
    log:
        "<logs>/{cohort}/{embedding}/plot_feature_heatmap.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/plot_feature_heatmap.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(10),
    params:
        code=code_version("plot_feature_heatmap"),
    script:
        "../../scripts/plot_feature_heatmap.py"
