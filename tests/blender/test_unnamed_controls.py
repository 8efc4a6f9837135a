"""A generated Rigify human whose bones say nothing: its FK controls, and the switches that make it obey them."""

from __future__ import annotations

import addon_utils
import numpy as np
import pytest


def test_the_controls_of_a_rig_without_names_are_found_and_obeyed(package) -> None:
    if addon_utils.enable("rigify", default_set=True, persistent=True) is None:
        pytest.skip("Rigify does not start in this Blender")
    armature = package("rig.rigify_human").make_rigify_human(generate=True)
    read_rig, match_bones = package("rig.armature").read_rig, package("backend.retarget.matcher").match_bones
    named = match_bones(read_rig(armature))
    names = [bone.name for bone in armature.data.bones]
    numbers = np.random.default_rng(1).permutation(len(names))
    new = {name: f"Bone.{number:04d}" for name, number in zip(names, numbers, strict=True)}
    for name, other in new.items():
        armature.data.bones[name].name = other
    found = match_bones(read_rig(armature))
    assert found.convention == "structure_of_controls"
    assert {joint: match.bones[0] for joint, match in found.joints.items()} == {
        joint: new[match.bones[0]] for joint, match in named.joints.items()
    }
    wanted = {(new[s.bone], s.property, s.value) for s in named.switches}
    assert {(s.bone, s.property, s.value) for s in found.switches} == wanted
    assert {joint for s in found.switches for joint in s.joints} >= {
        joint for s in named.switches for joint in s.joints
    }
