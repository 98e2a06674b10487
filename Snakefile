# stratomics: survival risk subtypes of cancer patients from multi-omics.
# The stages stand in workflow/rules/, in the order data flows; the numbers are made by the library in scripts/stratomics/.
from snakemake.utils import min_version

min_version("9.19")


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/deployment.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/cohort.smk"
include: "workflow/rules/preprocess.smk"
include: "workflow/rules/embedding.smk"
include: "workflow/rules/subtypes.smk"
include: "workflow/rules/classifier.smk"
include: "workflow/rules/comparators.smk"
include: "workflow/rules/permutation.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/summary.smk"
include: "workflow/rules/cohorts.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/prediction.smk"
include: "workflow/rules/outcome.smk"


rule all:
    """Everything: subtypes, models, held-out evaluation, figures and summary of every cohort."""
    default_target: True
    input:
        all_results(),
    localrule: True


rule check:
    """Config and data only: read every cohort and write its checks.tsv."""
    input:
        per_cohort("checks.tsv"),
    localrule: True


rule preprocess:
    """Cohorts, splits and the preprocessing fitted on the training patients of each split."""
    input:
        per_cohort("preprocess/transforms.safetensors"),
    localrule: True


rule embed:
    """The above, and the trained embeddings."""
    input:
        per_embedding("latents.safetensors"),
    localrule: True


rule subtype:
    """The above, and the prognostic latents and risk subtypes of every split."""
    input:
        per_embedding("clusters.tsv"),
    localrule: True


rule classify:
    """The above, and the classifiers with their labels for held-out patients."""
    input:
        per_embedding("predictions.tsv"),
    localrule: True


rule evaluate:
    """The above, judged: held-out metrics, comparators, permutation tests, stability and the leaderboard of each cohort."""
    input:
        per_cohort("leaderboard.tsv"),
    localrule: True


rule predict:
    """New patients: what the models that `predict` of the config names say of them."""
    input:
        expand(
            "<results>/predict/{prediction}/{name}",
            prediction=PREDICTIONS,
            name=PREDICTION_FILES.values(),
        ),
    localrule: True
