"""Predict new patients with a model, and judge the predictions where there is follow-up."""

from pathlib import Path

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.checksums import held_still
    from stratomics.cohort.intake import locate
    from stratomics.locations import table_paths
    from stratomics.model import load_model
    from stratomics.prediction.run import run_prediction

    settings = snakemake.params.settings
    located = locate(settings, [], snakemake.input.fetched)
    model = load_model(Path(snakemake.input.model[0]).parent)
    with held_still(table_paths(located), snakemake.params.remembered):
        found = run_prediction(located, model, snakemake.params.evaluation, seed=snakemake.params.seed)
    found.write(Path(snakemake.output.predictions).parent, settings["name"], model)
    log.info("%s: %d patients predicted", settings["name"], len(found.prediction.predictions))
    for message in found.warnings:
        log.info("mind: %s", message)
