"""What a schema cannot say: keys that must agree with each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from stratomics.catalogue import FOLDERS, comparators, plugins

from .faults import Fault, Path, spell
from .hints import show

#: Where a cohort lists its omics: those of its own, or the simulated ones.
_OMICS = (("omics",), ("simulate", "omics"))


class Trusted:
    """The parts of a config that the schema found nothing wrong with.

    Parameters
    ----------
    config
        The config, with defaults where the schema gives them.
    faults
        What the schema found.
    """

    def __init__(self, config: Any, faults: Iterable[Fault]) -> None:
        self.config = config
        self.faulty = [fault.path for fault in faults]

    def get(self, *path: str | int) -> Any:
        """Return the value at `path`, or None when it is absent or has a fault in it."""
        if any(bad[: len(path)] == path for bad in self.faulty):
            return None
        return self.get_any(*path)

    def get_any(self, *path: str | int) -> Any:
        """Return the value at `path` whatever its faults, or None when it is absent."""
        value = self.config
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def items(self, *path: str | int) -> list[Path]:
        """Return the path of every mapping in the list at `path`."""
        value = self.get_any(*path)
        found = value if isinstance(value, list) else []
        return [(*path, i) for i, one in enumerate(found) if isinstance(one, dict)]


def agreement_faults(config: Trusted) -> Iterator[Fault]:
    """Yield the faults between keys.

    Parameters
    ----------
    config
        The config, filled with defaults.

    Yields
    ------
    Fault
    """
    yield from _same(config, config.items("cohorts"), "name", "Results go to results/<name>: rename one")
    yield from _same(config, config.items("embeddings"), "name", "Results go to a folder of that name: rename one")
    for cohort in config.items("cohorts"):
        for key in _OMICS:
            yield from _same(config, config.items(*cohort, *key), "name", "Rename one")
        yield from _patients(config, cohort)
        yield from _pattern(config, cohort)
        yield from _clinical(config, cohort)
        yield from _batch(config, cohort)
    yield from _same(config, config.items("predict"), "name", "Results go to results/predict/<name>: rename one")
    for prediction in config.items("predict"):
        yield from _same(config, config.items(*prediction, "omics"), "name", "Rename one")
        yield from _pattern(config, prediction)
        yield from _clinical(config, prediction)
        yield from _batch(config, prediction)
        yield from _recalibrate(config, prediction)
    yield from _names(config)
    yield from _clinical_views(config)
    yield from _subtypes(config)
    yield from _pathways(config)
    yield from _permutations(config)
    yield from _plugins(config)


def _pathways(config: Trusted) -> Iterator[Fault]:
    """Check that gene sets are asked of omics that some cohort has."""
    if config.get("pathways", "gmt") is None:
        return
    places = [place for cohort in config.items("cohorts") for key in _OMICS for place in config.items(*cohort, *key)]
    known = list(dict.fromkeys(str(config.get_any(*place, "name")) for place in places))
    for i, name in enumerate(config.get("pathways", "omics") or []):
        if name not in known:
            allowed = ", ".join(show(one) for one in known)
            yield Fault(("pathways", "omics", i), f"found {show(name)}, which no cohort has; allowed are {allowed}.")


def _same(config: Trusted, items: Iterable[Path], key: str, what_to_do: str) -> Iterator[Fault]:
    """Yield a fault for every value of `key` that stood in an earlier item, upper and lower case alike."""
    first: dict[str, Path] = {}
    for item in items:
        value = config.get(*item, key)
        if not isinstance(value, str):
            continue
        earlier = first.setdefault(value.casefold(), (*item, key))
        if earlier != (*item, key):
            yield Fault((*item, key), f"found {show(value)}, which {spell(earlier)} has already. {what_to_do}.")


def _patients(config: Trusted, cohort: Path) -> Iterator[Fault]:
    """Check that a cohort has as many omics as its patients must have."""
    least = config.get(*cohort, "patients", "at_least")
    n = max(len(config.items(*cohort, *key)) for key in _OMICS)
    if least is not None and n and least > n:
        text = f"found {least}, and the cohort has {n} omics. Use at most {n}, or 'complete'."
        yield Fault((*cohort, "patients", "at_least"), text)


def _pattern(config: Trusted, cohort: Path) -> Iterator[Fault]:
    """Check that the pattern of a cohort's ids is one, and says where the patient is."""
    pattern = config.get(*cohort, "pattern")
    if not isinstance(pattern, str):
        return
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        text = f"found {pattern!r}, which is no regular expression ({error}). Correct it."
    else:
        if "patient" in groups:
            return
        text = f"found {pattern!r}, which has no group 'patient'. Put the part that names the patient into (?P<patient>...)."
    yield Fault((*cohort, "pattern"), text)


