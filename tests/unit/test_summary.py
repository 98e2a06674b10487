"""Both scripts run on made-up tables, from files to files, as the workflow runs them."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.made_up import DESCRIPTION, EMBEDDINGS, METHODS, attention, attribution, run_scripts, sources

from stratomics.evaluation.evidence import EVIDENCE_COLUMNS
from stratomics.evaluation.findings import REASON_COLUMNS, VERDICT_COLUMNS
from stratomics.report.document import Document, Section, Table, plain, table_of
from stratomics.report.groups import agreement, enrichment
from stratomics.report.markdown import document_markdown, text_markdown
from stratomics.report.opening import SEES_CLINIC
from stratomics.report.reading import as_read
from stratomics.report.sheet import Sheet
from stratomics.report.words import omics_words, source_words


def omics_of(shares, weights):
    return text_markdown(omics_words(Sheet("omics_attribution.tsv", shares), Sheet("attention.tsv", weights)))


def made_of(table):
    return [text_markdown(words) for words in source_words(Sheet("risk_sources.tsv", table))]


def cells_of(text, heading):
    """Cells of the table under a heading, header first."""
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert len({len(row) for row in rows}) == 1
    return [rows[0], *rows[2:]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run_scripts(tmp_path_factory.mktemp("whole"))


def test_leaderboard_and_verdicts_as_files(whole):
    leaderboard, verdicts, _, _ = whole
    assert leaderboard["method"].tolist() == [*EMBEDDINGS, *METHODS]
    assert leaderboard["n_subtypes"].tolist() == [3] * 5
    assert verdicts.columns.tolist() == [*VERDICT_COLUMNS, *EVIDENCE_COLUMNS, *REASON_COLUMNS]
    rows = verdicts.set_index("embedding")
    codes = rows[["separation", "added_value", "stability", "beside_simpler"]]
    assert codes.loc["vae"].tolist() == ["separates", "adds", "continuum", "as_good"]
    assert codes.loc["ae"].tolist() == ["no_evidence", "no_added_value", "unstable", "simpler"]
    again = leaderboard[leaderboard["kind"] == "embedding"].set_index("method")[codes.columns]
    assert again.to_numpy().tolist() == codes.to_numpy().tolist()
    assert leaderboard.set_index("method").loc["vae", "delta_vs_clinical"] == pytest.approx(0.04)


def test_the_first_ten_lines_hold_the_verdict_of_every_embedding(whole):
    _, verdicts, summary, _ = whole
    first = summary.splitlines()[:10]
    assert first[0] == "# made_up: do the subtypes foretell survival?"
    assert first[2].startswith("300 patients, 110 events. 2 ways to learn subtypes from the omics")
    assert "199 permutations of survival (ae: 99)." in first[2]
    bullets = [line for line in first if line.startswith("- ")]
    expected = zip(verdicts["embedding"], verdicts["sentence"], strict=True)
    verdict_lines = [f"- **{name}**: {sentence}{SEES_CLINIC * (name == 'ae')}" for name, sentence in expected]
    assert bullets == [*verdict_lines, "- stage is missing for 10 patients"]
    assert bullets[0].startswith("- **vae**: The subtypes separate unseen patients (hazard ratio per step 1.64 [")
    assert bullets[1].startswith("- **ae**: There is no evidence")


def test_held_out_stands_beside_apparent(whole):
    header, vae, ae = cells_of(whole[2], "Held-out beside apparent")
    row = dict(zip(header, vae, strict=True))
    assert (row["subtypes"], row["chosen by the folds"]) == ("3", "2 in 20 %, 3 in 80 %")
    assert row["C of subtypes apparent"] == "0.67"
    assert row["C of subtypes held-out"] == "0.62 [0.57 to 0.67]"
    assert row["permutation p"] == "0.005"
    assert row["adjusted"] == "0.010"
    assert row["RMST difference, months"] == "6.6"
    assert ae[0] == "ae"


def test_the_subtypes_stand_beside_the_risk_cut_into_groups(whole):
    header, vae, _ = cells_of(whole[2], "The risk, and the subtypes against cutting it")
    row = dict(zip(header, vae, strict=True))
    assert row["C of risk held-out"] == "0.66 [0.61 to 0.71]"
    assert (row["HR, subtypes"][:4], row["HR, risk cut"][:4]) == ("1.64", "1.80")
    assert (row["C, subtypes"][:4], row["C, risk cut"][:4]) == ("0.62", "0.63")
    assert "it separates unseen patients better than the subtypes do" in whole[2]


def test_comparators_with_paired_differences(whole):
    rows = cells_of(whole[2], "Beside other methods")
    table = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert list(table) == [*EMBEDDINGS, *METHODS]
    assert table["clinical"]["C of vae minus this"] == "+0.040 [-0.050 to +0.100]"
    assert table["vae"]["C of ae minus this"] == ""
    assert table["pca"]["AUC, day 1095"] == "-"


def test_added_value_stability_and_enrichment_sections(whole):
    summary = whole[2]
    rows = cells_of(summary, "Beyond the clinical variables")
    assert rows[1][:5] == ["vae", "subtype", "0.620", "0.655", "+0.035 [+0.015 to +0.055]"]
    assert rows[1][-2:] == ["0.005", "0.010"]
    assert rows[2][-2:] == ["0.005", "0.010"]
    assert "Cox model of age, sex, stage. 12 % of the patients lack at least one of them and are left out." in summary
    assert (
        "| vae | subtype 2 of 2 | 1.80 [1.50 to 2.10] | 0.004 |\n| vae | age | 1.10 [0.80 to 1.40] | 0.004 |" in summary
    )
    rows = cells_of(summary, "Stability")
    assert rows[1] == ["vae", "3", "80 %", "0.15", "0.70", "0.80", "10 %", "0.30", "60"]
    assert "- vae and ae: adjusted Rand index 0.41 in the full fit, 0.25 held-out." in summary
    assert "2 of 4 tests" in summary
    assert "adjusted Rand index 0.25, held-out 0.19 with Cramer's V 0.38" in summary
    rows = cells_of(summary, "Pathways")
    assert rows[1][2:3] == ["1"]
    assert rows[1][4:] == ["+2.25", "0.004", "9 (1.5 by chance)", "0.002"]
    assert len(rows) == 2
    assert "- ae, mrna: 0 of 100 features." in summary
    marks = "raised in its held-out patients in 78 % of cases, where 56 % of all features point the same way"
    assert f"{marks}; their standardised difference was 1.25 in training and 0.75 held-out" in summary
    assert (
        "- **ae.** No fold could be compared with the full fit. Folds left out since they chose another number of subtypes: 1."
        in summary
    )
    assert "- vae, stage: epsilon squared 0.06, q 0.004 (kruskal wallis, 290 patients of known value)" in summary
    assert "- ae, stage" not in summary


def test_paragraphs_limits_and_intake(whole):
    _, verdicts, summary, provenance = whole
    for name, paragraph in zip(verdicts["embedding"], verdicts["paragraph"], strict=True):
        lines = summary.split(f"\n**{name}**\n\n")[1].split("\n\n")[0].splitlines()
        made = [line for line in lines if line.startswith("- *Made of.* The risk adds up")]
        assert len(made) == (name == "ae")
        lines = [line for line in lines if line not in made]
        assert [line.split(".*")[0] for line in lines] == [
            *("- *Subtypes", "- *Risk", "- *Beyond the clinical variables", "- *Stability", "- *Omics", "- *Fit")
        ]
        assert " ".join(line.split(".* ")[1] for line in lines[:-2]) == paragraph
        assert lines[-1].startswith("- *Fit.* The full fit kept 2 of 3 latents")
    assert "0.65 to 0.67" in summary
    assert "below 0.05 in 64 % of the runs" in summary
    assert "The family of the adjusted p-values is the 2 embeddings of this cohort." in summary
    assert "is nominal" in summary
    assert "- 300 patients with every omics" in summary
    assert "- Dropped: 1 patients and 0 features" in summary
    assert "significan" not in summary
    assert provenance["training"]["vae"]["device"] == "cpu"
    assert provenance["tables"] == [{"path": "mrna.tsv", "sha256": "0" * 64}]
    assert {"numpy", "torch", "snakemake"} <= set(provenance["packages"])


def test_without_permutations_comparators_and_covariates(tmp_path):
    leaderboard, verdicts, summary, _ = run_scripts(tmp_path, permutations=0, comparators=False, covariates=False)
    assert leaderboard["method"].tolist() == EMBEDDINGS
    assert leaderboard[["permutation_p", "delta_vs_clinical"]].isna().all(axis=None)
    assert verdicts["separation"].tolist() == ["not_tested"] * 2
    assert verdicts["added_value"].tolist() == ["not_tested"] * 2
    assert "no permutations of survival" in summary.splitlines()[2]
    assert "so no verdict on separation is given" in summary
    assert "No comparator was configured" in summary
    assert summary.count("was not tested: no clinical covariates are configured.") == 2
    assert "No clinical variable could be compared" in summary
    assert "The subtypes separate" not in summary


def test_gene_sets_stand_among_the_files_that_were_read(tmp_path):
    sets = tmp_path / "sets.gmt"
    sets.write_bytes(b"SET\tsmall\tTP53\n")
    provenance = run_scripts(tmp_path, gmt=str(sets))[-1]
    assert provenance["tables"][1:] == [{"path": str(sets), "sha256": hashlib.sha256(sets.read_bytes()).hexdigest()}]


def test_few_events_are_said_at_the_top(tmp_path):
    _, verdicts, summary, _ = run_scripts(tmp_path, events=18)
    assert verdicts["separation"].tolist() == ["underpowered"] * 2
    assert "> Only 18 events" in summary
    assert "Below 20 events no verdict on separation is given." in summary


def test_same_tables_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        run_scripts(tmp_path / name)
    for file in ("leaderboard.tsv", "verdicts.tsv", "summary.md", "provenance.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def blocks_text(blocks):
    """Blocks as the summary would show them, below a title."""
    return document_markdown(Document(("t",), blocks, [])).removeprefix("# t\n").strip()


def test_small_parts():
    assert blocks_text([table_of(["a", "b"], [["1", "2"]])]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert document_markdown(Document(("t",), [], [Section("nothing in it", [])])) == "# t\n"
    none = pd.DataFrame(columns=["embedding_a", "embedding_b", "repeat", "ari"])
    assert agreement(Sheet("agreement.tsv", none)) == []
    none = pd.DataFrame({"kind": ["numeric"], "p": [0.5], "q": [0.5]})
    assert blocks_text(enrichment(Sheet("enrichment.tsv", none))) == (
        "0 of 1 tests (each clinical variable with each embedding) have a false discovery rate q below 0.05."
    )


def checks_with(warnings, *more):
    columns = ["level", "item", "id", "check", "value", "action", "message"]
    return pd.DataFrame([*((*row[:3], "x", "1", "warning", row[3]) for row in warnings), *more], columns=columns)


def summary_of(folder, checks):
    """Run the scripts on other rows of checks.tsv."""
    run_scripts(folder, checks=checks)
    return (folder / "summary.md").read_text(encoding="utf-8")


def test_warnings_stand_beside_the_verdict_and_notes_in_the_intake(tmp_path):
    rows = [
        ("cohort", "made_up", np.nan, "44 events are few"),
        ("clinical", "clinical", "age", "age: 2 cells are no numbers ('>89', line 5) and count as missing"),
        ("omics", "mrna", "B1", "a batch of 3 patients"),
        ("patient", "mrna", "P1", "P1 is odd"),
        ("patient", "mrna", "P1", "P1 is odd"),
    ]
    note = ("cohort", "made_up", np.nan, "patients", "300", "note", "patients with every omics")
    advice = ("omics", "mirna", np.nan, "scale", "5", "advice", "values look like counts")
    text = summary_of(tmp_path, checks_with(rows, note, advice))
    opening, rest = text.split("## Held-out beside apparent")
    lines = opening.splitlines()
    start = lines.index("Mind, about the data:")
    assert lines[start - 2].startswith("- **ae**: ")  # right behind the verdicts
    assert lines[start + 1 : start + 7] == [
        "",
        "- 44 events are few",
        r"- age: 2 cells are no numbers ('&gt;89', line 5) and count as missing",
        "- mrna, B1: a batch of 3 patients",
        "- mrna: P1 is odd",
        "",
    ]
    assert "- 300 patients with every omics" in rest
    assert "- Mind: mirna: values look like counts" in rest
    assert "few" not in rest.split("## Intake")[1]


def test_many_warnings_are_cut(tmp_path):
    rows = [("clinical", "clinical", f"column {i}", f"column {i} is odd") for i in range(15)]
    opening = summary_of(tmp_path, checks_with(rows)).split("## Held-out beside apparent")[0]
    assert opening.count(" is odd") == 12
    assert "- and 3 more in `checks.tsv`" in opening


def test_without_warnings_nothing_is_minded(tmp_path):
    assert "Mind, about the data" not in summary_of(tmp_path, checks_with([]))


def test_names_of_the_user_are_text_in_the_summary(tmp_path):
    evil = "<script>alert(1)</script>|[x](javascript:y) **b**\n# $h_$"
    shown = r"&lt;script&gt;alert(1)&lt;/script&gt;\|\[x\](javascript:y) \*\*b\*\* \# \$h\_\$"
    run_scripts(tmp_path, covariate=evil, checks=checks_with([("clinical", "clinical", evil, f"{evil} is odd")]))
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert f"- vae, {shown}: epsilon squared 0.06" in text
    assert f"Cox model of {shown}." in text
    assert f"- {shown} is odd" in text
    assert "<script" not in text
    assert "[x](" not in text


def test_the_omics_are_named_by_falling_share_among_unseen_patients():
    none = attention(weighs=False)
    words = omics_of(attribution(), none)
    assert (
        words == "The risk rests on mi&lt;rna (50 %), mrna (30 %). The subtypes rest on mi&lt;rna (60 %), mrna (40 %)."
    )
    unknown = omics_of(attribution("no way"), none)
    assert unknown.endswith("On which omics the subtypes rest is not known: no way.")
    assert "the same for all patients" in omics_of(attribution().assign(share=np.nan), none)


def test_the_attention_is_that_to_unseen_patients_with_every_omics(whole):
    words = omics_of(attribution(), attention())
    assert words.endswith("Mean weight in the attention of the networks: mi&lt;rna (70 %), mrna (30 %).")
    assert whole[2].count("Mean weight in the attention") == 1


def test_patients_who_lack_an_omics_have_a_table_of_their_own(tmp_path):
    patterns = [
        ("every omics", 300, 110, "cindex", 0.71, 0.65, 0.77),
        ("every omics", 300, 110, "cindex_subtype", 0.63, 0.58, 0.68),
        ("without meth", 40, 9, "cindex", np.nan, np.nan, np.nan),
        ("without meth", 40, 9, "cindex_subtype", np.nan, np.nan, np.nan),
    ]
    choice = (
        "cohort",
        "made_up",
        np.nan,
        "would_keep_any",
        "340",
        "note",
        "patients (119 events) would be kept by any",
    )
    run_scripts(tmp_path / "some", patterns=patterns, checks=checks_with([], choice))
    text = (tmp_path / "some" / "summary.md").read_text(encoding="utf-8")
    assert "300 patients with every omics, 110 events." in text
    assert "| vae | every omics | 300 | 110 | 0.71 [0.65 to 0.77] | 0.63 [0.58 to 0.68] |" in text
    assert "| vae | without meth | 40 | 9 | - | - |" in text
    assert "Each choice in the config: 340 patients (119 events) would be kept by any." in text
    run_scripts(tmp_path / "none")
    assert "lack an omics" not in (tmp_path / "none" / "summary.md").read_text(encoding="utf-8")


def test_what_counts_how_much_in_the_risk_is_said_where_anything_was_weighed(whole):
    assert made_of(sources(seen=False)) == []
    (words,) = made_of(sources())
    assert words.startswith(
        "The risk adds up what networks that see survival say with 0.40 and a ridge Cox model of the other latents with 0.10"
    )
    (late,) = made_of(sources(omics=("mi<rna", "meth")))
    assert late.startswith("risk of mi&lt;rna, share 50 %: what networks that see survival say with 0.40")
    assert "; risk of meth, share 50 %: " in late


def test_what_was_read_is_said_and_shown_as_text(whole):
    section = whole[2].split("## What was read")[1]
    assert "Patients with usable follow-up: 300 with mrna, mi&lt;rna; 9 with mrna; 1 with none." in section
    assert "| mi&lt;rna | the\\|machine | 2 | 300 | 0.250 | 0.310 | -0.001 | 10.0 % to 0.0 % |" in section
    # The farthest first; eight of ten are named.
    assert "P11 (14.0), P10 (13.0)" in section
    assert "P4 (7.0), and 2 more" in section
    assert "| age | covariate | numeric | 10 | 30 to 90, median 61.5 |" in section
    assert "l5: 4; and others" in section
    assert "<b>" not in section


def test_what_was_read_without_batches_outliers_and_clinic():
    known = {name: Sheet(f"{name}.tsv", table) for name, table in DESCRIPTION.items()}
    known["distances"] = Sheet("distances.tsv", DESCRIPTION["distances"].assign(outlier=False))
    known |= {name: Sheet(f"{name}.tsv", DESCRIPTION[name].iloc[:0]) for name in ("separation", "columns")}
    blocks = as_read(SimpleNamespace(description=known))
    assert not [block for block in blocks if isinstance(block, Table)]
    assert "No patient lies far from all others in any omics." in [plain(item) for item in blocks[0].items]
