# One rule per figure, all from this list; each writes the table it was drawn from beside it. First those of one embedding, then
# those of a cohort with a panel per embedding.
from typing import NamedTuple


class _Figure(NamedTuple):
    """What is particular to a figure."""

    about: str  # the docstring of its rule
    item: str  # its name in the report
    category: str
    input: dict
    memory: dict = {}  # what it needs for a larger cohort, see `memory`
    params: dict = {}


FIGURES = {
    "kaplan_meier": _Figure(
        "Kaplan-Meier curves, apparent and held-out side by side.",
        item="Kaplan-Meier",
        category="4 Evaluation",
        input={
            "cohort": of_cohort("intake/cohort.h5mu"),
            "predictions": of_embedding("predictions.tsv"),
            "clusters": of_embedding("clusters.tsv"),
            "metrics": of_embedding("metrics.tsv"),
        },
        memory={"cells": 6},
    ),
    "umap": _Figure(
        "UMAP of the embedding, by subtype and by risk.",
        item="UMAP",
        category="3 Subtypes",
        input={
            "umap": of_embedding("umap.tsv"),
            "subtypes": of_embedding("subtypes.tsv"),
        },
    ),
    "training": _Figure(
        "Training and validation loss of every split.",
        item="training curves",
        category="2 Embedding",
        input={
            "cohort": of_cohort("intake/cohort.h5mu"),
            "history": of_embedding("training.tsv"),
        },
        memory={"cells": 6},
    ),
    "prognostic_latents": _Figure(
        "Forest plot of the selected latents of the full fit.",
        item="prognostic latents",
        category="3 Subtypes",
        input={
            "cohort": of_cohort("intake/cohort.h5mu"),
            "prognostic": of_embedding("prognostic_latents.tsv"),
            "latents": of_embedding("latents.safetensors"),
        },
        memory={"cells": 6},
    ),
    "feature_heatmap": _Figure(
        "Heatmap of the features that tell the subtypes apart.",
        item="feature heatmap",
        category="3 Subtypes",
        input={
            "cohort": of_cohort("intake/cohort.h5mu"),
            "transforms": of_cohort("preprocess/transforms.safetensors"),
            "subtypes": of_embedding("subtypes.tsv"),
            "markers": of_embedding("markers.tsv"),
        },
        memory={"cells": 6, "kept": 20},
    ),
}
COHORT_FIGURES = {
    "optimism": _Figure(
        "How good every embedding looks on its own patients, and how good it is on unseen ones.",
        item="apparent and held-out",
        category="4 Evaluation",
        input={
            "metrics": of_embeddings("metrics.tsv"),
            "tests": of_cohort("permutation_tests.tsv"),
        },
    ),
    "permutation_null": _Figure(
        "The observed held-out figures among those of permuted survival.",
        item="permutation null",
        category="4 Evaluation",
        input={
            "permutations": of_cohort("permutations.tsv"),
            "tests": of_cohort("permutation_tests.tsv"),
            "metrics": of_embeddings("metrics.tsv"),
        },
    ),
    "comparators": _Figure(
        "Held-out concordance of every embedding and comparator.",
        item="comparators",
        category="4 Evaluation",
        input={
            "metrics": of_embeddings("metrics.tsv"),
            "comparator_metrics": of_cohort("comparator_metrics.tsv"),
            "comparisons": of_cohort("comparisons.tsv"),
        },
    ),
    "consensus": _Figure(
        "How often two patients fall into one cluster when patients are left out.",
        item="consensus",
        category="3 Subtypes",
        input={
            "consensus": of_embeddings("consensus.safetensors"),
            "patients": of_embeddings("patient_stability.tsv"),
            "stability": of_embeddings("stability.tsv"),
            "metrics": of_embeddings("metrics.tsv"),
        },
        memory={"pairs": 40},
    ),
    "k_selection": _Figure(
        "What spoke for the number of subtypes.",
        item="choice of K",
        category="3 Subtypes",
        input={
            "k_selection": of_embeddings("k_selection.tsv"),
            "stability": of_embeddings("stability.tsv"),
            "metrics": of_embeddings("metrics.tsv"),
        },
        params={"criterion": SETTINGS["subtypes"]["criterion"]},
    ),
    "calibration": _Figure(
        "Predicted beside observed survival of held-out patients.",
        item="calibration",
        category="4 Evaluation",
        input={
            "calibration": of_embeddings("calibration.tsv"),
            "metrics": of_embeddings("metrics.tsv"),
        },
    ),
    "omics_attribution": _Figure(
        "Share of every omics in what the risk and the subtypes rest on.",
        item="omics",
        category="4 Evaluation",
        input={
            "attribution": of_embeddings("omics_attribution.tsv"),
            "attention": of_embeddings("attention.tsv"),
            "predictions": of_embeddings("predictions.tsv"),
            "metrics": of_embeddings("metrics.tsv"),
        },
    ),
    "enrichment": _Figure(
        "Clinical variables by subtype.",
        item="clinical variables",
        category="3 Subtypes",
        input={
            "enrichment": of_cohort("enrichment.tsv"),
            "levels": of_cohort("enrichment_levels.tsv"),
            "metrics": of_embeddings("metrics.tsv"),
        },
    ),
}
COHORT_FIGURES["pathways"] = _Figure(
    "Gene sets that run along the held-out differences of the subtypes.",
    item="pathways",
    category="3 Subtypes",
    input={
        "pathways": of_cohort("pathways.tsv"),
        "metrics": of_embeddings("metrics.tsv"),
    },
)
# Those that are made: there are pathways where the config names gene sets.
ASKED_FIGURES = [
    name for name in COHORT_FIGURES if name != "pathways" or SETTINGS["pathways"]["gmt"]
]


def _figure_rule(name, figure):
    """Make one of the rules; not in the loop itself, whose last name all scripts would have: Snakemake reads it when a job runs."""
    folder = "{cohort}/{embedding}" if name in FIGURES else "{cohort}"

    rule:
        name:
            f"plot_{name}"
        input:
            **figure.input,
        output:
            png=report(
                f"<results>/{folder}/figures/{name}.png",
                caption=f"../report/plot_{name}.rst",
                category=figure.category,
                labels={
                    "cohort": "{cohort}",
                    "embedding": "{embedding}" if name in FIGURES else "all",
                    "item": figure.item,
                },
            ),
            svg=f"<results>/{folder}/figures/{name}.svg",
            table=f"<results>/{folder}/figures/{name}.tsv",
        log:
            f"<logs>/{folder}/plot_{name}.log",
        benchmark:
            f"<benchmarks>/{folder}/plot_{name}.tsv"
        conda:
            "../../envs/stratomics.yaml"
        threads: 1
        resources:
            mem_mb=memory(800, **figure.memory),
            runtime=runtime(10),
        params:
            **({} if name in FIGURES else {"embeddings": list(EMBEDDINGS)}),
            **figure.params,
            code=code_version(f"plot_{name}"),
        script:
            f"../../scripts/plot_{name}.py"

    # Snakemake takes a docstring as it stands in the rule, the same for every figure.
    getattr(rules, f"plot_{name}").rule.docstring = figure.about


for _name, _figure in {**FIGURES, **COHORT_FIGURES}.items():
    _figure_rule(_name, _figure)
