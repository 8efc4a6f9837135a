"""Reads which custom property makes a rig obey its FK controls, off the drivers that blend IK over them."""

from __future__ import annotations

import re

import bpy

_DRIVEN = re.compile(r'^pose\.bones\["([^"]+)"\]\.constraints\["([^"]+)"\]\.influence$')
_PROPERTY = re.compile(r'^pose\.bones\["([^"]+)"\]\["([^"]+)"\]$')
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


def _source(armature: bpy.types.Object, curve: bpy.types.FCurve) -> tuple[str, str, float] | None:
    """Bone, property and the value that makes a driver of one property and a straight line 0."""
    variables = curve.driver.variables
    if len(variables) != 1 or variables[0].type != "SINGLE_PROP" or curve.driver.type == "SCRIPTED":
        return None
    target = variables[0].targets[0]
    named = _PROPERTY.match(target.data_path)
    lines = [list(m.coefficients) for m in curve.modifiers if m.type == "GENERATOR" and not m.mute] or [[0.0, 1.0]]
    if named is None or target.id != armature or len(lines) != 1 or len(lines[0]) != 2 or not lines[0][1]:
        return None
    return named[1], named[2], -lines[0][0] / lines[0][1]
