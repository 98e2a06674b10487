from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stratomics.config.code import code_version, import_statements, imported_files

ROOT = Path(__file__).resolve().parents[2]

#: Which modules of the library the imports of each script load: in a copy of a process that has loaded what is slow to load.
LOADED = """
import ast, json, os, sys
import matplotlib.figure, mudata, pandas, scipy.stats, sklearn, sksurv.ensemble, torch
from pathlib import Path

found = {}
for script in sys.argv[1:]:
    nodes = [one for one in ast.walk(ast.parse(Path(script).read_text())) if isinstance(one, (ast.Import, ast.ImportFrom))]
    receive, send = os.pipe()
    if os.fork() == 0:
        exec("\\n".join(map(ast.unparse, nodes)), {})
        files = [module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "stratomics"]
        with os.fdopen(send, "w") as out:
            json.dump(files, out)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as text:
        found[script] = json.load(text)
    os.wait()
print(json.dumps(found))
"""


@pytest.fixture
def package(tmp_path):
    root = tmp_path / "stratomics"
    (root / "sub").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "sub" / "__init__.py").write_text("from .near import f\n")
    (root / "sub" / "near.py").write_text("def f():\n    from stratomics.far import g\n    return g\n")
    (root / "far.py").write_text("import numpy\n")
    (root / "other.py").write_text("")
    script = tmp_path / "rule.py"
    script.write_text("with open('x'):\n    from stratomics.sub import f\n")
    return script, root


def names(files, root):
    return {file.relative_to(root.resolve()).as_posix() for file in files}


def test_imports_are_followed_through_packages_relative_imports_and_functions(package):
    script, root = package
    assert names(imported_files(script, root), root) == {"__init__.py", "sub/__init__.py", "sub/near.py", "far.py"}


def test_the_version_changes_with_an_imported_module_and_with_no_other(package):
    script, root = package
    before = code_version(script, root)
    (root / "other.py").write_text("x = 1\n")
    assert code_version(script, root) == before
    (root / "far.py").write_text("x = 1\n")
    assert code_version(script, root) != before


def test_the_members_of_a_registry_count(package):
    script, root = package
    (root / "far.py").write_text("from stratomics.kinds import find\n")
    (root / "kinds").mkdir()
    (root / "kinds" / "__init__.py").write_text(
        "import pkgutil\ndef find(name):\n    return pkgutil.resolve_name(name)\n"
    )
    (root / "kinds" / "vae.py").write_text("")
    assert "kinds/vae.py" in names(imported_files(script, root), root)


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        ("train_embedding", "embedding/kinds/vae.py"),
        ("cluster_patients", "subtypes/methods/kmeans.py"),
        ("fit_classifier", "classifier/methods/svm.py"),
    ],
)
def test_the_registries_of_the_library_count(rule, member):
    root = ROOT / "scripts" / "stratomics"
    assert member in names(imported_files(ROOT / "scripts" / f"{rule}.py", root), root)


def test_the_static_list_holds_every_module_that_really_loads():
    """Run the imports of every script in an interpreter of its own, and compare with what the list found in the text."""
    scripts = sorted((ROOT / "scripts").glob("*.py"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-c", LOADED, *map(str, scripts)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    loaded = json.loads(run.stdout)
    assert loaded.keys() == {str(script) for script in scripts}
    for script in scripts:
        listed = {str(file) for file in imported_files(script, ROOT / "scripts" / "stratomics")}
        assert len(loaded[str(script)]) > 3
        assert set(loaded[str(script)]) <= listed, script.name


def test_no_import_statement_is_overlooked():
    """Of the whole library and its scripts, as Python's own parser has them."""
    for path in (ROOT / "scripts").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        meant = [ast.unparse(one) for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Import | ast.ImportFrom)]
        assert set(meant) <= {ast.unparse(one) for one in import_statements(text)}, path
