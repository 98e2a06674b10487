# Functions and constants shared by the rules; no rule stands here.
import os
import sys
from pathlib import Path
from tempfile import TemporaryFile

# The folder of this file, also under `module` and `-s workflow/Snakefile`, where workflow.basedir is another.
_SCRIPTS = Path(str(workflow.current_basedir)).resolve().parents[1].joinpath("scripts")
if _SCRIPTS.as_posix() not in sys.path:
    sys.path.append(_SCRIPTS.as_posix())

from stratomics.catalogue import (
    chain_settings as _chain_settings,
    comparators as _comparators,
    training_settings as _training_settings,
    uses_survival as _uses_survival,
)
from stratomics.checksums import checksums as _checksums
from stratomics.config.code import code_version as _code_version
from stratomics.config import load_config, load_yaml
from stratomics.errors import ConfigError
from stratomics.locations import table_paths
from stratomics.retrieval.sources import file_name, is_sourced
from stratomics.user_text import quoted as _quoted
from stratomics.system_faults import explain as _explain


def _settings():
    """Validate the config, all faults at once, before any job."""
    try:
        for path in workflow.configfiles:
            # It refuses duplicate keys, of which Snakemake silently takes the last.
            load_yaml(path)
        # Reports embed the params of jobs in script elements as they are, so no name may end one.
        return _quoted(load_config(config))
    except ConfigError as error:
        count = len(error.faults)
        heading = (
            f"The config has {count} faults:"
            if count > 1
            else "The config has a fault:"
        )
        raise WorkflowError(f"{heading}\n{error.report()}") from None


SETTINGS = _settings()
COHORTS = {cohort["name"]: cohort for cohort in SETTINGS["cohorts"]}
EMBEDDINGS = {embedding["name"]: embedding for embedding in SETTINGS["embeddings"]}
# Popped, so that it is a parameter of no rule but their own.
PREDICTIONS = {one["name"]: one for one in SETTINGS.pop("predict")}
# What every comparator says of itself.
CATALOGUE = _comparators()
# Those that the clinic is added to.
COMBINED = [name for name in SETTINGS["comparators"] if CATALOGUE[name].apart]
# A job runs this many permutations: the unit that is lost when a run is killed.
CHUNK = 50
# Fits of the whole chain: every fold of every repeat, and `full`.
SPLITS = SETTINGS["evaluation"]["folds"] * SETTINGS["evaluation"]["repeats"] + 1
MODEL_FILES = [
    "model.json",
    "preprocess.safetensors",
    "clinical.safetensors",
    "network.safetensors",
    "subtypes.safetensors",
    "risk.safetensors",
    "classifier.safetensors",
    "subsets.safetensors",
    "survival.safetensors",
    "reference.safetensors",
]
# Checksums of tables stay here, so that a dry run reads no table that it has seen.
CHECKSUMS = ".snakemake/stratomics/checksums.json"


wildcard_constraints:
    cohort="|".join(COHORTS),
    embedding="|".join(EMBEDDINGS),
    comparator="|".join(SETTINGS["comparators"]) or "none",
    chunk=r"\d+",
    prediction="|".join(PREDICTIONS) or "none",


def _check_folder():
    """Snakemake keeps its notes where it is started: say it if it cannot, before it does in a traceback."""
    try:
        os.makedirs(".snakemake", exist_ok=True)
        TemporaryFile(dir=".snakemake").close()  # rights alone do not tell
    except OSError as error:
        raise WorkflowError(_explain(error) or str(error)) from None


_check_folder()


def code_version(rule):
    """Hash the library modules that the script of `rule` imports: Snakemake does not track imports."""
    return _code_version(
        _SCRIPTS.joinpath(f"{rule}.py"), _SCRIPTS.joinpath("stratomics")
    )


def of_cohort(name):
    """The file `name` of the cohort of a job."""
    return f"<results>/{{cohort}}/{name}"


def of_embedding(name):
    """The file `name` of the embedding of a job."""
    return f"<results>/{{cohort}}/{{embedding}}/{name}"


def per_cohort(name):
    """The file `name` of every cohort."""
    return expand(f"<results>/{{cohort}}/{name}", cohort=COHORTS)


def per_embedding(name):
    """The file `name` of every embedding of every cohort."""
    return expand(
        f"<results>/{{cohort}}/{{embedding}}/{name}",
        cohort=COHORTS,
        embedding=EMBEDDINGS,
    )


