# One table and one page per cohort.


rule write_leaderboard:
    """One row per embedding and comparator, apparent beside held-out, and the verdict on every embedding."""
    input:
        metrics=of_embeddings("metrics.tsv"),
        comparator_metrics="<results>/{cohort}/comparator_metrics.tsv",
        comparisons="<results>/{cohort}/comparisons.tsv",
        tests="<results>/{cohort}/permutation_tests.tsv",
        added_value="<results>/{cohort}/added_value.tsv",
        stability=of_embeddings("stability.tsv"),
        prognostic=of_embeddings("prognostic_latents.tsv"),
        clusters=of_embeddings("clusters.tsv"),
    output:
        leaderboard=report(
            "<results>/{cohort}/leaderboard.tsv",
            caption="../report/write_leaderboard.rst",
            category="4 Evaluation",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "leaderboard"},
        ),
        verdicts=report(
            "<results>/{cohort}/verdicts.tsv",
            caption="../report/write_leaderboard.rst",
            category="1 Cohort",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "verdicts"},
        ),
    log:
        "<logs>/{cohort}/write_leaderboard.log",
    benchmark:
        "<benchmarks>/{cohort}/write_leaderboard.tsv"
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        embeddings=list(EMBEDDINGS),
        evaluation={
            key: SETTINGS["evaluation"][key]
            for key in (
                *("folds", "repeats", "permutations", "survival_permutations"),
                *("bootstrap", "horizon_days", "auc_days"),
            )
        },
        covariates=covariates_of,
        code=code_version("write_leaderboard"),
    script:
        "../../scripts/write_leaderboard.py"


# What the summary and the page of a cohort are made of.
SUMMARISED = {
    "checks": "<results>/{cohort}/checks.tsv",
    "leaderboard": "<results>/{cohort}/leaderboard.tsv",
    "verdicts": "<results>/{cohort}/verdicts.tsv",
    "metrics": of_embeddings("metrics.tsv"),
    "patterns": of_embeddings("patterns.tsv"),
    "prognostic": of_embeddings("prognostic_latents.tsv"),
    "sources": of_embeddings("risk_sources.tsv"),
    "attribution": of_embeddings("omics_attribution.tsv"),
    "attention": of_embeddings("attention.tsv"),
    "replication": of_embeddings("marker_replication.tsv"),
    "training": of_embeddings("training.json"),
    "comparisons": "<results>/{cohort}/comparisons.tsv",
    "added_value": "<results>/{cohort}/added_value.tsv",
    "hazard_ratios": "<results>/{cohort}/adjusted_hazard_ratios.tsv",
    "enrichment": "<results>/{cohort}/enrichment.tsv",
    "agreement": "<results>/{cohort}/agreement.tsv",
    # Nothing where the config names no gene sets.
    "pathways": (
        "<results>/{cohort}/pathways.tsv" if SETTINGS["pathways"]["gmt"] else []
    ),
    "combinations": "<results>/{cohort}/description/combinations.tsv",
    "separation": "<results>/{cohort}/description/separation.tsv",
    "distances": "<results>/{cohort}/description/distances.tsv",
    "columns": "<results>/{cohort}/description/columns.tsv",
}


rule write_summary:
    """The result of one cohort in words, with the versions and settings that made it."""
    input:
        **SUMMARISED,
        read="<results>/{cohort}/intake/read.json",
        gene_sets=SETTINGS["pathways"]["gmt"] or [],
    output:
        summary=report(
            "<results>/{cohort}/summary.md",
            caption="../report/write_summary.rst",
            category="1 Cohort",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "summary"},
        ),
        provenance="<results>/{cohort}/provenance.json",
    log:
        "<logs>/{cohort}/write_summary.log",
    benchmark:
        "<benchmarks>/{cohort}/write_summary.tsv"
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        settings={key: value for key, value in SETTINGS.items() if key != "cohorts"},
        cohort=cohort_settings,
        embeddings=list(EMBEDDINGS),
        remembered=CHECKSUMS,
        code=code_version("write_summary"),
    script:
        "../../scripts/write_summary.py"


rule write_model_cards:
    """Say of every model what it is, how well it does and where it must not be used, for whoever is handed its folder."""
    input:
        descriptions=of_embeddings("model/model.json"),
        verdicts="<results>/{cohort}/verdicts.tsv",
        metrics=of_embeddings("metrics.tsv"),
        calibrations=of_embeddings("calibration.tsv"),
        omics_subsets=of_embeddings("omics_subsets.tsv"),
        provenance="<results>/{cohort}/provenance.json",
    output:
        cards=report(
            of_embeddings("model/model_card.md"),
            caption="../report/write_model_cards.rst",
            category="1 Cohort",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "model cards"},
        ),
    log:
        "<logs>/{cohort}/write_model_cards.log",
    benchmark:
        "<benchmarks>/{cohort}/write_model_cards.tsv"
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        embeddings=list(EMBEDDINGS),
        code=code_version("write_model_cards"),
    script:
        "../../scripts/write_model_cards.py"
