"""Fit the preprocessing on the training patients of every split."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import load_cohort, splits_from_table
    from stratomics.preprocess import save_preprocess
    from stratomics.preprocess.splits import preprocess_splits
    from stratomics.tables import read_table, write_table

    cohort = load_cohort(snakemake.input.cohort)
    splits = splits_from_table(read_table(snakemake.input.splits), cohort.patients)
    fitted, report, dropped = preprocess_splits(cohort, splits, snakemake.params.preprocess, threads=snakemake.threads)
    save_preprocess(snakemake.output.transforms, fitted)
    write_table(report, snakemake.output.features)
    write_table(dropped, snakemake.output.dropped)
    for omics, block in fitted["full"].blocks.items():
        log.info("full: %d features of %s kept", block.stop - block.start, omics)