def all_results():
    """What `all` asks for."""
    figures = [
        f"figures/{figure}.{suffix}"
        for figure in FIGURES
        for suffix in ("png", "svg", "tsv")
    ]
    wanted = [
        "embedding.h5ad",
        "subtypes.tsv",
        "metrics.tsv",
        *(f"model/{name}" for name in MODEL_FILES),
        "model/model_card.md",
        *figures,
    ]
    # One cohort has nothing to be compared with.
    across = [
        "<results>/cohorts.tsv",
        "<results>/report.html",
        *(f"<results>/figures/cohorts.{suffix}" for suffix in ("png", "svg", "tsv")),
    ]
    return [
        *(across if len(COHORTS) > 1 else []),
        *per_cohort("summary.md"),
        *per_cohort("report.html"),
        *(
            path
            for figure in [*ASKED_FIGURES, *(f"cohort_{name}" for name in COHORT_PAGE)]
            for suffix in ("png", "svg", "tsv")
            for path in per_cohort(f"figures/{figure}.{suffix}")
        ),
        *(path for name in wanted for path in per_embedding(name)),
    ]


def of_embeddings(name):
    """The file `name` of every embedding of the cohort of a job."""
    return expand(
        f"<results>/{{{{cohort}}}}/{{embedding}}/{name}", embedding=EMBEDDINGS
    )


def covariates_of(wildcards):
    """The covariates of the clinical Cox model of a cohort."""
    if is_simulated(wildcards.cohort):
        return ["age", "sex", "stage"]
    return COHORTS[wildcards.cohort]["clinical"]["covariates"]


def annotated_of(wildcards):
    """The clinical columns that are compared between the subtypes of a cohort."""
    clinical = COHORTS[wildcards.cohort].get("clinical", {})
    return [*covariates_of(wildcards), *clinical.get("annotations", [])]


def groups_of(wildcards):
    """The clinical column by which the patients of a cohort are grouped, or None."""
    return COHORTS[wildcards.cohort].get("clinical", {}).get("groups")


def omics_of(wildcards):
    """The names of the omics of a cohort."""
    cohort = COHORTS[wildcards.cohort]
    omics = cohort["simulate"]["omics"] if "simulate" in cohort else cohort["omics"]
    return [one["name"] for one in omics]


def covariates_of_embedding(wildcards):
    """The covariates that the networks of an embedding see beside the omics."""
    sees = EMBEDDINGS[wildcards.embedding]["clinical"]
    return covariates_of(wildcards) if sees else []


def cohort_of_embedding(wildcards):
    """The cohort of the jobs of an embedding; covariates are only in that of the user."""
    folder = "" if EMBEDDINGS[wildcards.embedding]["clinical"] else "intake/"
    return f"<results>/{wildcards.cohort}/{folder}cohort.h5mu"


def comparators_of(wildcards):
    """The comparators that a cohort can have, by what each says that it needs (stratomics.catalogue)."""
    has = {"covariates": covariates_of(wildcards), "omics": omics_of(wildcards)}
    return [name for name in SETTINGS["comparators"] if CATALOGUE[name].suits(**has)]


def _needs_covariates(wildcards):
    return "covariates" in CATALOGUE[wildcards.comparator].needs


def covariates_of_comparator(wildcards):
    """The covariates of a comparator, if it needs any."""
    return covariates_of(wildcards) if _needs_covariates(wildcards) else []


def cohort_of_comparator(wildcards):
    """The cohort that a comparator is fitted on; covariates are only in that of the user."""
    folder = "" if _needs_covariates(wildcards) else "intake/"
    return f"<results>/{wildcards.cohort}/{folder}cohort.h5mu"


def beside_embeddings(suffix):
    """An input function: the files of what the embeddings of a cohort are compared with."""

    def files(wildcards):
        names = comparators_of(wildcards)
        folder = f"<results>/{wildcards.cohort}"
        # Where the clinic is a comparator, each embedding (and penalised Cox model) with the clinic is one, too.
        combined = (
            [f"{folder}/comparators/with_clinical.{suffix}"]
            if "clinical" in names
            else []
        )
        return [*(f"{folder}/comparators/{name}.{suffix}" for name in names), *combined]

    return files


def combined_comparators(suffix):
    """The files of the comparators that the clinic is added to."""
    return [f"<results>/{{cohort}}/comparators/{name}.{suffix}" for name in COMBINED]


def comparator_settings(wildcards):
    """The part of the config that a comparator reads; it may train networks, but combines no risks of omics."""
    trained = [_training_settings(one) for one in SETTINGS["embeddings"]]
    return CATALOGUE[wildcards.comparator].settings({**SETTINGS, "embeddings": trained})


def uses_survival(embedding):
    """Whether the networks of an embedding look at survival."""
    return _uses_survival(EMBEDDINGS[embedding])


def embedding_if_survival(wildcards):
    """The settings of the embedding, where its networks look at survival and are to be trained anew; else None."""
    return training_settings(wildcards) if uses_survival(wildcards.embedding) else None


