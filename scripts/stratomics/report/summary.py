"""``summary.md``: the verdict on one cohort in words, then the tables behind it."""

from __future__ import annotations

from stratomics.evaluation.patterns import FEWEST_EVENTS

from . import opening
from .beside import adjusted, beside_others, beyond_clinic
from .document import Block, Document, Paragraph, Section, joined, prose
from .groups import across_subtypes, agreement
from .limits import intake, limits
from .markers import replication
from .pathways import pathways
from .reading import as_read
from .results import Results
from .tables import PERFORMANCE, RISK, STABILITY, evidence_table, pattern_table
from .words import in_words


def summary(results: Results) -> Document:
    """Summarise one cohort.

    Parameters
    ----------
    results
        Its tables.

    Returns
    -------
    Document
    """
    return Document(
        opening.title(results),
        [
            opening.judged_how(results),
            opening.verdicts(results),
            *opening.warnings(results),
            Paragraph(opening.LEGEND),
            *opening.few_events(results),
        ],
        [
            Section("Held-out beside apparent", held_out(results)),
            Section("The risk, and the subtypes against cutting it", risk(results)),
            Section("Patients who lack an omics", incomplete(results)),
            Section("In words", in_words(results)),
            Section("Beside other methods", beside_others(results)),
            Section("Beyond the clinical variables", beyond_clinic(results)),
            Section("Subtypes adjusted for the clinical variables", adjusted(results)),
            Section("Stability", stability(results)),
            Section("Clinical variables across the subtypes", across_subtypes(results)),
            Section("Features that mark the subtypes", replication(results)),
            Section("Pathways", pathways(results)),
            Section("What may not be concluded", limits(results)),
            Section("Intake", intake(results)),
            Section("What was read", [*as_read(results), Paragraph(prose(WHERE))]),
        ],
    )


WHERE = "Every number behind the verdicts: `verdicts.tsv`. Versions, settings and devices: `provenance.json`."


def held_out(results: Results) -> list[Block]:
    """Show the subtypes on their own patients beside unseen ones."""
    note = (
        "*Apparent* is the full fit on its own patients: it shows how good the procedure can look, and tests nothing. "
        "*Held-out* pools the unseen patients of a repeat, as the median over the repeats. Intervals resample patients "
        "and keep what was fitted."
    )
    return [
        evidence_table(PERFORMANCE, results, "The subtypes of every embedding, apparent and held-out"),
        Paragraph(prose(note)),
    ]


def risk(results: Results) -> list[Block]:
    """Show the risk, and the subtypes beside cutting it into as many groups."""
    note = (
        "The *risk* is a number per patient. *Risk cut*: unseen patients in as many groups of that number as there are subtypes, "
        "of equal size among the training patients. Where it has the higher HR and C, the subtypes lose what the risk knows."
    )
    return [evidence_table(RISK, results, "The risk, and the subtypes beside cutting it"), Paragraph(prose(note))]


def incomplete(results: Results) -> list[Block]:
    """Show the figures of patients who lack an omics; nothing where nobody does."""
    table = pattern_table(results)
    if not table.rows:
        return []
    checks = results.checks
    choices = checks.table[checks.table["check"].astype(str).str.startswith("would_keep_")]
    kept = joined([(line.name("value"), " ", line.name("message")) for line in checks.lines(choices)], "; ")
    note = (
        "All figures but these are of the patients with every omics, on whom every method can be compared; the others took part "
        "in training, and are told here by the classifiers that the model has for their omics. C counts pairs of unseen patients "
        "of the same group and fold; groups of fewer than {fewest} events have none. Each choice in the config: {kept}."
    )
    return [table, Paragraph(prose(note, fewest=str(FEWEST_EVENTS), kept=kept))]


def stability(results: Results) -> list[Block]:
    """Show whether other patients would have given the same subtypes."""
    note = (
        "*PAC*: share of the pairs of patients who are neither nearly always nor nearly never put together when a part of the "
        "patients is left out. *ARI*, adjusted Rand index: agreement of two divisions, 0 by chance, 1 the same. *Ambiguous*: "
        "not firmly in one subtype; `patient_stability.tsv` names these patients. *P against one group*: above 0.05 the "
        "subtypes are cut-points on a continuum, however stable; there is no gap between them."
    )
    table = evidence_table(STABILITY, results, "How firmly the subtypes of every embedding stand")
    return [table, Paragraph(prose(note)), *agreement(results.agreement)]
