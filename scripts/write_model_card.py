"""Write the card of a model: what it is, how well it does and where it must not be used."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from pathlib import Path

    from stratomics.model.card import card_text
    from stratomics.tables import read_json, read_table
    from stratomics.writing import atomic_path

    given = snakemake.input
    verdicts = read_table(given.verdicts).set_index("embedding")
    text = card_text(
        read_json(given.model[0]),
        verdict=verdicts.loc[snakemake.wildcards.embedding].to_dict(),
        metrics=read_table(given.metrics),
        calibration=read_table(given.calibration),
        subsets=read_table(given.subsets),
        provenance=read_json(given.provenance),
        size=sum(Path(path).stat().st_size for path in given.model),
    )
    with atomic_path(snakemake.output.card) as temporary:
        temporary.write_text(text, encoding="utf-8")
