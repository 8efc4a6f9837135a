"""Measures the built extension as an artist meets it: size, start, first use and later uses; prints a table.

    python benchmarks/installed.py dist/contrapposto-0.1.0-linux-x64-py311.zip

The zip is installed by Blender's own code into a Blender that has nothing else (as in tests/extension) and used.
A zip without torch is given the torch of this Python by the folder preference.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from bare_blender import make_bare_python, run_bare  # noqa: E402  (found beside the tests)

SENTENCE: Final = "kneeling, right hand on the head"


def measure(archive: Path, folder: Path) -> dict[str, Any]:
    """Install and use the zip in an empty Blender; what `tests/extension/installed.py` tells."""
    user = folder / "user"
    user.mkdir()
    poses = {
        "photo": {"operator": "photo", "filepath": str(ROOT / "samples" / "photo.jpg"), "readings": 1, "times": 3},
        "text": {"operator": "text", "prompt": SENTENCE, "alternatives": 1, "times": 2},
    }
    task: dict[str, Any] = {"install": str(archive), "start_again": True, "poses": poses}
    if not has_torch(archive):
        spec = importlib.util.find_spec("torch")
        if spec is not None and spec.origin is not None:
            task["torch_folder"] = str(Path(spec.origin).parents[1])
    script = ROOT / "tests" / "extension" / "installed.py"
    told = run_bare(
        make_bare_python(folder / "env"), script, user, rig=str(ROOT / "samples" / "character.blend"), **task
    )
    told["on_disk_mb"] = sum(path.stat().st_size for path in user.rglob("*") if path.is_file()) / 1e6
    return told


def has_torch(archive: Path) -> bool:
    """Whether torch is inside."""
    return any(name.startswith("wheels/torch-") for name in zipfile.ZipFile(archive).namelist())


def rows(archive: Path, told: dict[str, Any]) -> list[tuple[str, str]]:
    """What is measured, and how much it is."""
    torch = "inside" if has_torch(archive) else "in a folder of its own"
    return [
        ("zip", f"{archive.stat().st_size / 1e6:.0f} MB (PyTorch {torch})"),
        ("on disk once installed", f"{told['on_disk_mb']:.0f} MB"),
        ("install", f"{told['install_s']:.1f} s"),
        ("enable the first time, wheels unpacked", f"{told['first_enable_s']:.1f} s"),
        ("added to a later start of Blender", f"{told['start_s'] * 1000:.0f} ms"),
        ("first photo, models loaded", f"{told['photo_first_s']:.1f} s"),
        ("later photos", f"{told['photo_again_s']:.2f} s"),
        ("first sentence", f"{told['text_first_s']:.1f} s"),
        ("later sentences", f"{told['text_again_s']:.2f} s"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    archive = parser.parse_args().archive.resolve()
    with tempfile.TemporaryDirectory() as folder:
        told = measure(archive, Path(folder))
    print("| what | how much |\n| --- | --- |")
    for name, value in rows(archive, told):
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
