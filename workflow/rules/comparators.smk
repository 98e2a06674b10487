# Other ways to predict survival, on the same splits.


rule fit_comparator:
    """Fit one comparator on the training patients of every split and predict all patients with it."""
    input:
        cohort=cohort_of_comparator,
        splits="<results>/{cohort}/splits.tsv",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
    output:
        comparator_predictions="<results>/{cohort}/comparators/{comparator}.tsv",
        survival="<results>/{cohort}/comparators/{comparator}.safetensors",
    log:
        "<logs>/{cohort}/comparators/{comparator}/fit_comparator.log",
    benchmark:
        "<benchmarks>/{cohort}/comparators/{comparator}/fit_comparator.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500, cells=6, kept_by_split=12, pairs=100),
        runtime=runtime(60, kept=10, pairs=3),
    params:
        comparator="{comparator}",
        settings=comparator_settings,
        covariates=covariates_of_comparator,
        seed=SETTINGS["seed"],
        code=code_version("fit_comparator"),
    script:
        "../../scripts/fit_comparator.py"


rule combine_clinical:
    """Add the clinic to the risks that the embeddings and the penalised Cox models tell; other covariates fit none of them anew."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        latents=of_embeddings("latents.safetensors"),
        told=of_embeddings("told.safetensors"),
        comparator_predictions=combined_comparators("tsv"),
        survival=combined_comparators("safetensors"),
    output:
        comparator_predictions="<results>/{cohort}/comparators/with_clinical.tsv",
        survival="<results>/{cohort}/comparators/with_clinical.safetensors",
    log:
        "<logs>/{cohort}/combine_clinical.log",
    benchmark:
        "<benchmarks>/{cohort}/combine_clinical.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6),
        runtime=runtime(30, pairs=3),
    params:
        embeddings=list(EMBEDDINGS),
        late=[one["late"]["weights"] for one in EMBEDDINGS.values()],
        comparators=COMBINED,
        covariates=covariates_of,
        seed=SETTINGS["seed"],
        code=code_version("combine_clinical"),
    script:
        "../../scripts/combine_clinical.py"


rule compare_methods:
    """Compare the embeddings with the comparators, with the clinic and with each other, on the same held-out patients."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        splits="<results>/{cohort}/splits.tsv",
        predictions=of_embeddings("predictions.tsv"),
        clusters=of_embeddings("clusters.tsv"),
        comparator_predictions=beside_embeddings("tsv"),
        survival=beside_embeddings("safetensors"),
    output:
        comparator_metrics="<results>/{cohort}/comparator_metrics.tsv",
        comparisons=report(
            "<results>/{cohort}/comparisons.tsv",
            caption="../report/compare_methods.rst",
            category="4 Evaluation",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "comparisons"},
        ),
        added_value="<results>/{cohort}/added_value.tsv",
        hazard_ratios=report(
            "<results>/{cohort}/adjusted_hazard_ratios.tsv",
            caption="../report/compare_methods.rst",
            category="4 Evaluation",
            labels={
                "cohort": "{cohort}",
                "embedding": "all",
                "item": "adjusted hazard ratios",
            },
        ),
        agreement="<results>/{cohort}/agreement.tsv",
    log:
        "<logs>/{cohort}/compare_methods.log",
    benchmark:
        "<benchmarks>/{cohort}/compare_methods.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1200, cells=6, pairs=40),
        runtime=runtime(15, pairs=1),
    params:
        embeddings=list(EMBEDDINGS),
        comparators=comparators_of,
        covariates=covariates_of,
        evaluation={
            key: SETTINGS["evaluation"][key]
            for key in ("bootstrap", "horizon_days", "auc_days")
        },
        risk=SETTINGS["risk"]["method"],
        seed=SETTINGS["seed"],
        code=code_version("compare_methods"),
    script:
        "../../scripts/compare_methods.py"
