"""The config: every fault has its message, defaults come from the schema, the docs agree with it."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stratomics.config import defaults, load_config, load_yaml
from stratomics.config.checks import Trusted, _batch
from stratomics.config.reference import insert, reference
from stratomics.config.schema import read_schema
from stratomics.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
CONFIGS = [ROOT / "config.yaml", *sorted((ROOT / "config" / "examples").glob("*.yaml"))]

DEMO = "cohorts: [{name: demo, simulate: {}}]\n"
CLINICAL = "{path: clinical.tsv, patient: patient, time: OS.time, event: OS}"


def files(omics: str = "[{name: mrna, path: mrna.tsv}]", clinical: str = CLINICAL) -> str:
    """A config of one cohort from files."""
    return f"cohorts: [{{name: LIHC, omics: {omics}, clinical: {clinical}}}]\n"


def faults_of(text: str, base: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(yaml.safe_load(text), schema_path=SCHEMA, base_dir=base)
    return caught.value.faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with tables; nothing reads them."""
    for name in ("mrna.tsv", "mirna.tsv.gz", "clinical.tsv"):
        (tmp_path / name).write_text("patient\n")
    return tmp_path


# name of the case -> (config, its one message; {base} is the folder with the tables)
BROKEN = {
    "nothing": ("", "the config: found nothing (null); allowed is a mapping with the keys cohorts, embeddings, preprocess, "
                "selection, subtypes, risk, classifier, evaluation, comparators, stability, pathways, retrieval, "
                         "predict, device, seed, "
                "container. "
                "Write its "
                "keys below it, indented."),
    "no cohorts": ("seed: 1", "cohorts: missing. The cohorts to analyse, each on its own. A list, so that a config of yours "
                   "replaces the demo wholesale. Add it, for instance cohorts: [{name: demo, simulate: {patients: 300}}]"),
    "empty list": ("cohorts: []", "cohorts: found an empty list; allowed is a list of 1 to 1000. Change it."),
    "mapping for list": ("cohorts: {demo: {simulate: {}}}", "cohorts: found a mapping; allowed is a list of 1 to 1000. "
                         "Start every item of the list with a dash."),
    "text for mapping": ("cohorts: [LIHC]", "cohorts[0]: found 'LIHC'; allowed is a mapping with the keys name, source, omics, "
                         "clinical, samples, pattern, patients, simulate. Write its keys below it, indented."),
    "misspelt section": (DEMO + "clasifier: {}", "clasifier: unknown key; did you mean 'classifier'? Allowed here: "
                         "classifier, cohorts, comparators, container, device, embeddings, evaluation, pathways, predict, "
                         "preprocess, retrieval, "
                         "risk, seed, "
                         "selection, stability, subtypes."),
    "misspelt key": (DEMO + "selection: {alhpa: 0.1}", "selection.alhpa: unknown key; did you mean 'alpha'? Allowed here: "
                     "alpha, correction, if_none, n_best."),
    "other case": (DEMO + "selection: {Alpha: 0.1}", "selection.Alpha: unknown key; did you mean 'alpha'? Allowed here: "
                   "alpha, correction, if_none, n_best."),
    "key elsewhere": (DEMO + "folds: 5", "folds: unknown key here; it belongs under evaluation. Allowed here: classifier, "
                      "cohorts, comparators, container, device, embeddings, evaluation, pathways, predict, preprocess, retrieval, "
                         "risk, seed, selection, "
                      "stability, subtypes."),
    "unknown key": (DEMO + "selection: {zzz: 1}", "selection.zzz: unknown key; remove it. Allowed here: alpha, correction, "
                    "if_none, n_best."),
    "unknown in omics": (files("[{name: mrna, path: mrna.tsv, transfrm: log2p1}]"), "cohorts[0].omics[0].transfrm: unknown "
                         "key; did you mean 'transform'? Allowed here: batch, column, format, map, min_mutated, name, path, "
                         "transform, unit."),
    "number as text": (DEMO + "embeddings: [{kind: ae, learning_rate: 1e-3}]", "embeddings[0].learning_rate: found '1e-3'; "
                       "allowed is a number above 0 and at most 1. YAML reads 1e-3 as text: write 0.001."),
    "number in quotes": (DEMO + "seed: '7'", "seed: found '7'; allowed is a whole number from 0 to 2147483647. It is in "
                         "quotes: write 7."),
    "text for number": (DEMO + "evaluation: {folds: five}", "evaluation.folds: found 'five'; allowed is a whole number from "
                        "2 to 20. Change it, or remove the key to take the default (5)."),
    "fraction for whole": (DEMO + "evaluation: {folds: 2.5}", "evaluation.folds: found 2.5; allowed is a whole number from "
                           "2 to 20. Change it, or remove the key to take the default (5)."),
    "null": (DEMO + "seed:", "seed: found nothing (null); allowed is a whole number from 0 to 2147483647. Give a value, or "
             "remove the key to take the default (0)."),
    "null section": (DEMO + "evaluation:", "evaluation: found nothing (null); allowed is a mapping with the keys folds, "
                     "repeats, horizon_days, bootstrap, permutations, survival_permutations, auc_days. Write its keys below it, "
                     "indented, or remove it to take the defaults."),
    "not finite": (DEMO + "preprocess: {clip: .nan}", "preprocess.clip: found nan; allowed is a number above 0 and at most "
                   "1000. Change it, or remove the key to take the default (5.0)."),
    "below range": (DEMO + "subtypes: {restarts: 0}", "subtypes.restarts: found 0; allowed is a whole number from 1 to 1000. "
                    "Change it, or remove the key to take the default (20)."),
    "above range": (DEMO + "selection: {alpha: 5}", "selection.alpha: found 5; allowed is a number above 0 and at most 1. "
                    "Change it, or remove the key to take the default (0.05)."),
    "percentage": (DEMO + "preprocess: {max_missing_feature: 20}", "preprocess.max_missing_feature: found 20; allowed is a "
                   "number from 0 to 1. A share, not a percentage: 20 % is 0.2."),
    "misspelt choice": (DEMO + "subtypes: {method: k-means}", "subtypes.method: found 'k-means'; allowed is one of kmeans, "
                        "gaussian_mixture. Did you mean 'kmeans'?"),
    "far choice": (DEMO + "device: tpu0", "device: found 'tpu0'; allowed is one of auto, cpu, cuda. Change it, or remove the "
                   "key to take the default (auto)."),
    "yes and no": (DEMO + "selection: {correction: no}", "selection.correction: found false; allowed is one of none, bh. "
                   "YAML reads no, off, yes and on as false and true: put the word in quotes."),
    "number for yes": (DEMO + "preprocess: {balance: 1}", "preprocess.balance: found 1; allowed is true or false. Change it, "
                       "or remove the key to take the default (true)."),
    "one subtype": (DEMO + "subtypes: {n_subtypes: 1}", "subtypes.n_subtypes: found 1; allowed is auto or a whole number "
                    "from 2 to 20. Change it, or remove the key to take the default (auto)."),
    "misspelt auto": (DEMO + "subtypes: {n_subtypes: atuo}", "subtypes.n_subtypes: found 'atuo'; allowed is auto or a whole "
                      "number from 2 to 20. Did you mean 'auto'?"),
    "range upside down": (DEMO + "subtypes: {range: [5, 2]}", "subtypes.range: found [5, 2]; the smallest comes first. Write "
                          "[2, 5]."),
    "range from 1": (DEMO + "subtypes: {range: [1, 4]}", "subtypes.range[0]: found 1; allowed is a whole number from 2 to "
                     "20. Change it."),
    "range of three": (DEMO + "subtypes: {range: [2, 3, 4]}", "subtypes.range: found a list of 3; allowed is two whole "
                       "numbers [smallest, largest] from 2 to 20. Change it, or remove the key to take the default ([2, 5])."),
    "shares beyond one": (DEMO + "subtypes: {n_subtypes: 4, min_share: 0.3}", "subtypes.min_share: found 0.3; 4 subtypes "
                          "cannot each hold that share of the patients. Give at most 0.25."),
    "bad cohort name": ("cohorts: [{name: my cohort, simulate: {}}]", "cohorts[0].name: found 'my cohort'; allowed is text "
                        "of at most 64 letters, digits, _ and -, starting with a letter. Change it."),
    "dot in name": (files("[{name: mrna.v2, path: mrna.tsv}]"), "cohorts[0].omics[0].name: found 'mrna.v2'; allowed is text "
                    "of at most 64 letters, digits, _ and -, starting with a letter. Change it."),
    "newline after name": ('cohorts: [{name: "demo\\n", simulate: {}}]', "cohorts[0].name: found 'demo\\n'; allowed is text "
                           "of at most 64 letters, digits, _ and -, starting with a letter. Change it."),
    "number for name": ("cohorts: [{name: 7, simulate: {}}]", "cohorts[0].name: found 7; allowed is text of at most 64 "
                        "letters, digits, _ and -, starting with a letter. Put it in quotes: '7'."),
    "no name": ("cohorts: [{simulate: {}}]", "cohorts[0].name: missing. The name of the cohort; its results go to "
                "`results/<name>`. Add it, for instance name: LIHC"),
    "cohort twice": ("cohorts: [{name: demo, simulate: {}}, {name: Demo, simulate: {}}]", "cohorts[1].name: found 'Demo', "
                     "which cohorts[0].name has already. Results go to results/<name>: rename one."),
    "both sources": (f"cohorts: [{{name: a, simulate: {{}}, omics: [{{name: m, path: mrna.tsv}}], clinical: {CLINICAL}}}]",
                     "cohorts[0]: found 'simulate' and 'omics'; allowed is exactly one of simulate and omics. Remove one."),
    "no source": ("cohorts: [{name: a}]", "cohorts[0]: found neither 'simulate' nor 'omics'; allowed is exactly one of "
                  "simulate and omics. Add 'omics' (with 'clinical') for tables of yours, 'source' or 'simulate'."),
    "no clinical": ("cohorts: [{name: a, omics: [{name: m, path: mrna.tsv}]}]", "cohorts[0].clinical: missing. The clinical "
                    "table and which of its columns mean what. Add it, for instance clinical: {path: "
                    "data/LIHC/clinical.tsv.gz, patient: patient, time: OS.time, event: OS}"),
    "no time": (files(clinical="{path: clinical.tsv, patient: patient, event: OS}"), "cohorts[0].clinical.time: missing. The "
                "column of follow-up times; or several, of which the first known cell of a patient counts (GDC has one for the "
                "dead and one for the living). Add it, for instance time: OS.time"),
    "event without the rest": (files(clinical="{path: clinical.tsv, event: OS, time: OS.time}"), "cohorts[0].clinical.patient: "
                               "missing. The column of patient ids, as they stand in the omics tables; `\"\"` for a first column "
                               "without a name, as R and pandas leave it. It may be left out, as `time` and `event`, where the "
                               "format says what its columns mean. Add it, for instance patient: patient"),
    "pattern without a group": (files().replace("name: LIHC", "name: LIHC, pattern: 'P[0-9]+'"),
                                "cohorts[0].pattern: found 'P[0-9]+', which has no group 'patient'. Put the part that names the "
                                "patient into (?P<patient>...)."),
    "pattern that is none": (files().replace("name: LIHC", "name: LIHC, pattern: '(P'"), "cohorts[0].pattern: found '(P', which "
                             "is no regular expression (missing ), unterminated subpattern at position 0). Correct it."),
    "map with an address": (files("[{name: mrna, path: mrna.tsv, map: 'https://x.org/map'}]"), "cohorts[0].omics[0].map: found "
                            "'https://x.org/map', an address; allowed is a path. Download the table and name the file."),
    "table to join that is not there": (files(clinical=CLINICAL[:-1] + ", join: [stage.tsv]}"), "cohorts[0].clinical.join[0]: no "
                                        "file 'stage.tsv' (looked from '{base}', where relative paths start). No name in that "
                                        "folder is near."),
    "samples of a simulated cohort": ("cohorts: [{name: d, simulate: {patients: 60}, samples: ['01']}]",
                                      "cohorts[0].samples: found beside 'simulate', which has its own: it would not be read. "
                                      "Remove it."),
    "table called as a missing value": (files(omics="[{name: NA, path: mrna.tsv}]"),
                                        "cohorts[0].omics[0].name: found 'NA', a name that is taken; allowed is any but na, nan, "
                                        "null, none, true, false, inf, infinity. Rename it."),
    "one column twice": (files(clinical="{path: clinical.tsv, patient: p, time: t, event: e, covariates: [age, 'age ']}"),
                         "cohorts[0].clinical.covariates[1]: found 'age ', the same column as "
                         "cohorts[0].clinical.covariates[0]: remove it."),
    "time is event": (files(clinical="{path: clinical.tsv, patient: patient, time: OS, event: OS}"),
                      "cohorts[0].clinical.event: found 'OS', which cohorts[0].clinical.time has already. Name two different "
                      "columns."),
    "event as covariate": (files(clinical=CLINICAL[:-1] + ", covariates: [age, OS]}"), "cohorts[0].clinical.covariates[1]: "
                           "found 'OS', which is cohorts[0].clinical.event. A covariate is another column: remove it."),
    "groups as annotation": (files(clinical=CLINICAL[:-1] + ", groups: site, annotations: [site]}"),
                             "cohorts[0].clinical.annotations[0]: found 'site', which is clinical.groups, and that is compared "
                             "anyway: remove it here."),
    "event as groups": (files(clinical=CLINICAL[:-1] + ", groups: OS}"),
                        "cohorts[0].clinical.groups: found 'OS', which is cohorts[0].clinical.event. Groups are hospitals or "
                        "sites: name another column, or remove it."),
    "covariate as annotation": (files(clinical=CLINICAL[:-1] + ", covariates: [age], annotations: [age]}"),
                                "cohorts[0].clinical.annotations[0]: found 'age', which is among the covariates, and those "
                                "are compared anyway: remove it here."),
    "too few permutations": (DEMO + "evaluation: {permutations: 10}", "evaluation.permutations: found 10; with fewer than 19 "
                             "no p-value can be .05 or less. Give 0 (no test) or at least 19."),
    "unknown comparator": (DEMO + "comparators: [clinicl]", "comparators[0]: found 'clinicl'; allowed is one of "
                           "clinical, ridge_cox, elastic_net_cox, random_survival_forest, pca, single_omics, random_embedding. "
                           "Did you mean 'clinical'?"),
    "covariate twice": (files(clinical=CLINICAL[:-1] + ", covariates: [age, age]}"), "cohorts[0].clinical.covariates: 'age' "
                        "stands there more than once; every item must be there once. Remove one."),
    "code twice": (files(clinical=CLINICAL[:-1] + ", event_codes: {event: [1, 2], censored: ['1']}}"),
                   "cohorts[0].clinical.event_codes: '1' stands under event and under censored; a value can mean only one. "
                   "Remove it from one list."),
    "one value to exclude": (files(clinical=CLINICAL[:-1] + ", exclude: {cdr_redaction: Redacted}}"),
                             "cohorts[0].clinical.exclude.cdr_redaction: found 'Redacted'; allowed is a list of at least one "
                             "value, as text or whole numbers. Write a list: [Redacted]."),
    "omics twice": (files("[{name: mrna, path: mrna.tsv}, {name: mrna, path: mirna.tsv.gz}]"), "cohorts[0].omics[1].name: "
                    "found 'mrna', which cohorts[0].omics[0].name has already. Rename one."),
    "simulated omics twice": (
        "cohorts: [{name: a, simulate: {omics: [{name: m, features: 50, values: beta}, {name: m, features: 50, values: beta}]}}]",
        "cohorts[0].simulate.omics[1].name: found 'm', which cohorts[0].simulate.omics[0].name has already. Rename one."),
    "misspelt kind": (DEMO + "embeddings: [vea]", "embeddings[0]: found 'vea'; allowed is one of ae, cox, dae, vae or a mapping "
                      "with one of these as its `kind`. Did you mean 'vae'?"),
    "misspelt kind in mapping": (DEMO + "embeddings: [{name: x, kind: VAE}]", "embeddings[0].kind: found 'VAE'; allowed is "
                                 "one of ae, cox, dae, vae. Did you mean 'vae'?"),
    "no kind": (DEMO + "embeddings: [{name: x}]", "embeddings[0].kind: missing; allowed is one of ae, cox, dae, vae. Add it, for "
                "instance kind: ae"),
    "list for kind": (DEMO + "embeddings: [{kind: [ae]}]", "embeddings[0].kind: found a list of 1; allowed is one of ae, "
                      "cox, dae, vae. Change it."),
    "key of another kind": (DEMO + "embeddings: [{kind: ae, divergence_weight: 0.5}]", "embeddings[0].divergence_weight: "
                            "unknown key for kind ae; only kind vae takes it. Remove it or change the kind."),
    "misspelt hyper-parameter": (
        DEMO + "embeddings: [{kind: dae, corrupt: masking}]",
        "embeddings[0].corrupt: unknown key; did you mean 'corruption'? Allowed here: activation, architecture, batch_size, "
        "clinical, committee, corruption, corruption_level, dropout, epochs, fusion, hidden, kind, late, latent, learning_rate, "
        "modality_dropout, name, patience, reconstruction, restarts, supervised, survival, unsupervised, validation, "
        "weight_decay."),
    "number for list": (DEMO + "embeddings: [{kind: ae, hidden: 256}]", "embeddings[0].hidden: found 256; allowed is a list "
                        "of 1 to 10 whole numbers from 1 to 100000. Write a list: [256]."),
    "embedding twice": (DEMO + "embeddings: [vae, {kind: vae, latent: 8}]", "embeddings[1].name: found 'vae', which "
                        "embeddings[0].name has already. Results go to a folder of that name: rename one."),
    "reserved name": (DEMO + "embeddings: [{kind: ae, name: figures}]", "embeddings[0].name: found 'figures', a name that is "
                      "taken; allowed is any but na, nan, null, none, true, false, inf, infinity, all, comparators, figures, "
                      "fetched, full, intake, preprocess, simulated. Rename it."),
    "reserved name in capitals": ("cohorts: [{name: Figures, simulate: {}}]", "cohorts[0].name: found 'Figures', a name that is "
                                  "taken; allowed is any but all, figures, predict, na, nan, null, none, true, false, inf, "
                                  "infinity. "
                                  "Rename it."),
    "name of a comparator": (DEMO + "embeddings: [{kind: ae, name: mRNA_only}]", "embeddings[0].name: found 'mRNA_only', which is "
                             "what the tables call the comparator single_omics. Rename it."),
    "name of a comparator, in capitals": (DEMO + "embeddings: [{kind: ae, name: PCA}]", "embeddings[0].name: found 'PCA', which "
                                          "is what the tables call the comparator pca. Rename it."),
    "name of the clinic": (DEMO + "comparators: []\nembeddings: [{kind: ae, name: clinical}]", "embeddings[0].name: found "
                           "'clinical', which is what the tables call the comparator clinical. Rename it."),
    "name with a plus": (DEMO + "embeddings: [{kind: ae, name: ae+clinical}]", "embeddings[0].name: found 'ae+clinical'; allowed "
                         "is text of at most 64 letters, digits, _ and -, starting with a letter. Change it."),
    "long name": (f"cohorts: [{{name: {'ab' * 40}, simulate: {{}}}}]", f"cohorts[0].name: found '{'ab' * 28}a...'; allowed is text "
                  "of at most 64 letters, digits, _ and -, starting with a letter. It has 80 characters: shorten it."),
    "repeated name": (f"cohorts: [{{name: x{'ab' * 20}, simulate: {{}}}}]", f"cohorts[0].name: found 'x{'ab' * 20}', which ends in "
                      "'ab' 20 times over; Snakemake takes that for a rule that feeds itself. Choose another name."),
    "long key": (DEMO + f"{'k' * 99}: 1", f"'{'k' * 57}...': unknown key; remove it. Allowed here: classifier, cohorts, "
                 "comparators, container, device, embeddings, evaluation, pathways, predict, preprocess, retrieval, risk, seed, "
                 "selection, stability, subtypes."),
    "batch is the event": (files("[{name: mrna, path: mrna.tsv, batch: OS}]"), "cohorts[0].omics[0].batch: found 'OS', which is "
                           "cohorts[0].clinical.event. A batch is a sequencer or a centre: name its column, or remove this key."),
    "batch is the patient": (files("[{name: mrna, path: mrna.tsv, batch: patient}]"), "cohorts[0].omics[0].batch: found 'patient', "
                             "which is cohorts[0].clinical.patient. A batch is a sequencer or a centre: name its column, or remove "
                             "this key."),
    "beyond a century": (DEMO + "evaluation: {horizon_days: 40000}", "evaluation.horizon_days: found 40000; allowed is a whole "
                         "number from 1 to 36525. Change it, or remove the key to take the default (1825)."),
    "exponent for whole": (DEMO + "evaluation: {horizon_days: 1e30}", "evaluation.horizon_days: found '1e30'; allowed is a whole "
                           "number from 1 to 36525. Change it, or remove the key to take the default (1825)."),
    "no float": (DEMO + f"preprocess: {{clip: 1{'0' * 400}}}", "preprocess.clip: found a whole number of some 400 digits; allowed "
                 "is a number above 0 and at most 1000. Change it, or remove the key to take the default (5.0)."),
    "infinite": (DEMO + "selection: {n_best: -.inf}", "selection.n_best: found -inf; allowed is a whole number from 1 to 10000. "
                 "Change it, or remove the key to take the default (3)."),
    "many times": (DEMO + f"evaluation: {{auc_days: {list(range(1, 30))}}}", "evaluation.auc_days: found a list of 29; allowed is "
                   "a list of 1 to 20 whole numbers from 1 to 36525. Change it, or remove the key to take the default ([365, 1095, "
                   "1825])."),
    "date for code": (files(clinical=CLINICAL[:-1] + ", exclude: {visit: [2012-01-01]}}"), "cohorts[0].clinical.exclude.visit[0]: "
                      "found 2012-01-01 (a date); allowed is text or a whole number. YAML reads it as a date: put it in quotes, "
                      "'2012-01-01'."),
    "fraction for code": (files(clinical=CLINICAL[:-1] + ", exclude: {stage: [1.5]}}"), "cohorts[0].clinical.exclude.stage[0]: "
                          "found 1.5; allowed is text or a whole number. Put it in quotes: '1.5'."),
    "yes for column": (files(clinical=CLINICAL.replace("OS}", "yes}")), "cohorts[0].clinical.event: found true; allowed is the "
                       "name of a column, as text. YAML reads no, off, yes and on as false and true: put the word in quotes."),
    "bytes for device": (DEMO + "device: !!binary aGFsbG8=", "device: found a bytes; allowed is one of auto, cpu, cuda. Change it, "
                         "or remove the key to take the default (auto)."),
    "image with blanks": (DEMO + "container: my image.sif", "container: found 'my image.sif'; allowed is the path or address of an "
                          "image (letters, digits and _ . / : @ + = % , -), or null. Change it, or remove the key to take the "
                          "default (null)."),
    "alias in itself": (DEMO + "embeddings: &a [ae, *a]", "embeddings[1]: contains itself: a YAML alias (*name) stands within what "
                        "its anchor (&name) names. Write out what was meant."),
    "mapping in itself": (DEMO + "evaluation: &a {folds: *a}", "evaluation.folds: contains itself: a YAML alias (*name) stands "
                          "within what its anchor (&name) names. Write out what was meant."),
    "too long": (files(clinical=f"{CLINICAL[:-1]}, covariates: [{'x, ' * 10001}]}}"), "cohorts[0].clinical.covariates: found 10001 "
                 "items; allowed are at most 10000. Remove some."),
    "too deep": (DEMO + "embeddings: " + "[" * 30 + "]" * 30, "embeddings" + "[0]" * 19 + ": lies more than 20 levels deep. Remove "
                 "the surplus brackets."),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_each_fault_has_its_message(case: str, folder: Path) -> None:
    text, message = BROKEN[case]
    assert faults_of(text, folder) == [message.replace("{base}", str(folder))]


def test_batch_needs_a_clinical_table(folder: Path) -> None:
    text = "cohorts: [{name: a, omics: [{name: m, path: mrna.tsv, batch: centre}]}]"
    batch, clinical = faults_of(text, folder)
    assert batch == (
        "cohorts[0].omics[0].batch: found 'centre', a column of the clinical table, but there is no 'clinical'. "
        "Add it or remove this key."
    )
    assert clinical.startswith("cohorts[0].clinical: missing.")


def test_all_faults_at_once_in_the_order_of_the_config(folder: Path) -> None:
    text = f"""
cohorts:
  - name: my cohort
    simulate: {{patients: few, bath_effect: 1}}
  - name: LIHC
    omics:
      - {{name: mrna, path: absent.tsv, transform: log2}}
      - {{name: mrna, path: mirna.tsv.gz}}
    clinical: {CLINICAL.replace("OS.time", "OS")}
embeddings:
  - {{kind: ve, latent: 1}}
  - {{kind: ae, corruption: masking, epochs: 0}}
subtypes: {{range: [4, 3], method: kmean}}
seed: -1
sed: 2
"""
    faults = faults_of(text, folder)
    assert [fault.split(": ")[0] for fault in faults] == [
        "cohorts[0].name",
        "cohorts[0].simulate.patients",
        "cohorts[0].simulate.bath_effect",
        "cohorts[1].omics[0].path",
        "cohorts[1].omics[0].transform",
        "cohorts[1].omics[1].name",
        "cohorts[1].clinical.event",
        "embeddings[0].kind",
        "embeddings[0].latent",
        "embeddings[1].corruption",
        "embeddings[1].epochs",
        "subtypes.range",
        "subtypes.method",
        "seed",
        "sed",
    ]


def test_defaults_are_filled() -> None:
    given = OrderedDict(
        yaml.safe_load(DEMO + "embeddings: [ae, {kind: dae}, {name: small, kind: vae, latent: 8}, cox]")
    )
    before = yaml.safe_dump(dict(given))
    config = load_config(given, schema_path=SCHEMA)
    network: dict[str, Any] = {
        "hidden": [256], "latent": 32, "activation": "tanh", "dropout": 0.2, "epochs": 150, "patience": 15, "batch_size": 64,
        "learning_rate": 0.001, "weight_decay": 0.0001, "restarts": 1, "validation": 0.15,
        "architecture": "early", "fusion": "concatenate", "clinical": False, "survival": 0.0, "reconstruction": 1.0,
        "unsupervised": True, "committee": 5, "modality_dropout": 0.2, "late": {"weights": "stacked"},
        "supervised": {
            "hidden": [128], "latent": 16, "dropout": 0.3, "epochs": 30, "batch_size": 128, "weight_decay": 0.01,
        },
    }  # fmt: skip
    assert config["embeddings"] == [
        {"name": "ae", "kind": "ae", **network},
        {"name": "dae", "kind": "dae", **network, "corruption": "masking", "corruption_level": 0.3},
        {
            "name": "small", "kind": "vae", **network, "latent": 8,
            "divergence": "kl", "kernel": "imq", "divergence_weight": 1.0, "warmup_epochs": 30,
        },
        {
            "name": "cox", "kind": "cox", **network, "corruption": "masking", "corruption_level": 0.3, "survival": 0.3,
            "reconstruction": 0.0,
        },
    ]  # fmt: skip
    assert config["selection"] == {"alpha": 0.05, "correction": "none", "if_none": "best", "n_best": 3}
    assert config["cohorts"][0]["simulate"]["omics"][1] == {"name": "mirna", "features": 250, "values": "counts"}
    assert yaml.safe_dump(dict(given)) == before, "the config given must stay as it was"
    config["embeddings"][0]["hidden"].append(1)
    again = load_config(given, schema_path=SCHEMA)
    assert again["embeddings"][0]["hidden"] == again["embeddings"][1]["hidden"] == [256], "defaults must not be shared"


def test_omics_and_clinical_defaults(folder: Path) -> None:
    text = files(clinical=CLINICAL[:-1] + ", exclude: {stage: [4, X]}}")
    cohort = load_config(yaml.safe_load(text), schema_path=SCHEMA, base_dir=folder)["cohorts"][0]
    assert cohort["omics"] == [
        {
            "name": "mrna",
            "path": "mrna.tsv",
            "format": "auto",
            "column": None,
            "map": None,
            "min_mutated": 0.02,
            "unit": None,
            "transform": "none",
            "batch": None,
        }
    ]
    assert cohort["clinical"]["covariates"] == []
    assert cohort["clinical"]["event_codes"] is None
    assert cohort["clinical"]["exclude"] == {"stage": ["4", "X"]}, "tables are read as text, so codes are text"


def test_loading_the_result_again_changes_nothing(folder: Path) -> None:
    text = files() + "embeddings: [vae]\npreprocess: {clip: 4}\n"
    once = load_config(yaml.safe_load(text), schema_path=SCHEMA, base_dir=folder)
    assert load_config(once, schema_path=SCHEMA, base_dir=folder) == once


def test_spelling_of_a_number_does_not_matter() -> None:
    whole, fraction = (
        load_config(yaml.safe_load(DEMO + text), schema_path=SCHEMA)
        for text in ("seed: 3\npreprocess: {clip: 4}", "seed: 3.0\npreprocess: {clip: 4.0}")
    )
    assert repr(whole) == repr(fraction)


def test_null_is_a_key_with_and_without_quotes() -> None:
    for key in ("null", '"null"'):
        config = yaml.safe_load(f"cohorts: [{{name: demo, simulate: {{{key}: true}}}}]")
        assert load_config(config, schema_path=SCHEMA)["cohorts"][0]["simulate"]["null"] is True


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_configs_are_valid(path: Path) -> None:
    content = load_yaml(path)
    config = load_config(content, schema_path=SCHEMA, check_files=False)
    jsonschema.Draft202012Validator(yaml.safe_load(SCHEMA.read_text())).validate(content)
    depth = "../" * (len(path.relative_to(ROOT).parts) - 1)
    first = path.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={depth}workflow/schemas/config.schema.yaml"
    assert config["cohorts"]


def test_example_configs_name_their_cohort() -> None:
    names = {path.stem: [one["name"] for one in load_yaml(path)["cohorts"]] for path in CONFIGS[1:]}
    six = names.pop("tcga_six")
    assert names.pop("strategies") == six
    assert names == {name.lower(): [name] for name in ("BRCA", "KIRC", "KIRP", "LIHC", "LUAD", "STAD")}
    assert sorted(six) == sorted(name for (name,) in names.values())


def test_every_key_of_the_demo_config_stands_there_with_its_default() -> None:
    schema, demo = read_schema(SCHEMA), load_yaml(ROOT / "config.yaml")

    def compare(node: dict[str, Any], value: dict[str, Any], where: str) -> None:
        known = {key for key, about in schema.properties(node).items() if "default" in about or key in node["required"]}
        assert set(value) == known, where
        for key, one in value.items():
            about = schema.properties(node)[key]
            if about.get("type") == "object":
                compare({"required": [], **about}, one, key)
            elif "default" in about:
                assert one == about["default"], f"{where}.{key}"

    compare(schema.root, demo, "config.yaml")
    compare({"required": [], **schema.root["$defs"]["simulate"]}, demo["cohorts"][0]["simulate"], "simulate")


def test_every_key_of_the_demo_config_has_a_comment_above() -> None:
    lines = (ROOT / "config.yaml").read_text().splitlines()
    keys = [
        i for i, line in enumerate(lines) if line.rstrip() and line.lstrip()[0] not in "#-" or "- name: demo" in line
    ]
    assert len(keys) > 40
    assert [lines[i] for i in keys if not lines[i - 1].lstrip().startswith("#")] == []


def test_schema_is_closed_and_documented() -> None:
    schema = read_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(schema.root)

    def mappings(node: Any) -> Any:
        if isinstance(node, dict):
            if "properties" in node and isinstance(node["properties"], dict):
                yield node
            for value in node.values():
                yield from mappings(value)

    for node in mappings(schema.root):
        open_to_kinds = node is schema.root["$defs"]["network"]  # closed by each kind, with unevaluatedProperties
        closed = node.get("additionalProperties") is False or node.get("unevaluatedProperties") is False
        assert closed or open_to_kinds, node.get("description")

    for where, key, about in schema.walk():
        spot = f"{where}.{key}"
        assert about.get("description", "").endswith("."), f"{spot} has no description"
        assert about.get("examples"), f"{spot} has no example"
        own = schema.validator.evolve(schema={key: value for key, value in about.items() if key != "const"})
        values = [*about["examples"], *([about["default"]] if "default" in about else [])]
        assert [error.message for value in values for error in own.iter_errors(value)] == [], spot


def test_every_kind_of_embedding_is_listed() -> None:
    schema = read_schema(SCHEMA)
    defined = {name.removeprefix("embedding_") for name in schema.root["$defs"] if name.startswith("embedding_")}
    names, *_ = schema.root["$defs"]["embedding"]["anyOf"]
    assert set(names["enum"]) == defined == set(schema.kinds(schema.root["$defs"]["embedding"]))


def test_reference_is_what_the_schema_says() -> None:
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    assert insert(page, reference(read_schema(SCHEMA))) == page, "run `make reference`"
    for _, key, _ in read_schema(SCHEMA).walk():
        assert f"| `{key}` |" in page


@pytest.mark.parametrize("name", ["README.md", "config/README.md", "CONTRIBUTING.md"])
def test_no_command_of_the_docs_names_a_target_after_the_config(name: str) -> None:
    """Snakemake would take the target for another config: `--configfile` takes all names that follow."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"--configfile(?: +[\w./-]+\.yaml)+ +[a-z]\w*.*", text) == []


def test_snakefile_needs_no_heavy_import() -> None:
    code = "import sys, stratomics.config; print(sorted({'numpy', 'pandas', 'torch', 'scipy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_load_yaml_reports_every_duplicate_key(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("seed: 1\ncohorts:\n  - name: a\n    name: b\nseed: 2\n")
    with pytest.raises(ConfigError) as caught:
        load_yaml(path)
    assert caught.value.faults == [
        f"{path}, line 4: key 'name' stands already on line 3 of the same mapping. Keys must be unique: remove one of the two.",
        f"{path}, line 5: key 'seed' stands already on line 1 of the same mapping. Keys must be unique: remove one of the two.",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [1\nb: 2\n", "{path}, line 2, column 2: not valid YAML, expected ',' or ']', but got ':'. Mend this line."),
        (b"a:\n\tb: 1\n", "{path}, line 2, column 1: not valid YAML, found character '\\t' that cannot start any token. "
         "Mend this line."),
        (b"a: \xff\n", "{path}: byte 3 is not UTF-8 text. Save the file as UTF-8."),
        (b"a: \x07\n", "{path}: not valid YAML, unacceptable character #x0007: special characters are not allowed\n  in "
         '"<unicode string>", position 3. Mend the file.'),
        (b"a: 2012-13-45\n", "{path}: a date or number cannot be (month must be in 1..12). Put it in quotes if it is text."),
        (b"[" * 1100, "{path}: brackets or lists lie too deep in each other. Remove the surplus ones."),
        (None, "{path}: cannot be read (No such file or directory). Give the path of a YAML file."),
    ],
)  # fmt: skip
def test_load_yaml_says_what_is_wrong(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_yaml(path)
    assert caught.value.faults == [message.replace("{path}", str(path))]


def test_load_yaml_refuses_numbers_that_read_like_another(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: [010, '011', 0, 0.5]\nexclude: {007: [12:30], b: 1_000, c: 0x1F}\n")
    with pytest.raises(ConfigError) as caught:
        load_yaml(path)
    assert caught.value.faults == [
        f"{path}, line {line}: YAML reads {text} as the number {number}. Put it in quotes if it is text, or write the number."
        for line, text, number in ((1, "010", 8), (2, "007", 7), (2, "12:30", 750), (2, "1_000", 1000), (2, "0x1F", 31))
    ]


def test_load_yaml_refuses_keys_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("exclude: {yes: [a], 'on': [b], 12: [c], null: [d]}\n")
    with pytest.raises(ConfigError) as caught:
        load_yaml(path)
    assert caught.value.faults == [
        f"{path}, line 1: YAML reads the key yes as True, which is no name. Put it in quotes."
    ]


def test_load_yaml_reads_json_as_it_is_indented(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"a": ["x\ty", 1]}, indent="\t"))
    assert load_yaml(path) == {"a": ["x\ty", 1]}


def test_load_yaml_follows_aliases(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: &x {n: 1}\nb: *x\nc: {<<: *x, m: 2}\n")
    assert load_yaml(path) == {"a": {"n": 1}, "b": {"n": 1}, "c": {"n": 1, "m": 2}}


def test_aliases_that_grow_without_end_are_refused_at_once(tmp_path: Path) -> None:
    """Each line holds ten times what the line above holds."""
    lines = [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}' if i else 'x'] * 10)}]\n" for i in range(30)]
    assert faults_of(DEMO + "".join(lines), tmp_path) == [
        "the config: more than 100000 values, with what its YAML aliases (*name) stand for. Take the list or the alias out that "
        "makes it so large."
    ]


def test_an_alias_may_stand_in_several_places() -> None:
    config = yaml.safe_load(DEMO + "embeddings: [{kind: ae, hidden: &h [16]}, {kind: vae, hidden: *h}]")
    loaded = load_config(config, schema_path=SCHEMA)
    assert [one["hidden"] for one in loaded["embeddings"]] == [[16], [16]]


def test_a_name_of_64_characters_is_allowed() -> None:
    name = "".join(f"n{i:03}" for i in range(16))
    assert load_config(yaml.safe_load(DEMO.replace("demo", name)), schema_path=SCHEMA)["cohorts"][0]["name"] == name


def test_a_batch_may_not_be_one_of_several_time_columns() -> None:
    clinical = {"time": ["days_to_death", "days_to_last_follow_up"], "event": "vital_status"}
    cohort = {"omics": [{"name": "m", "batch": "days_to_death"}], "clinical": clinical}
    (fault,) = _batch(Trusted({"cohorts": [cohort]}, []), ("cohorts", 0))
    assert str(fault).startswith("cohorts[0].omics[0].batch: found 'days_to_death', which is cohorts[0].clinical.time.")


def test_every_number_has_a_range() -> None:
    for where, key, about in read_schema(SCHEMA).walk():
        for node in [about, about.get("items", {}), *about.get("anyOf", [])]:
            if node.get("type") in ("integer", "number"):
                assert {"minimum", "exclusiveMinimum"} & set(node), f"{where}.{key}"
                assert {"maximum", "exclusiveMaximum"} & set(node), f"{where}.{key}"


#: What people and programs leave behind where something else belongs.
ODD = [
    None, True, "", "x" * 5000, "1e400", "a\nb\0", 10**400, 16**6000, float("nan"), float("inf"), 1.5, date(2012, 1, 1), b"x", [],
    {}, [[]], {"": None, None: 1, 1: 2}, {1}, ["a", "a"],
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_whatever_stands_in_a_key_the_config_is_loaded_or_refused(odd: Any, tmp_path: Path) -> None:
    """In all keys at once, and in each list and mapping: no traceback, and messages of one line that can be printed."""
    text = files(clinical=CLINICAL[:-1] + ", covariates: [age], annotations: [race], exclude: {a: [b]}, event_codes: {event: [1], "
                 "censored: [0]}}").replace("cohorts: [", "cohorts: [{name: demo, simulate: {}}, ")  # fmt: skip
    whole = load_config(yaml.safe_load(text + "embeddings: [dae, vae]"), schema_path=SCHEMA, check_files=False)

    def variants(value: Any) -> Iterator[Any]:
        """The value with one of its lists or mappings changed."""
        yield odd
        for key in value if isinstance(value, dict) else range(len(value)):
            if isinstance(value[key], dict | list):
                for one in variants(value[key]):
                    changed = copy.copy(value)
                    changed[key] = one
                    yield changed

    def leaves(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: leaves(one) for key, one in value.items()}
        return [leaves(one) for one in value] if isinstance(value, list) else odd

    for config in [leaves(whole), *variants(whole)]:
        faults = []
        try:
            load_config(
                config,
                schema_path=SCHEMA,
                base_dir=tmp_path,
            )
        except ConfigError as error:
            faults = error.faults
        assert [fault for fault in faults if len(fault) > 1000 or not fault.isprintable()] == []


def test_a_notebook_gets_the_defaults_that_a_config_is_filled_with():
    whole = load_config(yaml.safe_load(DEMO), schema_path=SCHEMA)
    for part in ("preprocess", "selection", "subtypes", "classifier", "evaluation", "stability"):
        assert defaults(part) == whole[part]
    assert [defaults(kind) for kind in ("ae", "dae", "vae", "cox")] == whole["embeddings"]
    assert defaults("simulate") == whole["cohorts"][0]["simulate"]
    changed = defaults("preprocess")
    changed["clip"] = 1.0
    assert defaults("preprocess") == whole["preprocess"]
    with pytest.raises(ConfigError, match="found 'cohorts'; allowed is one of preprocess, selection, "):
        defaults("cohorts")
