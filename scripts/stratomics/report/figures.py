"""The figures of a page: what each shows in plain words, and in which section it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .document import Drawing, Name, prose


@dataclass(frozen=True)
class _Shown:
    """What is said of a figure: its title, what a person who cannot see it should know, and what it shows."""

    title: str
    alt: str
    caption: str


#: Sections by the category of a figure in the report of Snakemake, for figures that no section asks for by name.
SECTIONS = {"1": "read", "2": "networks", "3": "who", "4": "separation"}

KNOWN = {
    "kaplan_meier": _Shown(
        "Survival by subtype, {name}",
        "Kaplan-Meier curves with numbers at risk: left the patients of the fit, right patients never seen; above by subtype, "
        "below by as many groups of the risk",
        "Left, *apparent*: the patients the subtypes were made on. Right, *held-out*: each patient labelled by a fit that "
        "never saw them (first repeat). Curves that part on the left and meet on the right were learned by heart. Below, the "
        "same patients by the continuous risk, cut into as many groups. The p-values on the left test nothing, those on the "
        "right are nominal.",
    ),
    "optimism": _Shown(
        "How good it looks, and how good it is",
        "Concordance of the risk and log-rank p of every embedding, apparent and held-out",
        "Hollow: on the patients of the fit. Filled: on patients never seen, with a 95 % interval. The line between them is the "
        "optimism. The diamond is the permutation p, the only test here.",
    ),
    "enrichment": _Shown(
        "Clinical variables by subtype",
        "Bars of the levels of each clinical variable in each subtype of every embedding",
        "Subtypes of the fit on all patients, 1 the best prognosis; q is adjusted over all tests. What is tied to survival is "
        "expected to differ: no independent evidence for the subtypes.",
    ),
    "pathways": _Shown(
        "Gene sets that go with the subtypes",
        "Dots of gene sets by subtype for every embedding, coloured by the enrichment score along the held-out differences",
        "Green: the genes of the set are raised in the subtype; purple: lowered. A ring: the markers of the subtype are in it. "
        "No test: subtypes were made from these features.",
    ),
    "umap": _Shown(
        "Map of the patients, {name}",
        "Two maps of the patients by their latents, coloured by subtype and by risk",
        "Neighbours are alike to the networks; axes have no units, and distances between far groups mean little. The "
        "subtypes were chosen on these patients, so groups that look apart here are no evidence.",
    ),
    "calibration": _Shown(
        "Predicted beside observed survival",
        "Predicted and observed survival of the subtypes at each horizon, per embedding, on patients never seen",
        "Each mark is a subtype at a horizon: across what was predicted, upwards what was observed (Kaplan-Meier, 95 % "
        "interval). On the diagonal both agree; below it fewer lived than predicted. It says nothing about separation.",
    ),
    "comparators": _Shown(
        "Beside simpler methods",
        "Held-out concordance of every embedding and comparator, and the difference of each to the first embedding",
        "Left: concordance of the risk on patients never seen. Right: the first embedding minus each method on the same "
        "folds, with the interval of the two procedures. Rows were sorted after the fact: the best one looks too good.",
    ),
    "permutation_null": _Shown(
        "The real cohort among cohorts with nothing to find",
        "Histograms of apparent and held-out figures of permuted cohorts, with the figure of the real cohort as a line, per "
        "embedding",
        "Bars: survival shuffled against the omics and everything that used it run again. Line: the real cohort. A valid "
        "test would put 5 % of the bars on the left below .05.",
    ),
    "consensus": _Shown(
        "Who is put together when patients are left out",
        "Matrices of how often two patients fall into one cluster, per embedding",
        "A cell is the share of subsamples in which two patients fall into one cluster: blocks with sharp edges are firm "
        "subtypes. Firm subtypes need not differ in survival.",
    ),
    "k_selection": _Shown(
        "How the number of subtypes was chosen",
        "Criteria by number of subtypes, for the full fit and every fold, per embedding",
        "The large panel decided. Bold: the fit on all patients; thin: the folds. Folds that choose different numbers are a sign "
        "that there is no natural one.",
    ),
    "omics_attribution": _Shown(
        "What the scores rest on",
        "Share of every omics in the risk and in the subtypes, held-out and apparent, per embedding",
        "Shares of what moves the score of a patient away from the average (integrated gradients); filled: patients never "
        "seen. They say what the models rely on, not what causes the outcome.",
    ),
    "feature_heatmap": _Shown(
        "Features raised in each subtype, {name}",
        "Heatmap of the features that differ most between the subtypes, patients ordered by subtype and risk",
        "The subtypes were made from these features, so no test would be valid here; a feature need not be prognostic on its "
        "own.",
    ),
    "prognostic_latents": _Shown(
        "Latents tied to survival, {name}",
        "Hazard ratios of the selected latents with intervals",
        "On the patients of the fit, and shown because their p was small: neither hazard ratios nor p-values are estimates "
        "for new patients.",
    ),
    "training": _Shown(
        "How the networks learned, {name}",
        "Loss by epoch of training and validation patients, full fit and folds",
        "Bold: the fit on all patients; thin: the folds. A low loss says that the omics can be rebuilt, not that survival "
        "can be foretold.",
    ),
    "cohort_omics": _Shown(
        "Patients and their omics",
        "UpSet plot of the omics that patients have, and the share of each omics that is missing",
        "Each bar is a combination of omics, the dots below say which. Dark: in the cohort; light: left out for lack of an "
        "omics. Right: what is missing in the patients who have an omics.",
    ),
    "cohort_values": _Shown(
        "Measurements",
        "Distributions of the values of every omics as read, transformed and standardised",
        "A row per omics: as in the table, after its transform, and as the networks see it.",
    ),
    "cohort_follow_up": _Shown(
        "Follow-up",
        "Kaplan-Meier curve of all patients, and the reverse Kaplan-Meier curve of their follow-up",
        "Left: survival of all patients. Right: how long they were followed (reverse Kaplan-Meier). If "
        "those lost to follow-up differ from the others, all figures here hold for those who stayed.",
    ),
    "cohort_batches": _Shown(
        "Batches and outliers",
        "Patients on the first two principal components of every omics, before and after standardisation, coloured by batch, and "
        "their distance from the mean",
        "Batches that lie apart on the left should lie on one another in the middle. An outlier on the right may be a rare tumour "
        "and not an error; none was removed.",
    ),
    "new_risk": _Shown(
        "Risk of the new patients",
        "Histogram of the risk of the new patients by subtype; below it, where their middle half and nine tenths lie, beside "
        "patients held out at home",
        "Bars: new patients by predicted subtype. Below: theirs beside the risks of patients whom the model's folds held out at "
        "home. A shift of all of them may be another kind of patients, or tables of another platform: see below.",
    ),
    "new_survival": _Shown(
        "Survival by predicted subtype",
        "Survival curves by predicted subtype: left as foretold, beside the patients the model was fitted on; right, where there "
        "is follow-up, the Kaplan-Meier curves of the new patients beside what was foretold, with numbers at risk",
        "Left, solid: what the model foretells of the new patients, on average; dotted: the patients it was fitted on. Right, "
        "where there is follow-up, solid: what became of the new patients; dashed: what was foretold of them.",
    ),
    "cohorts": _Shown(
        "All cohorts",
        "Held-out concordance of every embedding in every cohort, beside that of the clinical variables",
        "Filled marks: the subtypes separate patients never seen. Grey ticks: the clinical variables alone. Not adjusted over "
        "cohorts, which differ in follow-up: compare methods within a row rather than rows.",
    ),
}


@dataclass(frozen=True)
class FigureFile:
    """A figure that the run has drawn.

    Attributes
    ----------
    name
        Of its rule, without ``plot_``.
    item, category
        Its place in the report of Snakemake.
    embedding
        Empty where it shows the whole cohort.
    svg, table
        The files.
    """

    name: str
    item: str
    category: str
    embedding: str
    svg: Path
    table: Path


def figure_files(
    shown: Sequence[Mapping[str, str]], svg: Sequence[str | Path], table: Sequence[str | Path]
) -> list[FigureFile]:
    """Put together what is known of figures.

    Parameters
    ----------
    shown
        ``name``, ``item``, ``category`` and ``embedding`` of each, as of `FigureFile`.
    svg, table
        Their files, in the same order.

    Returns
    -------
    list of FigureFile
    """
    return [
        FigureFile(**one, svg=Path(drawn), table=Path(known))
        for one, drawn, known in zip(shown, svg, table, strict=True)
    ]


class Figures:
    """The figures of a page, handed out by name, and the rest by section.

    Parameters
    ----------
    files
        Of the run.
    owner
        The cohort, or whatever names the files that tables are saved as.
    """

    def __init__(self, files: Sequence[FigureFile], owner: str) -> None:
        self._left = list(files)
        self._owner = owner

    def take(self, *names: str) -> list[Drawing]:
        """Give the figures of these names, of every embedding; those that were not drawn are left out."""
        chosen = [file for name in names for file in self._left if file.name == name]
        self._left = [file for file in self._left if file not in chosen]
        return [self._drawing(file) for file in chosen]

    def rest(self, section: str) -> list[Drawing]:
        """Give the figures that nobody took and whose category belongs to a section."""
        names = {file.name: None for file in self._left if SECTIONS.get(file.category[:1], "read") == section}
        return self.take(*names)

    def _drawing(self, file: FigureFile) -> Drawing:
        """Say what a figure shows; of one that is not known, what its rule says."""
        about = KNOWN.get(file.name)
        folder = f"{file.embedding}/" if file.embedding else ""
        title = (
            about.title if about else f"{file.item[:1].upper()}{file.item[1:]}{', {name}' if file.embedding else ''}"
        )
        whose = f"{self._owner}{f', {file.embedding}' if file.embedding else ''}"
        return Drawing(
            file.svg,
            file.table,
            prose(title, name=Name(file.embedding)),
            f"{about.alt if about else file.item} ({whose}).",
            prose(about.caption) if about else (),
            f"{folder}figures/{file.table.name}",
            "_".join([self._owner, *([file.embedding] if file.embedding else []), file.table.name]),
        )
