"""The page across cohorts for readers: verdicts side by side, with links to the page of each cohort."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.report.cohorts import cohorts_report
    from stratomics.report.figures import Figures, figure_files
    from stratomics.report.html import write_page
    from stratomics.report.results import read_sheet

    given, params = snakemake.input, snakemake.params
    figures = Figures(figure_files(params.figures, [given.svg], [given.table]), "all")
    write_page(cohorts_report(read_sheet(given.cohorts), figures), snakemake.output.report)
