"""Which clustering and which classifier give unseen patients the labels that separate them best?

Works on the results of a run: the cohort, the splits, the preprocessing and the latents of each embedding. In every fold
patients are clustered in a space made from the latents, and unseen ones labelled by a classifier; all is fitted on training
patients only. Figures are of labels of unseen patients, medians over the repeats: C of the label (pairs within a fold), hazard
ratio per step (log scale, stratified by K where the folds chose several), hazard ratio of the worst against the best subtype,
log-rank chi-square, folds that gave everybody one label, share of the smallest label, agreement between the repeats.

    python tests/benchmarks/labels.py results/LIHC results/KIRC --out labels.tsv
    python tests/benchmarks/labels.py results/LIHC --permutations 40 --spaces selected --classifiers centroid   # the null
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from risk import COARSE, VARIANCES, Run, standardise  # first: it fixes the thread pools before numpy loads

# isort: split
import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score

from stratomics.classifier import fit_classifier
from stratomics.classifier.features import moments
from stratomics.preprocess import load_preprocess
from stratomics.runtime import derive_seed
from stratomics.stability.consensus import consensus_matrix
from stratomics.subtypes import fit_subtypes, select_latents
from stratomics.subtypes.methods import kmeans
from stratomics.subtypes.order import order_by_risk
from stratomics.survival import concordance_harrell, cox_univariate, pooled_logrank
from stratomics.survival.penalty import cross_fitted, inner_folds
from stratomics.survival.ridge_cox import ridge_cox_path

SELECTION = {"alpha": 0.05, "correction": "none", "if_none": "best", "n_best": 3}
SUBTYPES = {"method": "kmeans", "range": [2, 5], "criterion": "mixture_bic", "min_share": 0.1, "restarts": 20}
CLASSIFIER = {"top_features": 50, "inner_folds": 5}
SPACES = (
    "selected",
    "selected_scaled",
    "selected_raw_z",
    "selected_z",
    "all_z",
    "ridge",
    "consensus",
    "quantiles",
    "quantiles_crossfit",
)
CLASSIFIERS = ("svm_features", "centroid", "logistic_latents", "svm_latents")
KS: tuple[int | str, ...] = (2, 3, "auto")
#: Clusterings behind a consensus, each of one start on this share of the patients.
DRAWS, SHARE = 50, 0.8


@dataclass(frozen=True)
class Patients:
    """One split of one cohort: latents of all patients and the follow-up of the training patients."""

    latents: np.ndarray
    train: np.ndarray
    time: np.ndarray
    event: np.ndarray
    seed: int

    def space(self, name: str) -> np.ndarray:
        """Return the coordinates [n, d] of all patients to cluster in."""
        own = self.latents[self.train]
        table = select_latents(own, self.time, self.event, SELECTION)
        selected = table["selected"].to_numpy(bool)
        if name in ("selected", "consensus"):
            return self.latents[:, selected]
        z = standardise(self.latents, self.train)
        if name == "ridge":
            return z * np.abs(self.ridge[0])
        wald = np.abs(cox_univariate(z[self.train], self.time, self.event)["z"].fillna(0.0).to_numpy())
        if name == "selected_scaled":
            return z[:, selected]
        if name == "selected_raw_z":
            return (self.latents * wald)[:, selected]
        return z * wald if name == "all_z" else (z * wald)[:, selected]

    @cached_property
    def ridge(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Fit the ridge Cox: coefficients [L], risk of all patients [n], cross-fitted risk of the training patients."""
        z = standardise(self.latents, self.train)
        own, penalties = z[self.train], z.shape[1] / VARIANCES
        scores, crossed = cross_fitted(
            lambda rows: ridge_cox_path(own[rows], self.time[rows], self.event[rows], penalties, tol=COARSE).risk(own),
            self.time,
            self.event,
            inner_folds(self.time, self.event, self.seed),
        )
        best = int(scores.argmax())
        path = ridge_cox_path(own, self.time, self.event, penalties[[best]])
        return path.coef[0], path.risk(z)[0], crossed[best]


