"""The settings that the schema gives when nobody chooses: the only place where a default is written is the schema."""

from __future__ import annotations

from typing import Any

from stratomics.errors import ConfigError

from .load import fill
from .schema import read_schema, schema_file


def defaults(part: str) -> dict[str, Any]:
    """Return the settings of one part of the config as they are when nothing is chosen.

    Parameters
    ----------
    part
        A section of the config (``preprocess``, ``selection``, ``subtypes``, ...), ``simulate``, ``predict``, or a kind of
        embedding (``ae``, ``dae``, ``vae``).

    Returns
    -------
    dict
        Of plain types, a new one at each call; for an embedding with its ``name`` and ``kind``.

    Raises
    ------
    ConfigError
        If there is no such part.

    Examples
    --------
    >>> from stratomics.config import defaults
    >>> {**defaults("preprocess"), "max_features": 500}["impute"]
    'median'
    """
    schema = read_schema(schema_file())
    top = schema.properties(schema.root)
    kinds = schema.kinds(schema.expand(top["embeddings"]["items"]))
    sections = {key: about for key, about in top.items() if "properties" in about}
    sections |= {key: schema.root["$defs"][name] for key, name in (("simulate", "simulate"), ("predict", "prediction"))}
    if part in kinds:
        filled = fill(schema, kinds[part], {"name": part, "kind": part})
    elif part in sections:
        filled = fill(schema, sections[part], {})
    else:
        raise ConfigError(f"defaults: found {part!r}; allowed is one of {', '.join([*sections, *kinds])}.")
    return dict(filled)
