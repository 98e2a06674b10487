"""Does the chain find what is planted, and nothing where nothing is? The demo cohort over several simulator seeds.

For planted cohorts: adjusted Rand index of held-out subtypes with the planted ones, and held-out concordance beside that of
the planted risk. For null cohorts: held-out concordance, which must scatter around 0.5. All settings are those of config.yaml.

    python tests/benchmarks/recovery.py planted --seeds 5
    python tests/benchmarks/recovery.py null --seeds 20
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)


def study(mode: str, seeds: int, repeats: int | None, threads: int):
    """Yield one row per simulator seed and embedding."""
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    from stratomics.chain.labels import heldout_labels
    from stratomics.chain.run import run_chain
    from stratomics.cohort import build_cohort
    from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
    from stratomics.config import load_config, load_yaml
    from stratomics.survival import concordance_harrell

    settings = load_config(load_yaml(ROOT / "config.yaml"), schema_path=ROOT / "workflow/schemas/config.schema.yaml")
    if repeats:
        settings["evaluation"]["repeats"] = repeats
    for seed in range(seeds):
        simulate = {**settings["cohorts"][0]["simulate"], "seed": seed, "null": mode == "null"}
        with tempfile.TemporaryDirectory() as folder:
            simulated = simulate_cohort("demo", simulate)
            write_simulated(simulated, folder)
            config = simulated_cohort_config(simulate, folder, name="demo")
            cohort, _ = build_cohort(config, preprocess=settings["preprocess"], evaluation=settings["evaluation"])
        truth = simulated.truth.set_index("patient").reindex(cohort.patients)
        planted = float(concordance_harrell(cohort.time, cohort.event, truth["risk"].to_numpy()))
        started = time.monotonic()
        for name, chain in run_chain(cohort, settings, threads=threads).items():
            labels = heldout_labels(chain.classified.predictions, cohort)
            rand = np.mean([adjusted_rand_score(truth["subtype"], own["subtype"]) for own in labels.values()])
            median = chain.metrics[chain.metrics["repeat"] == "median"].set_index("metric")
            yield {
                "mode": mode,
                "seed": seed,
                "embedding": name,
                "planted_cindex": planted,
                "heldout_cindex": median.at["cindex", "held_out"],
                "apparent_cindex": median.at["cindex", "apparent"],
                "heldout_ari": rand,
                "apparent_logrank_p": median.at["logrank_p", "apparent"],
                "heldout_logrank_p": median.at["logrank_p", "held_out"],
                "seconds": time.monotonic() - started,
            }


def main() -> None:
    """Run the study, print its table and the means."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["planted", "null"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repeats", type=int, help="of the cross-validation (default: as in config.yaml)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", help="write the table there (TSV)")
    arguments = parser.parse_args()
    rows = []
    for row in study(arguments.mode, arguments.seeds, arguments.repeats, arguments.threads):
        rows.append(row)
        print(*(f"{v:.3g}" if isinstance(v, float) else v for v in row.values()), sep="\t", flush=True)
    table = pd.DataFrame(rows)
    if arguments.out:
        table.to_csv(arguments.out, sep="\t", index=False, float_format="%.6g")
    print(
        table.groupby("embedding")[["planted_cindex", "heldout_cindex", "apparent_cindex", "heldout_ari"]].describe().T
    )
    print(f"mean held-out concordance {table['heldout_cindex'].mean():.3f}")
    shares = (table[["apparent_logrank_p", "heldout_logrank_p"]] < 0.05).mean()
    print(f"share with p < .05: apparent {shares.iloc[0]:.2f}, held-out (nominal) {shares.iloc[1]:.2f}")


if __name__ == "__main__":
    main()
