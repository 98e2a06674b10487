"""Sets of genes among what marks the subtypes: over-representation, and a running sum along the held-out differences.

Descriptive: the subtypes were made from these features. The p-values treat the features as the sample, and genes that rise together
as if each were a finding of its own; they rank the sets and test nothing about the subtypes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from stratomics.gene_sets import naming
from stratomics.runtime import derive_seed, log
from stratomics.subtypes.select import adjust_benjamini_hochberg

PATHWAY_COLUMNS = [
    *("embedding", "omics", "subtype", "gene_set", "genes", "measured", "markers", "in_set", "expected", "p", "q"),
    *("nes", "gsea_p", "gsea_q", "leading", "note"),
]  # fmt: skip
#: A set is looked at with this many of its genes among the measured features.
SMALLEST, LARGEST = 10, 500
#: Below this share of names in common, features and genes are named in two ways.
FEW = 0.1
#: Permutations of the features of the running sum.
PERMUTATIONS = 1000


def measure_pathways(
    effects: Mapping[str, pd.DataFrame],
    markers: Mapping[str, pd.DataFrame],
    gene_sets: Mapping[str, Collection[str]],
    omics: Collection[str],
    *,
    seed: int,
) -> pd.DataFrame:
    """Ask which gene sets the markers of each subtype belong to, and which run along its held-out differences.

    Parameters
    ----------
    effects, markers
        By embedding: ``marker_effects.tsv.gz`` and ``markers.tsv``.
    gene_sets
        From `read_gene_sets`.
    omics
        Those whose features are genes, named as in the sets. What a cohort does not have is passed over.
    seed
        Seed of the run.

    Returns
    -------
    pandas.DataFrame
        ``pathways.tsv``, one row per embedding, omics, subtype and set: its ``genes`` and how many were ``measured`` (kept by the
        preprocessing of the full fit); of the ``markers`` those ``in_set``, beside the number ``expected`` by chance, with the
        hypergeometric ``p`` and ``q`` (Benjamini-Hochberg over the sets and subtypes of an embedding and omics); ``nes``,
        ``gsea_p`` and ``gsea_q`` of the preranked enrichment on the held-out difference, NaN where no fold could be compared, with
        the genes that lead. An omics of which no set has `SMALLEST` to `LARGEST` measured genes has one row with a ``note``, which
        says how features and genes are named where hardly any is known to both.

    References
    ----------
    Subramanian et al. (2005), PNAS 102, 15545-15550, as implemented by gseapy (Fang et al. 2023, Bioinformatics 39, btac757).
    """
    tables = []
    for embedding, own in effects.items():
        for one in omics:
            if len(rows := own[own["omics"] == one]):
                marked = markers[embedding]
                marked = marked[marked["omics"] == one]
                name_seed = derive_seed(seed, "measure_pathways", embedding, one)
                table = _of_omics(rows, marked, gene_sets, one, name_seed)
                tables.append(table.assign(embedding=embedding, omics=one))
    if not tables:
        return pd.DataFrame(columns=PATHWAY_COLUMNS)
    return pd.concat(tables, ignore_index=True)[PATHWAY_COLUMNS]


def _of_omics(
    effects: pd.DataFrame, markers: pd.DataFrame, gene_sets: Mapping[str, Collection[str]], omics: str, seed: int
) -> pd.DataFrame:
    """Return the rows of one embedding and omics, all columns but these two."""
    from scipy.stats import hypergeom

    effects = effects.assign(gene=_genes(effects["feature"], omics))
    markers = markers.assign(gene=_genes(markers["feature"], omics))
    measured = set(effects["gene"])
    known = {name: measured.intersection(genes) for name, genes in gene_sets.items()}
    kept = {name: genes for name, genes in known.items() if SMALLEST <= len(genes) <= LARGEST}
    symbols = set().union(*gene_sets.values())
    note = (
        f"{len(measured & symbols)} of {len(measured)} features are among the {len(symbols)} genes of the {len(gene_sets)} sets; "
        f"{len(kept)} sets have {SMALLEST} to {LARGEST} measured genes"
    )
    log.info("%s: %s", omics, note)
    if not kept:
        if len(measured & symbols) < FEW * min(len(measured), len(symbols)):
            note += (
                f". The features are {naming(measured)}, the genes of the sets {naming(symbols)}. Take a GMT file that names genes "
                "as the features are named (MSigDB has each collection with symbols and with Entrez ids), or rename the features "
                "by `map` of the omics"
            )
        log.warning("%s: %s", omics, note)
        return pd.DataFrame([{"gene_set": "", "leading": "", "note": note}]).reindex(columns=PATHWAY_COLUMNS)
    rows = []
    for subtype, own in effects.groupby("subtype"):
        chosen = set(markers.loc[markers["subtype"] == subtype, "gene"])
        running = _preranked(own.set_index("gene")["heldout_difference"].dropna(), kept, seed)
        for name, genes in kept.items():
            hits, n = len(chosen & genes), len(chosen)
            p = hypergeom.sf(hits - 1, len(measured), len(genes), n) if n else np.nan
            head = (subtype, name, len(set(gene_sets[name])), len(genes), n, hits, n * len(genes) / len(measured), p)
            rows.append((*head, np.nan, *running.get(name, (np.nan, np.nan, np.nan, "")), note))
    table = pd.DataFrame(rows, columns=PATHWAY_COLUMNS[2:])
    return table.assign(q=adjust_benjamini_hochberg(table["p"].to_numpy(np.float64)))


def _genes(features: pd.Series, omics: str) -> pd.Series:
    """Take the name of the omics off the names of its features."""
    return features.str.removeprefix(f"{omics}:")


def _preranked(
    ranking: pd.Series, gene_sets: Mapping[str, Collection[str]], seed: int
) -> dict[str, tuple[float, float, float, str]]:
    """Return NES, p, q and the leading genes by set; nothing where nothing is ranked.

    A permutation p-value is never 0: it is at least 1 / (1 + `PERMUTATIONS`).
    """
    ranking = ranking[~ranking.index.duplicated()]
    known = {name: sorted(set(genes) & set(ranking.index)) for name, genes in gene_sets.items()}
    known = {name: genes for name, genes in known.items() if len(genes) >= SMALLEST}
    if not known or ranking.nunique() < 2:
        return {}
    import gseapy

    sizes = {"min_size": SMALLEST, "max_size": LARGEST, "permutation_num": PERMUTATIONS}
    quiet = {"outdir": None, "no_plot": True, "verbose": False}
    found = gseapy.prerank(
        ranking.sort_values(ascending=False, kind="stable"), known, threads=1, seed=seed % 2**31, **sizes, **quiet
    ).res2d
    numbers = found[["NES", "NOM p-val", "FDR q-val"]].astype(np.float64)
    numbers["NOM p-val"] = numbers["NOM p-val"].clip(lower=1 / (1 + PERMUTATIONS))
    leading = found["Lead_genes"].astype(str)
    return {
        name: (*row, genes)
        for name, row, genes in zip(found["Term"], numbers.to_numpy().tolist(), leading, strict=True)
    }
