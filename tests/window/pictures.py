"""Puts photographs of the panel side by side, as docs/images shows them: after `panel_story`, with Pillow.

python tests/window/pictures.py build/window-panel_story docs/images
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

PICTURES = {
    "panel": ("2-first-use", "3-usual-result", "3-usual-settings"),
    "panel_narrow": ("4-narrow-text", "4-narrow-rig", "4-narrow-result", "4-narrow-settings"),
    "panel_languages": ("3-usual-result", "7-de_DE-settings", "7-ja_JP-rig"),
}
"""Each picture, and the photographs in it from left to right."""
BETWEEN_PX = 8


def main(photographs: Path, pictures: Path) -> None:
    """Write every picture."""
    for name, parts in PICTURES.items():
        taken = [Image.open(photographs / f"{part}.png").convert("RGB") for part in parts]
        width = sum(each.width for each in taken) + BETWEEN_PX * (len(taken) - 1)
        picture = Image.new("RGB", (width, max(each.height for each in taken)), "white")
        left = 0
        for each in taken:
            picture.paste(each, (left, 0))
            left += each.width + BETWEEN_PX
        picture.save(pictures / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
