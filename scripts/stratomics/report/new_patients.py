"""The page and the summary of a prediction: the answer, who is in which subtype, how it held, and what the tables were like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stratomics.evaluation.verdict import SOME_EVENTS

from .answers import EXTERNAL_QUESTIONS, answer
from .document import (
    Block,
    Bullets,
    Document,
    Heading,
    Inline,
    Name,
    Note,
    Paragraph,
    Section,
    Table,
    Text,
    as_text,
    joined,
    prose,
    table_of,
)
from .figures import Figures
from .results import read_sheet
from .sheet import Line, Sheet

#: With more patients than this, single ones stand in ``predictions.tsv`` alone.
MOST_PATIENTS = 60
#: Most warnings that are told; `checks.tsv` has all.
MOST_WARNINGS = 20
NOT_JUDGED = "Not judged: there is no follow-up, or too little."
LEGEND = prose(
    "*Subtype*: 1 has the best prognosis. *Ambiguous*: the subtype is less than twice as probable as the next. *Risk*: log "
    "relative hazard; 0 is the average patient the model was fitted on. *At home*: patients of the cohort of the model; held out, "
    "where a figure is a test. Brackets hold 95 % intervals."
)
#: Of ``metrics.tsv``, in words.
MEASURES = {
    "cindex": "concordance of the risk",
    "cindex_uno": "the same, weighted for censoring (Uno)",
    "cindex_subtype": "concordance of the subtypes",
    "hazard_ratio": "hazard ratio per step of subtype",
    "ibs": "integrated Brier score (0 is perfect)",
    "ibs_skill": "share by which it is below that of one curve for everybody",
    "observed_expected": "events that took place over events foretold (1 is right)",
    "calibration_slope": "slope of the risk (1 is right; below, patients differ less than foretold)",
}
_STATUS = {
    "same": "found by their name",
    "renamed": "found under another name (case, version, separators)",
    "missing": "missing, filled as in training",
    "duplicated": "claimed by several columns, count as missing",
    "constant": "the same in all patients, count as missing",
    "unused": "of the table, not used by the model",
}
_SHIFT = {
    "location": "how far the middle feature lies off (deviations)",
    "tail": "how far one feature in twenty lies off (deviations)",
    "scale": "by how many doublings the middle feature varies more or less",
    "outside": "share of the values outside the range of the training patients",
    "structure": "variance explained by what goes together in the training patients",
}


@dataclass(frozen=True)
class Predicted:
    """The tables of one prediction, by the names of their files.

    Attributes
    ----------
    name
        Of the prediction.
    predictions, subtypes, omics, matching, shift, checks, model
        See `stratomics.prediction`.
    verdict, metrics, calibration, added_value
        Without rows where nothing was judged.
    risk
        Of the figure.
    """

    name: str
    predictions: Sheet
    subtypes: Sheet
    omics: Sheet
    matching: Sheet
    shift: Sheet
    checks: Sheet
    model: Sheet
    verdict: Sheet
    metrics: Sheet
    calibration: Sheet
    added_value: Sheet
    risk: Sheet

    @classmethod
    def read(cls, name: str, folder: Path) -> Predicted:
        """Read the tables of a folder."""
        names = [one for one in cls.__dataclass_fields__ if one not in ("name", "risk")]
        own = {one: read_sheet(folder / f"{one}.tsv") for one in names}
        shift = own["shift"].table
        # Names are read as they stand; that of no patient stands as missing.
        shift["patient"] = shift["patient"].mask(shift["patient"] == "NA")
        return cls(name, **own, risk=read_sheet(folder / "figures" / "new_risk.tsv", "figures"))

    @property
    def judged(self) -> Line | None:
        """The verdict, or None."""
        return next(self.verdict.lines(), None)

    @property
    def days(self) -> list[str]:
        """The horizons, as columns name them."""
        columns = [str(name) for name in self.subtypes.table.columns]
        return [
            name.removeprefix("home_survival_")
            for name in columns
            if name.startswith("home_survival_") and name[-1].isdigit()
        ]


def new_patients(found: Predicted, figures: Figures) -> Document:
    """Make the page of one prediction; without figures it is the summary.

    Parameters
    ----------
    found
        Its tables.
    figures
        ``new_risk`` and ``new_survival``.

    Returns
    -------
    Document
    """
    return Document(
        (Name(found.name), ": what the model says of new patients"),
        [*_lead(found), *_answers(found), Paragraph(LEGEND)],
        [
            Section("Who is in which subtype", _who(found), "who"),
            Section("Risk", [*figures.take("new_risk"), _risk(found)], "risk"),
            Section("Survival", [*figures.take("new_survival"), _survival(found)], "survival"),
            Section("How the predictions held", _held(found), "held"),
            Section("Patient by patient", _patients(found), "patients"),
            Section("Which omics were used, and what they are worth", _omics(found), "omics"),
            Section("How the features were found", [_matching(found)], "matching"),
            Section("How the tables compare with the training patients", _shift(found), "shift"),
            Section("Refused, and warnings", _warnings(found), "warnings"),
            Section("What may not be concluded", [Bullets(_limits(found))], "limits"),
            Section("Which model", _model(found), "model"),
        ],
    )


def _lead(found: Predicted) -> list[Block]:
    """Begin with what is asked first: the verdict, or without one who is in which subtype; and with what puts all in doubt."""
    line, counted, mind = found.judged, _counted(found), _mind(found)
    if line is None:
        return [*mind, counted, Paragraph(as_text(NOT_JUDGED))]
    few: list[Block] = []
    if line.value("events") < SOME_EVENTS:
        text = "Only {events} events: every figure of how the predictions held is uncertain."
        few.append(Note(prose(text, events=line.number("events", 0))))
    return [Paragraph((line.said("sentence"),)), *few, *mind, counted]


def _mind(found: Predicted) -> list[Block]:
    """Name the tables that differ from the training patients, before any number."""
    table = found.shift.table
    own = table[table["patient"].isna() & table["flagged"].astype(bool)].drop_duplicates("omics")
    if own.empty:
        return []
    named = joined([line.name("omics") for line in found.shift.lines(own)], " and ")
    text = "**Mind: the tables of {named} differ from what the model was fitted on. Read the warnings below before the numbers.**"
    return [Note(prose(text, named=named))]


def _counted(found: Predicted) -> Paragraph:
    table, checks = found.predictions, found.checks.table
    refused = checks[checks["check"] == "refused"]
    unlike = table.table[table.table["unlike_training"].notna()]
    ambiguous = table.table[table.table["ambiguous"].astype(bool)]
    text = (
        "{n} patients were predicted{refused}: {subtypes}. {ambiguous} of them ambiguous; {unlike} unlike the patients the model "
        "was fitted on."
    )
    more = prose(", {n} refused", n=found.checks.count(refused)) if len(refused) else ()
    counts = {"n": table.count(table.table), "ambiguous": table.count(ambiguous), "unlike": table.count(unlike)}
    each = [(line.number("patients", 0), " in subtype ", line.number("subtype", 0)) for line in found.subtypes.lines()]
    return Paragraph(prose(text, refused=more, subtypes=joined(each), **counts))


def _answers(found: Predicted) -> list[Block]:
    line = found.judged
    if line is None:
        return []
    rows: list[list[Inline | Text]] = []
    ratio = found.metrics.line(metric="observed_expected")
    assert ratio
    figures: dict[str, Text] = {
        "separation": ("hazard ratio per step ", *line.interval("heldout_hazard_ratio")),
        "ranking": ("concordance ", *line.interval("heldout_cindex")),
        "calibration": ("events over events foretold ", *ratio.interval("value", "ci_low", "ci_high")),
        "added_value": ("gain in concordance ", *line.interval("added_delta", digits=3, sign=True)),
    }
    for part, (question, _) in EXTERNAL_QUESTIONS.items():
        code = str(line.values[part])
        rows.append([question, answer(part, code, line.source(part), EXTERNAL_QUESTIONS), figures[part]])
    return [table_of(["question", "answer", "figure"], rows, "The verdict on the predictions")]


def _of(line: Line) -> Text:
    """Name a subtype."""
    last = int(line.value("n_subtypes"))
    ending = {1: " (best prognosis)", last: " (worst)"}.get(int(line.value("subtype")), "") if last > 1 else ""
    return (line.number("subtype", 0), " of ", line.number("n_subtypes", 0), ending)


def _who(found: Predicted) -> list[Block]:
    rows: list[list[Inline | Text]] = [
        [
            *(_of(line), line.number("patients", 0), line.share("share"), line.share("home_share")),
            *(line.number("mean_probability"), line.number("ambiguous", 0)),
        ]
        for line in found.subtypes.lines()
    ]
    header = ["subtype", "patients", "share", "share at home", "mean probability", "ambiguous"]
    blocks: list[Block] = [table_of(header, rows, "Patients of every subtype")]
    if len(found.predictions.table) > MOST_PATIENTS:
        blocks.append(
            Paragraph(prose("Every patient with subtype, probability, risk and survival: `predictions.tsv`."))
        )
    return blocks


def _patients(found: Predicted) -> list[Block]:
    if len(found.predictions.table) > MOST_PATIENTS:
        return []
    rows: list[list[Inline | Text]] = []
    for line in found.predictions.lines(found.predictions.table.sort_values("risk", kind="stable")):
        unlike = line.name("unlike_training") if not pd.isna(line.values["unlike_training"]) else "-"
        rows.append(
            [
                *(line.name("patient"), line.number("subtype", 0), line.number("confidence")),
                *("ambiguous" if bool(line.values["ambiguous"]) else "", line.number("risk")),
                *(line.interval(f"survival_{day}") for day in found.days),
                *(_named(line), unlike),
            ]
        )
    header = [
        "patient",
        "subtype",
        "probability",
        "",
        "risk",
        *(_free(day) for day in found.days),
        "omics",
        "unlike training in",
    ]
    return [table_of(header, rows, "Every patient, the lowest risk first")]


def _free(day: str) -> str:
    return f"free of the event on day {day}"


def _risk(found: Predicted) -> Table:
    table = found.risk.table
    rows: list[list[Inline | Text]] = []
    for panel, name in (("new quantile", "these patients"), ("home quantile", "held out at home")):
        own = list(found.risk.lines(table[table["panel"] == panel]))
        if own:
            rows.append([name, *(line.number("risk") for line in own)])
    header = ["risk below which lie", *(f"{level} %" for level in ("5", "25", "50", "75", "95"))]
    return table_of(header, rows, "Quantiles of the risk, here and at home")


def _survival(found: Predicted) -> Table:
    rows: list[list[Inline | Text]] = []
    for line in found.subtypes.lines():
        cells: list[Inline | Text] = [_of(line), line.number("patients", 0)]
        for day in found.days:
            cells += [line.number(f"survival_{day}"), line.interval(f"home_survival_{day}")]
        rows.append(cells)
    header = ["subtype", "patients"]
    for day in found.days:
        header += [f"{_free(day)}, foretold", "patients of the fit"]
    return table_of(
        header,
        rows,
        "Probability to be free of the event, foretold of the new patients and observed in the patients of the fit",
    )


def _held(found: Predicted) -> list[Block]:
    line = found.judged
    if line is None:
        return []
    rows: list[list[Inline | Text]] = []
    for metric, words in MEASURES.items():
        if one := found.metrics.line(metric=metric):
            rows.append([words, one.interval("value", "ci_low", "ci_high")])
    rows.append(["permutation p of the subtypes", line.probability("permutation_p")])
    of = prose(
        "Of {n} patients with {events} events, none of whom the model had seen.{home}",
        n=line.number("n", 0),
        events=line.number("events", 0),
        home=_home(found),
    )
    return [
        Paragraph(of),
        table_of(["measure", "value"], rows, "How the predictions held"),
        Heading(as_text("Foretold beside observed")),
        _calibration(found),
        *_added(found),
        Heading(as_text("In words")),
        Paragraph((line.said("paragraph"),)),
    ]


def _home(found: Predicted) -> Text:
    """Give the concordance at home with the omics that most patients have."""
    most = found.omics.table.sort_values("patients", ascending=False, kind="stable").head(1)
    (line,) = found.omics.lines(most)
    if pd.isna(line.values["cindex"]):
        return ()
    text = " At home, held-out patients told from {omics} were ranked with a concordance of {c}."
    return prose(text, omics=_named(line), c=line.interval("cindex"))


def _calibration(found: Predicted) -> Table:
    rows: list[list[Inline | Text]] = []
    for line in found.calibration.lines():
        who = "everybody" if line.value("n_subtypes") == 1 else _of(line)
        baseline = "the model" if line.values["baseline"] == "model" else "learned anew from these patients"
        rows.append(
            [
                *(who, line.number("days", 0), line.number("n", 0), baseline),
                *(line.number("predicted"), line.interval("observed", "ci_low", "ci_high")),
            ]
        )
    header = ["subtype", "day", "patients", "baseline", "free of the event, foretold", "observed"]
    return table_of(header, rows, "Foretold and observed survival")


def _added(found: Predicted) -> list[Block]:
    rows: list[list[Inline | Text]] = [
        [
            *(str(line.values["term"]), line.name("covariates"), line.number("clinical_cindex", 3)),
            *(line.number("combined_cindex", 3), line.interval("delta", "ci_low", "ci_high", 3, sign=True)),
            *(line.probability("lr_p"), line.number("n", 0)),
        ]
        for line in found.added_value.lines()
    ]
    header = ["added", "to", "C of these alone", "C with it", "gain", "likelihood-ratio p", "patients"]
    about = "What subtype and risk tell beyond the clinical columns"
    return [Heading(as_text("Beyond the clinical columns")), table_of(header, rows, about)] if rows else []


def _named(line: Line) -> Name:
    return Name(str(line.values["omics"]).replace(";", ", "))


def _omics(found: Predicted) -> list[Block]:
    rows: list[list[Inline | Text]] = [
        [_named(line), line.number("patients", 0), line.interval("agreement"), line.interval("cindex")]
        for line in found.omics.lines()
    ]
    header = ["omics used", "patients", "at home: told as by all omics", "at home: concordance of the risk"]
    note = (
        "At home: held-out patients of the cohort of the model, by cross-fitting; what they are worth here may be less."
    )
    table = table_of(header, rows, "Omics used, and what they are worth at home")
    return [table, *([Paragraph(as_text(note))] if found.omics.table["cindex"].notna().any() else [])]


def _matching(found: Predicted) -> Table:
    rows: list[list[Inline | Text]] = [
        [
            *(line.name("omics"), _STATUS[str(line.values["status"])], line.number("features", 0)),
            "" if pd.isna(line.values["examples"]) else line.name("examples"),
        ]
        for line in found.matching.lines()
    ]
    return table_of(
        ["omics", "features", "number", "which"], rows, "How the features of the model were found in the tables"
    )


def _shift(found: Predicted) -> list[Block]:
    table = found.shift.table
    rows: list[list[Inline | Text]] = [
        [
            *(
                line.name("omics"),
                str(line.values["stage"]),
                f"{line.values['statistic']}: {_SHIFT[str(line.values['statistic'])]}",
            ),
            *(line.number("value"), line.number("limit"), "differs" if bool(line.values["flagged"]) else ""),
        ]
        for line in found.shift.lines(table[table["patient"].isna()])
    ]
    own = found.predictions.table
    unlike = list(found.predictions.lines(own[own["unlike_training"].notna()]))
    named = joined([(line.name("patient"), " (", line.name("unlike_training"), ")") for line in unlike]) or ("none",)
    header = ["omics", "table", "figure", "value", "limit", ""]
    return [
        table_of(header, rows, "How each table compares with the training patients"),
        Paragraph(prose("Patients unlike the training patients: {named}.", named=named)),
    ]


def _warnings(found: Predicted) -> list[Block]:
    checks = found.checks
    table = checks.table
    refused = list(checks.lines(table[table["check"] == "refused"]))
    said = table[table["action"].isin(["warning", "advice"]) & (table["level"] != "patient")]
    items: list[Text] = [
        prose("**Refused: {id}**: {why}", id=line.name("id"), why=line.name("message")) for line in refused
    ]
    items += [(line.name("message"),) for line in checks.lines(said.head(MOST_WARNINGS))]
    if len(rest := said.iloc[MOST_WARNINGS:]):
        items.append(prose("and {more} more in `checks.tsv`", more=checks.count(rest)))
    return [Bullets(items)] if items else []


def _limits(found: Predicted) -> list[Text]:
    texts = [
        "A subtype and a survival of a patient are what the model says of patients like this one, not what will happen; the "
        "interval of the survival holds the uncertainty of the baseline, not that of the patient's risk.",
        "Figures at home are of the cohort of the model. Patients of another hospital, another treatment or another platform may "
        "be told less well, which only follow-up of such patients shows.",
        "A table that was mapped to the training patients has lost what truly differs between the two groups.",
    ]
    if found.judged is not None:
        texts.append("Intervals resample the new patients and keep the model; another hospital is another draw.")
    return [as_text(text) for text in texts]


def _model(found: Predicted) -> list[Block]:
    (line,) = found.model.lines()
    text = (
        "{model}, fitted on {cohort}: {patients} patients with {events} events, {omics}. Format {format}, written by stratomics "
        "{version}. What it is worth and its limits: `model_card.md` beside it."
    )
    cells = {name: line.name(name) for name in ("cohort", "omics")} | {"model": line.name("embedding")}
    numbers = {name: line.number(name, 0) for name in ("patients", "events", "format")}
    return [Paragraph(prose(text, **cells, **numbers, version=line.said("stratomics")))]
