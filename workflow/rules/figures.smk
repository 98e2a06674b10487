# One rule per figure; each writes the table it was drawn from beside it. First those of one embedding, then those of a cohort.


rule plot_kaplan_meier:
    """Kaplan-Meier curves, apparent and held-out side by side."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
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
        mem_mb=memory(800, cells=6),
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
        mem_mb=memory(800),
        runtime=runtime(10),
    params:
        code=code_version("plot_umap"),
    script:
        "../../scripts/plot_umap.py"


rule plot_training:
    """Training and validation loss of every split."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
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
        mem_mb=memory(800, cells=6),
        runtime=runtime(10),
    params:
        code=code_version("plot_training"),
    script:
        "../../scripts/plot_training.py"


rule plot_prognostic_latents:
    """Forest plot of the selected latents of the full fit."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
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
        mem_mb=memory(800, cells=6),
        runtime=runtime(10),
    params:
        code=code_version("plot_prognostic_latents"),
    script:
        "../../scripts/plot_prognostic_latents.py"


rule plot_feature_heatmap:
    """Heatmap of the features that tell the subtypes apart."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
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
        mem_mb=memory(800, cells=6, kept=20),
        runtime=runtime(10),
    params:
        code=code_version("plot_feature_heatmap"),
    script:
        "../../scripts/plot_feature_heatmap.py"


rule plot_optimism:
    """How good every embedding looks on its own patients, and how good it is on unseen ones."""
    input:
        metrics=of_embeddings("metrics.tsv"),
        tests="<results>/{cohort}/permutation_tests.tsv",
    output:
        png=report(
            "<results>/{cohort}/figures/optimism.png",
            caption="../report/plot_optimism.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "all",
                "item": "apparent and held-out",
            },
        ),
        svg="<results>/{cohort}/figures/optimism.svg",
        table="<results>/{cohort}/figures/optimism.tsv",
    log:
        "<logs>/{cohort}/plot_optimism.log",
    benchmark:
        "<benchmarks>/{cohort}/plot_optimism.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        code=code_version("plot_optimism"),
    script:
        "../../scripts/plot_optimism.py"


rule plot_permutation_null:
    """The observed held-out figures among those of permuted survival."""
    input:
        permutations="<results>/{cohort}/permutations.tsv",
        tests="<results>/{cohort}/permutation_tests.tsv",
        metrics=of_embeddings("metrics.tsv"),
    output:
        png=report(
            "<results>/{cohort}/figures/permutation_null.png",
            caption="../report/plot_permutation_null.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "all",
                "item": "permutation null",
            },
        ),
        svg="<results>/{cohort}/figures/permutation_null.svg",
        table="<results>/{cohort}/figures/permutation_null.tsv",
    log:
        "<logs>/{cohort}/plot_permutation_null.log",
    benchmark:
        "<benchmarks>/{cohort}/plot_permutation_null.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        code=code_version("plot_permutation_null"),
    script:
        "../../scripts/plot_permutation_null.py"


rule plot_comparators:
    """Held-out concordance of every embedding and comparator."""
    input:
        metrics=of_embeddings("metrics.tsv"),
        comparator_metrics="<results>/{cohort}/comparator_metrics.tsv",
        comparisons="<results>/{cohort}/comparisons.tsv",
    output:
        png=report(
            "<results>/{cohort}/figures/comparators.png",
            caption="../report/plot_comparators.rst",
            category="4 Evaluation",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "comparators"},
        ),
        svg="<results>/{cohort}/figures/comparators.svg",
        table="<results>/{cohort}/figures/comparators.tsv",
    log:
        "<logs>/{cohort}/plot_comparators.log",
    benchmark:
        "<benchmarks>/{cohort}/plot_comparators.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        code=code_version("plot_comparators"),
    script:
        "../../scripts/plot_comparators.py"


rule plot_consensus:
    """How often two patients fall into one cluster when patients are left out."""
    input:
        consensus=of_embeddings("consensus.safetensors"),
        patients=of_embeddings("patient_stability.tsv"),
        stability=of_embeddings("stability.tsv"),
        metrics=of_embeddings("metrics.tsv"),
    output:
        png=report(
            "<results>/{cohort}/figures/consensus.png",
            caption="../report/plot_consensus.rst",
            category="3 Subtypes",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "consensus"},
        ),
        svg="<results>/{cohort}/figures/consensus.svg",
        table="<results>/{cohort}/figures/consensus.tsv",
    log:
        "<logs>/{cohort}/plot_consensus.log",
    benchmark:
        "<benchmarks>/{cohort}/plot_consensus.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(800, pairs=40),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        code=code_version("plot_consensus"),
    script:
        "../../scripts/plot_consensus.py"


rule plot_k_selection:
    """What spoke for the number of subtypes."""
    input:
        k_selection=of_embeddings("k_selection.tsv"),
        stability=of_embeddings("stability.tsv"),
        metrics=of_embeddings("metrics.tsv"),
    output:
        png=report(
            "<results>/{cohort}/figures/k_selection.png",
            caption="../report/plot_k_selection.rst",
            category="3 Subtypes",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "choice of K"},
        ),
        svg="<results>/{cohort}/figures/k_selection.svg",
        table="<results>/{cohort}/figures/k_selection.tsv",
    log:
        "<logs>/{cohort}/plot_k_selection.log",
    benchmark:
        "<benchmarks>/{cohort}/plot_k_selection.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        criterion=SETTINGS["subtypes"]["criterion"],
        code=code_version("plot_k_selection"),
    script:
        "../../scripts/plot_k_selection.py"


rule plot_calibration:
    """Predicted beside observed survival of held-out patients."""
    input:
        calibration=of_embeddings("calibration.tsv"),
        metrics=of_embeddings("metrics.tsv"),
    output:
        png=report(
            "<results>/{cohort}/figures/calibration.png",
            caption="../report/plot_calibration.rst",
            category="4 Evaluation",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "calibration"},
        ),
        svg="<results>/{cohort}/figures/calibration.svg",
        table="<results>/{cohort}/figures/calibration.tsv",
    log:
        "<logs>/{cohort}/plot_calibration.log",
    benchmark:
        "<benchmarks>/{cohort}/plot_calibration.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        code=code_version("plot_calibration"),
    script:
        "../../scripts/plot_calibration.py"


rule plot_enrichment:
    """Clinical variables by subtype."""
    input:
        enrichment="<results>/{cohort}/enrichment.tsv",
        levels="<results>/{cohort}/enrichment_levels.tsv",
        metrics=of_embeddings("metrics.tsv"),
    output:
        png=report(
            "<results>/{cohort}/figures/enrichment.png",
            caption="../report/plot_enrichment.rst",
            category="3 Subtypes",
            labels={
                "cohort": "{cohort}",
                "embedding": "all",
                "item": "clinical variables",
            },
        ),
        svg="<results>/{cohort}/figures/enrichment.svg",
        table="<results>/{cohort}/figures/enrichment.tsv",
    log:
        "<logs>/{cohort}/plot_enrichment.log",
    benchmark:
        "<benchmarks>/{cohort}/plot_enrichment.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=runtime(10),
    params:
        embeddings=list(EMBEDDINGS),
        code=code_version("plot_enrichment"),
    script:
        "../../scripts/plot_enrichment.py"
