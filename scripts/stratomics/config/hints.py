"""Words for messages: what was found, what is allowed, what to do."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import yaml

from .schema import Node, Schema

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like `word`, upper and lower case alike, or None when nothing is near."""
    by_lower = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def inline(value: Any) -> str:
    """Write a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True)
    return text.removesuffix("...\n").strip()


def show(value: Any) -> str:
    """Say what was found, short; text in quotes, so that its type is plain to see."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case int() if abs(value) >= 10**20:
            return f"a whole number of some {round(value.bit_length() * math.log10(2))} digits"
        case int() | float():
            return repr(value)
        case list():
            return "an empty list" if not value else f"a list of {len(value)}"
        case dict():
            return "a mapping"
        case date():
            return f"{value} (a date)"
        case _:
            return f"a {type(value).__name__}"


def describe(schema: Schema, node: Node) -> str:
    """Say what is allowed."""
    node = schema.expand(node)
    if "title" in node:
        return node["title"]
    if "const" in node:
        return str(node["const"])
    if "enum" in node:
        return "one of " + ", ".join(map(str, node["enum"]))
    if "anyOf" in node:
        kinds = schema.kinds(node)
        plain = [describe(schema, one) for one in node["anyOf"] if "$ref" not in one]
        return " or ".join([*plain, "a mapping with one of these as its `kind`"] if kinds else plain)
    if node.get("type") in ("integer", "number"):
        return _TYPES[node["type"]] + _range(node)
    if node.get("type") == "array" and node.get("minItems"):
        return f"a list of {node['minItems']} to {node['maxItems']}" if "maxItems" in node else "a list of at least one"
    if node.get("type") == "object" and node.get("properties"):
        return "a mapping with the keys " + ", ".join(node["properties"])
    types = node.get("type", [])
    return " or ".join(_TYPES[one] for one in ([types] if isinstance(types, str) else types))


def _range(node: Node) -> str:
    """Return the range of a number in words, with a leading blank."""
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    words = []
    if low is not None:
        words.append(f"of at least {low}")
    if above is not None:
        words.append(f"above {above}")
    if high is not None:
        words.append(f"of at most {high}" if not words else f"at most {high}")
    if below is not None:
        words.append(f"below {below}")
    return " " + " and ".join(words) if words else ""


def advise(schema: Schema, node: Node, value: Any) -> str:
    """Say what to do about a value that is not allowed: the likely cause first."""
    node = schema.expand(node)
    branches = [node, *(schema.expand(one) for one in node.get("anyOf", []))]
    wanted = {one for branch in branches for one in _as_list(branch.get("type"))}
    words = [str(one) for branch in branches for one in [*branch.get("enum", []), *_as_list(branch.get("const"))]]
    default = f", or remove the key to take the default ({inline(node['default'])})" if "default" in node else ""
    longest = max((branch.get("maxLength", 0) for branch in branches), default=0)
    if isinstance(value, str) and 0 < longest < len(value):
        return f"It has {len(value)} characters: shorten it."
    if isinstance(value, str):
        near = nearest(value, words)
        if near:
            return f"Did you mean {near!r}?"
        number = _number(value) if wanted & {"integer", "number"} else None
        if number is not None:
            cause = "It is in quotes" if number == value else f"YAML reads {value} as text"
            return f"{cause}: write {number}."
    if isinstance(value, bool) and (words or "string" in wanted):
        return "YAML reads no, off, yes and on as false and true: put the word in quotes."
    if isinstance(value, int | float) and "string" in wanted:
        return f"Put it in quotes: '{value}'." if abs(value) < 10**20 else "Put it in quotes."
    if isinstance(value, date) and "string" in wanted:
        return f"YAML reads it as a date: put it in quotes, '{value}'."
    if isinstance(value, int | float) and "share" in node.get("description", "") and 1 < value <= 100:
        return f"A share, not a percentage: {value} % is {value / 100:g}."
    if "array" in wanted and isinstance(value, str | int | float) and not isinstance(value, bool):
        plain = re.fullmatch(r"[\w.+-]{1,40}", str(value)) if not isinstance(value, int) or value < 10**20 else None
        return f"Write a list: [{value}]." if plain else "Write a list, in square brackets."
    if "object" in wanted and not isinstance(value, dict):
        return "Write its keys below it, indented" + (", or remove it to take the defaults." if default else ".")
    if "array" in wanted and isinstance(value, dict):
        return "Start every item of the list with a dash."
    return f"{'Give a value' if value is None else 'Change it'}{default}."


def _number(text: str) -> str | None:
    """Return how YAML wants a number that was written as text, or None when it is not one."""
    try:
        number = float(text)
    except ValueError:
        return None
    return f"{number:.12f}".rstrip("0").rstrip(".") if abs(number) < 1e12 else None


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
