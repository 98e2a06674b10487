"""YAML files, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from stratomics.errors import ConfigError


def load_yaml(path: str | Path) -> Any:
    """Read a YAML file; refuse what PyYAML silently reads in its own way: duplicate keys and numbers like 010.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    object
        Plain types; None for an empty file.

    Raises
    ------
    ConfigError
        When the file cannot be read or is not YAML, or with every key that stands twice in one mapping
        and every number or key that reads like another.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        if text.lstrip().startswith("{"):
            text = text.replace("\t", " ")  # JSON may be indented by tabs (within its texts they are escaped), YAML not
        root = yaml.compose(text, yaml.SafeLoader)
        content = yaml.safe_load(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Give the path of a YAML file.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8 text. Save the file as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
        raise ConfigError(f"{where}: not valid YAML, {error.problem or error.context}. Mend this line.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML, {error}. Mend the file.") from None
    except ValueError as error:  # of what looks like a date or a number
        raise ConfigError(f"{path}: a date or number cannot be ({error}). Put it in quotes if it is text.") from None
    except RecursionError:
        raise ConfigError(f"{path}: brackets or lists lie too deep in each other. Remove the surplus ones.") from None
    faults = [
        f"{path}, line {again}: key {key!r} stands already on line {first} of the same mapping. "
        "Keys must be unique: remove one of the two."
        for key, first, again in _duplicates(root)
    ]
    faults += [
        f"{path}, line {line}: YAML reads {text} as the number {yaml.safe_load(text)}. Put it in quotes if it is text, or write "
        f"the number."
        for text, line in _other_numbers(root)
    ]
    faults += [
        f"{path}, line {line}: YAML reads the key {text} as {yaml.safe_load(text)!r}, which is no name. Put it in quotes."
        for text, line in _keys_that_are_no_text(root)
    ]
    if faults:
        raise ConfigError(faults)
    return content


def _nodes(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield every node once, in no order; an alias leads to a node seen before."""
    seen, todo = set(), [root]
    while todo:
        node = todo.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            todo.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            todo.extend(one for pair in node.value for one in pair)


def _duplicates(root: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Yield (key, line, line again) of every repeated key, top to bottom."""
    found = []
    for node in _nodes(root):
        if isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    line = key.start_mark.line + 1
                    if key.value in lines:
                        found.append((key.value, lines[key.value], line))
                    lines.setdefault(key.value, line)
    yield from sorted(found, key=lambda one: one[2])


def _other_numbers(root: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Yield (text, line) of what YAML takes for another number than anybody else: 010 is 8, 12:30 is 750 and 1_2 is 12."""
    found = [
        node
        for node in _nodes(root)
        if isinstance(node, yaml.ScalarNode)
        and node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
        and (":" in node.value or "_" in node.value or re.match(r"[-+]?0[0-7xb]", node.value))
    ]
    for node in sorted(found, key=lambda one: one.start_mark.index):
        yield node.value, node.start_mark.line + 1


def _keys_that_are_no_text(root: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Yield (text, line) of keys such as yes and on, which YAML takes for truth values, and of dates."""
    keys = [key for node in _nodes(root) if isinstance(node, yaml.MappingNode) for key, _ in node.value]
    strange = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    for key in sorted(keys, key=lambda one: one.start_mark.index):
        if isinstance(key, yaml.ScalarNode) and key.tag in strange:
            yield key.value, key.start_mark.line + 1
