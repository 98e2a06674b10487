"""The reference of the config in ``config/README.md``, generated from the schema.

After a change of the schema run ``make reference``; a test compares the page with the schema.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from stratomics.catalogue import NEEDS, comparators, plugins

from .hints import describe, inline
from .schema import Node, Schema, read_schema, schema_file

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "config" / "README.md"
BEGIN = "<!-- reference: generated from workflow/schemas/config.schema.yaml by `make reference` -->"
END = "<!-- end of the reference -->"


def reference(schema: Schema) -> str:
    """Return the reference of every key.

    Parameters
    ----------
    schema
        The schema of the config.

    Returns
    -------
    str
        Markdown, one table per mapping of the config, one of the comparators and one of the formats.
    """
    return "\n\n".join([*_sections(schema, schema.root, ""), _comparators(), _formats()])


def _comparators() -> str:
    """Return the section of the comparators, from what each says of itself."""
    rows = [
        f"| `{name}` | {', '.join(f'`{method}`' for method in one.methods)} | "
        f"{', '.join(NEEDS[need] for need in one.needs)} | {one.summary} |"
        for name, one in comparators().items()
    ]
    text = "A comparator is left out where a cohort does not have what it needs. No embedding may bear a name of the tables."
    head = ["| name | in the tables | needs | meaning |", "|---|---|---|---|"]
    return "\n".join(["### The comparators", "", text, "", *head, *rows])


def _formats() -> str:
    """Return the section of the formats, from what each says of itself."""
    rows = [f"| `{name}` | {one.summary} |" for name, one in plugins("format").items()]
    return "\n".join(["### The formats", "", "| `format` | meaning |", "|---|---|", *rows])


def insert(page: str, table: str) -> str:
    """Return `page` with `table` between its two markers.

    Parameters
    ----------
    page
        Markdown with the lines `BEGIN` and `END`.
    table
        The new reference.

    Returns
    -------
    str
    """
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _sections(schema: Schema, node: Node, where: str) -> Iterator[str]:
    """Yield the section of a mapping, then those of the mappings in it."""
    node = schema.expand(node)
    kinds = schema.kinds(node)
    if "items" in node:
        yield from _sections(schema, node["items"], f"{where}[]")
    elif kinds:
        shared = set.intersection(*(set(branch["properties"]) for branch in kinds.values()))
        first = next(iter(kinds.values()))
        yield _section(schema, first, f"`{where}` of every kind", shared, "The keys that all kinds of embedding have.")
        for key in first["properties"]:
            if key in shared:
                yield from _sections(schema, first["properties"][key], f"{where}.{key}")
        common = schema.properties(first)
        for kind, branch in kinds.items():
            # Its own keys, and those with another default than the others have.
            own = {
                key
                for key, about in schema.properties(branch).items()
                if key not in shared or about.get("default") != common[key].get("default")
            }
            yield _section(schema, branch, f"`{where}` of kind `{kind}`", own, branch["description"])
    elif "properties" in node:
        yield _section(schema, node, f"`{where}`" if where else "Top level", set(node["properties"]))
        for key, value in node["properties"].items():
            yield from _sections(schema, value, f"{where}.{key}".lstrip("."))


def _section(schema: Schema, node: Node, title: str, keys: set[str], text: str | None = None) -> str:
    """Return heading, description and table of some keys of a mapping."""
    rows = [_row(schema, key, value, node) for key, value in schema.properties(node).items() if key in keys]
    head = ["| key | allowed | default | meaning |", "|---|---|---|---|"] if rows else ["No keys of its own."]
    return "\n".join([f"### {title}", "", text or node["description"], "", *head, *rows])


def _row(schema: Schema, key: str, about: Node, parent: Node) -> str:
    """Return the row of one key."""
    allowed = describe(schema, about)
    if key == "kind":
        allowed = "one of " + ", ".join(schema.kinds(schema.root["properties"]["embeddings"]["items"]))
    items = schema.expand(about.get("items", {}))
    if schema.kinds(items):
        allowed = "a list of kinds or mappings, below"
    elif "properties" in items:
        allowed = "a list of mappings, below"
    elif "properties" in about:
        allowed = "a mapping, below"
    if key in parent.get("required", []):
        default = "required"
    else:
        default = f"`{inline(about['default'])}`" if about.get("default", {}) != {} else ""
    return f"| `{key}` | {allowed} | {default} | {about['description']} |"


def main() -> int:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write config/README.md (default: only compare)")
    page = README.read_text(encoding="utf-8")
    new = insert(page, reference(read_schema(schema_file())))
    if parser.parse_args().write:
        README.write_text(new, encoding="utf-8")
    elif new != page:
        print(f"{README} is not what the schema says: run `make reference`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
