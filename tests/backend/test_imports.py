"""How the package imports itself. In Blender it is called bl_ext.<repository>.contrapposto, so only relatively."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("backend", "operators", "panels", "rig")


def absolute_imports(source: str) -> list[str]:
    """Lines that import the package by its name; the linter cannot tell them in a folder of that name."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        found += [name for name in names if name.partition(".")[0] == "contrapposto"]
    return found


def test_the_package_imports_itself_relatively() -> None:
    files = [*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
    assert len(files) > 100
    assert {str(file): names for file in files if (names := absolute_imports(file.read_text("utf-8")))} == {}


def test_an_absolute_import_would_be_found() -> None:
    source = "import contrapposto.backend\nfrom contrapposto import rig\nfrom .contrapposto import x\nimport numpy"
    assert absolute_imports(source) == ["contrapposto.backend", "contrapposto"]
