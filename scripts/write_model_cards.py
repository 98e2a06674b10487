"""Write the card of every model: what it is, how well it does and where it must not be used."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from pathlib import Path

    from stratomics.model.card import card_text
    from stratomics.tables import read_json, read_table, read_tables
    from stratomics.writing import atomic_path

    given, names = snakemake.input, list(snakemake.params.embeddings)
    verdicts, provenance = read_table(given.verdicts).set_index("embedding"), read_json(given.provenance)
    metrics = read_tables(names, given.metrics)
    calibrations = read_tables(names, given.calibrations)
    subsets = read_tables(names, given.omics_subsets)
    for name, path, card in zip(names, given.descriptions, snakemake.output.cards, strict=True):
        description = read_json(path, ["sha256"])
        text = card_text(
            description,
            verdict=verdicts.loc[name].to_dict(),
            metrics=metrics[name],
            calibration=calibrations[name],
            subsets=subsets[name],
            provenance=provenance,
            size=sum(Path(path).with_name(file).stat().st_size for file in (Path(path).name, *description["sha256"])),
        )
        with atomic_path(card) as temporary:
            temporary.write_text(text, encoding="utf-8")
