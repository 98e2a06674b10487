"""The verdict on one cohort in words, with the tables behind it and the versions and settings that made it."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.checksums import checksums
    from stratomics.evaluation.provenance import provenance
    from stratomics.report.markdown import document_markdown
    from stratomics.report.results import TABLES, read_results
    from stratomics.report.summary import summary
    from stratomics.tables import read_json, write_json
    from stratomics.writing import atomic_path

    given, params = snakemake.input, snakemake.params
    paths = {name: getattr(given, name) for name in TABLES}
    results = read_results(params.cohort["name"], params.settings, list(params.embeddings), paths)
    with atomic_path(snakemake.output.summary) as temporary:
        temporary.write_text(document_markdown(summary(results)), encoding="utf-8")
    tables = read_json(given.read, ["tables"])["tables"]
    if gene_sets := params.settings["pathways"]["gmt"]:
        tables.append({"path": gene_sets, "sha256": checksums([gene_sets], params.remembered)[0]})
    write_json(provenance(params.cohort, params.settings, tables, results.training), snakemake.output.provenance)