def _clinical(config: Trusted, cohort: Path) -> Iterator[Fault]:
    """Check the columns of a cohort's clinical table against each other."""
    clinical = (*cohort, "clinical")
    if config.get_any(*cohort, "simulate") is not None and config.get_any(*cohort, "omics") is None:
        for key in ("clinical", "samples", "pattern", "source"):
            if config.get_any(*cohort, key) and config.get_any(*cohort, key) != "primary":
                yield Fault(
                    (*cohort, key), "found beside 'simulate', which has its own: it would not be read. Remove it."
                )
        return
    roles: dict[str, Path] = {}
    for key in ("patient", "time", "event"):
        value = config.get(*clinical, key)
        for column in value if isinstance(value, list) else [value]:
            if column is not None and (earlier := roles.setdefault(_seen(column), (*clinical, key))) != (
                *clinical,
                key,
            ):
                text = f"found {column!r}, which {spell(earlier)} has already. Name two different columns."
                yield Fault((*clinical, key), text)
    groups, covariates = config.get(*clinical, "groups"), config.get(*clinical, "covariates") or []
    if groups is not None and (role := roles.get(_seen(groups))) is not None:
        text = f"found {groups!r}, which is {spell(role)}. Groups are hospitals or sites: name another column, or remove it."
        yield Fault((*clinical, "groups"), text)
    listed: dict[tuple[str, str], int] = {}
    for key, what in (("covariates", "A covariate"), ("annotations", "An annotation")):
        for i, column in enumerate(config.get(*clinical, key) or []):
            if (role := roles.get(_seen(column))) is not None:
                text = f"found {column!r}, which is {spell(role)}. {what} is another column: remove it."
                yield Fault((*clinical, key, i), text)
            elif (first := listed.setdefault((key, _seen(column)), i)) != i:
                text = f"found {column!r}, the same column as {spell((*clinical, key, first))}: remove it."
                yield Fault((*clinical, key, i), text)
            elif key == "annotations" and (column in covariates or column == groups):
                other = (
                    "is among the covariates, and those are"
                    if column in covariates
                    else "is clinical.groups, and that is"
                )
                text = f"found {column!r}, which {other} compared anyway: remove it here."
                yield Fault((*clinical, key, i), text)
    died, alive = (config.get(*clinical, "event_codes", key) or [] for key in ("event", "censored"))
    for code in sorted(set(died) & set(alive)):
        text = f"{code!r} stands under event and under censored; a value can mean only one. Remove it from one list."
        yield Fault((*clinical, "event_codes"), text)


def _batch(config: Trusted, cohort: Path) -> Iterator[Fault]:
    """Check that a batch is a column of the clinical table which says nothing of the outcome."""
    clinical = (*cohort, "clinical")
    roles: dict[str, Path] = {}
    for key in ("patient", "time", "event"):
        value = config.get(*clinical, key)
        roles |= dict.fromkeys(value if isinstance(value, list) else [value], (*clinical, key))
    for item in config.items(*cohort, "omics"):
        batch = config.get(*item, "batch")
        if batch is None:
            continue
        if config.get_any(*clinical) is None:
            text = f"found {batch!r}, a column of the clinical table, but there is no 'clinical'. Add it or remove this key."
            yield Fault((*item, "batch"), text)
        elif batch in roles:
            text = f"found {batch!r}, which is {spell(roles[batch])}. A batch is a sequencer or a centre: name its column, "
            yield Fault((*item, "batch"), f"{text}or remove this key.")


def _recalibrate(config: Trusted, prediction: Path) -> Iterator[Fault]:
    """Check that there is follow-up to learn a baseline from."""
    if config.get(*prediction, "recalibrate") is True and config.get_any(*prediction, "clinical") is None:
        text = "found true, but there is no 'clinical' with the follow-up to learn from. Add it, or set false."
        yield Fault((*prediction, "recalibrate"), text)


