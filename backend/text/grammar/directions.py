"""Directions of a limb: those that are said, and those that a verb has by itself."""

from __future__ import annotations

from typing import Final

from ..language import Side
from .pairs import is_overhead
from .phrases import Phrase, Predicate, Ref

_SAME: Final = {"side": "out", "high": "up", "away": "back"}
OUTSTRETCHED: Final = frozenset({"stretch", "outstretch"})
"""Arms of which only this is said are level: two to the sides, one to the front."""
_FRONT: Final = frozenset({"chest", "torso", "body", "belly", "shoulder", "face", "head"})
_UPPER: Final = frozenset({"arm", "elbow", "upper_arm"})


def of_limb(predicate: Predicate, side: Side, *, overhead: bool = True) -> tuple[str, ...]:
    """The directions of a predicate for a limb on this side; `out` gives way to another direction."""
    found: list[str] = ["out"] if {"left", "right"} <= set(predicate.dirs) else []
    for each in predicate.dirs:
        turned = _SAME.get(each, each)
        if turned in {"left", "right"} and "out" in found:
            continue
        if turned in {"left", "right"}:
            turned = "out" if turned == side else "across"
        if each != "diagonal":
            found.append(turned)
    if "out" in predicate.dirs and "side" not in predicate.dirs and {"forward", "back", "across"} & set(found):
        found = [each for each in found if each != "out"]
    for prep in predicate.preps:
        if prep.place == "air" or (overhead and is_overhead(prep)):
            found.append("up")
        elif prep.place == "ground" and prep.meaning in {"toward", "at"}:
            found.append("down")
    return tuple(dict.fromkeys(found))


def aim_of(ref: Ref, prep: Phrase, *, meaning: str) -> str:
    """Where an arm is raised or stretched to that is said to be beside, before or behind the body; empty if nowhere."""
    kinds = {each.kind for each in prep.refs}
    if ref.kind != "arm" or meaning not in {*OUTSTRETCHED, "raise", "straighten", "reach", "spread"}:
        return ""
    if prep.meaning == "beside" and kinds & {"head", "ear", "face"}:
        return "up"
    if prep.meaning == "behind" and kinds & {"torso", "body", "back"}:
        return "back"
    return "forward" if prep.meaning == "in_front" and kinds & _FRONT and meaning != "raise" else ""


def of_verb(predicate: Predicate, dirs: tuple[str, ...], ref: Ref) -> tuple[str, ...]:
    """The directions of an arm once the verb's own are added, or take the place of weaker ones."""
    meaning = predicate.meaning
    if meaning in {"lower", "hang"}:
        return ("down",) if set(dirs) <= {"out"} else dirs
    if meaning == "tuck" and ref.kind in _UPPER:
        return ("down",)
    if dirs == ("out",) and (meaning == "reach" or (meaning == "stretch" and ref.kind in {"hand", "fist"})):
        return ("forward",)
    if meaning == "spread" and ref.kind in _UPPER and len(dirs) == 1 and dirs[0] in {"up", "down", "forward", "back"}:
        return (*dirs, "out")
    if "diagonal" in predicate.dirs and set(dirs) <= {"up", "down"}:
        return (*(dirs or ("up",)), "out")
    return dirs or _alone(predicate, ref)


def _alone(predicate: Predicate, ref: Ref) -> tuple[str, ...]:
    """What a verb means without a direction."""
    meaning = predicate.meaning
    if meaning in OUTSTRETCHED:
        stretched = ref.kind in {"arm", "hand", "fist"} and not predicate.levels
        return () if not stretched else ("out",) if len(ref.sides) == 2 and ref.kind == "arm" else ("forward",)
    if meaning in {"spread", "turned_out"}:
        return ("out",) if ref.kind in _UPPER else ()
    if meaning == "open":
        return ("out", "forward") if ref.kind == "arm" else ()
    if meaning == "on_ground":
        return ("down",) if ref.kind in {"arm", "hand"} else ()
    return {"reach": ("forward",), "vertical": ("up",)}.get(meaning, ())
