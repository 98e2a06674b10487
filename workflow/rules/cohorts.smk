# All cohorts of the config side by side; asked for where there are two or more.


rule compare_cohorts:
    """One row per cohort and embedding, read off the leaderboards and verdicts."""
    input:
        leaderboard=per_cohort("leaderboard.tsv"),
        verdicts=per_cohort("verdicts.tsv"),
    output:
        cohorts=report(
            "<results>/cohorts.tsv",
            caption="../report/compare_cohorts.rst",
            category="0 All cohorts",
            labels={"cohort": "all", "embedding": "all", "item": "table"},
        ),
    log:
        "<logs>/compare_cohorts.log",
    benchmark:
        "<benchmarks>/compare_cohorts.tsv"
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        cohorts=list(COHORTS),
        code=code_version("compare_cohorts"),
    script:
        "../../scripts/compare_cohorts.py"


rule plot_cohorts:
    """Held-out concordance of every embedding in every cohort, beside the clinic."""
    input:
        cohorts="<results>/cohorts.tsv",
    output:
        png=report(
            "<results>/figures/cohorts.png",
            caption="../report/plot_cohorts.rst",
            category="0 All cohorts",
            labels={"cohort": "all", "embedding": "all", "item": "figure"},
        ),
        svg="<results>/figures/cohorts.svg",
        table="<results>/figures/cohorts.tsv",
    log:
        "<logs>/plot_cohorts.log",
    benchmark:
        "<benchmarks>/plot_cohorts.tsv"
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        code=code_version("plot_cohorts"),
    script:
        "../../scripts/plot_cohorts.py"
