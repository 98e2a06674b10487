"""Draw the splits of a cohort: repeated stratified K-fold, plus `full`."""

from stratomics.runtime import derive_seed, job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, make_splits, splits_table
    from stratomics.cohort.splits import describe_folds
    from stratomics.tables import write_table

    cohort = load_cohort(snakemake.input.cohort)
    folds, repeats = snakemake.params.folds, snakemake.params.repeats
    seed = derive_seed(snakemake.params.seed, "make_splits")
    drawn = {"folds": folds, "repeats": repeats, "seed": seed, "groups": cohort.groups, "present": cohort.present}
    splits = make_splits(cohort.time, cohort.event, **drawn)
    write_table(splits_table(splits, cohort.patients), snakemake.output.splits)
    log.info("%d folds x %d repeats of %d patients, and full", folds, repeats, cohort.n)
    if not cohort.complete.all():
        log.info("%d patients lack an omics; the folds are as even in the patterns of omics", (~cohort.complete).sum())
    if cohort.groups is not None:
        log.info("groups are whole: %s", describe_folds(splits, cohort.event))
