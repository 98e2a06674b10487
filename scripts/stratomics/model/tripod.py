"""Which items of TRIPOD+AI a model card answers, which other files do, and which only its users can.

References
----------
Collins et al. 2024, BMJ 385, e078378.
"""

from __future__ import annotations

YOURS = "yours to write"
#: Items by their number: what they ask, and where the answer is.
ITEMS = (
    ("1", "Title", "the title of this card"),
    ("2", "Abstract", "the sentence below it"),
    ("3, 4", "Background and objectives", YOURS),
    ("5", "Data: source and dates", f"checksums of the tables under *Made with*; source and dates {YOURS}"),
    (
        "6",
        "Participants: setting, eligibility, treatment",
        f"left out and why: `checks.tsv`; setting and treatment {YOURS}",
    ),
    ("7", "Data preparation", "*What it takes*; `provenance.json`, `preprocess`"),
    ("8", "Outcome", "*Patients and endpoint*"),
    ("9", "Predictors", "*What it takes*; `model.json`"),
    ("10", "Sample size", "patients and events under *Patients and endpoint*; no size was planned"),
    ("11", "Missing data", "`checks.tsv`; `provenance.json`, `preprocess`; *Patients who lack omics*"),
    ("12", "Analytical methods", "`provenance.json`, `settings`; the captions of the report"),
    ("13", "Class imbalance", "`subtypes.tsv`: patients per subtype"),
    ("14", "Fairness", "not measured; see *Limits*"),
    ("15", "Model output", "*What it is*"),
    ("16", "Training versus evaluation", "cross-validation within one cohort; see *How well it does*"),
    ("17, 18, 19", "Ethics, funding, conflicts, registration, sharing, involvement of patients", YOURS),
    ("20", "Participants: flow and characteristics", "`checks.tsv`, `enrichment.tsv`"),
    ("21", "Model development", "*Patients and endpoint*"),
    ("22", "Model specification", "this folder: everything needed to predict"),
    ("23", "Model performance", "*How well it does*, *Calibration*; `metrics.tsv`, `decision_curve.tsv`"),
    ("24", "Model updating", "none"),
    ("25", "Interpretation", "the verdict above; `summary.md`"),
    ("26", "Limitations", "*Limits*"),
    ("27", "Usability in current care", f"not assessed; {YOURS}"),
)


def tripod_lines() -> list[str]:
    """Return the table of the items, Markdown."""
    rows = [f"| {item} | {what} | {where} |" for item, what, where in ITEMS]
    head = "Where the items of the reporting guideline for prediction models (Collins et al. 2024) are answered."
    return [head, "", "| item | asks for | answered |", "| --- | --- | --- |", *rows]
