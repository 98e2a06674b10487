"""The config: read, checked against its schema, filled with defaults."""

from __future__ import annotations

from .defaults import defaults
from .load import load_config
from .yaml_text import load_yaml

__all__ = ["defaults", "load_config", "load_yaml"]
