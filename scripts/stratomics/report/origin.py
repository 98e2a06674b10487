"""What a page was made from: tables, software, settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from .document import Block, Heading, Inline, Listing, Name, Paragraph, Said, Source, Text, as_text, prose, table_of

FILE = "provenance.json"


def origin(provenance: Mapping[str, Any]) -> list[Block]:
    """Say what the results were made from.

    Parameters
    ----------
    provenance
        ``provenance.json``.

    Returns
    -------
    list of Block
    """
    settings, training = provenance["settings"], provenance["training"]
    devices = ", ".join(dict.fromkeys(str(own["device"]) for own in training.values()))
    software: list[list[Inline | Text]] = [
        [name, Said(str(version), Source(FILE, "", f"packages.{name}"))]
        for name, version in provenance["packages"].items()
    ]
    tables: list[list[Inline | Text]] = [
        [
            Name(str(one["path"]), Source(FILE, "", f"tables.{place}.path")),
            Said(str(one["sha256"]), Source(FILE, "", f"tables.{place}.sha256")),
        ]
        for place, one in enumerate(provenance["tables"])
    ]
    config = {"cohorts": [provenance["cohort"]], **settings}
    return [
        Paragraph(
            prose(
                "stratomics {version} on Python {python} ({platform}); networks trained on {devices}; seed {seed}. "
                "The same config, tables, seed and machine give the same bytes.",
                version=_said(provenance, "stratomics"),
                python=_said(provenance, "python"),
                platform=_said(provenance, "platform"),
                devices=Name(devices),
                seed=Said(str(settings["seed"]), Source(FILE, "", "settings.seed")),
            )
        ),
        Heading(as_text("Files that were read")),
        table_of(["file", "SHA-256"], tables, "Files that were read, with checksums"),
        Heading(as_text("Software")),
        table_of(["package", "version"], software, "Versions of the packages"),
        Heading(as_text("Config, defaults filled in")),
        Listing(yaml.safe_dump(config, sort_keys=False, allow_unicode=True).rstrip(), "Config of the run"),
    ]


def _said(provenance: Mapping[str, Any], key: str) -> Said:
    return Said(str(provenance[key]), Source(FILE, "", key))