def _names(config: Trusted) -> Iterator[Fault]:
    """Check names against what the workflow makes of them."""
    cohorts, embeddings = config.items("cohorts"), config.items("embeddings")
    taken = dict(_names_of_comparators(config))
    for item in [*cohorts, *embeddings]:
        name = config.get(*item, "name")
        if not isinstance(name, str):
            continue
        if repeated := re.search(r"(.+?)\1{19}$", name):
            text = f"found {show(name)}, which ends in {repeated[1]!r} 20 times over; Snakemake takes that for a rule that feeds "
            yield Fault((*item, "name"), f"{text}itself. Choose another name.")
        elif item in embeddings and name.casefold() in taken:
            text = f"found {name!r}, which is what the tables call {taken[name.casefold()]}. Rename it."
            yield Fault((*item, "name"), text)


def _names_of_comparators(config: Trusted) -> Iterator[tuple[str, str]]:
    """Yield every name that a comparator has, or would have if it were asked for, with what to call it."""
    omics = [
        config.get(*one, "name")
        for cohort in config.items("cohorts")
        for key in _OMICS
        for one in config.items(*cohort, *key)
    ]
    for name, one in comparators().items():
        for method in [name, *one.names([str(each) for each in omics])]:
            yield method.casefold(), f"the comparator {name}"


def _clinical_views(config: Trusted) -> Iterator[Fault]:
    """Check that every cohort has covariates, and no omics their name, where networks also see the clinic."""
    cohorts = config.items("cohorts")
    without = [
        show(config.get_any(*cohort, "name"))
        for cohort in cohorts
        if config.get(*cohort, "clinical", "covariates") == [] and config.get_any(*cohort, "simulate") is None
    ]
    seeing = [item for item in config.items("embeddings") if config.get(*item, "clinical") is True]
    for item in seeing if without else []:
        text = f"found true, but there are no clinical.covariates of {', '.join(without)}. Name some, or set false."
        yield Fault((*item, "clinical"), text)
    omics = [(*one, "name") for cohort in cohorts for key in _OMICS for one in config.items(*cohort, *key)]
    for path in omics if seeing else []:
        if str(config.get(*path)).casefold() == "clinical":
            text = f"found {config.get(*path)!r}, as the clinical covariates are called that an embedding sees beside the omics."
            yield Fault(path, f"{text} Rename it, or set `clinical: false` of {spell(seeing[0])}.")


def _seen(column: str) -> str:
    """Return a name without what nobody sees: blanks around it, and the Unicode form."""
    return unicodedata.normalize("NFC", column).strip()


def _subtypes(config: Trusted) -> Iterator[Fault]:
    """Check that the number of subtypes is possible."""
    number, span, share = (config.get("subtypes", key) for key in ("n_subtypes", "range", "min_share"))
    if span is not None and span[0] > span[1]:
        text = f"found [{span[0]}, {span[1]}]; the smallest comes first. Write [{span[1]}, {span[0]}]."
        yield Fault(("subtypes", "range"), text)
        return
    least = span[0] if number == "auto" and span is not None else number
    if isinstance(least, int) and share is not None and least * share > 1:
        text = f"found {share}; {least} subtypes cannot each hold that share of the patients. Give at most {1 / least:.3g}."
        yield Fault(("subtypes", "min_share"), text)


def _permutations(config: Trusted) -> Iterator[Fault]:
    """Check that a permutation test could reach .05 at all."""
    for key in ("permutations", "survival_permutations"):
        permutations = config.get("evaluation", key)
        if permutations is not None and 0 < permutations < 19:
            text = f"found {permutations}; with fewer than 19 no p-value can be .05 or less. Give 0 (no test) or at least 19."
            yield Fault(("evaluation", key), text)


def _plugins(config: Trusted) -> Iterator[Fault]:
    """Check that the plug-ins which the schema allows are there."""
    chosen: dict[Path, Any] = {(key, "method"): config.get(key, "method") for key in ("subtypes", "classifier")}
    chosen |= {("comparators", i): name for i, name in enumerate(config.get("comparators") or [])}
    chosen |= {path: config.get_any(*path) for path in _kinds(config)}
    for path, name in chosen.items():
        key = str(path[0])
        if name is not None and name not in plugins(key):
            text = f"found {name!r}, which the schema allows, but there is no file scripts/stratomics/{FOLDERS[key]}/{name}.py."
            yield Fault(path, f"{text} Add it, or take another: {', '.join(plugins(key))}.")


def _kinds(config: Trusted) -> list[Path]:
    """Return the path of the kind of every embedding without a fault."""
    return [(*item, "kind") for item in config.items("embeddings") if config.get(*item) is not None]
