"""Reads which custom property makes a rig obey its FK controls, off the drivers that blend IK over them."""

from __future__ import annotations

import re

import bpy

_DRIVEN = re.compile(r'^pose\.bones\["([^"]+)"\]\.constraints\["([^"]+)"\]\.influence$')
_PROPERTY = re.compile(r'^pose\.bones\["([^"]+)"\]\["([^"]+)"\]$')
_DIFFERENCE = re.compile(r"^\s*(?:(?P<from>\d+(?:\.\d*)?)\s*-\s*)?(?P<variable>[A-Za-z_]\w*)\s*$")
"""A scripted driver that is its variable, or takes it from a number."""
_COPYING = ("COPY_TRANSFORMS", "COPY_ROTATION")


def fk_switches(armature: bpy.types.Object) -> dict[str, tuple[str, str, float]]:
    """Per control the bone, its property, and the value at which nothing overrides what the control does.

    Such a control is copied by the first copying constraint of a bone, and a later one is driven by the property.
    """
    found: dict[str, tuple[str, str, float]] = {}
    for curve in armature.animation_data.drivers if armature.animation_data else ():
        driven, source = _DRIVEN.match(curve.data_path), _source(armature, curve)
        bone = armature.pose.bones.get(driven[1]) if driven else None
        if bone is None or driven is None or source is None:
            continue
        copying = [c for c in bone.constraints if c.type in _COPYING and not c.mute and c.target == armature]
        if len(copying) > 1 and copying[0].name != driven[2] and driven[2] in [c.name for c in copying]:
            found.setdefault(str(copying[0].subtarget), source)
    return found


def switch_behind(armature: bpy.types.Object, path: str, value: float) -> tuple[str, float] | None:
    """Path of the custom property of a bone that drives a number, and what it must be for the number to be `value`.

    None where the driver is anything but one property, that property taken from a number, or a straight line of it.
    """
    for curve in armature.animation_data.drivers if armature.animation_data else ():
        line = _line(armature, curve) if curve.data_path == path else None
        if line is not None:
            bone, name, (start, slope) = line
            return f'{_bone_path(bone)}["{bpy.utils.escape_identifier(name)}"]', (value - start) / slope
    return None


def _bone_path(bone: str) -> str:
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"]'


def _source(armature: bpy.types.Object, curve: bpy.types.FCurve) -> tuple[str, str, float] | None:
    """Bone, property and the value that makes a driver of one property and a straight line 0."""
    line = _line(armature, curve) if curve.driver.type != "SCRIPTED" else None
    return None if line is None else (line[0], line[1], -line[2][0] / line[2][1])


def _line(armature: bpy.types.Object, curve: bpy.types.FCurve) -> tuple[str, str, tuple[float, float]] | None:
    """Bone, property, and the line (start, slope) that makes the driven number of it."""
    variables = curve.driver.variables
    if len(variables) != 1 or variables[0].type != "SINGLE_PROP":
        return None
    target, start, slope = variables[0].targets[0], 0.0, 1.0
    if curve.driver.type == "SCRIPTED":
        taken = _DIFFERENCE.match(curve.driver.expression)
        if taken is None or taken["variable"] != variables[0].name:
            return None
        start, slope = (float(taken["from"]), -1.0) if taken["from"] else (0.0, 1.0)
    named = _PROPERTY.match(target.data_path)
    lines = [list(m.coefficients) for m in curve.modifiers if m.type == "GENERATOR" and not m.mute] or [[0.0, 1.0]]
    if named is None or target.id != armature or len(lines) != 1 or len(lines[0]) != 2 or not lines[0][1]:
        return None
    unescaped = bpy.utils.unescape_identifier
    return unescaped(named[1]), unescaped(named[2]), (lines[0][0] + lines[0][1] * start, lines[0][1] * slope)
