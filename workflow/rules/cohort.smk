# From tables to a checked cohort and its splits.


rule simulate_cohort:
    """Draw a TCGA-like cohort with planted subtypes; the truth is written beside it."""
    output:
        folder=directory("<results>/{cohort}/simulated"),
    log:
        "<logs>/{cohort}/simulate_cohort.log",
    benchmark:
        "<benchmarks>/{cohort}/simulate_cohort.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=25),
        runtime=runtime(10, cells=0.5),
    params:
        cohort=cohort_settings,
        code=code_version("simulate_cohort"),
    script:
        "../../scripts/simulate_cohort.py"


rule build_cohort:
    """Read, harmonise and check the tables of one cohort; account for every patient and feature dropped."""
    input:
        tables=cohort_tables,
        fetched=fetched_tables,
    output:
        cohort="<results>/{cohort}/cohort.h5mu",
        checks=report(
            "<results>/{cohort}/checks.tsv",
            caption="../report/build_cohort.rst",
            category="1 Cohort",
            labels={"cohort": "{cohort}", "table": "checks"},
        ),
    log:
        "<logs>/{cohort}/build_cohort.log",
    benchmark:
        "<benchmarks>/{cohort}/build_cohort.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=25),
        runtime=runtime(10, cells=0.2),
    params:
        cohort=cohort_settings,
        preprocess=SETTINGS["preprocess"],
        evaluation={
            key: SETTINGS["evaluation"][key] for key in ("folds", "horizon_days")
        },
        code=code_version("build_cohort"),
    script:
        "../../scripts/build_cohort.py"


rule make_splits:
    """Draw repeated stratified K-fold splits, plus `full`."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
    output:
        splits="<results>/{cohort}/splits.tsv",
    log:
        "<logs>/{cohort}/make_splits.log",
    benchmark:
        "<benchmarks>/{cohort}/make_splits.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6),
        runtime=runtime(10),
    params:
        folds=SETTINGS["evaluation"]["folds"],
        repeats=SETTINGS["evaluation"]["repeats"],
        seed=SETTINGS["seed"],
        code=code_version("make_splits"),
    script:
        "../../scripts/make_splits.py"
