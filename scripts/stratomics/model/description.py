"""Read ``model.json``, and say by the schema what is wrong with it or with the header of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stratomics.config.faults import spell
from stratomics.config.hints import describe, show
from stratomics.config.schema import Schema, Validator, read_schema, schema_file
from stratomics.errors import DataError

from .parts import FILES, FORMAT, RISK_LEVELS

#: What to do about a file that stratomics did not write as it is.
AGAIN = "Copy the whole folder again from where the model was made, or run the workflow there again."


def schema_faults(value: Any, part: str | None = None) -> Iterator[str]:
    """Say what the schema of models does not allow.

    Parameters
    ----------
    value
        The content of ``model.json``, or the header of a part.
    part
        Name of the part (``risk``); None for ``model.json``.

    Yields
    ------
    str
        Where, what was found and what is allowed.
    """
    schema = read_schema(schema_file("model"))
    node = schema.root if part is None else {"$ref": f"#/$defs/parts/properties/{part}"}
    validator = Validator(schema.root if part is None else {**node, "$defs": schema.root["$defs"]})
    for error in validator.iter_errors(value):
        where = spell(tuple(error.absolute_path)) or "the whole"
        if error.validator == "required":
            absent = [key for key in error.validator_value if key not in error.instance]
            yield f"{where}: no key {absent[0]!r}" if len(absent) == 1 else f"{where}: no keys {', '.join(absent)}"
        elif error.validator == "additionalProperties" and error.validator_value is False:
            known = error.schema["properties"]
            unknown = ", ".join(repr(key)[:60] for key in error.instance if key not in known)
            yield f"{where}: unknown {unknown}; known are {', '.join(known)}"
        elif error.validator == "uniqueItems":
            twice = next(one for i, one in enumerate(error.instance) if one in error.instance[:i])
            yield f"{where}: {show(twice)} comes more than once; allowed is each once"
        else:
            yield f"{where}: found {show(error.instance)}; allowed is {_allowed(schema, error.schema)}"


def _allowed(schema: Schema, node: dict[str, Any]) -> str:
    return describe(schema, node) or "something else"


def read_description(folder: Path) -> dict[str, Any]:
    """Read ``model.json``.

    Parameters
    ----------
    folder
        Of the model.

    Returns
    -------
    dict
        As the schema allows it.

    Raises
    ------
    DataError
        With everything that is wrong with it.
    """
    path = folder / "model.json"
    if not path.is_file():
        raise DataError(
            f"{folder}: no model.json there. A model is the folder results/<cohort>/<embedding>/model; check the path."
        )
    try:
        content = json.loads(
            path.read_text(encoding="utf-8"), parse_constant=_refused_number, object_pairs_hook=_each_key_once
        )
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not the JSON of a model ({error}). {AGAIN}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path and the rights.") from None
    if not isinstance(content, dict):
        raise DataError(f"{path}: found {show(content)}; allowed is a mapping. {AGAIN}")
    version = content.get("format")
    if type(version) is int and version != FORMAT:
        what = "Update stratomics" if version > FORMAT else "Run the workflow again with this version"
        raise DataError(f"{path}: format {version}, this version of stratomics reads {FORMAT}. {what}.")
    faults = list(schema_faults(content)) or list(_faults_between(content))
    if faults:
        raise DataError([f"{path}: {fault}. {AGAIN}" for fault in faults])
    return content


def _faults_between(content: dict[str, Any]) -> Iterator[str]:
    """Say which keys do not suit each other."""
    hashed = content["sha256"]
    if absent := [name for name in FILES if name not in hashed]:
        yield f"sha256: no entry for {', '.join(absent)}; every file of the model has one"
    if unknown := [name for name in hashed if name not in FILES]:
        yield f"sha256: unknown {', '.join(map(repr, unknown))}; known are {', '.join(FILES)}"
    chosen = [name for name in content["latents"] if name in content["selected_latents"]]
    if chosen != content["selected_latents"]:
        yield "selected_latents: not some of latents in their order"
    quantiles = content["heldout_risk"]
    if quantiles and (len(quantiles) != len(RISK_LEVELS) or sorted(quantiles) != quantiles):
        yield f"heldout_risk: found {len(quantiles)} numbers; allowed are {len(RISK_LEVELS)}, rising, or none"
    if len(content["log_risk"]) != content["n_subtypes"]:
        yield f"log_risk: found {len(content['log_risk'])} numbers; allowed are {content['n_subtypes']}, one per subtype"
    if wide := [len(row) for row in content["probe"]["probabilities"] if len(row) != content["n_subtypes"]]:
        yield f"probe: found {wide[0]} probabilities of a patient; allowed are {content['n_subtypes']}, one per subtype"
    names = [one["name"] for one in content["omics"]]
    if len(set(names)) < len(names):
        yield f"omics: found the names {', '.join(names)}; allowed is each once"
    for one in content["subsets"]:
        if unknown := [name for name in one["omics"] if name not in names]:
            yield f"subsets: unknown omics {', '.join(unknown)}; known are {', '.join(names)}"


def _refused_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} comes more than once")
        found[key] = value
    return found
