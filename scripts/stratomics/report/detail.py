"""Tables that the page shows and the summary does not."""

from __future__ import annotations

from collections.abc import Mapping

from .document import Block, Bullets, Inline, Paragraph, Table, Text, as_text, joined, prose, table_of
from .results import Results
from .sheet import Line, Sheet
from .words import OMICS_NOTE, made_of

#: The statistics of ``permutation_tests.tsv`` in words; of p-values it is the share below .05 that tells.
STATISTICS = {
    "heldout_trend_z": "separation of the subtypes, held-out (z of the trend)",
    "heldout_cindex_subtype": "C of the subtypes, held-out",
    "heldout_cindex": "C of the risk, held-out",
    "added_lr_p": "subtype beyond the clinic (p)",
    "added_lr_risk_p": "risk beyond the clinic (p)",
    "heldout_logrank_p": "log-rank p, held-out",
    "apparent_logrank_p": "log-rank p, apparent",
}
#: Most rows per embedding of the table of features.
MOST_FEATURES = 8


def subtype_sizes(sizes: Mapping[str, Sheet]) -> Table:
    """Show how many patients and events each subtype has.

    Parameters
    ----------
    sizes
        By embedding: the table of the Kaplan-Meier figure.

    Returns
    -------
    Table
    """
    rows: list[list[Inline | Text]] = []
    for name, sheet in sizes.items():
        table = sheet.table
        groups = table[table["panel"] == "apparent"].drop_duplicates(["group", "n_groups"])
        for line in sheet.lines(groups):
            ending = {1: " (best prognosis)", int(line.value("n_groups")): " (worst)"}.get(int(line.value("group")), "")
            subtype = (line.number("group", 0), " of ", line.number("n_groups", 0), ending)
            rows.append([name, subtype, line.number("n", 0), line.number("n_events", 0)])
    header = ["embedding", "subtype, fit on all patients", "patients", "events"]
    return table_of(header, rows, "Patients and events of every subtype")


def at_horizons(calibration: Sheet) -> Table:
    """Show predicted and observed survival of the subtypes at fixed times, on patients never seen.

    Parameters
    ----------
    calibration
        The table of the calibration figure: one repeat.

    Returns
    -------
    Table
    """
    table = calibration.table
    days = sorted(table["days"].unique())
    rows: list[list[Inline | Text]] = []
    for (name, _, _), own in table.groupby(["embedding", "n_subtypes", "subtype"], sort=False):
        lines = {line.value("days"): line for line in calibration.lines(own)}
        first = next(iter(lines.values()))
        subtype = (first.number("subtype", 0), " of ", first.number("n_subtypes", 0))
        cells: list[Inline | Text] = [str(name), subtype, first.number("n", 0)]
        for day in days:
            line = lines.get(day)
            cells += [_per_cent(line, "predicted"), _per_cent(line, "observed")] if line else ["-", "-"]
        rows.append(cells)
    header = ["embedding", "subtype, held-out", "patients"]
    header += [f"day {day:.0f}, {what}, %" for day in days for what in ("predicted", "observed")]
    return table_of(header, rows, "Predicted and observed survival of the subtypes, held-out")


def _per_cent(line: Line, column: str) -> Text:
    """Show a share as per cent; what was observed with its interval."""
    if column == "observed":
        return line.interval(column, "ci_low", "ci_high", 0, unit="%")
    return (line.number(column, 0, unit="%"),)


def null_table(tests: Sheet) -> list[Block]:
    """Show every permutation test: the real cohort beside the permuted ones; nothing where none was run.

    Parameters
    ----------
    tests
        ``permutation_tests.tsv``.
    """
    rows: list[list[Inline | Text]] = []
    known = {(line.values["embedding"], line.values["statistic"]): line for line in tests.lines()}
    names = dict.fromkeys(name for name, _ in known)
    for name in names:
        for statistic, words in STATISTICS.items():
            if line := known.get((name, statistic)):
                rows.append([str(name), words, *_test(line, is_p=statistic.endswith("_p"))])
    header = ["embedding", "figure", "real cohort", "permuted, 5 % to 95 %", "permuted below 0.05, %"]
    header += ["permutation p", "adjusted", "permutations"]
    note = (
        "Survival was shuffled against the omics, and everything that used it run again. The *permutation p* of the first "
        "row decides; *adjusted* allows for the number of embeddings. P-values of the fit (last row) are often below 0.05 "
        "where nothing is to be found, which is why they test nothing."
    )
    return [table_of(header, rows, "Permutation tests"), Paragraph(prose(note))] if rows else []


def _test(line: Line, *, is_p: bool) -> list[Inline | Text]:
    """Show a permutation test."""

    def shown(column: str) -> Inline:
        return line.probability(column) if is_p else line.number(column)

    return [
        shown("observed"),
        (shown("null_q05"), " to ", shown("null_q95")),
        line.number("null_share_below_05", 0, unit="%"),
        line.probability("p"),
        line.probability("p_adjusted"),
        line.number("permutations", 0),
    ]


def omics_lines(results: Results) -> list[Block]:
    """Say which omics the scores of each embedding rest on."""
    items = [
        prose("**{name}.** {parts}", name=name, parts=joined(made_of(results, name), " ")) for name in results.judged
    ]
    return [Bullets(items), Paragraph(OMICS_NOTE)]


def feature_table(features: Mapping[str, Sheet]) -> list[Block]:
    """List the features that move the risk of unseen patients most.

    Parameters
    ----------
    features
        By embedding: ``feature_attribution.tsv``.
    """
    rows: list[list[Inline | Text]] = []
    for name, sheet in features.items():
        own = sheet.table[sheet.table["target"] == "risk"].sort_values("rank").head(MOST_FEATURES)
        for line in sheet.lines(own):
            higher = "higher" if line.value("slope") > 0 else "lower"
            rows.append([name, line.name("feature"), (f"{higher} risk",), line.number("share", 2, unit="%")])
    if not rows:
        return []
    header = ["embedding", "feature", "where it is high", "share of the risk, %"]
    note = as_text("Features repeat one another: another fit may lean on others that say the same.")
    return [table_of(header, rows, "Features that weigh most in the risk"), Paragraph(note)]
