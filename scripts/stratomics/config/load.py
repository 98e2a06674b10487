"""From what the user wrote to a complete config, or to every fault in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from stratomics.errors import ConfigError
from stratomics.retrieval.sources import expand_source

from .checks import Trusted, agreement_faults
from .faults import Fault, Path, schema_faults
from .paths import file_faults
from .schema import Node, Schema, read_schema, schema_file

#: Values in a config. The largest in earnest (33 cohorts, patients excluded by name) has a few thousand.
MOST_VALUES = 100_000

#: Items of one list or mapping; the checks take longer than anybody waits for many more.
LONGEST = 10_000

#: Levels of a config. The schema has seven.
DEEPEST = 20

#: Beyond every range of the schema; a whole number of 400 digits is no float.
_LARGEST = 10**15
_MOST_BITS = 10_000


def load_config(
    config: Mapping[str, Any],
    *,
    schema_path: str | FilePath | None = None,
    check_files: bool = True,
    base_dir: str | FilePath = ".",
) -> dict[str, Any]:
    """Check a config and fill in its defaults.

    Parameters
    ----------
    config
        As read from YAML. It is not changed.
    schema_path
        The schema; that of the project when not given.
    check_files
        Whether the tables must exist. They are not read.
    base_dir
        The folder that relative paths start from.

    Returns
    -------
    dict
        A new config of plain types with every key that the schema gives a default. Each embedding is a mapping with
        ``name``, ``kind`` and all hyper-parameters of its kind. Loading the result once more changes nothing.

    Raises
    ------
    ConfigError
        With every fault, in the order of the config.
    """
    schema = read_schema(schema_path or schema_file())
    plain = _with_sources(schema, _plain(config))
    faults = schema_faults(schema, plain)
    filled = fill(schema, schema.root, plain)
    trusted = Trusted(filled, faults)
    faults += agreement_faults(trusted)
    if check_files:
        faults += file_faults(trusted, base_dir)
    if faults:
        raise ConfigError([str(fault) for fault in sorted(faults, key=lambda fault: _position(plain, fault.path))])
    return filled


def _plain(config: Any) -> Any:
    """Copy into dicts and lists. YAML reads the key ``null`` as None: the word was meant.

    A YAML alias stands for all that its anchor names: a few lines may hold themselves, or billions of values.
    """
    values = 0

    def copy(value: Any, path: Path, around: tuple[int, ...]) -> Any:
        nonlocal values
        values += 1
        if values > MOST_VALUES:
            raise ConfigError(
                f"the config: more than {MOST_VALUES} values, with what its YAML aliases (*name) stand for. Take the list or the "
                f"alias out that makes it so large."
            )
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            return math.inf  # Python refuses to print it, in every message
        if not isinstance(value, Mapping | list | tuple):
            return value
        if id(value) in around:
            text = "contains itself: a YAML alias (*name) stands within what its anchor (&name) names. Write out what was meant."
            raise ConfigError(str(Fault(path, text)))
        if len(around) == DEEPEST:
            raise ConfigError(str(Fault(path, f"lies more than {DEEPEST} levels deep. Remove the surplus brackets.")))
        if len(value) > LONGEST:
            raise ConfigError(
                str(Fault(path, f"found {len(value)} items; allowed are at most {LONGEST}. Remove some."))
            )
        around = (*around, id(value))
        if isinstance(value, Mapping):
            named = {"null" if key is None else str(key): one for key, one in value.items()}
            return {key: copy(one, (*path, key), around) for key, one in named.items()}
        return [copy(one, (*path, i), around) for i, one in enumerate(value)]

    return copy(config, (), ())


def _with_sources(schema: Schema, config: Any) -> Any:
    """Write out what the source of each cohort stands for; to all that follows it is a cohort with tables."""
    if not isinstance(config, dict) or not isinstance(cohorts := config.get("cohorts"), list):
        return config
    retrieval = fill(schema, schema.properties(schema.root)["retrieval"], config.get("retrieval", {}))
    if not isinstance(retrieval, dict):
        return config
    written = [expand_source(one, retrieval) if isinstance(one, dict) and "source" in one else one for one in cohorts]
    return {**config, "cohorts": written}


def fill(schema: Schema, node: Node, value: Any) -> Any:
    """Return `value` with the defaults of `node`, as far as its shape is right, in new containers."""
    node = schema.expand(node)
    kinds = schema.kinds(node)
    if kinds:
        return _fill_kind(schema, kinds, value)
    if isinstance(value, dict) and "properties" in node:
        known = schema.properties(node)
        filled = {
            key: fill(schema, about, value[key] if key in value else about["default"])
            for key, about in known.items()
            if key in value or "default" in about
        }
        return {**filled, **{key: one for key, one in value.items() if key not in known}}
    if isinstance(value, dict) and isinstance(node.get("additionalProperties"), dict):
        return {key: fill(schema, node["additionalProperties"], one) for key, one in value.items()}
    if isinstance(value, list) and "items" in node:
        return [fill(schema, node["items"], one) for one in value]
    return _cast(node, value)


def _fill_kind(schema: Schema, kinds: dict[str, Node], value: Any) -> Any:
    """Turn ``ae`` into a mapping with name, kind and every hyper-parameter of that kind."""
    if isinstance(value, str):
        value = {"kind": value}
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        return value
    return fill(schema, kinds[kind], {"name": kind, **value})


def _cast(node: Node, value: Any) -> Any:
    """Make 5 and 5.0 the same, so that spelling does not rerun a job, and codes text, as tables hold them."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        return value  # the schema has found fault with a larger one
    branches = [node, *node.get("anyOf", [])]
    types = [branch.get("type") for branch in branches]
    if "number" in types:
        return float(value)
    if "integer" in types and float(value).is_integer():
        return int(value)
    if ["string", "integer"] in types:
        return str(value)
    return value


def _position(config: Any, path: Path) -> tuple[int, ...]:
    """Return where a key stands in the config, for sorting; what is missing comes after what is there."""
    places = []
    for part in path:
        if isinstance(config, dict):
            keys = list(config)
            places.append(keys.index(part) if part in keys else len(keys))
            config = config.get(str(part))
        elif isinstance(config, list) and isinstance(part, int):
            places.append(part)
            config = config[part]
    return tuple(places)
