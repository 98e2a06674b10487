"""stratomics: survival risk subtypes of cancer patients from fused multi-omics.

The library knows nothing of Snakemake: every stage of the workflow is a function of arrays and data frames, and can be
called from a notebook. Data travels one way through the subpackages: ``cohort`` -> ``preprocess`` -> ``embedding`` ->
``survival`` -> ``subtypes`` -> ``classifier`` -> ``evaluation`` -> ``plots``.
"""

__version__ = "0.1.0"  # x-release-please-version
