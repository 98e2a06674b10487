"""The methods of a run as a text to paste, written from its settings, with the papers it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stratomics.catalogue import SMALLEST, chain_settings, uses_survival

from .document import Block, Bullets, Inline, Name, Number, Paragraph, Said, Source, Text, as_text, joined, prose
from .opening import counted, setting
from .results import Results

ARCHITECTURES = {
    "early": "one network over the omics side by side",
    "marginal": "one network with a branch per omics",
    "joint": "one network with a branch per omics and shared layers",
    "late": "networks, latents and a risk for each omics, averaged",
}
KINDS = {
    "ae": "autoencoder",
    "dae": "denoising autoencoder",
    "vae": "variational autoencoder",
    "cox": "networks with masked inputs",
}
CRITERIA = {
    "mixture_bic": "by the Bayesian information criterion of a Gaussian mixture",
    "silhouette": "by the silhouette",
    "calinski_harabasz": "by the Calinski-Harabasz index",
    SMALLEST: "as the smallest with large enough clusters",
}
CLUSTERINGS = {"kmeans": "k-means", "gaussian_mixture": "a Gaussian mixture"}
CLASSIFIERS = {
    "nearest_centroid": "the nearest centre",
    "svm": "a support vector machine",
    "logistic": "logistic regression",
}
COMPARATORS = {
    "clinical": "a Cox model of the clinical covariates",
    "ridge_cox": "ridge Cox regression on all features",
    "elastic_net_cox": "elastic-net Cox regression",
    "random_survival_forest": "a random survival forest",
    "pca": "principal components in place of the networks",
    "single_omics": "each omics alone",
    "random_embedding": "random latents",
}
TRANSFORMS = {"none": "as given", "log2p1": "log2(x + 1)", "rank_normal": "rank-normal"}

#: Papers, each with the steps that rest on it.
PAPERS: tuple[tuple[str, str], ...] = (
    (
        "always",
        "Chaudhary et al. 2018, Clin. Cancer Res. 24, 1248-1259 (the chain of autoencoder, Cox selection and clustering)",
    ),
    ("dae", "Vincent et al. 2010, J. Mach. Learn. Res. 11, 3371-3408 (denoising autoencoders)"),
    ("vae", "Kingma and Welling 2014, ICLR, arXiv:1312.6114 (variational autoencoders)"),
    ("mmd", "Zhao, Song and Ermon 2019, AAAI 33, 5885-5892 (divergence by maximum mean discrepancy)"),
    ("survival", "Katzman et al. 2018, BMC Med. Res. Methodol. 18, 24 (Cox loss of a network)"),
    ("survival", "Kvamme, Borgan and Scheel 2019, J. Mach. Learn. Res. 20, 129 (risk sets of minibatches)"),
    ("survival", "Breiman 1996, Mach. Learn. 24, 49-64 (stacking)"),
    ("attention", "Ilse, Tomczak and Welling 2018, ICML, arXiv:1802.04712 (attention)"),
    ("bh", "Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57, 289-300"),
    ("always", "Cox 1972, J. R. Stat. Soc. B 34, 187-220; Efron 1977, J. Am. Stat. Assoc. 72, 557-565 (ties)"),
    ("always", "Harrell, Lee and Mark 1996, Stat. Med. 15, 361-387 (concordance)"),
    ("always", "Uno et al. 2011, Stat. Med. 30, 1105-1117 (concordance under censoring)"),
    ("permutations", "Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9, 39 (permutation p-values)"),
    ("permutations", "Westfall and Young 1993, Resampling-based multiple testing, Wiley (adjusted p-values)"),
    (
        "comparators",
        "Nadeau and Bengio 2003, Mach. Learn. 52, 239-281; Bouckaert and Frank 2004, PAKDD, LNCS 3056, 3-12 (comparisons)",
    ),
    (
        "always",
        "Senbabaoglu, Michailidis and Li 2014, Sci. Rep. 4, 6207 (PAC); Hubert and Arabie 1985, J. Classif. 2, 193-218",
    ),
    ("always", "Liu, Hayes, Nobel and Marron 2008, J. Am. Stat. Assoc. 103, 1281-1293 (clusters against one Gaussian)"),
    ("always", "Sundararajan, Taly and Yan 2017, ICML, arXiv:1703.01365 (integrated gradients)"),
)


def methods(results: Results, provenance: Mapping[str, Any]) -> list[Block]:
    """Write the methods of a run, ready to paste.

    Parameters
    ----------
    results
        The tables of the cohort.
    provenance
        ``provenance.json``.

    Returns
    -------
    list of Block
        Paragraphs, and the papers.
    """
    sentences = (_data(results, provenance), _networks(results), _subtypes(results), _judged(results, provenance))
    steps = set(_steps(results.settings))
    return [
        *map(Paragraph, sentences),
        Bullets([as_text(f"{paper}.") for step, paper in PAPERS if step in steps]),
    ]


def named(results: Results) -> Paragraph:
    """Say in a few words what the name of each embedding stands for."""
    known: list[Inline | Text] = [
        prose("*{name}*: {what}", name=one["name"], what=_in_short(one)) for one in results.settings["embeddings"]
    ]
    return Paragraph((*joined(known, "; "), "."))


def _in_short(embedding: Mapping[str, Any]) -> str:
    """Say what an embedding is."""
    kind, architecture = embedding["kind"], embedding["architecture"]
    seen = ["survival"] if uses_survival(embedding) else []
    seen += ["the clinical variables"] if embedding["clinical"] else []
    words = "networks" if kind == "cox" else KINDS.get(kind, kind)
    words += "" if architecture == "early" else f", {architecture} fusion"
    if not seen:
        return words
    return f"{words} that {'see' if words.startswith('networks') else 'sees'} {' and '.join(seen)}"


def _steps(settings: Mapping[str, Any]) -> Iterator[str]:
    """Name what a run did that rests on a paper."""
    yield "always"
    for one in settings["embeddings"]:
        yield str(one["kind"])
        yield str(one.get("divergence", ""))
        yield str(one["fusion"]) if one["architecture"] == "joint" else ""
        yield "survival" if uses_survival(one) else ""
        yield "dae" if one["kind"] == "cox" else ""
    yield str(settings["selection"]["correction"])
    yield "permutations" if settings["evaluation"]["permutations"] else ""
    yield "comparators" if settings["comparators"] else ""


def _data(results: Results, provenance: Mapping[str, Any]) -> Text:
    """Say what was analysed and how it was brought to one scale."""
    first, preprocess, cohort = results.first, results.settings["preprocess"], provenance["cohort"]
    own = cohort["simulate"]["omics"] if "simulate" in cohort else cohort["omics"]
    omics: list[Inline | Text] = [
        (Name(str(one["name"])), f" ({TRANSFORMS[one['transform']]})" if "transform" in one else "") for one in own
    ]
    gaps = (
        "the median of the feature"
        if preprocess["impute"] == "median"
        else prose("the mean of the {k} nearest patients", k=setting(results, "preprocess.neighbours"))
    )
    return prose(
        "{n} patients with {events} events{others} were analysed with stratomics {version}. Omics: {omics}. Features missing "
        "in more than {feature} % of the patients were dropped and remaining gaps filled with {gaps}; of each omics at most "
        "{most} features were kept, the most variable ones, standardised and clipped at {clip} standard deviations{balance}. "
        "Every parameter was fitted on training patients only.",
        n=first.number("n", 0),
        events=first.number("events", 0),
        others=" (who have every omics; others took part in training)" if results.incomplete else "",
        version=Said(str(provenance["stratomics"]), Source("provenance.json", "", "stratomics")),
        omics=joined(omics),
        feature=_per_cent(results, "preprocess.max_missing_feature"),
        gaps=gaps,
        most=setting(results, "preprocess.max_features"),
        clip=setting(results, "preprocess.clip"),
        balance=", and the omics were weighted to equal variance" if preprocess["balance"] else "",
    )


def _networks(results: Results) -> Text:
    """Say what each embedding is."""
    known: list[Inline | Text] = []
    for place, one in enumerate(results.settings["embeddings"]):
        parts: list[Inline | Text] = [
            f"{KINDS.get(one['kind'], one['kind'])}, {ARCHITECTURES.get(one['architecture'], one['architecture'])}"
        ]
        if one["architecture"] == "joint":
            parts.append(f" fused by {one['fusion']}")
        parts.append(prose(", {latent} latents", latent=setting(results, f"embeddings.{place}.latent")))
        if uses_survival(one):
            committee = setting(results, f"embeddings.{place}.committee")
            told = ", beside a network without survival" if one["unsupervised"] else ""
            loss = "negative log Cox partial likelihood"
            parts.append(prose("; a committee of {n} trained by the {loss}{told}", n=committee, loss=loss, told=told))
        if one["clinical"]:
            parts.append("; it also sees the clinical covariates")
        known.append((f"{one['name']} (", *joined(parts, ""), ")"))
    return prose(
        "Latents were learned by {networks}, with early stopping on patients held out within the training set where survival "
        "was not seen, and for a set number of epochs where it was.",
        networks=joined(known, "; "),
    )


def _subtypes(results: Results) -> Text:
    """Say how latents become subtypes, a risk and labels of others."""
    settings = results.settings
    selection, subtypes = settings["selection"], settings["subtypes"]
    chosen = sorted({chain_settings(one, settings)["subtypes"]["criterion"] for one in settings["embeddings"]})
    if subtypes["n_subtypes"] == "auto":
        low, high = (setting(results, f"subtypes.range.{place}") for place in (0, 1))
        ways = " or, where networks see survival, ".join(CRITERIA[one] for one in sorted(chosen, key=SMALLEST.__eq__))
        number: Text = prose(
            "the number of subtypes was chosen from {low} to {high} {ways}", low=low, high=high, ways=ways
        )
    else:
        number = prose("the number of subtypes was set to {k}", k=setting(results, "subtypes.n_subtypes"))
    risk = (
        "a ridge Cox model on all latents (penalty by cross-validated partial likelihood within the training patients) gave the "
        "continuous risk, stacked with what networks that see survival say where there are any"
        if settings["risk"]["method"] == "ridge_cox"
        else "the continuous risk was that of the subtypes"
    )
    on = "latents" if settings["classifier"]["predictors"] == "latents" else "omics features"
    return prose(
        "Latents tied to survival (univariate Cox regression, Efron ties, Wald p below {alpha}{correction}), "
        "standardised{weights}, were clustered by {method}; {number}. Subtypes were ordered by observed over expected "
        "events. Unseen patients were labelled by {classifier} on the {on}; {risk}.",
        alpha=setting(results, "selection.alpha"),
        correction=" after Benjamini-Hochberg" if selection["correction"] == "bh" else "",
        weights=" and weighted by |z|" if subtypes["weights"] == "cox" else "",
        method=CLUSTERINGS.get(subtypes["method"], subtypes["method"]),
        number=number,
        classifier=CLASSIFIERS.get(settings["classifier"]["method"], settings["classifier"]["method"]),
        on=on,
        risk=risk,
    )


def _judged(results: Results, provenance: Mapping[str, Any]) -> Text:
    """Say how the chain was judged."""
    settings = results.settings
    sentences: list[Inline | Text] = [
        prose(
            "The whole chain was cross-fitted ({folds} folds, {repeats}, stratified by event and follow-up); held-out labels "
            "were pooled per repeat and judged by log-rank test, hazard ratio, and Harrell's and Uno's concordance within "
            "folds, with {bootstrap} bootstrap samples of the patients.",
            folds=setting(results, "evaluation.folds"),
            repeats=counted(setting(results, "evaluation.repeats"), "repeat"),
            bootstrap=setting(results, "evaluation.bootstrap"),
        )
    ]
    if settings["evaluation"]["permutations"]:
        anew = (
            prose(
                " ({n} where networks see survival, which were trained anew)",
                n=setting(results, "evaluation.survival_permutations"),
            )
            if any(map(uses_survival, settings["embeddings"]))
            else ()
        )
        sentences.append(
            prose(
                "Significance was assessed by {n} permutations of follow-up and covariates against the omics{anew}, with "
                "selection, clustering, risk and classification repeated in every split (one-sided log-rank test for trend); "
                "p-values were adjusted over the embeddings by step-down minP.",
                n=setting(results, "evaluation.permutations"),
                anew=anew,
            )
        )
    if settings["comparators"]:
        names = ", ".join(COMPARATORS.get(name, name) for name in settings["comparators"])
        sentences.append(
            f"On the same splits: {names}; differences were tested with the corrected resampled variance, adjusted by Holm."
        )
    if not results.added_value.table.empty:
        sentences.append(
            "Added value over a Cox model of the clinical covariates was judged by a likelihood ratio on held-out "
            "predictions and the difference in held-out concordance."
        )
    fewer = (
        prose(" ({n} where networks see survival)", n=setting(results, "stability.survival_subsamples"))
        if any(map(uses_survival, settings["embeddings"]))
        else ()
    )
    sentences.append(
        prose(
            "Stability was judged on {n} subsamples{fewer} of {share} % of the patients.",
            n=setting(results, "stability.subsamples"),
            fewer=fewer,
            share=_per_cent(results, "stability.share"),
        )
    )
    versions = [
        (f"{name} ", Said(str(provenance["packages"][name]), Source("provenance.json", "", f"packages.{name}")))
        for name in ("torch", "scikit-learn", "scikit-survival", "snakemake")
    ]
    sentences.append(prose("Software: {versions}.", versions=joined(versions)))
    return joined(sentences, " ")


def _per_cent(results: Results, key: str) -> Number:
    """Show a setting that is a share as per cent."""
    shown = setting(results, key)
    return Number(f"{100 * float(shown.text):.0f}", shown.source, "%")
