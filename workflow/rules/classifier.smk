# A classifier of the subtypes, so that unseen patients get a label.


rule fit_classifier:
    """Fit the classifier on the training patients of every split and label the patients it never saw."""
    input:
        unpack(features_of_classifier),
        cohort=cohort_of_embedding,
        splits="<results>/{cohort}/splits.tsv",
        latents="<results>/{cohort}/{embedding}/latents.safetensors",
        prognostic="<results>/{cohort}/{embedding}/prognostic_latents.tsv",
        subtype_models="<results>/{cohort}/{embedding}/subtypes.safetensors",
        risk_models="<results>/{cohort}/{embedding}/risk.safetensors",
    output:
        predictions="<results>/{cohort}/{embedding}/predictions.tsv",
        classifier="<results>/{cohort}/{embedding}/classifier.tsv",
        inner_cv="<results>/{cohort}/{embedding}/classifier_inner_cv.tsv",
        classifier_models="<results>/{cohort}/{embedding}/classifier.safetensors",
    log:
        "<logs>/{cohort}/{embedding}/fit_classifier.log",
    benchmark:
        "<benchmarks>/{cohort}/{embedding}/fit_classifier.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1200, cells=6, kept=40),
        runtime=runtime(15, kept=2),
    params:
        classifier=SETTINGS["classifier"],
        seed=SETTINGS["seed"],
        code=code_version("fit_classifier"),
    script:
        "../../scripts/fit_classifier.py"