@dataclass
class Labels:
    """Labels of unseen patients by repeat, [n] each."""

    n: int
    subtype: dict[str, np.ndarray] = field(default_factory=dict)
    n_subtypes: dict[str, np.ndarray] = field(default_factory=dict)
    fold: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, split: Any, subtype: np.ndarray, k: int) -> None:
        """Take the labels of the held-out patients of a split."""
        for table, value, empty in (
            (self.subtype, subtype, np.zeros(self.n, dtype=np.int64)),
            (self.n_subtypes, k, np.zeros(self.n, dtype=np.int64)),
            (self.fold, split.name, np.full(self.n, "", dtype="U16")),
        ):
            table.setdefault(split.repeat, empty)[split.held_out] = value

    def figures(self, time: np.ndarray, event: np.ndarray) -> dict[str, float]:
        """Compute the figures named above."""
        rows = []
        for repeat, subtype in self.subtype.items():
            k, fold = self.n_subtypes[repeat], self.fold[repeat]
            strata = k if np.ptp(k) else None
            extreme = (subtype == 1) | (subtype == k)
            chi2, _, p = pooled_logrank(time, event, subtype, k)
            rows.append(
                {
                    "cindex": concordance_harrell(time, event, subtype / k, fold=fold),
                    "log_hr": log_hazard_ratio(subtype, time, event, strata),
                    "log_hr_extreme": log_hazard_ratio((subtype == k)[extreme], time[extreme], event[extreme], None),
                    "chi2": chi2,
                    "below_05": float(p < 0.05),
                    "one_label": float(sum(np.ptp(subtype[fold == one]) == 0 for one in np.unique(fold))),
                    "smallest": min(np.mean(subtype[k == one] == s) for one in np.unique(k) for s in range(1, one + 1)),
                    "k": k.mean(),
                }
            )
        names = list(self.subtype)
        agreement = adjusted_rand_score(self.subtype[names[0]], self.subtype[names[-1]])
        return {**pd.DataFrame(rows).median().to_dict(), "agreement": agreement}


def log_hazard_ratio(covariate: np.ndarray, time: np.ndarray, event: np.ndarray, strata: np.ndarray | None) -> float:
    """Return the log hazard ratio per unit; 0 where there is nothing to compare."""
    if np.ptp(covariate.astype(float)) == 0:
        return 0.0
    return float(cox_univariate(covariate.astype(float)[:, None], time, event, strata=strata)["coef"].iloc[0])


def cluster(space: str, x: np.ndarray, patients: Patients, k: int | str) -> tuple[np.ndarray, int, np.ndarray]:
    """Cluster the training patients; return their labels, K, and the nearest-centre labels of all patients."""
    own = x[patients.train]
    model = fit_subtypes(own, patients.time, patients.event, {**SUBTYPES, "n_subtypes": k}, patients.seed, report=False)
    if space != "consensus":
        return model.labels, model.n_subtypes, model.assign(x)
    k = model.n_subtypes
    rng, n = np.random.default_rng(patients.seed), len(own)
    z = own - own.mean(axis=0)
    draws = np.full((DRAWS, n), -1)
    for draw in draws:
        rows = rng.permutation(n)[: int(SHARE * n)]
        arrays = kmeans.fit(z[rows], k, int(rng.integers(2**31)), 1)
        draw[rows] = kmeans.assign(z[rows], arrays)
    apart = 1.0 - np.nan_to_num(consensus_matrix(draws))
    np.fill_diagonal(apart, 0.0)
    groups = fcluster(linkage(squareform(apart, checks=False), "average"), k, "maxclust") - 1
    found = int(groups.max()) + 1
    subtype, _ = order_by_risk(z, patients.time, patients.event, groups, found)
    centres = np.stack([own[groups == g].mean(axis=0) for g in range(found)])
    nearest = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return subtype[groups], found, subtype[nearest]


