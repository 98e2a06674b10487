"""What does the verdict say where little, something else or nothing is to be found? Held-out labels, simulated.

Each case draws data sets, makes the evidence with the code of the workflow, and counts the codes, beside those of the rules of
version 0.1 (log-rank permutation p, no sizes, `no_added_value` by the sign of the gain).

    python tests/benchmarks/verdict.py              # every case, 100 data sets each
    python tests/benchmarks/verdict.py trivial --sets 20
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import stratomics.runtime  # noqa: E402, F401  (first: it fixes the thread pools before numpy loads)

PERMUTATIONS = 99
BOOTSTRAP = 200


def survival_of(log_hazard, rng, censored: float = 0.5):
    """Draw exponential follow-up; about a half of the patients have no event."""
    import numpy as np

    died, left = rng.exponential(np.exp(-log_hazard)), rng.exponential(size=len(log_hazard)) / censored * 0.5
    return np.minimum(died, left), died <= left


def evidence_on_labels(time, event, subtype, k, rng, **known):
    """Make the evidence on held-out labels of K subtypes (one K, or one per patient); `known` has what they do not say."""
    import numpy as np
    import pandas as pd

    from stratomics.evaluation.evidence import Evidence
    from stratomics.evaluation.metrics import percentile_interval
    from stratomics.evaluation.scores import point_metrics, replicate_metrics
    from stratomics.evaluation.sources import Figure
    from stratomics.evaluation.yardstick import Yardstick, bootstrap_weights
    from stratomics.survival import pooled_logrank
    from stratomics.survival.trend import trend_logrank

    n = len(time)
    own = {"time": time, "event": event, "subtype": subtype, "n_subtypes": k, "risk": subtype * 1.0, "fold": "r0f0"}
    labels, weights = pd.DataFrame(own), bootstrap_weights(n, BOOTSTRAP, int(rng.integers(2**31)))
    follow_up = {"r0f0": (time, event)}
    measure = Yardstick(follow_up, time.max(), (), time.max(), time.max(), np.zeros(0), {"r0f0": np.zeros(0)}, weights)
    points, draws = point_metrics(labels, None, measure), replicate_metrics(labels, None, measure)
    orders = [np.arange(n), *(rng.permutation(n) for _ in range(PERMUTATIONS))]
    numbers = np.broadcast_to(k, n)
    z = trend_logrank(time[orders], event[orders], subtype, numbers)[0]
    p = np.array([pooled_logrank(time[order], event[order], subtype, numbers)[2] for order in orders])
    figures = {
        f"heldout_{name}": Figure(points[name], *percentile_interval(draws[name]))
        for name in ("hazard_ratio", "cindex", "cindex_subtype")
    }
    tested = (z >= z[0]).mean()
    return Evidence(
        "simulated",
        n,
        int(event.sum()),
        permutations=PERMUTATIONS,
        permutation_p=tested,
        permutation_p_adjusted=tested,
        permutation_p_logrank=(p <= p[0]).mean(),
        **{"n_subtypes": int(np.max(k)), "k_folds_again": 1.0, **figures, **known},
    )


def codes_before(e) -> tuple[str, str]:
    """Separation and added value by the rules of version 0.1, of cohorts with enough events."""
    foretold = e.heldout_cindex.value > 0.5 and e.heldout_hazard_ratio.value > 1
    separation = "no_evidence"
    if e.permutation_p_logrank <= 0.05:
        separation = "separates" if foretold else "reversed"
    if not e.covariates:
        return separation, "not_tested"
    if e.added_delta.value <= 0 or (e.added_lr_p > 0.05 and e.added_delta.high < 0.02):
        return separation, "no_added_value"
    if e.added_lr_p <= 0.05:
        sure = separation == "separates"
        return separation, ("adds_little" if e.added_delta.value < 0.02 else "adds") if sure else "undetermined"
    return separation, "no_added_value" if separation != "separates" else "undetermined"


def null(rng):
    """300 patients in two groups that have nothing to do with survival."""
    subtype = rng.integers(1, 3, size=300)
    return evidence_on_labels(*survival_of(0.0 * subtype, rng), subtype, 2, rng)


def trivial(rng):
    """1,000 patients in two groups with a hazard ratio of 1.25: found, and too small to matter."""
    import numpy as np

    subtype = rng.integers(1, 3, size=1000)
    return evidence_on_labels(*survival_of(np.log(1.25) * subtype, rng), subtype, 2, rng)


def no_direction(rng):
    """900 patients in three groups, of which the middle one has the highest hazard (hazard ratio 1.6)."""
    import numpy as np

    subtype = rng.integers(1, 4, size=900)
    return evidence_on_labels(*survival_of(np.log(1.6) * (subtype == 2), rng), subtype, 3, rng)


def planted(rng):
    """300 patients in two groups with a hazard ratio of 2: to be found."""
    import numpy as np

    subtype = rng.integers(1, 3, size=300)
    return evidence_on_labels(*survival_of(np.log(2) * subtype, rng), subtype, 2, rng)


def other_k(rng):
    """240 patients in three groups, two of which touch: where all are cut into three, but most of three folds into two."""
    import numpy as np

    from stratomics.subtypes import fit_subtypes

    settings = {"method": "kmeans", "n_subtypes": "auto", "range": [2, 4], "criterion": "mixture_bic"}
    settings |= {"min_share": 0.1, "restarts": 5}
    fold = np.arange(240) % 3
    while True:
        group = rng.integers(0, 3, size=240)
        points = rng.normal(size=(240, 4)) + np.array([[0, 0, 0, 0], [0, 2.5, 0, 0], [6, 0, 0, 0]])[group]
        time, event = survival_of(np.log(3) * (group == 2), rng)
        full = fit_subtypes(points, time, event, settings, 0, report=False).n_subtypes
        if full != 3:
            continue
        subtype, numbers = np.zeros(240, dtype=np.int64), np.zeros(240, dtype=np.int64)
        for one in range(3):
            train, held_out = fold != one, fold == one
            model = fit_subtypes(points[train], time[train], event[train], settings, 0, report=False)
            subtype[held_out], numbers[held_out] = model.assign(points[held_out]), model.n_subtypes
        again = float(np.mean([numbers[fold == one][0] == full for one in range(3)]))
        if again < 0.5:
            known = {"n_subtypes": full, "k_folds_again": again, "k_of_folds": "2 in most"}
            return evidence_on_labels(time, event, subtype, numbers, rng, **known)


def no_ranking(rng):
    """1,000 patients, a clinic of log hazard 2 per SD and subtypes of hazard ratio 1.3: information, no better ranking."""
    import numpy as np

    from stratomics.evaluation.added_lr import added_lr_subtype
    from stratomics.evaluation.added_value import stacked_risk
    from stratomics.evaluation.metrics import percentile_interval
    from stratomics.evaluation.sources import Figure
    from stratomics.evaluation.yardstick import bootstrap_weights
    from stratomics.survival import concordance_harrell

    n = 1000
    clinic, subtype = rng.normal(size=n), rng.integers(1, 3, size=n)
    time, event = survival_of(2 * clinic + np.log(1.3) * subtype, rng)
    fold = np.arange(n) % 5
    weights = np.vstack([np.ones(n), bootstrap_weights(n, BOOTSTRAP, int(rng.integers(2**31)))])
    both = stacked_risk(clinic, subtype / 2, time, event, fold)
    with_it, without = (concordance_harrell(time, event, risk, fold=fold, weights=weights) for risk in (both, clinic))
    gain = np.asarray(with_it) - np.asarray(without)
    p = added_lr_subtype(clinic[:, None], time, event, subtype, np.full(n, 2)).p
    delta = Figure(float(gain[0]), *percentile_interval(gain[1:]))
    known = {"added_delta": delta, "added_lr_p": p, "added_permutation_p_adjusted": 1 / (PERMUTATIONS + 1)}
    return evidence_on_labels(time, event, subtype, 2, rng, covariates=True, clinical_missing=0.0, **known)


def of_points(points, rng):
    """Make the evidence on stable subtypes, cut from points: only what says whether there are groups."""
    from stratomics.evaluation.evidence import Evidence
    from stratomics.stability.continuum import continuum_p

    p = continuum_p(points, 2, int(rng.integers(2**31)))
    return Evidence("simulated", len(points), 100, pac=0.1, fold_ari=0.8, ambiguous_share=0.1, continuum_p=p)


def one_cloud(rng):
    """300 patients, 8 correlated Gaussian latents, cut into two."""
    return of_points(rng.normal(size=(300, 8)) @ rng.normal(size=(8, 8)), rng)


def two_clouds(rng):
    """300 patients, 8 latents, two round groups four standard deviations apart."""
    points = rng.normal(size=(300, 8))
    points[:, 0] += 4 * rng.integers(0, 2, size=300)
    return of_points(points, rng)


def best_cut(rng) -> float:
    """300 patients, a risk that knows nothing, cut at the best of 17 quantiles (.10 to .90) by the log-rank p; its p."""
    import numpy as np

    from stratomics.survival import logrank

    risk = rng.normal(size=300)
    time, event = survival_of(0.0 * risk, rng)
    return min(logrank(time, event, risk > cut).p for cut in np.quantile(risk, np.linspace(0.1, 0.9, 17)))


CASES = {
    case.__name__: case for case in (null, trivial, no_direction, planted, other_k, no_ranking, one_cloud, two_clouds)
}


def study(case: str, sets: int) -> dict[str, Counter]:
    """Count the codes of a case, before and after."""
    import numpy as np

    from stratomics.evaluation.verdict import verdict

    counted: dict[str, Counter] = {name: Counter() for name in ("before", "separation", "added_value", "stability")}
    for seed in range(sets):
        evidence = CASES[case](np.random.default_rng([list(CASES).index(case), seed]))
        for name, code in verdict(evidence).codes.items():
            if name in counted:
                counted[name][code] += 1
        if evidence.permutations:
            counted["before"]["/".join(codes_before(evidence))] += 1
    return counted


def main() -> None:
    """Print one line per case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help=", ".join(CASES))
    parser.add_argument("--sets", type=int, default=100)
    given = parser.parse_args()
    if not given.cases:
        import numpy as np

        found = [best_cut(np.random.default_rng([99, seed])) <= 0.05 for seed in range(given.sets)]
        print(f"best_cut: {best_cut.__doc__}\n    p <= .05     {np.mean(found):.0%}")
    for case in given.cases or CASES:
        print(f"{case}: {CASES[case].__doc__}")
        for name, codes in study(case, given.sets).items():
            if set(codes) - {"not_tested"}:
                print(f"    {name:12} " + ", ".join(f"{code} {n / given.sets:.0%}" for code, n in codes.most_common()))


if __name__ == "__main__":
    main()
