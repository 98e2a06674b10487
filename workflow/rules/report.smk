# Pages for readers, of whatever figures there are: a new entry of FIGURES, COHORT_FIGURES or COHORT_PAGE finds its place by its category.

REPORT_FIGURES = [
    {"name": name, "item": one.item, "category": one.category, "embedding": embedding}
    for figures, embedding in (
        ({name: COHORT_FIGURES[name] for name in ASKED_FIGURES}, ""),
        *((FIGURES, name) for name in EMBEDDINGS),
    )
    for name, one in figures.items()
] + [
    {
        "name": f"cohort_{name}",
        "item": item,
        "category": "1 Cohort",
        "embedding": "",
    }
    for name, item in COHORT_PAGE.items()
]
# Their files, without the suffix.
REPORT_FILES = [
    "/".join(
        part
        for part in (
            "<results>/{cohort}",
            one["embedding"],
            "figures",
            one["name"],
        )
        if part
    )
    for one in REPORT_FIGURES
]


rule write_report:
    """The page of one cohort: verdict, figures with their tables, methods and provenance, in one file of HTML."""
    input:
        **SUMMARISED,
        provenance="<results>/{cohort}/provenance.json",
        tests="<results>/{cohort}/permutation_tests.tsv",
        horizons="<results>/{cohort}/figures/calibration.tsv",
        sizes=of_embeddings("figures/kaplan_meier.tsv"),
        feature_attribution=of_embeddings("feature_attribution.tsv"),
        markers=of_embeddings("markers.tsv"),
        svg=[f"{path}.svg" for path in REPORT_FILES],
        table=[f"{path}.tsv" for path in REPORT_FILES],
    output:
        report="<results>/{cohort}/report.html",
    log:
        "<logs>/{cohort}/write_report.log",
    benchmark:
        "<benchmarks>/{cohort}/write_report.tsv"
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        cohort="{cohort}",
        embeddings=list(EMBEDDINGS),
        figures=REPORT_FIGURES,
        code=code_version("write_report"),
    script:
        "../../scripts/write_report.py"


rule write_cohorts_report:
    """The page across cohorts: verdicts side by side, with links to the page of each."""
    input:
        cohorts="<results>/cohorts.tsv",
        svg="<results>/figures/cohorts.svg",
        table="<results>/figures/cohorts.tsv",
    output:
        report="<results>/report.html",
    log:
        "<logs>/write_cohorts_report.log",
    benchmark:
        "<benchmarks>/write_cohorts_report.tsv"
    localrule: True
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(5),
    params:
        figures=[
            {
                "name": "cohorts",
                "item": "figure",
                "category": "0 All cohorts",
                "embedding": "",
            }
        ],
        code=code_version("write_cohorts_report"),
    script:
        "../../scripts/write_cohorts_report.py"
