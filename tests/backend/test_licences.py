"""Every package that is needed at run time, or bundled, stands in docs/licences.md with the licence that it states."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")
ROW = re.compile(r"^\| *([^|]+?) *\|(.*)\|$", re.MULTILINE)
PATTERNS = {
    "apache": "Apache-2.0", "mit": "MIT", "bsd": "BSD", "gpl": "GPL", "mpl": "MPL", "isc": "ISC", "psf": "PSF",
}  # fmt: skip


def _runtime() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [
        *project["dependencies"],
        *(each for name in ("blender", "torch", "onnx", "llm", "ray") for each in extras[name]),
    ]
    return sorted({re.split(r"[<>=!~;\[ ]", each, maxsplit=1)[0] for each in asked})


def _rows() -> dict[str, str]:
    """The row of each package; a row may name several."""
    rows: dict[str, str] = {}
    for cells, rest in ROW.findall(PAGE.partition("## Packages at run time")[2]):
        for name in re.split(r",|\(", cells):
            rows[name.strip().strip("`)").lower()] = rest
    return rows


@pytest.mark.parametrize("package", _runtime())
def test_every_package_is_listed_with_the_licence_that_it_states(package: str) -> None:
    row = _rows().get(package.lower())
    assert row is not None, f"{package} is missing from docs/licences.md"
    try:
        facts = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed here")
    classes = [each for each in facts.get_all("Classifier") or () if each.startswith("License ::")]
    stated = " ".join([facts.get("License-Expression") or "", (facts.get("License") or "")[:60], *classes]).lower()
    families = {family for word, family in PATTERNS.items() if word in stated}
    if package == "smplx":
        assert "non-commercial" in row
        return
    assert families, f"{package} states no licence that is known here: {stated[:80]}"
    assert any(family in row for family in families), f"{package} states {stated[:80]}, and the page says {row}"


def test_every_bundled_wheel_is_listed_with_its_licence() -> None:
    pinned = ROOT / "wheels" / "pinned.toml"
    if not pinned.is_file():
        pytest.skip("nothing is bundled")
    packages = tomllib.loads(pinned.read_text("utf-8"))["package"]
    assert packages
    for package in packages:
        row = _rows().get(package["name"].lower())
        assert row is not None, f"{package['name']} is bundled, but missing from docs/licences.md"


def test_development_pins_are_known() -> None:
    """What is pinned beyond what runs is named too, so that nothing comes in unseen."""
    names = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    listed = PAGE.lower().replace("_", "-")
    missing = [name for name in dict.fromkeys(names) if name.lower().replace("_", "-") not in listed]
    assert missing == []
