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


rule fetch_table:
    """Download a table of a cohort with a `source` through the cache that runs share, and check that it is whole."""
    output:
        fetched="<results>/{cohort}/fetched/{table}",
    log:
        "<logs>/{cohort}/fetched/{table}/fetch_table.log",
    benchmark:
        "<benchmarks>/{cohort}/fetched/{table}/fetch_table.tsv"
    # The nodes of a cluster often have no way out, and the machine that submits has one.
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(1440),
    params:
        table="{table}",
        sha256=checksum_of_table,
        retrieval=retrieval_untracked,
        code=code_version("fetch_table"),
    script:
        "../../scripts/fetch_table.py"


rule build_cohort:
    """Read, harmonise and check the tables of one cohort; account for every patient and feature dropped."""
    input:
        tables=cohort_tables,
        fetched=fetched_tables,
    output:
        # The folder holds what only what it depends on can change: not the covariates, nor the horizon of the evaluation.
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        checks="<results>/{cohort}/intake/checks.tsv",
        read="<results>/{cohort}/intake/read.json",
    log:
        "<logs>/{cohort}/build_cohort.log",
    benchmark:
        "<benchmarks>/{cohort}/build_cohort.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: reading_threads
    resources:
        mem_mb=memory(1000, cells=25),
        runtime=runtime(10, cells=0.2),
    params:
        intake=intake_settings,
        settings=checked_settings_untracked,
        tables=table_checksums,
        remembered=CHECKSUMS,
        code=code_version("build_cohort"),
    script:
        "../../scripts/build_cohort.py"


rule annotate_cohort:
    """Add the covariates and annotations that the config names: the cohort for you to open."""
    input:
        tables=cohort_tables,
        fetched=fetched_tables,
        cohort="<results>/{cohort}/intake/cohort.h5mu",
        read="<results>/{cohort}/intake/read.json",
    output:
        cohort="<results>/{cohort}/cohort.h5mu",
    log:
        "<logs>/{cohort}/annotate_cohort.log",
    benchmark:
        "<benchmarks>/{cohort}/annotate_cohort.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6),
        runtime=runtime(10),
    params:
        cohort=tables_settings,
        remembered=CHECKSUMS,
        code=code_version("annotate_cohort"),
    script:
        "../../scripts/annotate_cohort.py"


rule write_checks:
    """What the intake found; a change of covariates or horizon alone is checked here."""
    input:
        tables=cohort_tables,
        fetched=fetched_tables,
        checks="<results>/{cohort}/intake/checks.tsv",
        read="<results>/{cohort}/intake/read.json",
    output:
        checks=report(
            "<results>/{cohort}/checks.tsv",
            caption="../report/write_checks.rst",
            category="1 Cohort",
            labels={"cohort": "{cohort}", "table": "checks"},
        ),
    log:
        "<logs>/{cohort}/write_checks.log",
    benchmark:
        "<benchmarks>/{cohort}/write_checks.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=25),
        runtime=runtime(10, cells=0.2),
    params:
        settings=checked_settings,
        remembered=CHECKSUMS,
        code=code_version("write_checks"),
    script:
        "../../scripts/write_checks.py"


rule make_splits:
    """Draw repeated stratified K-fold splits, plus `full`."""
    input:
        cohort="<results>/{cohort}/intake/cohort.h5mu",
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


# The figures of what was read, and their names in the report. One job draws all: each takes less than to start another.
COHORT_PAGE = {
    "omics": "patients and omics",
    "values": "measurements",
    "follow_up": "follow-up",
    "batches": "batches and outliers",
}


rule describe_cohort:
    """Describe all patients as they were read: omics, gaps, values, follow-up, batches, outliers and clinical columns."""
    input:
        cohort="<results>/{cohort}/cohort.h5mu",
        checks="<results>/{cohort}/intake/checks.tsv",
        transforms="<results>/{cohort}/preprocess/transforms.safetensors",
    output:
        combinations="<results>/{cohort}/description/combinations.tsv",
        gaps="<results>/{cohort}/description/gaps.tsv",
        values="<results>/{cohort}/description/values.tsv",
        follow_up="<results>/{cohort}/description/follow_up.tsv",
        components="<results>/{cohort}/description/components.tsv",
        separation="<results>/{cohort}/description/separation.tsv",
        distances="<results>/{cohort}/description/distances.tsv",
        columns=report(
            "<results>/{cohort}/description/columns.tsv",
            caption="../report/describe_cohort.rst",
            category="1 Cohort",
            labels={
                "cohort": "{cohort}",
                "embedding": "all",
                "item": "clinical columns",
            },
        ),
        png=[
            report(
                f"<results>/{{cohort}}/figures/cohort_{name}.png",
                caption="../report/describe_cohort.rst",
                category="1 Cohort",
                labels={"cohort": "{cohort}", "embedding": "all", "item": item},
            )
            for name, item in COHORT_PAGE.items()
        ],
        svg=[f"<results>/{{cohort}}/figures/cohort_{name}.svg" for name in COHORT_PAGE],
        table=[
            f"<results>/{{cohort}}/figures/cohort_{name}.tsv" for name in COHORT_PAGE
        ],
    log:
        "<logs>/{cohort}/describe_cohort.log",
    benchmark:
        "<benchmarks>/{cohort}/describe_cohort.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, cells=6, kept=120),
        runtime=runtime(10),
    params:
        covariates=covariates_of,
        code=code_version("describe_cohort"),
    script:
        "../../scripts/describe_cohort.py"
