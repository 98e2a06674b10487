# New patients, predicted by models; apart from what a default run makes.

# What is written of each; the tables of the validation have no rows without follow-up.
PREDICTION_FILES = {
    "predictions": "predictions.tsv",
    "features": "features.tsv",
    "shift": "shift.tsv",
    "checks": "checks.tsv",
    "metrics": "metrics.tsv",
    "calibration": "calibration.tsv",
    "added_value": "added_value.tsv",
    "verdict": "verdict.tsv",
    "subtypes": "subtypes.tsv",
    "omics": "omics.tsv",
    "matching": "matching.tsv",
    "made_by": "model.tsv",
    "summary": "summary.md",
    "report": "report.html",
    **{
        f"{name}_{suffix}": f"figures/{name}.{suffix}"
        for name in ("new_risk", "new_survival")
        for suffix in ("svg", "tsv")
    },
}


rule predict_patients:
    """Give the patients of one prediction a subtype, a risk and a survival, and judge that where there is follow-up; with a page for readers."""
    input:
        model=model_of_prediction,
        tables=tables_of_prediction,
        fetched=fetched_of_prediction,
    output:
        **{
            key: f"<results>/predict/{{prediction}}/{name}"
            for key, name in PREDICTION_FILES.items()
        },
    log:
        "<logs>/predict/{prediction}/predict_patients.log",
    benchmark:
        "<benchmarks>/predict/{prediction}/predict_patients.tsv"
    conda:
        "../../envs/stratomics.yaml"
    threads: 1
    resources:
        mem_mb=prediction_memory,
        runtime=runtime(30),
    params:
        settings=prediction_settings,
        evaluation={
            key: SETTINGS["evaluation"][key]
            for key in (
                "horizon_days",
                "auc_days",
                "bootstrap",
                "permutations",
                "folds",
                "repeats",
            )
        },
        seed=SETTINGS["seed"],
        tables=checksums_of_prediction,
        remembered=CHECKSUMS,
        code=code_version("predict_patients"),
    script:
        "../../scripts/predict_patients.py"
