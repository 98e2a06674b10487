"""The reference in ``docs/model_format.md``, generated from the schema of models and from what their classes declare of arrays.

After a change of either run ``make reference``; a test compares the page with them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stratomics.arrays import Array
from stratomics.classifier.methods import find_method as find_classifier
from stratomics.classifier.methods import method_names as classifier_names
from stratomics.config.hints import describe
from stratomics.config.schema import Node, Schema, read_schema, schema_file
from stratomics.subtypes.methods import find_method as find_clustering
from stratomics.subtypes.methods import method_names as clustering_names

from .parts import KINDS

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "model_format.md"
BEGIN = "<!-- reference: generated from workflow/schemas/model.schema.yaml and the code by `make reference` -->"
END = "<!-- end of the reference -->"

#: Lengths that a header gives, in the examples below: numbers that nothing else has, to be printed as letters.
_LENGTHS = {1009: "p", 1014: "B+1", 1019: "V", 1021: "K", 1031: "q"}
_OMICS = {
    "name": "<omics>",
    "transform": "rank_normal",
    "levels": ["batch"] * 1013,
    "features": ["feature"] * 1009,
}
#: Headers that bring out every array of a part; the network's are those of its architecture.
_HEADERS: dict[str, Mapping[str, Any]] = {
    "preprocess": {"imputation": "knn", "omics": [_OMICS]},
    "clinical": {"columns": ["column"] * 1031},
    "subtypes": {"method": "kmeans", "n_subtypes": 1021},
    "risk": {"omics": ["omics"] * 1019},
    "classifier": {"method": "nearest_centroid", "setting": {}},
    "survival": {"method": "ridge_cox"},
    "reference": {"omics": [{"name": "<omics>", "features": 1009}]},
}


def format_reference() -> str:
    """Return the reference of ``model.json`` and of every file, Markdown."""
    schema = read_schema(schema_file("model"))
    parts = schema.root["$defs"]["parts"]["properties"]
    found = ["### `model.json`", "", *_keys(schema, schema.root)]
    for name in KINDS:
        part = name.removesuffix(".safetensors")
        found += ["", f"### `{name}`", "", parts[part]["description"], "", *_keys(schema, parts[part])]
        if part in _HEADERS:
            declared = dict(KINDS[name].declared(_HEADERS[part]))
            methods = {key for key in declared if key.startswith(("clusters.", "machine."))}
            found += ["", *_arrays({key: own for key, own in declared.items() if key not in methods})]
        if part == "subtypes":
            for method in clustering_names():
                own = {f"clusters.{key}": array for key, array in find_clustering(method).ARRAYS.items()}
                found += ["", f"With `method: {method}` also", "", *_arrays(own)]
        if part == "classifier":
            for method, setting in _settings():
                machine = find_classifier(method).declared(setting)
                own = {f"machine.{key}": array for key, array in machine.items()}
                words = "".join(f", `{key}: {value}`" for key, value in setting.items() if isinstance(value, str))
                found += ["", f"With `method: {method}`{words} also", "", *_arrays(own)]
    return "\n".join(found)


def _settings() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every classifier with each of its settings that may have other arrays: those that differ in a word."""
    for method in classifier_names():
        seen = set()
        for setting in find_classifier(method).SETTINGS:
            words = tuple(value for value in setting.values() if isinstance(value, str))
            if words not in seen:
                seen.add(words)
                yield method, setting


def _keys(schema: Schema, node: Node) -> list[str]:
    """Lay out the keys of a mapping and of those in it."""
    rows = [f"| `{key}` | {allowed} | {meaning} |" for key, allowed, meaning in _walk(schema, node, "")]
    return ["| key | allowed | meaning |", "|---|---|---|", *rows]


def _walk(schema: Schema, node: Node, where: str) -> Iterator[tuple[str, str, str]]:
    for key, about in schema.properties(node).items():
        path = f"{where}.{key}".lstrip(".")
        items = schema.expand(about.get("items", {}))
        inner = about if "properties" in about else items if "properties" in items else None
        others = about.get("additionalProperties")
        of_each = isinstance(others, dict) and bool(schema.properties(others))
        allowed = (
            "a list of mappings" if inner is items else "a mapping" if inner or of_each else describe(schema, about)
        )
        yield path, allowed, about.get("description", "")
        if inner is not None:
            yield from _walk(schema, inner, f"{path}[]" if inner is items else path)


def _arrays(declared: Mapping[str, Array]) -> list[str]:
    """Lay out arrays."""
    rows = [
        f"| `{name}` | {one.dtype} | {_shape(one)} | {one.meaning}{_rules(one)} |" for name, one in declared.items()
    ]
    return ["| array | type | shape | meaning |", "|---|---|---|---|", *rows]


def _shape(one: Array) -> str:
    letters = (_LENGTHS.get(size, size) if isinstance(size, int) else size.strip("_0123456789") for size in one.shape)
    return f"[{', '.join(map(str, letters))}]"


def _rules(one: Array) -> str:
    """Say what values are allowed, where that is not all finite numbers."""
    found = []
    if one.low is not None or one.high is not None:
        last = {size - 1: f"{letter} - 1" for size, letter in _LENGTHS.items()}
        high = "" if one.high is None else {**_LENGTHS, **last}.get(int(one.high), f"{one.high:g}")
        found.append(f"from {one.low:g}" + (f" to {high}" if high else ""))
    if one.below:
        found.append(f"below {one.below}")
    if one.positive:
        found.append("above 0")
    found += [word for word, has in (("may be infinite", one.infinite), ("may be NaN", one.missing)) if has]
    found += [
        f"never {verb}s{' along the second dimension' if axis else ''}"
        for axis, verb in ((one.rising, "fall"), (one.falling, "rise"))
        if axis is not None
    ]
    return f"; {', '.join(found)}" if found else ""


def insert(page: str, reference: str) -> str:
    """Return `page` with `reference` between its two markers (`BEGIN`, `END`)."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{reference}\n\n{END}{rest.split(END)[1]}"


def main() -> int:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/model_format.md (default: only compare)")
    page = PAGE.read_text(encoding="utf-8")
    new = insert(page, format_reference())
    if parser.parse_args().write:
        PAGE.write_text(new, encoding="utf-8")
    elif new != page:
        print(f"{PAGE} is not what the code says: run `make reference`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
