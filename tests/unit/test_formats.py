"""One synthetic cohort, written in each public format by a few lines here, is read as the same cohort.

What the formats look like is cited in the files of `stratomics.cohort.formats`. Every writer adds what the real files hold
beside the measurements: normals, recurrences, further rows of a patient, columns and rows that are no measurement.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from stratomics.checksums import checksums, held_still
from stratomics.cohort import build_cohort, formats, load_cohort, save_cohort
from stratomics.cohort.formats import find_format, format_names
from stratomics.cohort.source import find_source
from stratomics.cohort.types import Cohort
from stratomics.errors import DataError
from stratomics.locations import clinical_paths, files_read, table_paths

ROOT = Path(__file__).resolve().parents[2]
N = 36
PATIENTS = [f"TCGA-QQ-A{i:03d}" for i in range(N)]
RNG = np.random.default_rng(0)
GENES = [f"ENSG{i:011d}" for i in range(12)]
MRNA = pd.DataFrame(RNG.lognormal(3, 1, (N, 12)).round(4), PATIENTS, GENES)
METH = pd.DataFrame(RNG.random((N, 9)).round(4), PATIENTS, [f"cg{i:08d}" for i in range(9)])
MUTATED = pd.DataFrame(
    (RNG.random((N, 6)) < 0.4).astype(float), PATIENTS, ["TP53", "KRAS", "EGFR", "PTEN", "APC", "RB1"]
)
MUTATED.iloc[:, 0] = 1 - MUTATED.iloc[:, 1]  # nobody without a mutation, whom no such list holds
DAYS = pd.Series(200 + 40 * RNG.permutation(N), PATIENTS)
DEAD = pd.Series([1] * 24 + [0] * 12, PATIENTS)
AGE = pd.Series(RNG.integers(40, 80, N), PATIENTS)
#: Types of further samples: a normal of some, a recurrence of others.
FURTHER = {**dict.fromkeys(PATIENTS[3:9], "11"), **dict.fromkeys(PATIENTS[10:13], "02")}

Settings = dict[str, Any]
Writer = Callable[[Path], Settings]


def samples_of(table: pd.DataFrame, form: str = "{}-{}A") -> pd.DataFrame:
    """Rows under barcodes of samples: all primary tumours, and the further samples with other values."""
    tumours = table.set_axis([form.format(patient, "01") for patient in table.index])
    others = (table.loc[list(FURTHER)] + 1).set_axis([form.format(patient, code) for patient, code in FURTHER.items()])
    return pd.concat([others, tumours])


def write(table: pd.DataFrame, file: Path, label: str = "") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(file, sep="\t", index_label=label)


def write_lines(file: Path, *lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")


def clinical() -> pd.DataFrame:
    return pd.DataFrame({"OS": DEAD, "OS.time": DAYS, "age": AGE})


def plain(folder: Path, **omics: pd.DataFrame) -> Settings:
    """The config of a cohort of plain tables, written where there are any."""
    write(clinical(), folder / "clinical.tsv", "patient")
    for name, table in omics.items():
        write(table, folder / f"{name}.tsv", "patient")
    return {
        "name": "toy",
        "omics": [{"name": name, "path": f"{name}.tsv"} for name in omics],
        "clinical": {
            "path": "clinical.tsv",
            "patient": "patient",
            "time": "OS.time",
            "event": "OS",
            "covariates": ["age"],
        },
        "samples": "primary",
    }


def build(settings: Settings, folder: Path) -> tuple[Cohort, pd.DataFrame]:
    """Build a cohort, and read it back from its file."""
    cohort, checks = build_cohort(
        settings,
        preprocess={"max_missing_patient": 0.2, "max_missing_feature": 0.2},
        evaluation={"folds": 2, "horizon_days": 500},
        base_dir=folder,
    )
    save_cohort(cohort, folder / "cohort.h5mu")
    return load_cohort(folder / "cohort.h5mu"), checks


def with_clinical(settings: Settings, **entry: Any) -> Settings:
    return {**settings, "clinical": {"covariates": ["age"], **entry}}


def with_omics(settings: Settings, **omics: Settings | str) -> Settings:
    entries = {name: {"path": one} if isinstance(one, str) else one for name, one in omics.items()}
    return {**settings, "omics": [{"name": name, **one} for name, one in entries.items()]}


# ---- the formats -----------------------------------------------------------------------------------------------------


def cbioportal(folder: Path) -> Settings:
    """A study folder, named by its path and nothing else."""
    study = folder / "toy_tcga"
    status = DEAD.map({1: "1:DECEASED", 0: "0:LIVING"})
    patients = pd.DataFrame({"OS_STATUS": status, "OS_MONTHS": DAYS / 30.4375}).rename_axis("PATIENT_ID").reset_index()
    samples = pd.DataFrame({"SAMPLE_ID": samples_of(MRNA, "{}-{}").index})
    samples["PATIENT_ID"] = samples["SAMPLE_ID"].str[:12]
    samples["age"] = AGE[samples["PATIENT_ID"]].to_numpy() + samples["SAMPLE_ID"].str.endswith("-11")
    for name, table in (("patient", patients), ("sample", samples[::-1])):
        about = [
            "#" + "\t".join(words)
            for words in (table.columns, table.columns, ["STRING"] * table.shape[1], ["1"] * table.shape[1])
        ]
        write_lines(study / f"data_clinical_{name}.txt", *about, table.to_csv(sep="\t", index=False))
    for name, table in (("mrna_seq_v2_rsem", MRNA), ("methylation_hm450", METH)):
        wide = samples_of(table, "{}-{}").T.reset_index(names="Hugo_Symbol")
        wide.insert(1, "Entrez_Gene_Id", list(map(str, range(1, len(wide) + 1))))
        further = wide.iloc[:2].copy()  # a gene twice, and one without a name
        further.iloc[:, 2:] = -5.0
        further.iloc[1, :2] = ["", ""]
        pd.concat([wide, further]).to_csv(study / f"data_{name}.txt", sep="\t", index=False)
    settings = with_omics(
        plain(folder), mrna="toy_tcga/data_mrna_seq_v2_rsem.txt", meth="toy_tcga/data_methylation_hm450.txt"
    )
    return with_clinical(settings, path="toy_tcga")


def gdc(folder: Path, *, prefixed: bool = False) -> Settings:
    """Files of single samples with their sample sheet, and a clinical table with a row per treatment."""
    names = [
        "cases.submitter_id",
        "demographic.vital_status",
        "demographic.days_to_death",
        "diagnoses.days_to_last_follow_up",
    ]
    if not prefixed:
        names = ["case_submitter_id", "vital_status", "days_to_death", "days_to_last_follow_up"]
    rows = []
    for patient in PATIENTS:
        dead, days = DEAD[patient], DAYS[patient]
        outcome = [patient, "Dead" if dead else "Alive", days if dead else "'--"]
        # The other diagnosis and the earlier visit count for nothing.
        rows.append([*outcome, days - 90, "metastasis", 1, "Radiation"])
        rows.append([*outcome, "'--" if dead else days - (60 if prefixed else 0), "primary", AGE[patient], "Surgery"])
    table = pd.DataFrame(rows, columns=[*names, "classification_of_tumor", "age", "treatment_type"])
    table.insert(0, "project_id", "TCGA-QQ")
    write_lines(folder / "clin" / "clinical.tsv", table.to_csv(sep="\t", index=False))
    if prefixed:
        visits = pd.DataFrame({names[0]: PATIENTS * 2, "follow_ups.days_to_follow_up": [*DAYS, *(DAYS - 30)]})
        write_lines(folder / "clin" / "follow_up.tsv", visits.to_csv(sep="\t", index=False))
    sheet = []
    for i, (sample, values) in enumerate(samples_of(MRNA).iterrows()):
        file = f"u{i}.rna_seq.augmented_star_gene_counts.tsv"
        counts = [f"{gene}.{i % 7 + 1}\t{gene}\tprotein_coding\t{9}\t{5}\t{4}\t{x}\t1\t1" for gene, x in values.items()]
        write_lines(
            folder / "gdc" / f"id{i}" / file,
            "# gene-model: GENCODE v36",
            "gene_id\tgene_name\tgene_type\tunstranded\tstranded_first\tstranded_second\ttpm_unstranded\tfpkm_unstranded\tfpkm_uq_unstranded",
            *(f"N_{kind}\t\t\t100\t100\t100\t\t\t" for kind in ("unmapped", "multimapping", "noFeature", "ambiguous")),
            *(line.replace(f".{i % 7 + 1}\t", ".4\t", 1) for line in counts),
        )
        sheet.append([f"id{i}", file, "Transcriptome Profiling", "Gene Expression Quantification", sample])
    for i, (sample, values) in enumerate(samples_of(METH).iterrows()):
        file = f"v{i}.methylation_array.sesame.level3betas.txt"
        write_lines(folder / "gdc" / f"jd{i}" / file, *(f"{probe}\t{x}" for probe, x in values.items()), "cg99\tNA")
        sheet.append([f"jd{i}", file, "DNA Methylation", "Methylation Beta Value", sample])
    heads = ["File ID", "File Name", "Data Category", "Data Type", "Sample ID"]
    frame = pd.DataFrame(sheet, columns=heads)
    frame["Case ID"] = frame["Sample ID"].str[:12]
    write_lines(folder / "gdc" / "gdc_sample_sheet.2026-01-01.tsv", frame.to_csv(sep="\t", index=False))
    settings = with_omics(
        plain(folder), mrna={"path": "gdc", "format": "gdc_star"}, meth={"path": "gdc", "format": "gdc_methylation"}
    )
    return with_clinical(settings, path="clin" if prefixed else "clin/clinical.tsv")


def xena(folder: Path) -> Settings:
    """Matrices without a suffix, and a survival table with a row per sample."""
    for name, table, label in (("HiSeqV2", MRNA, "Ensembl_ID"), ("HumanMethylation450", METH, "sample")):
        wide = samples_of(table).T
        write(
            wide.set_axis([f"{one}.12" for one in wide.index]) if label == "Ensembl_ID" else wide, folder / name, label
        )
    ids = samples_of(MRNA).index
    patients = ids.str[:12]
    survival = pd.DataFrame(
        {"_PATIENT": patients, "OS": DEAD[patients].to_numpy(), "OS.time": DAYS[patients].to_numpy()}, index=ids
    )
    survival["age"] = AGE[patients].to_numpy()
    write(survival, folder / "survival.txt", "sample")
    return with_clinical(with_omics(plain(folder), mrna="HiSeqV2", meth="HumanMethylation450"), path="survival.txt")


def firehose(folder: Path) -> Settings:
    """Two header rows, three measurements of each sample, and clinical data with a column per patient."""
    for name, table, measures, suffix in (
        ("mrna", MRNA, ["raw_count", "scaled_estimate", "normalized_count"], "|1"),
        ("meth", METH, ["Beta_value", "Gene_Symbol", "Chromosome"], ""),
    ):
        samples = samples_of(table, "{}-{}A-11R-A123-07")
        lines = [
            "Hybridization REF\t" + "\t".join(np.repeat(samples.index, 3)),
            ("gene_id\t" if suffix else "Composite Element REF\t") + "\t".join(measures * len(samples)),
        ]
        for feature, values in samples.items():
            cells = [f"7\t8\t{x}" if suffix else f"{x}\tTP53\t17" for x in values]
            lines.append(f"{feature}{suffix}\t" + "\t".join(cells))
        write_lines(folder / f"{name}.data.txt", *lines)
    times = DAYS.astype(str)
    picked = {
        "Hybridization REF": [patient.lower() for patient in PATIENTS],
        "Composite Element REF": ["value"] * N,
        "vital_status": DEAD.astype(str).tolist(),
        "days_to_death": times.where(DEAD == 1, "NA").tolist(),
        "days_to_last_followup": times.where(DEAD == 0, "NA").tolist(),
        "age": AGE.astype(str).tolist(),
    }
    write_lines(folder / "QQ.clin.merged.picked.txt", *("\t".join([name, *cells]) for name, cells in picked.items()))
    return with_clinical(
        with_omics(plain(folder), mrna="mrna.data.txt", meth="meth.data.txt"), path="QQ.clin.merged.picked.txt"
    )


def gct(folder: Path) -> Settings:
    """Version 1.2, and 1.3 with two columns about the rows and a row about the columns."""
    for name, table, version in (("mrna", MRNA, "#1.2"), ("meth", METH, "#1.3")):
        wide = samples_of(table).T
        about = ["na"] if version == "#1.2" else ["17", "x"]
        sizes = [*map(str, wide.shape), *(["2", "1"] if version == "#1.3" else [])]
        head = ["NAME", "Description"] if version == "#1.2" else ["id", "chr", "kind"]
        lines = [version, "\t".join(sizes), "\t".join([*head, *wide.columns])]
        if version == "#1.3":
            lines.append("\t".join(["plate", "na", "na", *["7"] * wide.shape[1]]))
        rows = ("\t".join([feature, *about, *map(str, values)]) for feature, values in wide.iterrows())
        write_lines(folder / f"{name}.gct", *lines, *rows)
    return with_omics(plain(folder), mrna="mrna.gct", meth="meth.gct")


def h5ad(folder: Path) -> Settings:
    """A file per omics, one of them sparse and in a layer."""
    import anndata
    import scipy.sparse as sp

    settings = plain(folder)
    obs = clinical().rename_axis("patient")
    anndata.AnnData(MRNA.to_numpy(), obs=obs, var=pd.DataFrame(index=GENES)).write_h5ad(folder / "mrna.h5ad")
    beta = anndata.AnnData(METH.to_numpy() * 0, obs=pd.DataFrame(index=PATIENTS), var=pd.DataFrame(index=METH.columns))
    beta.layers["beta"] = sp.csr_matrix(METH.to_numpy())
    beta.write_h5ad(folder / "meth.h5ad")
    settings = with_omics(settings, mrna="mrna.h5ad", meth={"path": "meth.h5ad", "column": "beta"})
    return with_clinical(settings, path="mrna.h5ad", patient="patient", time="OS.time", event="OS")


def h5mu(folder: Path) -> Settings:
    """The file that this project writes."""
    cohort, _ = build(plain(folder, mrna=MRNA, meth=METH), folder)
    save_cohort(cohort, folder / "other.h5mu")
    return with_clinical(with_omics(plain(folder), mrna="other.h5mu", meth="other.h5mu"), path="other.h5mu")


def parquet(folder: Path) -> Settings:
    for name, table in (("mrna", MRNA), ("meth", METH.T), ("clinical", clinical().rename_axis("patient"))):
        table.to_parquet(folder / f"{name}.data")
    settings = with_omics(plain(folder), mrna="mrna.data", meth="meth.data")
    return with_clinical(settings, path="clinical.data", patient="patient", time="OS.time", event="OS")


WRITERS: dict[str, Writer] = {
    "cbioportal": cbioportal,
    "gdc": gdc,
    "gdc since 2024": lambda folder: gdc(folder, prefixed=True),
    "xena": xena,
    "firehose": firehose,
    "gct": gct,
    "h5ad": h5ad,
    "h5mu": h5mu,
    "parquet": parquet,
}


def assert_same(cohort: Cohort, expected: Cohort) -> None:
    assert list(cohort.patients) == list(expected.patients)
    np.testing.assert_allclose(cohort.time, expected.time, rtol=1e-6)
    np.testing.assert_array_equal(cohort.event, expected.event)
    np.testing.assert_allclose(cohort.clinical["age"], expected.clinical["age"])
    for one, other in zip(cohort.omics, expected.omics, strict=True):
        assert one.name == other.name
        assert sorted(one.values) == sorted(other.values)
        np.testing.assert_allclose(one.values[list(other.values)], other.values, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_cohort(name: str, tmp_path: Path) -> None:
    expected, _ = build(plain(tmp_path, mrna=MRNA, meth=METH), tmp_path)
    assert expected.n == N
    cohort, checks = build(WRITERS[name](tmp_path), tmp_path)
    assert_same(cohort, expected)
    assert (checks["check"] == "format").sum() == 3 - (name == "gct")  # whose clinical table is plain
    if name not in ("h5ad", "h5mu", "parquet"):
        left = checks[checks["check"] == "samples_left_out"].set_index(["item", "id"])["value"]
        assert left["mrna", "11"] == left["meth", "11"] == "6"
        assert left["mrna", "02"] == "3"


def test_mutations_become_genes(tmp_path: Path) -> None:
    expected, _ = build(plain(tmp_path, mrna=MRNA, mut=MUTATED), tmp_path)
    rows = [
        [gene, f"{patient}-01A-11D-A123-08", kind]
        for patient in PATIENTS
        for gene in MUTATED
        if MUTATED.loc[patient, gene]
        for kind in ("Missense_Mutation", "Silent")
    ]
    rows += [["TTN", f"{PATIENTS[0]}-01A-11D-A123-08", "Nonsense_Mutation"]]  # of one patient in 36
    rows += [["KRAS", f"{patient}-01A-11D-A123-08", "Intron"] for patient in PATIENTS]
    table = pd.DataFrame(rows, columns=["Hugo_Symbol", "Tumor_Sample_Barcode", "Variant_Classification"])
    write_lines(tmp_path / "toy.maf", "#version gdc-1.0.0", table.to_csv(sep="\t", index=False))
    settings = plain(tmp_path, mrna=MRNA)
    settings["omics"].append({"name": "mut", "path": "toy.maf", "min_mutated": 0.05})
    cohort, checks = build(settings, tmp_path)
    assert_same(cohort, expected)
    assert checks.set_index("check").loc["rarely_mutated_genes", "value"] == "1"

    settings["omics"][1] |= {"column": "burden"}
    burden = build(settings, tmp_path)[0].omics[1].values
    n = MUTATED.sum(axis=1).loc[burden.index]
    assert burden["Missense_Mutation"].tolist() == burden["Silent"].tolist() == n.tolist()
    assert (burden["all"] - 2 * n).tolist() == [2.0] + [1.0] * (len(n) - 1), "one of TTN, one of KRAS in each"
    table = pd.concat([table, table[table["Hugo_Symbol"].isin(MUTATED)]])
    write_lines(tmp_path / "toy.maf", "#version gdc-1.0.0", table.to_csv(sep="\t", index=False))
    settings["omics"][1] |= {"column": "count"}
    counts, once = (one.omics[1].values for one in (build(settings, tmp_path)[0], expected))
    pd.testing.assert_frame_equal(counts[once.columns], 2 * once)
    settings["omics"][1] |= {"column": "tmb"}
    with pytest.raises(DataError, match="Use mutated or count or burden"):
        build(settings, tmp_path)


def test_further_files_of_a_study(tmp_path: Path) -> None:
    """Copy number with a row per gene and sample, and a generic assay with a column of its own about the features."""
    calls = (METH * 4 - 2).round()
    expected, _ = build(plain(tmp_path, cna=calls, assay=MRNA), tmp_path)
    settings = cbioportal(tmp_path)
    long = samples_of(calls, "{}-{}").rename_axis("Sample_Id").reset_index().melt("Sample_Id", var_name="Hugo_Symbol")
    long.insert(1, "Entrez_Gene_Id", "")
    long = long[["Hugo_Symbol", "Entrez_Gene_Id", "Sample_Id", "value"]].rename(columns={"value": "Value"})
    long.to_csv(tmp_path / "toy_tcga/data_cna.txt", sep="\t", index=False)
    wide = samples_of(MRNA, "{}-{}").T.reset_index(names="ENTITY_STABLE_ID")
    wide.insert(1, "NAME", "a name")
    wide.insert(2, "confidenceStatement", "high")
    wide.to_csv(tmp_path / "toy_tcga/data_mutational_signature.txt", sep="\t", index=False)
    cohort, _ = build(
        with_omics(settings, cna="toy_tcga/data_cna.txt", assay="toy_tcga/data_mutational_signature.txt"), tmp_path
    )
    assert_same(cohort, expected)


def test_files_of_samples_of_gdc(tmp_path: Path) -> None:
    """miRNA, segments and mutations, a file per sample; ids of a project without barcodes, whose normals the sheet tells."""
    case = {patient: f"C3L-{patient[-3:]}" for patient in PATIENTS}
    mirna = pd.DataFrame(MRNA.to_numpy(), list(case.values()), [f"hsa-mir-{i}" for i in range(12)])
    cna = pd.DataFrame(METH.iloc[:, :2].to_numpy(), mirna.index, ["1:0-5Mb", "2:0-5Mb"])
    mut = pd.DataFrame(MUTATED.to_numpy(), mirna.index, MUTATED.columns)
    arms = mirna.iloc[:, :3].set_axis(["MIMAT1", "MIMAT2", "MIMAT3"], axis=1)
    arms = arms.where(arms >= 12, 0.0)  # not in the file of the sample
    settings = plain(tmp_path, mirna=mirna, cna=cna, mut=mut, arms=arms)
    write(clinical().set_axis(list(case.values())), tmp_path / "clinical.tsv", "patient")
    expected, _ = build(settings, tmp_path)
    sheet = []
    for i, name in enumerate(mirna.index):
        for kind, shift in (("Tumor", 0), ("Normal", 1)):
            files = {
                f"{i}{kind}.mirbase21.mirnas.quantification.txt": [
                    "miRNA_ID\tread_count\treads_per_million_miRNA_mapped\tcross-mapped",
                    *(f"{one}\t5\t{x + shift}\tN" for one, x in mirna.loc[name].items()),
                ],
                f"{i}{kind}.nocnv_grch38.seg.v2.txt": [
                    "GDC_Aliquot\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean",
                    *(f"a-uuid\t{j + 1}\t100\t200\t7\t{x + shift}" for j, x in enumerate(cna.loc[name])),
                ],
                f"{i}{kind}.mirbase21.isoforms.quantification.txt": [
                    "miRNA_ID\tisoform_coords\tread_count\treads_per_million_miRNA_mapped\tcross-mapped\tmiRNA_region",
                    "hsa-let-7a-1\thg38:chr9:1-2:+\t1\t100\tN\tprecursor",
                    *(
                        f"hsa-let\thg38:chr9:{part}\t1\t{(x + shift) * part}\tN\tmature,{arm}"
                        for arm, x in arms.loc[name].items()
                        for part in (0.25, 0.75)
                        if x
                    ),
                ],
            }
            for file, lines in files.items():
                write_lines(tmp_path / "gdc" / f"{i}{kind}" / file, *lines)
                sheet.append([file, name, f"{name}-{shift}", kind])
        genes = mut.columns[mut.loc[name] == 1]
        head = "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode"
        write_lines(
            tmp_path / "gdc" / f"{i}.maf", "#version", head, *(f"{gene}\tIn_Frame_Del\t{name}" for gene in genes)
        )
    write_lines(tmp_path / "gdc" / "none.maf", "#version", head)
    frame = pd.DataFrame(sheet, columns=["File Name", "Case ID", "Sample ID", "Tissue Type"])
    write_lines(tmp_path / "gdc" / "gdc_sample_sheet.tsv", frame.to_csv(sep="\t", index=False))
    kinds = {"mirna": "gdc_mirna", "cna": "segments", "mut": "maf", "arms": "gdc_isoforms"}
    omics = {name: {"path": "gdc", "format": kind, "min_mutated": 0.0} for name, kind in kinds.items()}
    cohort, checks = build(with_omics(settings, **omics), tmp_path)
    assert_same(cohort, expected)
    assert checks.set_index(["item", "check"]).loc[("mirna", "samples_left_out"), "value"] == str(N)
    assert checks.set_index("check").loc["files_without_mutation", "value"] == "1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("#1.2\n2\t3\nNAME\tDescription\tP1\tP2\n", "line 2 says 3 samples, and line 3 names 2 behind 2 columns"),
        ("#1.2\n2\t2\nNAME\tDescription\tP1\tP2\na\tx\t1\t2\n", "line 2 says 2 rows, and there are 1"),
        (
            "#1.2\n1\t2\nNAME\tDescription\tP1\tP2\na\tx\t1\n",
            r"not as wide as the header, which has 4 cells \(line 4: 3\)",
        ),
        ("#1.2\nNAME\tDescription\tP1\tP2\na\tx\t1\t2\n", "has its sizes in line 2"),
    ],
)
def test_damaged_gct(content: str, said: str, tmp_path: Path) -> None:
    settings = plain(tmp_path, meth=METH)
    (tmp_path / "x.gct").write_text(content)
    settings["omics"].append({"name": "mrna", "path": "x.gct"})
    with pytest.raises(DataError, match=said):
        build(settings, tmp_path)


def test_segments_become_genes_and_bins(tmp_path: Path) -> None:
    """Two genes on two chromosomes: one within a segment, one over the border of two; worked out by hand."""
    levels = pd.DataFrame(RNG.normal(size=(N, 3)).round(4), PATIENTS, ["a", "b", "c"])
    by_hand = pd.DataFrame(
        {"WITHIN": levels["a"], "BORDER": 0.25 * levels["a"] + 0.75 * levels["b"], "OTHER": levels["c"]}
    )
    expected, _ = build(plain(tmp_path, mrna=MRNA, cna=by_hand), tmp_path)
    rows = []
    for patient, (a, b, c) in levels.iterrows():
        sample = f"{patient}-01A-11D-A123-01"
        rows += [
            [sample, "chr1", 1_000, 2_000, 9, a],
            [sample, "chr1", 2_000, 9_000, 9, b],
            [sample, "X", 1_000, 2_000, 9, c],
        ]
    heads = ["GDC_Aliquot", "Chromosome", "Start", "End", "Num_Probes", "Segment_Mean"]
    write_lines(tmp_path / "toy.seg", pd.DataFrame(rows, columns=heads).to_csv(sep="\t", index=False))
    places = [
        "1:WITHIN\t1\t1100\t1900",
        "2:BORDER\tchr1\t1900\t2300",
        "3:OTHER\tchrX\t1000\t1500",
        "4:NONE\tchr9\t1\t2",
    ]
    lines = [line.replace(":", "\t") for line in places]
    write_lines(tmp_path / "probeMap", "#id\tgene\tchrom\tchromStart\tchromEnd", *lines)
    settings = plain(tmp_path, mrna=MRNA)
    settings["omics"].append({"name": "cna", "path": "toy.seg", "map": "probeMap"})
    cohort, _ = build(settings, tmp_path)
    assert_same(cohort, expected)
    del settings["omics"][1]["map"]
    cohort, _ = build(settings, tmp_path)
    bins = cohort.omics[1].values
    assert list(bins) == ["1:0-5Mb", "X:0-5Mb"]
    np.testing.assert_allclose(bins["1:0-5Mb"], (levels["a"] + 7 * levels["b"]) / 8, rtol=1e-5)


def test_probes_become_genes_by_a_map(tmp_path: Path) -> None:
    gappy = METH.mask(RNG.random(METH.shape) < 0.05)
    pairs = [["TP53", "KRAS", "TP53;KRAS", "", "EGFR", "EGFR", "EGFR", "NA", "."][j] for j in range(METH.shape[1])]
    means = {
        gene: gappy[[p for p, of in zip(METH, pairs, strict=True) if gene in of]].mean(axis=1)
        for gene in ("TP53", "KRAS", "EGFR")
    }
    expected, _ = build(plain(tmp_path, mrna=MRNA, meth=pd.DataFrame(means)), tmp_path)
    settings = plain(tmp_path, mrna=MRNA, meth=gappy.T)
    write_lines(
        tmp_path / "map.tsv",
        "probe\tchr\tgene",
        *(f"{p}\t1\t{g}" for p, g in zip(METH, pairs, strict=True)),
        "cg99\t1\tX",
    )
    settings["omics"][1]["map"] = "map.tsv"
    cohort, checks = build(settings, tmp_path)
    assert_same(cohort, expected)
    assert checks.set_index("check").loc["features_without_gene", "value"] == "3"
    write_lines(tmp_path / "map.tsv", "probe\tgene", "ILMN_1\tTP53")
    with pytest.raises(
        DataError, match=r"map.tsv: none of the features of meth.tsv \('cg0.* is in its first column \('ILMN_1'\)"
    ):
        build(settings, tmp_path)


def test_clinical_tables_are_joined_by_patient(tmp_path: Path) -> None:
    settings = plain(tmp_path, mrna=MRNA, meth=METH)
    expected, _ = build(settings, tmp_path)
    write(clinical()[["OS", "OS.time"]], tmp_path / "clinical.tsv", "patient")
    by_sample = samples_of(clinical()[["age", "OS"]])  # also of other samples, with other ages
    write(by_sample.iloc[::-1], tmp_path / "samples.tsv", "patient")
    write(pd.DataFrame({"stage": "II"}, index=PATIENTS[5:]), tmp_path / "stage.tsv", "patient")
    settings["clinical"]["join"] = ["samples.tsv", "stage.tsv"]
    settings["clinical"]["annotations"] = ["stage"]
    cohort, checks = build(settings, tmp_path)
    assert_same(cohort, expected)
    assert cohort.clinical["stage"].isna().sum() == 5
    joined = checks[checks["check"] == "table_joined"]
    assert joined["value"].tolist() == ["1", "1"]
    assert checks.set_index("check").loc["columns_of_earlier_table", "value"] == "1"
    write(pd.DataFrame({"stage": "II"}, index=[f"X{i}" for i in range(N)]), tmp_path / "stage.tsv", "patient")
    with pytest.raises(DataError, match=r"stage.tsv: its ids \('X0', .* are not those of clinical.tsv"):
        build(settings, tmp_path)
    write(pd.DataFrame({"stage": ["I", "II"]}, index=[PATIENTS[0]] * 2), tmp_path / "stage.tsv", "patient")
    with pytest.raises(DataError, match="stage.tsv: 1 patient is listed more than once with different values"):
        build(settings, tmp_path)


def test_samples_of_a_study_are_named_by_its_table_of_samples(tmp_path: Path) -> None:
    """Where ids are no barcodes, of two samples of a patient the primary tumour counts."""
    expected, _ = build(plain(tmp_path, mrna=MRNA, meth=METH), tmp_path)
    settings = cbioportal(tmp_path)
    renamed = {f"{patient}-{code}": f"P-{patient[-3:]}-T{code}" for patient in PATIENTS for code in ("01", "02", "11")}
    for file in (tmp_path / "toy_tcga").iterdir():
        text = file.read_text().rstrip()
        for old, new in renamed.items():
            text = text.replace(old, new)
        if file.name == "data_clinical_sample.txt":
            lines = text.splitlines()
            kinds = ["#Type", "#Type", "#STRING", "#1", "SAMPLE_TYPE"]
            kinds += ["Primary" if "-T01" in line else "Metastasis" for line in lines[5:]]
            text = "\n".join(f"{line}\t{kind}" for line, kind in zip(lines, kinds, strict=False))
        file.write_text(text)
    cohort, checks = build(settings, tmp_path)
    assert_same(cohort, expected)
    assert (checks["check"] == "further_sample").sum() == 2 * len(FURTHER)


def test_what_a_format_leaves_open_is_asked_for(tmp_path: Path) -> None:
    settings = with_clinical(plain(tmp_path, mrna=MRNA, meth=METH), path="clinical.tsv")
    with pytest.raises(
        DataError, match=r"does not say clinical.patient and clinical.time and clinical.event.* 'OS.time', 'age'"
    ):
        build(settings, tmp_path)
    settings = gdc(tmp_path)
    settings["omics"][0].pop("format")
    with pytest.raises(DataError, match=r"gdc: this may be .*format: gdc_methylation\) or .*format: gdc_star\)"):
        build(settings, tmp_path)
    settings = cbioportal(tmp_path)
    settings["omics"][0]["path"] = "toy_tcga"
    with pytest.raises(DataError, match=r"Name the file of omics 'mrna' in it: 'toy_tcga/data_meth.*data_mrna"):
        build(settings, tmp_path)


def test_times_of_gdc_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    settings = gdc(tmp_path)
    file = tmp_path / "clin/clinical.tsv"
    lines = file.read_text().splitlines()
    alive = next(i for i, line in enumerate(lines) if "Alive" in line)
    patient = lines[alive].split("\t")[1]
    for i in (alive, alive + 1):  # both rows of the case
        cells = lines[i].split("\t")
        lines[i] = "\t".join([*cells[:4], "two years", *cells[5:]])
    file.write_text("\n".join(lines))
    with pytest.raises(
        DataError, match=f"'days_to_last_follow_up' has 1 cell that is no number: 'two years' .patient '{patient}'"
    ):
        build(settings, tmp_path)


def test_column_of_the_config_is_taken(tmp_path: Path) -> None:
    settings = gdc(tmp_path)
    settings["omics"][0]["column"] = "unstrandd"
    with pytest.raises(DataError, match="no column 'unstrandd'; the columns are 'gene_id', 'gene_name'"):
        build(settings, tmp_path)
    settings = firehose(tmp_path)
    settings["omics"][0]["column"] = "beta"
    with pytest.raises(DataError, match="no measurement 'beta', the `column` of the config; there are 'raw_count'"):
        build(settings, tmp_path)


@pytest.mark.parametrize("table", [MRNA, METH.T, clinical(), MUTATED.T])
def test_plain_tables_are_no_format(table: pd.DataFrame, tmp_path: Path) -> None:
    for label in ("patient", "gene", "sample", "Hugo_Symbol", ""):
        write(table, tmp_path / "t.tsv", label)
        source = find_source("t.tsv", tmp_path, "omics 'mrna'")
        assert [find_format(source, {}, kind)[0] for kind in ("matrix", "clinical")] == ["table", "table"]


def test_a_folder_stands_for_the_files_that_are_read(tmp_path: Path) -> None:
    settings = cbioportal(tmp_path)
    assert clinical_paths(settings) == ["toy_tcga"]
    assert table_paths(settings) == ["toy_tcga", *(one["path"] for one in settings["omics"])]
    study = tmp_path / "toy_tcga"
    assert files_read(study) == ["data_clinical_patient.txt", "data_clinical_sample.txt"]
    remembered = tmp_path / "sums.json"
    sums = [checksums([study], remembered)]
    (study / "data_sv.txt").touch()  # nobody reads it as a folder
    sums.append(checksums([study], remembered))
    (study / "data_clinical_sample.txt").rename(study / "data_clinical_samples.txt")
    sums.append(checksums([study], remembered))
    assert sums[0] == sums[1] != sums[2]
    with pytest.raises(DataError, match="toy_tcga changed while it was read"), held_still([study], remembered):
        write_lines(study / "data_clinical_patient.txt", "PATIENT_ID\tage", "P1\t3")


def test_schema_names_every_format() -> None:
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    assert schema["$defs"]["format"]["enum"] == ["auto", *format_names()]


TOY = """
import json
from stratomics.cohort.format import Format
from stratomics.cohort.numbers import matrix_of_pieces
from stratomics.cohort.pieces import pieces_of_rows

class Toy(Format):
    words = "a toy"

    def is_matrix(self, source):
        return source.start.startswith(b"{\\"toy\\"")

    def matrix(self, source, request):
        content = json.loads(source.file.read_text())["toy"]
        rows = [(1, [name, *map(str, values)]) for name, values in content["rows"].items()]
        return matrix_of_pieces(source.path, content["columns"], pieces_of_rows(rows), request.bad)[0]

FORMAT = Toy()
"""


def test_a_format_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "toy_of_test.py").write_text(TOY)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path / "plugins")])
    expected, _ = build(plain(tmp_path, mrna=MRNA, meth=METH), tmp_path)
    content = {"columns": [*METH], "rows": {patient: row.tolist() for patient, row in METH.iterrows()}}
    (tmp_path / "meth.json").write_text(json.dumps({"toy": content}))
    settings = plain(tmp_path, mrna=MRNA)
    settings["omics"].append({"name": "meth", "path": "meth.json"})
    cohort, checks = build(settings, tmp_path)
    assert_same(cohort, expected)
    assert checks.set_index("check").loc["format", ["value", "message"]].tolist() == [
        "toy_of_test",
        "meth.json is a toy",
    ]
