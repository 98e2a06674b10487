"""What does `batch` do? One cohort with and without it: how far batches lie apart, and what unseen patients say.

The cohort is that of a run (``results/<cohort>/cohort.h5mu``) with a batch in some omics. The silhouette by batch is of the full
fit, on the first principal components; C is Harrell's of the risk on the same splits, a median over the repeats, and its difference
has the interval of the corrected resampled t-test.

    python tests/benchmarks/batch.py results/KIRC/cohort.h5mu --embeddings cox dae
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)


def silhouettes(cohort, labels, preprocess) -> None:
    """Print how far the batches of each omics lie apart as the networks see it; `labels` by omics."""
    import numpy as np

    from stratomics.description.batches import COMPONENTS, between_share, silhouette
    from stratomics.preprocess import fit_preprocess
    from stratomics.projection import principal_components

    fitted = fit_preprocess(cohort, np.arange(cohort.n), preprocess)
    features = fitted.transform(cohort)
    for one in cohort.omics:
        if one.name in labels:
            known = one.present & labels[one.name].notna().to_numpy()
            own, of = features[known][:, fitted.blocks[one.name]], labels[one.name][known].to_numpy(str)
            places = principal_components(own, np.arange(len(own)), COMPONENTS)
            print(f"  {one.name}: silhouette {silhouette(places, of):.3f}, between {between_share(own, of):.4f}")


def fold_concordance(cohort, splits, predictions):
    """Return Harrell's C of the held-out patients of each fold, and its comparable pairs, both [repeats, folds]."""
    import numpy as np

    from stratomics.survival import concordance_harrell

    rows = predictions.set_index(["split", "patient"])["risk"]
    found: dict[str, list[tuple[float, int]]] = {}
    for split in splits:
        if split.repeat is None:
            continue
        time, event = cohort.time[split.held_out], cohort.event[split.held_out]
        risk = rows[split.name].reindex(cohort.patients[split.held_out]).to_numpy(float)
        pairs = sum(int(((time > t) | ((time == t) & ~event)).sum()) for t in time[event])
        found.setdefault(split.repeat, []).append((float(concordance_harrell(time, event, risk)), pairs))
    both = np.array(list(found.values()))
    return both[..., 0], both[..., 1]


def main() -> None:
    from stratomics.chain.run import run_chain
    from stratomics.cohort import load_cohort, make_splits
    from stratomics.config import load_config
    from stratomics.config.schema import schema_file
    from stratomics.evaluation.resampled import procedure_test
    from stratomics.runtime import derive_seed

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cohort", type=Path, help="results/<cohort>/cohort.h5mu")
    parser.add_argument("--embeddings", nargs="*", default=["cox", "dae"])
    arguments = parser.parse_args()
    raw = {"cohorts": [{"name": "any", "simulate": {"patients": 100}}], "embeddings": arguments.embeddings}
    settings = dict(load_config({**raw, "device": "cpu"}, schema_path=schema_file()))
    cohort = load_cohort(arguments.cohort)
    labels = {one.name: one.batch for one in cohort.omics if one.batch is not None}
    without = replace(cohort, omics=tuple(replace(one, batch=None) for one in cohort.omics))
    evaluation = settings["evaluation"]
    splits = make_splits(
        cohort.time,
        cohort.event,
        folds=evaluation["folds"],
        repeats=evaluation["repeats"],
        seed=derive_seed(settings["seed"], "make_splits"),
        groups=cohort.groups,
        present=cohort.present,
    )
    for name, one in (("with batch", cohort), ("without", without)):
        print(f"{cohort.name}, {name}: {one.n} patients, {one.n_events} events")
        silhouettes(one, labels, settings["preprocess"])
    for embedding in settings["embeddings"]:
        own, metrics = {**settings, "embeddings": [embedding]}, []
        folds = []
        for one in (cohort, without):
            result = run_chain(one, own, splits=splits)[embedding["name"]]
            metrics.append(result.metrics[result.metrics["repeat"] == "median"].set_index("metric")["held_out"])
            folds.append(fold_concordance(one, splits, result.classified.predictions))
        test = procedure_test(folds[0][0] - folds[1][0], folds[0][1])
        for metric in ("cindex", "cindex_subtype"):
            print(f"{embedding['name']} {metric}: with {metrics[0][metric]:.3f}, without {metrics[1][metric]:.3f}")
        print(f"  difference {test.difference:+.3f} ({test.ci_low:+.3f} to {test.ci_high:+.3f})", flush=True)


if __name__ == "__main__":
    main()
