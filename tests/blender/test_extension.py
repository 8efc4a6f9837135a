"""The extension as it is handed out: its manifest is valid, and what is built from the checkout runs on its own."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import bpy
import pytest

from blender_harness import ADDON, CHECKOUT

ENABLE = f"""
import os, sys
import bpy, addon_utils
module = addon_utils.enable("{ADDON}", default_set=True)
found = module is not None and hasattr(bpy.types, "CONTRAPPOSTO_OT_photo")
print("torch" in sys.modules, module and module.__file__, flush=True)
os._exit(0 if found else 1)  # past Blender's shutdown, which can hang
"""


def run(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """What a program of this Python printed; it must end well."""
    command = [sys.executable, *arguments]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, env=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def blender_extension_tool() -> str:
    """Blender's own `--command extension`, as a program."""
    scripts = Path(bpy.utils.resource_path("LOCAL")) / "scripts"
    return str(scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(
        blender_extension_tool(),
        "build",
        "--source-dir",
        str(CHECKOUT),
        "--output-dir",
        str(folder),
        "--valid-tags",
        "",
    )
    (built,) = folder.glob("*.zip")
    return built


@pytest.fixture
def manifest():
    return tomllib.loads((CHECKOUT / "blender_manifest.toml").read_text("utf-8"))


def test_blender_finds_the_manifest_valid(archive):
    run(blender_extension_tool(), "validate", str(archive))


def test_permissions_give_reasons_as_blender_wants_them(manifest):
    assert set(manifest["permissions"]) == {"files", "network", "clipboard"}
    for reason in manifest["permissions"].values():
        assert 0 < len(reason) <= 64
        assert reason[-1].isalnum()


def test_manifest_and_package_have_one_version(manifest):
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert manifest["version"] == project["version"]


def test_the_archive_holds_the_addon_and_nothing_of_the_workshop(archive):
    names = zipfile.ZipFile(archive).namelist()
    assert {"__init__.py", "blender_manifest.toml", "LICENSE", "backend/weights/registry.toml"} <= set(names)
    assert any(name.startswith("backend/retarget/profiles/") and name.endswith(".json") for name in names)
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"tests", "docs", "samples", "training", "benchmarks", "demo", "build", "dist", "Makefile"}
    assert not [name for name in names if name.startswith(".") or "__pycache__" in name or ".egg-info" in name]


def test_the_archive_runs_where_nothing_else_of_the_checkout_is(archive, tmp_path):
    target = tmp_path / "extensions" / "user_default" / "contrapposto"
    zipfile.ZipFile(archive).extractall(target)
    folders = {"BLENDER_USER_RESOURCES": str(tmp_path), "BLENDER_USER_EXTENSIONS": str(tmp_path / "extensions")}
    printed = run("-c", ENABLE, environment=folders)
    assert printed.splitlines()[-1] == f"False {target / '__init__.py'}"
