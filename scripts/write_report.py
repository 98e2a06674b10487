"""The page of one cohort for readers: verdict, figures with their tables, methods and provenance, in one file."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.report.figures import Figures, figure_files
    from stratomics.report.html import write_page
    from stratomics.report.page import read_details, report
    from stratomics.report.results import TABLES, read_results
    from stratomics.tables import read_json

    given, params = snakemake.input, snakemake.params
    provenance = read_json(given.provenance, ["settings", "cohort", "packages", "tables", "training"])
    names, cohort = list(params.embeddings), params.cohort
    results = read_results(cohort, provenance["settings"], names, {name: getattr(given, name) for name in TABLES})
    details = read_details(given.tests, given.horizons, names, given.sizes, given.feature_attribution, given.markers)
    figures = Figures(figure_files(params.figures, given.svg, given.table), cohort)
    size = write_page(report(results, details, figures, provenance), snakemake.output.report)
    log.info("%.1f MB", size / 1e6)
