"""Download a table of a cohort with a source, through the cache that runs share."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.retrieval import Patience, cache_folder, fetch, place

    retrieval = snakemake.params.retrieval
    cached = fetch(
        snakemake.params.table,
        hosts=retrieval["xena"]["hosts"],
        cache=cache_folder(retrieval["cache"]),
        offline=retrieval["offline"],
        sha256=snakemake.params.sha256,
        patience=Patience(attempts=retrieval["attempts"], timeout=retrieval["timeout"]),
        say=log.info,
    )
    place(cached, snakemake.output.fetched)
