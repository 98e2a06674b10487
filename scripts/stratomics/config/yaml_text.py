"""YAML files, read strictly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from stratomics.errors import ConfigError


def load_yaml(path: str | Path) -> Any:
    """Read a YAML file and refuse duplicate keys, of which PyYAML silently takes the last.

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
        When the file cannot be read or is not YAML, or with every key that stands twice in one mapping.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
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
    faults = [
        f"{path}, line {again}: key {key!r} stands already on line {first} of the same mapping. "
        "Keys must be unique: remove one of the two."
        for key, first, again in _duplicates(root)
    ]
    if faults:
        raise ConfigError(faults)
    return content


def _duplicates(root: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Yield (key, line, line again) of every repeated key, top to bottom."""
    found, seen, todo = [], set(), [root]
    while todo:
        node = todo.pop()
        if node is None or id(node) in seen:  # an alias leads to a node seen before
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                todo.append(value)
                if isinstance(key, yaml.ScalarNode):
                    line = key.start_mark.line + 1
                    if key.value in lines:
                        found.append((key.value, lines[key.value], line))
                    lines.setdefault(key.value, line)
    yield from sorted(found, key=lambda one: one[2])
