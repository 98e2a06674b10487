"""One row per embedding: apparent beside held-out."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    import pandas as pd

    from stratomics.evaluation import LEADERBOARD_COLUMNS, leaderboard_row
    from stratomics.tables import read_table, write_table

    pairs = zip(snakemake.params.embeddings, snakemake.input.metrics, strict=True)
    rows = [leaderboard_row(name, read_table(path)) for name, path in pairs]
    write_table(pd.DataFrame(rows, columns=LEADERBOARD_COLUMNS), snakemake.output.leaderboard)
