"""The people that are rendered: CC0 characters, dressed by the parts of the body, and eight made with anny.

Those of anny (see `samples/person.py`) need `pip install anny` once; without it the others do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy
import numpy as np

from contrapposto.rig.rig_files import open_rig

ROOT = Path(__file__).resolve().parents[1]
RIGS = ROOT.parent / "shared" / "data" / "rigs"

Color = tuple[float, float, float]
SKINS: Final[tuple[Color, ...]] = (
    (0.62, 0.37, 0.27), (0.55, 0.29, 0.19), (0.42, 0.21, 0.12), (0.27, 0.12, 0.065), (0.12, 0.055, 0.035),
)  # fmt: skip
HAIRS: Final[tuple[Color, ...]] = (
    (0.012, 0.008, 0.007), (0.06, 0.03, 0.015), (0.22, 0.13, 0.05), (0.30, 0.29, 0.28),
)  # fmt: skip
_EYES: Final = {"eyes": (0.82, 0.82, 0.82), "pupils": (0.03, 0.02, 0.015)}
# Gender (0 male, 1 female), age, muscle, weight, height, proportions, sleeve, bun in metres.
_SHAPES: Final = {
    "anny_1": (0.02, 0.55, 0.60, 0.45, 0.60, 0.60, 0.55, 0.0),
    "anny_2": (0.97, 0.60, 0.45, 0.40, 0.45, 0.70, 0.40, 0.05),
    "anny_3": (0.05, 0.75, 0.50, 0.75, 0.50, 0.45, 1.60, 0.0),
    "anny_4": (0.95, 0.70, 0.45, 0.70, 0.40, 0.50, 1.70, 0.04),
    "anny_5": (0.10, 0.60, 0.85, 0.55, 0.70, 0.70, 0.35, 0.0),
    "anny_6": (0.90, 0.55, 0.55, 0.30, 0.65, 0.85, 0.60, 0.0),
    "anny_7": (0.45, 0.62, 0.50, 0.50, 0.35, 0.40, 1.20, 0.0),
    "anny_8": (0.60, 0.58, 0.65, 0.60, 0.55, 0.60, 0.30, 0.045),
}


@dataclass(frozen=True)
class Character:
    """A person's rig; `open` puts it in place of whatever is open and returns the armature.

    `plain` ones have no clothes of their own: they are dressed by the parts of their body.
    """

    name: str
    open: Callable[[], bpy.types.Object]
    plain: bool


def characters(folder: Path) -> list[Character]:
    """Those at hand; `folder` holds the ones of anny, which are built once where the package is there."""
    people = [Character("sample", lambda: open_rig(ROOT / "samples" / "character.blend"), plain=False)]
    for file in ("human-female.glb", "human-male.glb"):
        if (RIGS / file).is_file():
            people.append(Character(Path(file).stem, lambda path=RIGS / file: open_rig(path), plain=True))
        else:
            print(f"{file} is left out: it is not in {RIGS}.")
    return people + [Character(name, lambda path=path: _anny_person(path), plain=False) for name, path in _anny(folder)]


def _anny(folder: Path) -> list[tuple[str, Path]]:
    """The people of anny that are built or can be; says how many cannot."""
    paths = {name: folder / f"{name}.blend" for name in _SHAPES}
    if not _anny_works():
        built = {name: path for name, path in paths.items() if path.is_file()}
        if len(built) < len(paths):
            print(f"{len(paths) - len(built)} people are left out: `pip install anny` to have them.")
        paths = built
    return list(paths.items())


def _anny_person(path: Path) -> bpy.types.Object:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        _build(path.stem, path)
    return open_rig(path)


def _anny_works() -> bool:
    """Installed, and with it what it needs."""
    try:
        import anny  # noqa: F401
    except ImportError:
        return False
    return True


def _build(name: str, path: Path) -> None:
    sys.path.insert(0, str(ROOT / "samples"))
    from person import Look, make_person

    gender, age, muscle, weight, height, proportions, sleeve, bun = _SHAPES[name]
    random = np.random.default_rng(int(name.rpartition("_")[2]))
    shape = {
        "gender": gender, "age": age, "muscle": muscle, "weight": weight, "height": height,
        "proportions": proportions, "cupsize": 0.45, "firmness": 0.6,
        **dict(zip(("african", "asian", "caucasian"), random.dirichlet((1.0, 1.0, 1.0)).tolist(), strict=True)),
    }  # fmt: skip
    clothes = {part: tuple(color_of(random)) for part in ("shirt", "trousers", "shoes")}
    looks = {"skin": SKINS[random.integers(len(SKINS))], "hair": HAIRS[random.integers(len(HAIRS))]}
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    make_person(Look(name, shape, _EYES | looks | clothes, sleeve=sleeve, bun_m=bun))
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.save_as_mainfile(filepath=str(path.resolve()), compress=True, check_existing=False)


def color_of(random: np.random.Generator) -> Color:
    """A colour that cloth may have, linear RGB: any hue, mostly not very bright nor pure."""
    import colorsys

    hue, purity, value = random.uniform(), random.beta(1.5, 2.0), random.beta(1.5, 2.5)
    red, green, blue = colorsys.hsv_to_rgb(hue, purity, 0.03 + 0.8 * value)
    return red, green, blue
