"""Write what was checked in the intake; check again where the config asks for other covariates or another horizon since."""

import shutil

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.checksums import held_still
    from stratomics.cohort import build_cohort
    from stratomics.cohort.intake import locate
    from stratomics.locations import table_paths
    from stratomics.tables import read_json, read_table, write_table
    from stratomics.writing import atomic_path

    settings, read = snakemake.params.settings, read_json(snakemake.input.read, ("settings", "tables"))
    if read["settings"] == settings:
        read_table(snakemake.input.checks)  # a damaged one is named here, not as its copy later
        with atomic_path(snakemake.output.checks) as temporary:
            shutil.copyfile(snakemake.input.checks, temporary)
    else:
        log.info(
            "the config asks for other covariates or another horizon than when the tables were read: reading them again"
        )
        located = locate(settings["cohort"], snakemake.input.tables, snakemake.input.fetched)
        paths = table_paths(located)
        known = {path: table["sha256"] for path, table in zip(paths, read["tables"], strict=True)}
        with held_still(paths, snakemake.params.remembered, known):
            _, checks = build_cohort(located, preprocess=settings["preprocess"], evaluation=settings["evaluation"])
        write_table(checks, snakemake.output.checks)
