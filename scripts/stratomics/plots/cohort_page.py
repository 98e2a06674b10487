"""The figures of what was read, each from its table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from .cohort_batches import cohort_batches_table, draw_cohort_batches
from .cohort_follow_up import cohort_follow_up_table, draw_cohort_follow_up
from .cohort_omics import cohort_omics_table, draw_cohort_omics
from .cohort_values import cohort_values_table, draw_cohort_values
from .style import About


def cohort_page(description: Mapping[str, pd.DataFrame], about: About) -> dict[str, tuple[pd.DataFrame, Figure]]:
    """Make the figures of the cohort's page of the report.

    Parameters
    ----------
    description
        From `stratomics.description.describe_cohort`.
    about
        Heading.

    Returns
    -------
    dict of (pandas.DataFrame, matplotlib.figure.Figure)
        ``omics``, ``values``, ``follow_up`` and ``batches``, each with the table that it is drawn from.
    """
    tables = {
        "omics": cohort_omics_table(description["combinations"], description["gaps"]),
        "values": cohort_values_table(description["values"]),
        "follow_up": cohort_follow_up_table(description["follow_up"]),
        "batches": cohort_batches_table(*(description[name] for name in ("components", "separation", "distances"))),
    }
    draw = {
        "omics": draw_cohort_omics,
        "values": draw_cohort_values,
        "follow_up": draw_cohort_follow_up,
        "batches": draw_cohort_batches,
    }
    return {name: (table, draw[name](table, about)) for name, table in tables.items()}
