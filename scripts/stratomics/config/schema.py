"""The schema of the config, and how to find one's way in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

Node = dict[str, Any]

#: YAML also knows .nan and .inf, which no range check would stop.
_finite = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "number": lambda _, value: type(value) is int or (type(value) is float and math.isfinite(value)),
        "integer": lambda _, value: type(value) is int or (type(value) is float and value.is_integer()),
    }
)


def _reserved(_: Any, names: list[str], value: Any, __: Node) -> Iterator[jsonschema.ValidationError]:
    """Refuse names that are taken, in capitals too: some file systems do not tell them apart."""
    if isinstance(value, str) and value.casefold() in names:
        yield jsonschema.ValidationError("reserved")


#: JSON Schema as it stands, with finite numbers, and a keyword of ours: ``reserved`` lists names that are taken.
Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, validators={"reserved": _reserved}, type_checker=_finite
)


class Schema:
    """A schema, that of the config or another.

    Parameters
    ----------
    root
        The whole schema, a JSON Schema of draft 2020-12.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self.validator = Validator(root)

    def expand(self, node: Node) -> Node:
        """Return `node` together with what its ``$ref`` names; its own entries win, properties are merged one by one."""
        if "$ref" not in node:
            return node
        target = self.root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        base = self.expand(target)
        own = {key: value for key, value in node.items() if key != "$ref"}
        merged = {**base, **own}
        if "properties" in base or "properties" in own:
            merged["properties"] = dict(base.get("properties", {}))
            for key, value in own.get("properties", {}).items():
                merged["properties"][key] = {**merged["properties"].get(key, {}), **value}
        return merged

    def properties(self, node: Node) -> dict[str, Node]:
        """Return the expanded schema of every key that a mapping may have."""
        return {key: self.expand(value) for key, value in self.expand(node).get("properties", {}).items()}

    def kinds(self, node: Node) -> dict[str, Node]:
        """Return the alternatives of `node` that are told apart by their key ``kind``."""
        branches = [self.expand(branch) for branch in self.expand(node).get("anyOf", [])]
        return {
            branch["properties"]["kind"]["const"]: branch
            for branch in branches
            if "const" in branch.get("properties", {}).get("kind", {})
        }

    def walk(self, node: Node | None = None, where: str = "") -> Iterator[tuple[str, str, Node]]:
        """Yield (path of the mapping, key, expanded schema) of every key of the config, top to bottom."""
        node = self.expand(self.root if node is None else node)
        for key, value in self.properties(node).items():
            yield where, key, value
            yield from self.walk(value, f"{where}.{key}".lstrip("."))
        if "items" in node:
            yield from self.walk(node["items"], f"{where}[]")
        for branch in self.kinds(node).values():
            yield from self.walk(branch, where)


def schema_file(name: str = "config") -> Path:
    """Return the path of a schema: beside the rules in the repository, in `stratomics.schemas` where it is installed.

    Parameters
    ----------
    name
        ``config`` or ``model``.

    Returns
    -------
    Path
    """
    package = Path(__file__).resolve().parents[1]
    folder = package / "schemas"
    if not folder.is_dir():
        folder = package.parents[1] / "workflow" / "schemas"
    return folder / f"{name}.schema.yaml"


@cache
def read_schema(path: str | Path) -> Schema:
    """Read a schema from a YAML file (once per process).

    Parameters
    ----------
    path
        ``workflow/schemas/config.schema.yaml``.

    Returns
    -------
    Schema
    """
    return Schema(yaml.safe_load(Path(path).read_text(encoding="utf-8")))
