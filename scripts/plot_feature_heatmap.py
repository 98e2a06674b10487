"""Heatmap of the features that tell the subtypes of the full fit apart, in the patients with every omics."""

from stratomics.runtime import job  # first: it fixes the thread pools before numpy loads

with job(snakemake.log[0]) as log:
    from stratomics.cohort import complete_patients, load_cohort
    from stratomics.plots.feature_heatmap import draw_feature_heatmap, feature_heatmap_table
    from stratomics.plots.style import About, save_figure
    from stratomics.preprocess import load_preprocess
    from stratomics.tables import read_table, write_table

    cohort, _ = complete_patients(load_cohort(snakemake.input.cohort), [])
    fitted = load_preprocess(snakemake.input.transforms, ["full"])["full"]
    subtypes = read_table(snakemake.input.subtypes).set_index("patient").loc[cohort.patients]
    subtype, risk = subtypes["subtype"].to_numpy(), subtypes["risk"].to_numpy()
    scores = fitted.transform(cohort)
    markers = read_table(snakemake.input.markers)
    shown = markers[markers["rank"] <= 5]
    table = feature_heatmap_table(scores, fitted.features, shown, cohort.clinical, subtype, risk)
    write_table(table, snakemake.output.table)
    about = About(cohort.name, snakemake.wildcards.embedding, cohort.n, cohort.n_events)
    save_figure(draw_feature_heatmap(table, shown, about), snakemake.output.png, snakemake.output.svg)
