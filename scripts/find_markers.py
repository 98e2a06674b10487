"""Features that mark the subtypes, and whether they mark them in held-out patients, too."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.evaluation import replicate_markers
    from stratomics.preprocess import load_preprocess
    from stratomics.tables import read_table, write_table

    given, out = snakemake.input, snakemake.output
    cohort = load_cohort(given.cohort)
    splits = splits_from_table(read_table(given.splits), cohort.patients)
    tables = [read_table(path) for path in (given.clusters, given.predictions)]
    found = replicate_markers(cohort, splits, load_preprocess(given.transforms), *tables, n_per_omics=50)
    write_table(found.markers, out.markers)
    write_table(found.folds, out.folds)
    write_table(found.effects, out.effects)
    log.info("%d markers; raised in held-out patients, too: %d of %d", len(found.markers), *found.replicated)
