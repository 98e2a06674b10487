"""Gene sets that run along the differences between the subtypes."""

from __future__ import annotations

from .document import Block, Bullets, Inline, Paragraph, Text, as_text, prose, table_of
from .results import Results

#: Most sets per embedding.
MOST_SETS = 5
LEVEL = 0.05

NO_TEST = as_text(
    "These q-values rank the sets and test nothing: genes of a set rise and fall together without any subtype, and the subtypes "
    "were made from these features."
)


def pathways(results: Results) -> list[Block]:
    """List the sets of the smallest q along the held-out differences; nothing where the config names no gene sets.

    Parameters
    ----------
    results
        The tables of the cohort.
    """
    sheet = results.pathways
    if sheet.table.empty:
        return []
    rows: list[list[Inline | Text]] = []
    notes: list[Text] = []
    for (name, omics), own in sheet.table.groupby(["embedding", "omics"], sort=False):
        first = next(sheet.lines(own))
        notes.append(prose("{name}, {omics}: {note}.", name=str(name), omics=str(omics), note=first.said("note")))
        found = own[(own["gsea_q"] < LEVEL) | (own["q"] < LEVEL)]
        for line in sheet.lines(found.sort_values(["gsea_q", "q", "gene_set"], kind="stable").head(MOST_SETS)):
            hits: Text = (line.number("in_set", 0), " (", line.number("expected", 1), " by chance)")
            head: list[Inline | Text] = [str(name), str(omics), line.number("subtype", 0), line.name("gene_set")]
            rows.append([*head, line.number("nes", sign=True), line.probability("gsea_q"), hits, line.probability("q")])
    header = ["embedding", "omics", "subtype", "gene set", "NES, held-out", "q", "markers in it", "q of the markers"]
    blocks: list[Block] = []
    if rows:
        blocks.append(table_of(header, rows, "Gene sets that go with the subtypes"))
    else:
        blocks.append(Paragraph(as_text(f"No gene set has a q below {LEVEL}.")))
    return [*blocks, Bullets(notes), Paragraph(NO_TEST)]
