"""What is wrong with a config by its schema, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from jsonschema import ValidationError

from .hints import advise, describe, inline, nearest, show
from .schema import Node, Schema

Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """One fault: the key path it is about, and the message without that path."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{spell(self.path) or 'the config'}: {self.text}"


def spell(path: Path) -> str:
    """Write a key path, for instance ``cohorts[0].omics[1].path``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in path).lstrip(".")


def _key(part: str) -> str:
    """Write a key on one line, and a long one short; users may write anything for a key."""
    return part if part.isprintable() and len(part) <= 60 else show(part)


def schema_faults(schema: Schema, config: Any) -> list[Fault]:
    """Return everything about `config` that its schema does not allow.

    Parameters
    ----------
    schema
        The schema of the config.
    config
        Plain types as read from YAML.

    Returns
    -------
    list of Fault
        Each once.
    """
    errors = schema.validator.iter_errors(config)
    return list(dict.fromkeys(fault for error in errors for fault in _translate(schema, error)))


def _translate(schema: Schema, error: ValidationError) -> Iterator[Fault]:
    """Put one error of jsonschema into words; an `anyOf` or an unknown key may hold several."""
    path: Path = tuple(error.absolute_path)
    rule: Any = error.validator_value
    value: Any = error.instance
    broken: Any = error.schema
    node = schema.expand(broken)
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties":
            for key in value:
                if key not in node["properties"]:
                    yield Fault((*path, key), _unknown(schema, node, key))
        case "required":
            yield from _missing(schema, node, path, [key for key in node["required"] if key not in value])
        case "dependentRequired":
            needed = dict.fromkeys(key for have, keys in rule.items() if have in value for key in keys)
            yield from _missing(schema, node, path, [key for key in needed if key not in value])
        case "oneOf" if isinstance(value, dict):  # a cohort: exactly one source
            keys = [one["required"][0] for one in rule]
            both = all(key in value for key in keys)
            listed = " and ".join(map(repr, keys)) if both else f"neither {keys[0]!r} nor {keys[1]!r}"
            what_to_do = (
                "Remove one" if both else "Add 'omics' (with 'clinical') for tables of yours, 'source' or 'simulate'"
            )
            yield Fault(path, f"found {listed}; allowed is exactly one of {' and '.join(keys)}. {what_to_do}.")
        case "anyOf" if isinstance(value, dict) and schema.kinds(node):
            yield from _translate_kind(schema, node, path, value, error.context or [])
        case "reserved":
            listed = ", ".join(rule)
            yield Fault(path, f"found {show(value)}, a name that is taken; allowed is any but {listed}. Rename it.")
        case "uniqueItems":
            repeated = show(next(one for i, one in enumerate(value) if one in value[:i]))
            yield Fault(path, f"{repeated} stands there more than once; every item must be there once. Remove one.")
        case validator if validator != "oneOf":
            yield Fault(path, _not_allowed(schema, node, value))


def _not_allowed(schema: Schema, node: Node, value: Any) -> str:
    """Say what was found, what is allowed and what to do."""
    return f"found {show(value)}; allowed is {describe(schema, node)}. {advise(schema, node, value)}"


def _translate_kind(
    schema: Schema, node: Node, path: Path, value: dict[str, Any], errors: Iterable[ValidationError]
) -> Iterator[Fault]:
    """Report the faults of the alternative that ``kind`` (or the kind nearest to it) names; `errors` are those of all."""
    kinds = schema.kinds(node)
    if "kind" not in value:
        text = f"missing; allowed is one of {', '.join(kinds)}. Add it, for instance kind: {next(iter(kinds))}"
        yield Fault((*path, "kind"), text)
        return
    kind: str | None = value["kind"] if value["kind"] in list(kinds) else None
    if kind is None:
        yield Fault((*path, "kind"), _not_allowed(schema, {"enum": list(kinds)}, value["kind"]))
        kind = nearest(value["kind"], kinds) if isinstance(value["kind"], str) else None
    for error in errors:
        branch = schema.expand(node["anyOf"][error.schema_path[0]])
        if branch.get("properties", {}).get("kind", {}).get("const") == kind is not None and error.validator != "const":
            yield from _translate(schema, error)


def _missing(schema: Schema, node: Node, path: Path, keys: Iterable[str]) -> Iterator[Fault]:
    for key in keys:
        about = schema.properties(node)[key]
        example = inline({key: about["examples"][0]})[1:-1]
        yield Fault((*path, key), f"missing. {about['description']} Add it, for instance {example}")


def _unknown(schema: Schema, node: Node, key: str) -> str:
    """Say that a key is unknown, and which one was probably meant."""
    allowed = ", ".join(sorted(node["properties"]))
    kind = node["properties"].get("kind", {}).get("const")
    takers = [other for other, branch in _embeddings(schema).items() if kind and key in branch["properties"]]
    elsewhere = sorted({where for where, other, _ in schema.walk() if other == key and where})
    near = nearest(key, node["properties"])
    if takers:
        return f"unknown key for kind {kind}; only kind {', '.join(takers)} takes it. Remove it or change the kind."
    if near:
        return f"unknown key; did you mean {near!r}? Allowed here: {allowed}."
    if elsewhere:
        return f"unknown key here; it belongs under {' or '.join(elsewhere)}. Allowed here: {allowed}."
    return f"unknown key; remove it. Allowed here: {allowed}."


def _embeddings(schema: Schema) -> dict[str, Node]:
    return schema.kinds(schema.root["properties"]["embeddings"]["items"])
