"""The joints in words are the joints of the body and of the hands, each once."""

from __future__ import annotations

from contrapposto.backend.joint_words import BODY_GROUPS, BODY_JOINTS, FINGER_JOINTS, found_by, in_words
from contrapposto.backend.retarget import bone_map
from contrapposto.backend.retarget.matcher import ESSENTIAL
from contrapposto.backend.skeleton import JOINT_NAMES


def test_the_groups_hold_the_22_joints_of_the_body_once_each() -> None:
    assert sorted(BODY_JOINTS) == sorted(JOINT_NAMES[:22])
    assert len(set(BODY_JOINTS)) == len(BODY_JOINTS) == 22
    assert set(ESSENTIAL) <= set(BODY_JOINTS)


def test_the_fingers_are_those_of_a_bone_map() -> None:
    assert sorted(FINGER_JOINTS) == sorted(bone_map.FINGER_JOINTS)


def test_sides_stand_in_their_own_groups() -> None:
    for group, joints in BODY_GROUPS.items():
        side = group.split()[0].lower() if group != "Torso" else ""
        assert all(joint.startswith(side) for joint in joints)


def test_joints_are_said_as_artists_say_them() -> None:
    assert in_words("left_hip") == "left thigh"
    assert in_words("spine3") == "chest"
    assert in_words("right_pinky2") == "right little 2"
    assert in_words("left_hand") == "left hand"


def test_how_a_map_was_found_is_said_in_words() -> None:
    assert found_by("rigify_metarig") == ", named as in rigify metarig"
    assert "structure of the rig" in found_by("structure")
    assert "common names" in found_by("generic")
    assert not found_by("")
