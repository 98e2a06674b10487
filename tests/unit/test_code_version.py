from __future__ import annotations

from pathlib import Path

import pytest

from stratomics.config.code import code_version, imported_files

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.parametrize("rule", sorted(p.stem for p in (ROOT / "scripts").glob("*.py")))
def test_the_static_list_holds_every_module_that_really_loads(rule):
    """Run the imports of the script in a fresh interpreter and compare with what the list found in the text."""
    import ast
    import os
    import subprocess
    import sys

    script = ROOT / "scripts" / f"{rule}.py"
    imports = [
        node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    code = "\n".join(ast.unparse(node) for node in imports)
    code += (
        "\nimport sys\nprint('\\n'.join(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'stratomics'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    loaded = {Path(line).resolve() for line in run.stdout.split()}
    listed = set(imported_files(script, ROOT / "scripts" / "stratomics"))
    assert loaded
    assert loaded <= listed
