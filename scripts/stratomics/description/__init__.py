"""What was read, described: the tables behind the cohort's page of the report.

Everything here looks at all patients of a cohort, and nothing that is fitted looks at it: no split, network, label or test.
`combinations` counts who has which omics, `gaps` what is missing, `values` how the measurements are spread before and after the
transform, `follow_up` how long patients were watched, `batches` how far batches lie apart, `outliers` who lies far from the
others, and `columns` how clinical columns were read. `describe` makes all of it, `words` says it for the summary.
"""

from __future__ import annotations

from .describe import describe_cohort

__all__ = ["describe_cohort"]
