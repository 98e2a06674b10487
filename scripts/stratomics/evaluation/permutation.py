"""The null of the whole chain: survival permuted against the omics, and everything that uses survival done anew.

Embeddings that never saw survival stay as they are; the networks of the others are trained anew. Latents are selected,
patients clustered, risk and classifier fitted anew in every split by the very chain that made the observed figures, with its
seeds; permutation 0 is the observed order and gives the observed figures. Follow-up and clinical covariates move together, so
what the clinic says of survival stays intact. Covariates that networks see beside the omics (``clinical: true``) stay with the
omics: of such an embedding the null is that neither foretells survival. Where the cohort has groups (hospitals), patients
change places within theirs only, so that what a group says of survival and of the omics stays intact too: omics that only
tell the hospital look as good in the null. So it is with which omics a patient has, which may go with the hospital or the
year; and the statistics are those of the patients with every omics, as in ``metrics.tsv``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stratomics.chain.classify import feature_predictors
from stratomics.chain.fit import Chain
from stratomics.cohort.splits import omics_patterns
from stratomics.cohort.types import Cohort, Split
from stratomics.embedding.told import Told
from stratomics.errors import ConfigError, DataError
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import derive_seed, log
from stratomics.survival import concordance_harrell, pooled_logrank, trend_logrank

from .added_lr import added_lr
from .multiplicity import westfall_young_min_p
from .repeats import middle

#: Trains networks anew, see `permute_survival`.
Retrain = Callable[[str, Sequence[tuple[np.ndarray, np.ndarray]]], Sequence[tuple[np.ndarray, Told]]]
#: The statistics of a permutation, and whether large values speak against the null hypothesis.
STATISTICS = {
    "apparent_logrank_p": False,
    "heldout_logrank_p": False,
    "heldout_trend_z": True,
    "heldout_cindex": True,
    "heldout_cindex_subtype": True,
    "added_lr_p": False,
    "added_lr_risk_p": False,
}
#: Those for which the share of the null below .05 says how far the p is from one.
P_STATISTICS = tuple(name for name, larger in STATISTICS.items() if not larger)
TEST_COLUMNS = [
    "embedding",
    "statistic",
    "observed",
    "null_mean",
    "null_q05",
    "null_q95",
    "null_share_below_05",
    "p",
    "p_adjusted",
    "permutations",
]


def permuted_order(n: int, permutation: int, seed: int, groups: ArrayLike | None = None) -> np.ndarray:
    """Return whose survival each patient gets.

    Parameters
    ----------
    n
        Number of patients.
    permutation
        0 for the observed order. Each number stands for one order, the same for every embedding of a cohort.
    seed
        Seed of the run.
    groups
        Group of each patient [n], within which patients change places; one who is alone in it keeps the own survival. None for
        one group of all.

    Returns
    -------
    numpy.ndarray
        Positions, int64 [n].
    """
    if permutation == 0:
        return np.arange(n)
    shuffled = np.random.default_rng(derive_seed(seed, "permute_survival", permutation)).permutation(n)
    if groups is None:
        return shuffled
    codes = np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]
    order = np.empty(n, dtype=np.int64)
    # The places of each group in turn, and its patients in the order of the shuffle.
    order[np.argsort(codes, kind="stable")] = shuffled[np.argsort(codes[shuffled], kind="stable")]
    return order


def exchangeable(cohort: Cohort) -> np.ndarray | None:
    """Return the group within which the survival of each patient is permuted (text [n]); None for one group of all."""
    groups = None if cohort.groups is None else cohort.groups.to_numpy(str)
    if cohort.complete.all():
        return groups
    pattern = omics_patterns(cohort.present).astype(str)
    return pattern if groups is None else np.char.add(np.char.add(groups, " "), pattern)


def permute_survival(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Callable[[str], FittedPreprocess],
    latents: Mapping[str, np.ndarray],
    settings: Mapping[str, Any],
    permutations: Sequence[int],
    *,
    told: Mapping[str, Told] | None = None,
    retrain: Retrain | None = None,
    design: np.ndarray | None = None,
    seed: int,
) -> pd.DataFrame:
    """Run the chain of one embedding on permuted survival.

    Parameters
    ----------
    cohort, splits
        The patients and the splits; these stay, and so do the omics. Survival is permuted within ``cohort.groups``, and
        among patients with the same omics.
    fitted
        Gives the preprocessing of a split; called only where the classifier looks at omics features.
    latents
        Latents of all patients by split [n, L].
    settings
        The parts `stratomics.catalogue.CHAIN` of the config.
    permutations
        Which permutations to run; 0 is the observed order.
    told
        By split, what the networks say of survival, and in late fusion whose the latents are; empty or None for neither.
    retrain
        Trains the networks that look at survival anew: given the name of a split and follow-ups of all patients, returns per
        follow-up the latents that those networks make, [n, l], which replace the first l, and what they say of survival.
    design
        The clinical covariates of the patients with every omics [n_complete, q], for the likelihood ratio that subtype and risk
        add to them; None for none.
    seed
        Seed of the run.

    Returns
    -------
    pandas.DataFrame
        One row per permutation: ``permutation`` and the statistics of `STATISTICS`; those of held-out patients are medians over the
        repeats. NaN where the chain could not be completed (for instance no latent selected and ``if_none: stop``).

    Raises
    ------
    ConfigError
        If the embedding used survival and survival is to be permuted: latents that know the observed order make every
        permutation look worse than it is, and the null meaningless.

    Notes
    -----
    The folds were stratified by the observed survival and stay as they are, so the folds of a permutation are as those of
    an unstratified cross-validation: a little more variable, which errs on the safe side.
    """
    if retrain is None and any(permutations) and any(one.looked for one in (told or {}).values()):
        raise ConfigError(
            "The networks of this embedding looked at survival, and nothing was given to train them anew on permuted survival. "
            "Give `retrain` (see stratomics.embedding.study.retrain), or set evaluation.survival_permutations to 0."
        )
    chain = Chain.of(settings, seed)
    judged = np.flatnonzero(cohort.complete)
    orders = [permuted_order(cohort.n, b, seed, exchangeable(cohort)) for b in permutations]
    survival = [(cohort.time[order], cohort.event[order]) for order in orders]
    repeats = sorted({split.repeat for split in splits if split.repeat}, key=lambda name: int(name[1:]))
    shape = (len(orders), cohort.n)
    subtype = {repeat: np.full(shape, -1, dtype=np.int64) for repeat in repeats}
    n_subtypes = {repeat: np.zeros(shape, dtype=np.int64) for repeat in repeats}
    risk = {repeat: np.full(shape, np.nan) for repeat in repeats}
    fold = {repeat: np.full(cohort.n, "", dtype="U16") for repeat in repeats}
    apparent = np.full(len(orders), np.nan)

    for number, split in enumerate(splits, start=1):
        held_out, repeat = split.held_out, split.repeat
        given = _latents(latents[split.name], split.name, survival, (told or {}).get(split.name), retrain)
        training = features = None
        if repeat is not None:
            fold[repeat][held_out] = split.name
            if not chain.on_latents:
                preprocess = fitted(split.name)
                everybody = preprocess.transform(cohort)
                training, features = feature_predictors(preprocess, everybody[split.train]), everybody[held_out]
        for row, ((time, event), (codes, heard)) in enumerate(zip(survival, given, strict=True)):
            own, unseen = codes[split.train], codes[held_out]
            follow_up = time[split.train], event[split.train]
            try:
                if repeat is None:
                    _, model = chain.find_subtypes(split.name, own, *follow_up)
                    apparent[row] = pooled_logrank(
                        time[judged], event[judged], model.labels[judged], np.full(len(judged), model.n_subtypes)
                    )[2]
                    continue
                labels = chain.fit(split.name, own, *follow_up, training, told=heard).label(unseen, features)
            except DataError as error:
                log.info("permutation %d, %s: %s", permutations[row], split.name, error)
                continue
            subtype[repeat][row, held_out] = labels.subtype
            n_subtypes[repeat][row, held_out] = labels.n_subtypes
            risk[repeat][row, held_out] = labels.risk
        log.info("%d permutations through split %d of %d (%s)", len(orders), number, len(splits), split.name)

    rows = []
    for row, (order, (time, event)) in enumerate(zip(orders, survival, strict=True)):
        pooled = {
            repeat: {
                "subtype": subtype[repeat][row, judged],
                "n_subtypes": n_subtypes[repeat][row, judged],
                "risk": risk[repeat][row, judged],
                "fold": fold[repeat][judged],
            }
            for repeat in repeats
        }
        of_design = None if design is None else design[np.searchsorted(judged, order[judged])]
        rows.append(
            {
                "permutation": permutations[row],
                "apparent_logrank_p": apparent[row],
                **heldout_statistics(pooled, time[judged], event[judged], of_design),
            }
        )
    return pd.DataFrame(rows, columns=["permutation", *STATISTICS])


def _latents(
    observed: np.ndarray,
    split: str,
    survival: Sequence[tuple[np.ndarray, np.ndarray]],
    told: Told | None,
    retrain: Retrain | None,
) -> Iterator[tuple[np.ndarray, Told | None]]:
    """Give the latents of all patients and what the networks say of survival, for every order of it in turn."""
    if retrain is None or told is None or not told.looked:
        yield from ((observed, told) for _ in survival)
        return
    for codes, heard in retrain(split, survival):
        yield np.hstack([codes, observed[:, codes.shape[1] :]]), told.again(heard)


def heldout_statistics(
    labels: Mapping[str, Mapping[str, np.ndarray]], time: np.ndarray, event: np.ndarray, design: np.ndarray | None
) -> dict[str, float]:
    """Summarise the held-out labels of one permutation: medians over the repeats, NaN when a fold has none."""
    names = [name for name in STATISTICS if name != "apparent_logrank_p"]
    if any((own["subtype"] < 0).any() for own in labels.values()):
        return dict.fromkeys(names, np.nan)
    p, z, c, c_subtype = [], [], [], []
    for own in labels.values():
        p.append(pooled_logrank(time, event, own["subtype"], own["n_subtypes"])[2])
        z.append(float(trend_logrank(time, event, own["subtype"], own["n_subtypes"])[0]))
        c.append(float(concordance_harrell(time, event, own["risk"], fold=own["fold"])))
        c_subtype.append(float(concordance_harrell(time, event, own["subtype"] / own["n_subtypes"], fold=own["fold"])))
    # The p and not the chi-square of the subtypes: its degrees of freedom change with the number of subtypes. The trend knows
    # its direction: subtypes that separate the wrong way round are no evidence for the right one.
    added = [
        np.nan if design is None else added_lr(design, time, event, labels, term).p for term in ("subtype", "risk")
    ]
    values = (p[middle(p)], *(float(np.median(one)) for one in (z, c, c_subtype)), *map(float, added))
    return dict(zip(names, values, strict=True))


def permutation_tests(permutations: pd.DataFrame) -> pd.DataFrame:
    """Make ``permutation_tests.tsv``: how often survival that has nothing to do with the omics looks as good.

    Parameters
    ----------
    permutations
        What `permute_survival` gave for every embedding of a cohort, with the column ``embedding``: for each the permutations 0
        to B, B being its own.

    Returns
    -------
    pandas.DataFrame
        One row per embedding and statistic: ``observed``; mean, 5 % and 95 % quantile of the null; for p-values the share of
        the null below .05; ``p`` = (1 + number at least as extreme) / (B + 1); ``p_adjusted`` for having tried several
        embeddings (step-down minP over the embeddings of the cohort and the permutations that all of them have, see
        `multiplicity.westfall_young_min_p`). No rows for an embedding without permutations.

    Raises
    ------
    ValueError
        When an embedding lacks the observed order (0), or one permutation below its last.
    """
    counts = permutations["embedding"].value_counts().to_dict()
    names = [str(name) for name in dict.fromkeys(permutations["embedding"]) if counts[name] > 1]
    rows = []
    for statistic, larger in STATISTICS.items():
        table = permutations.pivot(index="permutation", columns="embedding", values=statistic)
        there = permutations.assign(there=True).pivot(index="permutation", columns="embedding", values="there").notna()
        if any(not there[name].iloc[:count].all() for name, count in counts.items()) or table.index[0] != 0:
            raise ValueError("every embedding needs the permutations 0 (the observed order) to its last, none left out")
        if not names:
            continue
        shared = table[names].iloc[: min(counts[name] for name in names)].to_numpy(np.float64)
        observed, adjusted = shared[0], westfall_young_min_p(shared[0], shared[1:], larger)[1]
        for column, name in enumerate(names):
            own = table[name].iloc[1 : counts[name]].to_numpy(np.float64)
            p = westfall_young_min_p(observed[[column]], own[:, None], larger)[0][0]
            usable = own[np.isfinite(own)]
            q05, q95 = np.quantile(usable, [0.05, 0.95]) if len(usable) else (np.nan, np.nan)
            below = float((usable < 0.05).sum() / len(own)) if statistic in P_STATISTICS else np.nan
            missing = not np.isfinite(observed[column])
            rows.append(
                {
                    "embedding": name,
                    "statistic": statistic,
                    "observed": observed[column],
                    "null_mean": float(usable.mean()) if len(usable) else np.nan,
                    "null_q05": q05,
                    "null_q95": q95,
                    "null_share_below_05": below,
                    "p": np.nan if missing else p,
                    "p_adjusted": np.nan if missing else max(p, adjusted[column]),
                    "permutations": len(own),
                }
            )
    return pd.DataFrame(rows, columns=TEST_COLUMNS)
