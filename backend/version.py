"""The add-on's own version."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def package_version() -> str:
    """What the manifest says, or "unknown" where it cannot be read."""
    import tomllib  # only where it is asked for: Blender waits for what is imported when the add-on is enabled

    manifest = Path(__file__).resolve().parents[1] / "blender_manifest.toml"
    try:
        return str(tomllib.loads(manifest.read_text("utf-8"))["version"])
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return "unknown"