def study(
    run: Run, fitted: Mapping[str, Any], spaces: list[str], classifiers: list[str], order: np.ndarray
) -> Iterator[dict[str, Any]]:
    """Yield one row per embedding, space, K and classifier; patient i has the follow-up of patient order[i]."""
    time, event = run.cohort.time[order], run.cohort.event[order]
    collected: dict[tuple[str, str, str, str], Labels] = {}

    def add(key: tuple[str, str, str, str], split: Any, subtype: np.ndarray, k: int) -> None:
        collected.setdefault(key, Labels(len(time))).add(split, subtype[split.held_out], k)

    for split in run.folds:
        train = split.train
        preprocess = fitted[split.name]
        omics = None
        if "svm_features" in classifiers:
            features = preprocess.transform(run.cohort)
            omics = features, moments(features[train]), preprocess.blocks, preprocess.features
        for embedding, latents in run.latents.items():
            seed = derive_seed(0, "labels", split.name)
            patients = Patients(latents[split.name], train, time[train], event[train], seed)
            for space in spaces:
                if space.startswith("quantiles"):
                    _, risk, crossed = patients.ridge
                    for k in (2, 3):
                        basis = crossed if space.endswith("crossfit") else risk[train]
                        cuts = np.quantile(basis, np.arange(1, k) / k)
                        add((embedding, space, str(k), "cuts"), split, np.searchsorted(cuts, risk) + 1, k)
                    continue
                x = patients.space(space)
                done: dict[int, list[tuple[str, np.ndarray, int]]] = {}
                for wanted in KS:
                    labels, k, nearest = cluster(space, x, patients, wanted)
                    if wanted != "auto" or k not in done:
                        done[k] = list(label_all(x, omics, patients, labels, k, nearest, classifiers))
                    for classifier, subtype, n_subtypes in done[k]:
                        add((embedding, space, str(wanted), classifier), split, subtype, n_subtypes)
    for (embedding, space, wanted, classifier), own in collected.items():
        row = {"cohort": run.name, "embedding": embedding, "space": space, "wanted": wanted, "classifier": classifier}
        yield {**row, **own.figures(time, event)}


def label_all(
    x: np.ndarray,
    omics: tuple[np.ndarray, Any, Any, Any] | None,
    patients: Patients,
    labels: np.ndarray,
    k: int,
    nearest: np.ndarray,
    classifiers: list[str],
) -> Iterator[tuple[str, np.ndarray, int]]:
    """Yield the labels of all patients by each classifier."""
    width = slice(0, x.shape[1])
    for classifier in classifiers:
        method, _, predictors = classifier.partition("_")
        if classifier == "centroid":
            yield classifier, nearest, k
        elif predictors == "latents":
            scaled = standardise(x, patients.train) if method == "logistic" else x
            settings = {**CLASSIFIER, "method": method, "top_features": x.shape[1]}
            names = [f"latents:{i}" for i in range(x.shape[1])]
            model = fit_classifier(
                scaled[patients.train], {"latents": width}, names, labels, settings, patients.seed, report=False
            )
            yield classifier, model.predict(scaled), k
        else:
            settings = {**CLASSIFIER, "method": method}
            features, prepared, blocks, names = omics
            own = features[patients.train]
            model = fit_classifier(own, blocks, names, labels, settings, patients.seed, prepared=prepared, report=False)
            yield classifier, model.predict(features), k


def main() -> None:
    """Run the study and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folder of a cohort among the results of a run")
    parser.add_argument("--spaces", nargs="+", choices=SPACES, default=list(SPACES))
    parser.add_argument("--classifiers", nargs="+", choices=CLASSIFIERS, default=list(CLASSIFIERS))
    parser.add_argument("--embeddings", nargs="+", help="only these")
    parser.add_argument("--permutations", type=int, default=0, help="permute survival this often instead: the null")
    parser.add_argument("--out", help="write the rows there (TSV)")
    arguments = parser.parse_args()
    rows = []
    for folder in arguments.results:
        run = Run.load(folder)
        for name in set(run.latents) - set(arguments.embeddings or run.latents):
            del run.latents[name]
        fitted = load_preprocess(folder / "preprocess/transforms.safetensors")
        orders = [np.arange(run.cohort.n)]
        if arguments.permutations:
            rng = np.random.default_rng(0)
            orders = [rng.permutation(run.cohort.n) for _ in range(arguments.permutations)]
        for order in orders:
            rows += study(run, fitted, arguments.spaces, arguments.classifiers, order)
            if arguments.out:
                pd.DataFrame(rows).to_csv(arguments.out, sep="\t", index=False, float_format="%.6g")
    table = pd.DataFrame(rows)
    way = ["space", "classifier", "wanted"]
    if arguments.permutations:
        print(
            table.groupby(["cohort", *way], sort=False)[["cindex", "log_hr", "below_05", "one_label"]].mean().round(3)
        )
        return
    for metric in ("cindex", "log_hr", "log_hr_extreme", "chi2", "one_label", "smallest", "agreement", "k"):
        wide = table.pivot_table(index=way, columns="cohort", values=metric, aggfunc="median", sort=False)
        wide = np.exp(wide) if metric.startswith("log") else wide
        print(f"\n{metric.removeprefix('log_')}, median over the embeddings")
        print(wide.assign(mean=wide.mean(axis=1)).round(3).to_string())


if __name__ == "__main__":
    main()
