"""What the workflow knows of comparators and embeddings without importing them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stratomics import catalogue
from stratomics.config import load_config
from stratomics.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """Return a function that adds a plug-in to a folder of the catalogue, beside those of the project."""
    for folder in catalogue.FOLDERS.values():
        (tmp_path / folder).mkdir(parents=True)
        for file in (catalogue.ROOT / folder).glob("*.py"):
            (tmp_path / folder / file.name).write_text(file.read_text())
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)

    def write(key: str, name: str, text: str) -> None:
        (tmp_path / catalogue.FOLDERS[key] / f"{name}.py").write_text(text)

    return write


def test_reading_it_imports_neither_numpy_nor_torch():
    """A dry run of the workflow, on a login node, reads it."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\nfrom stratomics import catalogue, config\n"
        "assert all(catalogue.plugins(key) for key in catalogue.FOLDERS)\n"
        "print({'numpy', 'torch', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr


def test_every_plugin_has_its_schema_entry_and_a_line_that_says_what_it_is():
    schema = yaml.safe_load(SCHEMA.read_text())
    properties = schema["properties"]
    allowed = {
        "comparators": properties["comparators"]["items"]["enum"],
        "embeddings": schema["$defs"]["embedding"]["anyOf"][0]["enum"],
        "subtypes": properties["subtypes"]["properties"]["method"]["enum"],
        "classifier": properties["classifier"]["properties"]["method"]["enum"],
    }
    for key, names in allowed.items():
        assert sorted(catalogue.plugins(key)) == sorted(names), key
        assert all(len(one.summary) > 10 for one in catalogue.plugins(key).values())


def test_an_embedding_with_a_weight_of_survival_looks_at_it():
    config = {"embeddings": ["ae", "cox", {"kind": "dae", "name": "cox_dae", "survival": 0.3}, {"kind": "vae"}]}
    settings = load_config({"cohorts": [{"name": "a", "simulate": {}}], **config}, schema_path=SCHEMA)
    assert [catalogue.uses_survival(one) for one in settings["embeddings"]] == [False, True, True, False]


@pytest.mark.parametrize(
    ("name", "covariates", "omics", "suits"),
    [
        ("clinical", ["age"], ["mrna"], True),
        ("clinical", [], ["mrna", "meth"], False),
        ("single_omics", ["age"], ["mrna"], False),
        ("single_omics", [], ["mrna", "meth"], True),
        ("ridge_cox", [], ["mrna"], True),
    ],
)
def test_a_comparator_is_for_cohorts_that_have_what_it_needs(name, covariates, omics, suits):
    assert catalogue.comparators()[name].suits(covariates=covariates, omics=omics) is suits


def test_a_comparator_reads_its_part_of_the_config_and_no_more(plant):
    config = load_config({"cohorts": [{"name": "a", "simulate": {}}], "embeddings": ["ae", "vae"]}, schema_path=SCHEMA)
    chain = {key: config[key] for key in catalogue.CHAIN}
    own = catalogue.comparators()
    assert own["ridge_cox"].settings(config) == {}
    assert own["pca"].settings(config) == {"embeddings": [{"latent": 32}], **chain}
    assert own["single_omics"].settings(config)["embeddings"] == config["embeddings"][:1]
    plant(
        "comparators", "toy", 'READS: tuple[str, ...] = ("evaluation", "embeddings.0.latent", "embeddings.0.hidden")\n'
    )
    found = catalogue.comparators()["toy"].settings(config)
    assert found == {"evaluation": config["evaluation"], "embeddings": [{"latent": 32, "hidden": [256]}]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('READS = ("embedings",)\n', "READS names what the config does not have ('embedings')"),
        ('NEEDS = ("money",)\n', "NEEDS holds money; allowed are covariates, several_omics"),
        ('"""Toy."""\nMETHODS = (NAME,)\n', "line 2: METHODS is computed; it is read without running the file"),
        ('METHODS = "toy"\n', "METHODS is 'toy'; allowed is a tuple of texts"),
    ],
)
def test_what_a_plugin_says_wrong_is_named_with_its_file(plant, text, said):
    plant("comparators", "toy", text)
    with pytest.raises(ConfigError, match=r"toy\.py") as caught:
        catalogue.comparators()["toy"].settings({})
    assert said in str(caught.value)


def faults(schema: dict, config: dict, folder: Path) -> list[str]:
    path = folder / "schema.yaml"
    path.write_text(yaml.safe_dump(schema, sort_keys=False))
    with pytest.raises(ConfigError) as caught:
        load_config({"cohorts": [{"name": "a", "simulate": {}}], **config}, schema_path=path)
    return caught.value.faults


def test_no_embedding_takes_a_name_of_a_comparator_even_of_one_just_added(plant, tmp_path):
    plant("comparators", "toy", 'METHODS = ("toy_of_{omics}",)\n')
    config = {"embeddings": [{"kind": "ae", "name": "Toy_of_meth"}]}
    assert faults(yaml.safe_load(SCHEMA.read_text()), config, tmp_path) == [
        "embeddings[0].name: found 'Toy_of_meth', which is what the tables call the comparator toy. Rename it."
    ]


def test_a_plugin_of_which_only_the_schema_knows_is_refused_before_any_job(tmp_path):
    schema = yaml.safe_load(SCHEMA.read_text())
    schema["properties"]["subtypes"]["properties"]["method"]["enum"].append("toy")
    (fault,) = faults(schema, {"subtypes": {"method": "toy"}}, tmp_path)
    assert fault.startswith(
        "subtypes.method: found 'toy', which the schema allows, but there is no file scripts/stratomics/subtypes/methods/toy.py."
    )
