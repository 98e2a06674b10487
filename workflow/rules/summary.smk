# One table and one page per cohort.


rule write_leaderboard:
    """One row per embedding: apparent beside held-out."""
    input:
        metrics=expand(
            "<results>/{{cohort}}/{embedding}/metrics.tsv", embedding=EMBEDDINGS
        ),
    output:
        leaderboard=report(
            "<results>/{cohort}/leaderboard.tsv",
            caption="../report/write_leaderboard.rst",
            category="4 Evaluation",
            labels={"cohort": "{cohort}", "embedding": "all", "item": "leaderboard"},
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
        code=code_version("write_leaderboard"),
    script:
        "../../scripts/write_leaderboard.py"


rule write_summary:
    """The result of one cohort in words, with the versions and settings that made it."""
    input:
        checks="<results>/{cohort}/checks.tsv",
        leaderboard="<results>/{cohort}/leaderboard.tsv",
        metrics=expand(
            "<results>/{{cohort}}/{embedding}/metrics.tsv", embedding=EMBEDDINGS
        ),
        prognostic=expand(
            "<results>/{{cohort}}/{embedding}/prognostic_latents.tsv",
            embedding=EMBEDDINGS,
        ),
        training=expand(
            "<results>/{{cohort}}/{embedding}/training.json", embedding=EMBEDDINGS
        ),
    output:
        summary=report(
            "<results>/{cohort}/summary.md",
            caption="../report/write_summary.rst",
            category="1 Cohort",
            labels={"cohort": "{cohort}", "table": "summary"},
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
        code=code_version("write_summary"),
    script:
        "../../scripts/write_summary.py"