def subtypes_of(wildcards):
    """How patients are clustered on the latents of an embedding."""
    return chain_of(wildcards)["subtypes"]


def risk_of(wildcards):
    """How the risk is learned from the latents of an embedding."""
    return chain_of(wildcards)["risk"]


def chain_of(wildcards):
    """The settings of the chain on the latents of an embedding."""
    return _chain_settings(EMBEDDINGS[wildcards.embedding], SETTINGS)


def _features(wildcards):
    """What brings patients to the scale that an embedding sees them on."""
    folder = f"<results>/{wildcards.cohort}"
    return {
        "transforms": f"{folder}/preprocess/transforms.safetensors",
        "clinical": f"{folder}/{wildcards.embedding}/clinical.safetensors",
    }


def features_of_classifier(wildcards):
    """The preprocessing, where the classifier looks at omics features rather than at latents."""
    on_latents = SETTINGS["classifier"]["predictors"] == "latents"
    return {} if on_latents else _features(wildcards)


def transforms_if_survival(wildcards):
    """The preprocessing, where networks look at survival and are to be trained anew."""
    return _features(wildcards) if uses_survival(wildcards.embedding) else {}


def features_of_permutations(wildcards):
    """The preprocessing, where permutations look at it: to label patients by features, or to train networks anew."""
    return {**features_of_classifier(wildcards), **transforms_if_survival(wildcards)}


def permutations_of(embedding):
    """The number of permutations of an embedding."""
    key = "survival_permutations" if uses_survival(embedding) else "permutations"
    return SETTINGS["evaluation"][key]


def chunks_of(embedding):
    """The jobs that the permutations of an embedding are divided into; at least one, for the observed order."""
    return [
        str(chunk) for chunk in range(max(1, -(-permutations_of(embedding) // CHUNK)))
    ]


def permutations_of_chunk(wildcards):
    """The permutations of one job; the first also has 0, the observed order."""
    first = int(wildcards.chunk) * CHUNK
    last = min(first + CHUNK, permutations_of(wildcards.embedding))
    return [*([0] if first == 0 else []), *range(first + 1, last + 1)]


def is_simulated(cohort):
    """Whether the config simulates this cohort."""
    return "simulate" in COHORTS[cohort]


def table_checksums(wildcards):
    """Checksums of the tables of a cohort: a table may be replaced by one with an older date, which no date tells."""
    if is_simulated(wildcards.cohort):
        return {}
    return checksums_of(COHORTS[wildcards.cohort])


def checksums_of(entry):
    """Checksums of the tables of a cohort or a prediction, by path."""
    # What has an address is told by the dates of its storage plugin.
    paths = [path for path in table_paths(entry) if "://" not in path]
    return dict(zip(paths, _checksums(paths, CHECKSUMS)))


def units_of(wildcards):
    """The unit of every omics of a cohort that has one in the config."""
    listed = COHORTS[wildcards.cohort].get("omics", [])
    return {one["name"]: one["unit"] for one in listed if one.get("unit")}


def tables_settings(wildcards):
    """The config of one cohort without the units, which change no number."""
    cohort = COHORTS[wildcards.cohort]
    if "omics" not in cohort:
        return cohort
    omics = [
        {key: value for key, value in one.items() if key != "unit"}
        for one in cohort["omics"]
    ]
    return {**cohort, "omics": omics}


def checked_settings(wildcards):
    """All that the checks of a cohort depend on."""
    keys = {
        "preprocess": ("max_missing_patient", "max_missing_feature"),
        "evaluation": ("folds", "horizon_days"),
    }
    own = {
        part: {key: SETTINGS[part][key] for key in names}
        for part, names in keys.items()
    }
    return {"cohort": tables_settings(wildcards), **own}


def checked_settings_untracked(wildcards, input):
    """The same, for all faults to be found at once: Snakemake compares no parameter of a function that takes the input."""
    return checked_settings(wildcards)


def intake_settings(wildcards):
    """What the patients, the omics and the follow-up of a cohort depend on: all of the above that trains other networks."""
    settings = checked_settings(wildcards)
    cohort = dict(settings["cohort"])
    if not is_simulated(wildcards.cohort):
        described = ("covariates", "annotations")
        cohort["clinical"] = {
            key: value
            for key, value in cohort["clinical"].items()
            if key not in described
        }
    return {
        "cohort": cohort,
        "preprocess": settings["preprocess"],
        "folds": settings["evaluation"]["folds"],
    }


def cohort_settings(wildcards):
    """The config of one cohort."""
    return COHORTS[wildcards.cohort]


def embedding_settings(wildcards):
    """The config of one embedding."""
    return EMBEDDINGS[wildcards.embedding]


def training_settings(wildcards):
    """What of it the networks are trained by."""
    return _training_settings(EMBEDDINGS[wildcards.embedding])
