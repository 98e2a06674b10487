"""Gene sets: the file, over-representation, and the running sum along held-out differences."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from stratomics.config import load_config
from stratomics.errors import ConfigError, DataError
from stratomics.evaluation.pathways import PATHWAY_COLUMNS, measure_pathways
from stratomics.gene_sets import read_gene_sets
from stratomics.plots.pathways import draw_pathways, pathways_figure_table
from stratomics.plots.style import About

GENES = [f"G{j}" for j in range(200)]


@pytest.fixture(scope="module")
def pathways() -> pd.DataFrame:
    """Two subtypes; G0 to G29 are raised in the first, in held-out patients, too, and G0 to G19 are its markers."""
    rng = np.random.default_rng(0)
    effect = rng.normal(0, 0.1, 200) + np.where(np.arange(200) < 30, 1.0, 0.0)
    rows = [
        {"feature": f"{omics}:{gene}", "omics": omics, "subtype": k, "heldout_difference": sign * one}
        for omics in ("mrna", "mirna")
        for k, sign in ((1, 1), (2, -1))
        for gene, one in zip(GENES, effect, strict=True)
    ]
    effects = pd.DataFrame(rows)
    markers = effects[(effects["subtype"] == 1) & effects["feature"].isin([f"mrna:{gene}" for gene in GENES[:20]])]
    sets = {
        "RAISED": [*GENES[:25], "other"],
        "REST": GENES[100:140],
        "FEW": GENES[:9],
        "UNKNOWN": [f"x{j}" for j in range(30)],
    }
    alone = {"ae": effects.assign(heldout_difference=np.nan)}
    return measure_pathways(
        {"vae": effects} | alone, dict.fromkeys(("vae", "ae"), markers), sets, ["mrna", "protein"], seed=0
    )


def test_over_representation_is_fishers_exact_test(pathways):
    assert list(pathways) == PATHWAY_COLUMNS
    assert set(pathways["gene_set"]) == {"RAISED", "REST"}  # the others have too few measured genes
    assert set(pathways["omics"]) == {"mrna"}
    row = pathways.query("embedding == 'vae' and subtype == 1 and gene_set == 'RAISED'").iloc[0]
    assert row[["genes", "measured", "markers", "in_set", "expected"]].tolist() == [26, 25, 20, 20, 2.5]
    assert row["p"] == pytest.approx(fisher_exact([[20, 0], [5, 175]], alternative="greater").pvalue)
    assert row["q"] == pytest.approx(2 * row["p"])  # two sets; the second subtype has no markers
    assert "65 of 200 features are among" in row["note"]


def test_sets_run_along_the_held_out_difference(pathways):
    own = pathways[pathways["embedding"] == "vae"].set_index(["gene_set", "subtype"])
    assert own.loc[("RAISED", 1), "nes"] > 1.5
    assert own.loc[("RAISED", 2), "nes"] < -1.5
    assert own.loc[("RAISED", 1), "gsea_q"] < 0.05
    assert own["gsea_p"].min() >= 1 / 1001
    assert set(own.loc[("RAISED", 1), "leading"].split(";")) <= set(GENES[:25])
    # Without a fold that could be compared there is no ranking.
    assert pathways.loc[pathways["embedding"] == "ae", ["nes", "gsea_p", "gsea_q"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("features", "sets", "said"),
    [
        (["ENSG01", "ENSG02"], GENES, "are ids of Ensembl ('ENSG01', 'ENSG02'), the genes of the sets symbols ('G0',"),
        (
            ["TP53", "?", "MYC"],
            ["7157", "4609"],
            "are symbols ('?', 'MYC', 'TP53'), the genes of the sets Entrez ids (",
        ),
        (["TP53|7157", "MYC|4609"], ["TP53"], "are symbols with Entrez ids ('MYC|4609', 'TP53|7157'), the genes"),
        (
            ["Trp53", "Myc"],
            ["TP53", "MYC"],
            "are symbols ('Myc', 'Trp53'), the genes of the sets symbols ('MYC', 'TP53')",
        ),
        (
            ["ENSMUSG01.2", "Myc"],
            ["ENSG01"],
            "are ids of Ensembl ('ENSMUSG01.2'), the genes of the sets ids of Ensembl",
        ),
    ],
)
def test_names_that_do_not_match_are_said(features, sets, said):
    named = [f"mrna:{one}" for one in features]
    effects = pd.DataFrame({"feature": named, "omics": "mrna", "subtype": 1, "heldout_difference": 0.1})
    table = measure_pathways({"ae": effects}, {"ae": effects.iloc[:0]}, {"A": sets}, ["mrna"], seed=0)
    (note,) = table["note"]
    assert note.startswith(f"0 of {len(features)} features are among the {len(sets)} genes of the 1 sets; 0 sets have")
    assert said in note
    assert "Take a GMT file that names genes as the features are named" in note


def test_names_that_match_in_sets_too_small_are_not_blamed(pathways):
    effects = pd.DataFrame({"feature": ["mrna:G0"], "omics": "mrna", "subtype": 1, "heldout_difference": 0.1})
    table = measure_pathways({"ae": effects}, {"ae": effects.iloc[:0]}, {"A": GENES}, ["mrna"], seed=0)
    (note,) = table["note"]
    assert note.endswith("0 sets have 10 to 500 measured genes")
    assert pathways_figure_table(table).empty
    assert draw_pathways(pathways_figure_table(table), About("c", "", 10, 5))


def test_the_figure_has_the_sets_in_the_order_of_their_certainty(pathways):
    table = pathways_figure_table(pathways)
    assert table["gene_set"].tolist() == ["RAISED", "RAISED", "REST", "REST"] * 2
    draw_pathways(table, About("c", "", 10, 5))


def test_gene_sets_are_read_and_every_faulty_line_is_named(tmp_path):
    path = tmp_path / "sets.gmt.gz"
    path.write_bytes(gzip.compress(b"A\tabout\tTP53\tMYC\tTP53\t\r\n\nNA\t\tMYC\n"))
    assert read_gene_sets(path) == {"A": ["TP53", "MYC"], "NA": ["MYC"]}
    # as MSigDB writes it, saved by a spreadsheet; a file of Enrichr; one of an old Mac; a line separator in a description
    path = tmp_path / "sets.gmt"
    path.write_bytes(
        b"\xef\xbb\xbfMADE_UP\thttps://example.org/cards/MADE_UP\t7157\t4609\t\t\r\nSMALL\tna\t672\t\t\t\r\n\t\t\t\r\n"
    )
    assert read_gene_sets(path) == {"MADE_UP": ["7157", "4609"], "SMALL": ["672"]}
    path.write_bytes(b"some process (GO:1)\t\tTP53,1.0\tMYC,0.25\rother\t\tTP53\r")
    assert read_gene_sets(path) == {"some process (GO:1)": ["TP53", "MYC"], "other": ["TP53"]}
    path.write_text("A\tin two\u2028lines\tTP53\n", encoding="utf-8")
    assert read_gene_sets(path) == {"A": ["TP53"]}
    path = tmp_path / "bad.gmt"
    path.write_text("A\tabout\tTP53\nA\tabout\tMYC\nTP53,MYC\n")
    with pytest.raises(DataError) as caught:
        read_gene_sets(path)
    assert [fault.split(": ")[0].split(", ")[1] for fault in caught.value.faults] == ["line 2", "line 3"]
    path.write_text("\n")
    with pytest.raises(DataError, match="no gene set"):
        read_gene_sets(path)
    path.write_bytes(b"\x1f\x8b\x00")
    with pytest.raises(DataError, match="not readable"):
        read_gene_sets(path)


def test_faults_of_the_config_are_all_said(tmp_path):
    config = {"cohorts": [{"name": "a", "simulate": {}}], "pathways": {"gmt": "no.gmt", "omics": ["mrna", "genes"]}}
    with pytest.raises(ConfigError) as caught:
        load_config(config, base_dir=tmp_path)
    first, second = caught.value.faults
    assert first.startswith("pathways.gmt: no file 'no.gmt'")
    assert second.startswith("pathways.omics[1]: found 'genes', which no cohort has; allowed are 'mrna'")
    (tmp_path / "no.gmt").write_text("TP53,MYC\n")
    with pytest.raises(ConfigError, match=r"pathways\.gmt: .*no\.gmt, line 1: found 'TP53,MYC'"):
        load_config(config, base_dir=tmp_path)
    (tmp_path / "no.gmt").unlink()
    with pytest.raises(ConfigError, match="a folder; a file is needed"):
        load_config({**config, "pathways": {"gmt": "."}}, base_dir=tmp_path)
