"""Settings of the documentation: ``make docs`` builds it, warnings are errors."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

project = "stratomics"
author = copyright = "the stratomics authors"
(release,) = re.findall(r'^__version__ = "([^"]+)"', (ROOT / "scripts/stratomics/__init__.py").read_text(), flags=re.M)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["build"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

# Signatures carry the types; a docstring's own lines say shapes and units.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"stratomics {release}"
html_theme_options = {"source_directory": "docs/"}
html_show_sourcelink = False
