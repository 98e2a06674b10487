"""The plug-ins of the library, and what each says of itself, read without importing them.

A plug-in is a file in one of the `FOLDERS`; its name is the name in the config. The workflow lays out its jobs where neither
numpy nor torch need be, so what it must know stands in that file as plain values, and is read off its syntax tree.

A **comparator** may say, at the top level of its file:

``NEEDS``
    What a cohort must have for it, of `NEEDS`; a cohort without is not given this comparator. Nothing when it is absent.
    With ``covariates`` it is given the clinical covariates of the cohort, without it none. With ``complete_patients`` it is
    fitted on the training patients who have every omics, and tells the risk of such patients alone.
``READS``
    The keys of the config that it reads (`Context.settings`), dotted, 0 for the first of a list: ``("embeddings.0.latent",
    "chain")``. It is run anew when one of them changes, and is given no others. ``chain`` stands for `CHAIN`.
``METHODS``
    Its names in the tables; ``{omics}`` stands for the name of each omics of the cohort. Its own name when it is absent.
``APART``
    Whether its results hold what each training patient is told by a model that did not know the patient (`Predicted.apart`). The
    clinic is then added to it (`stratomics.comparators.combine`). False when it is absent.

A **format** that reads folders says which files in them:

``FILES``
    Patterns of their names: ``("data_clinical*",)``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .errors import ConfigError

ROOT = Path(__file__).resolve().parent

#: The key of the config that names plug-ins, and the folder that holds them.
FOLDERS = {
    "comparators": "comparators/methods",
    "embeddings": "embedding/kinds",
    "subtypes": "subtypes/methods",
    "classifier": "classifier/methods",
    "format": "cohort/formats",
}

#: What a comparator may need of a cohort.
NEEDS = {
    "covariates": "clinical covariates (`clinical.covariates`)",
    "several_omics": "two omics or more",
    "complete_patients": "patients with every omics (it does without the others)",
}

#: A criterion of the number of subtypes that looks at nothing: the smallest number whose clusters are large enough.
SMALLEST = "smallest"

#: The keys of the config that decide how latents become subtypes and a risk.
CHAIN = ("selection", "subtypes", "risk", "classifier")


@dataclass(frozen=True)
class Plugin:
    """One plug-in.

    Parameters
    ----------
    name
        Its name in the config.
    path
        Its file.
    summary
        The first line of the docstring of its file.
    """

    name: str
    path: Path
    summary: str


@dataclass(frozen=True)
class Comparator(Plugin):
    """A comparator; see the head of this module.

    Parameters
    ----------
    needs, reads, methods, apart
        Its ``NEEDS``, ``READS`` (``chain`` written out), ``METHODS`` and ``APART``.
    """

    needs: tuple[str, ...]
    reads: tuple[str, ...]
    methods: tuple[str, ...]
    apart: bool = False

    def suits(self, *, covariates: Sequence[str], omics: Sequence[str]) -> bool:
        """Tell whether a cohort with these covariates and omics has what the comparator needs."""
        has = {"covariates": len(covariates) > 0, "several_omics": len(omics) > 1, "complete_patients": True}
        return all(has[need] for need in self.needs)

    def names(self, omics: Sequence[str]) -> list[str]:
        """Return its names in the tables for a cohort with these omics."""
        return list(dict.fromkeys(name.replace("{omics}", one) for name in self.methods for one in omics))

    def settings(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of the config that it reads, in the shape of the config.

        Raises
        ------
        ConfigError
            When ``READS`` names what the config does not have.
        """
        try:
            return dict(_part(config, [key.split(".") for key in self.reads]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            text = f"READS names what the config does not have ({error}). Name keys of the schema, for instance 'selection'."
            raise ConfigError(f"{self.path}: {text}") from None


def plugins(key: str) -> dict[str, Plugin]:
    """Return the plug-ins that a key of the config chooses among.

    Parameters
    ----------
    key
        One of `FOLDERS`.

    Returns
    -------
    dict of Plugin
        By name, sorted; `Comparator` for ``comparators``.

    Raises
    ------
    ConfigError
        When the file of a plug-in says what it cannot.
    """
    read = _comparator if key == "comparators" else _plugin
    files = sorted(ROOT.joinpath(*FOLDERS[key].split("/")).glob("*.py"))
    return {path.stem: read(path) for path in files if path.stem != "__init__"}


def comparators() -> dict[str, Comparator]:
    """Return the comparators by name."""
    return {name: one for name, one in plugins("comparators").items() if isinstance(one, Comparator)}


def format_files() -> dict[str, tuple[str, ...]]:
    """Return, for every format that reads folders, the patterns of the names of the files that it reads there (``FILES``)."""
    return {
        name: _texts(one.path, key, node)
        for name, one in plugins("format").items()
        for key, node in _assigned(_tree(one.path))
        if key == "FILES"
    }


def uses_survival(embedding: Mapping[str, Any]) -> bool:
    """Tell whether the networks of an entry of ``embeddings`` of the config look at survival."""
    return float(embedding["survival"]) > 0


def subtypes_settings(embedding: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return how patients are clustered on the latents of an embedding.

    Parameters
    ----------
    embedding
        One entry of ``embeddings`` of the config.
    settings
        ``subtypes`` of the config.

    Returns
    -------
    dict
        `settings`, with the criterion `SMALLEST` where the networks look at survival: they part the patients they are trained on by
        how long these lived, so the gaps between clusters say how well they know those patients. Others lie in no gaps.
    """
    return {**settings, "criterion": SMALLEST} if uses_survival(embedding) else dict(settings)


def chain_settings(embedding: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts `CHAIN` of a config as they hold for the latents of one entry of its ``embeddings``.

    ``risk`` has a key more, ``late``: how the risks of the omics are combined in late fusion.
    """
    own = {"subtypes": subtypes_settings(embedding, settings["subtypes"])}
    own["risk"] = {**settings["risk"], "late": embedding["late"]["weights"]}
    return {**{part: settings[part] for part in CHAIN}, **own}


def training_settings(embedding: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of one entry of ``embeddings`` of the config its networks are trained by: all but ``late``."""
    return {key: value for key, value in embedding.items() if key != "late"}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _plugin(path: Path) -> Plugin:
    return Plugin(path.stem, path, _summary(path))


def _comparator(path: Path) -> Comparator:
    said = {
        name: _texts(path, name, node) for name, node in _assigned(_tree(path)) if name in ("NEEDS", "READS", "METHODS")
    }
    needs = said.get("NEEDS", ())
    if unknown := sorted(set(needs) - NEEDS.keys()):
        raise ConfigError(f"{path}: NEEDS holds {', '.join(unknown)}; allowed are {', '.join(NEEDS)}.")
    reads = [key for one in said.get("READS", ()) for key in (CHAIN if one == "chain" else (one,))]
    apart = any(_value(path, name, node) for name, node in _assigned(_tree(path)) if name == "APART")
    return Comparator(path.stem, path, _summary(path), needs, tuple(reads), said.get("METHODS", (path.stem,)), apart)


def _summary(path: Path) -> str:
    return (ast.get_docstring(_tree(path)) or "").split("\n")[0]


def _assigned(node: ast.Module | ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield every name that a module or class assigns at its top level, with what it is assigned."""
    for one in node.body:
        if isinstance(one, ast.Assign):
            yield from ((target.id, one.value) for target in one.targets if isinstance(target, ast.Name))
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value is not None:
            yield one.target.id, one.value


def _value(path: Path, name: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        text = "is computed; it is read without running the file. Write the value out"
        raise ConfigError(f"{path}, line {node.lineno}: {name} {text}.") from None


def _texts(path: Path, name: str, node: ast.expr) -> tuple[str, ...]:
    value = _value(path, name, node)
    if not isinstance(value, tuple) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f"{path}, line {node.lineno}: {name} is {value!r}; allowed is a tuple of texts.")
    return value


def _part(value: Any, paths: Sequence[Sequence[str]]) -> Any:
    """Return what stands at some paths of a config, in the shape of the config."""
    if any(not path for path in paths):
        return value
    below: dict[str, list[Sequence[str]]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).append(rest)
    if isinstance(value, list):
        return [_part(value[int(first)], rest) for first, rest in below.items()]
    return {first: _part(value[first], rest) for first, rest in below.items()}
