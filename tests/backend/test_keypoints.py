"""Named sets of keypoints, and how one detector's names stand for another's."""

from __future__ import annotations

import pytest

from contrapposto.backend.keypoints import BLAZEPOSE_33, COCO_17, COCO_WHOLEBODY_133, KeypointSchema

SCHEMAS = (BLAZEPOSE_33, COCO_17, COCO_WHOLEBODY_133)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_names_are_unique_and_edges_and_aliases_name_them(schema: KeypointSchema) -> None:
    assert len(schema) == int(schema.name.rpartition("_")[2]) == len(schema.index)
    assert {end for edge in schema.edges for end in edge} <= set(schema.names)
    assert {own for _, own in schema.aliases} <= set(schema.names)
    assert {landmark for landmark, _ in schema.aliases} <= set(BLAZEPOSE_33.names)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_left_and_right_are_written_alike(schema: KeypointSchema) -> None:
    sides = [{name.replace(side, "") for name in schema.names if side in name} for side in ("left", "right")]
    assert sides[0] == sides[1]
    mirrored = [tuple(end.replace("left", "right") for end in edge) for edge in schema.edges if "left_" in edge[0]]
    assert set(mirrored) - {("right_shoulder", "right_shoulder"), ("right_hip", "right_hip")} <= set(schema.edges)


def test_coco_has_the_limbs_of_blazepose_and_nothing_of_hands_and_feet() -> None:
    missing = [name for name in BLAZEPOSE_33.names if COCO_17.find(name) is None]
    assert {name.split("_")[-1] for name in missing} <= {"inner", "outer", "left", "right", "pinky", "index", "thumb",
                                                         "heel"}  # fmt: skip
    assert COCO_17.find("left_wrist") == 9
    assert COCO_17.find("right_ankle") == 16


@pytest.mark.parametrize(
    ("landmark", "place"),
    [
        # numbers of the COCO-WholeBody annotation: feet 17 to 22, face 23 to 90, hands 91 to 111 and 112 to 132
        ("nose", 0),
        ("left_wrist", 9),
        ("left_foot_index", 17),
        ("left_heel", 19),
        ("right_foot_index", 20),
        ("right_heel", 22),
        ("right_eye_outer", 23 + 36),
        ("left_eye_outer", 23 + 45),
        ("mouth_right", 23 + 48),
        ("mouth_left", 23 + 54),
        ("left_thumb", 91 + 2),
        ("left_index", 91 + 5),
        ("left_pinky", 91 + 17),
        ("right_index", 112 + 5),
        ("right_pinky", 112 + 17),
    ],
)
def test_the_whole_body_stands_for_every_landmark(landmark: str, place: int) -> None:
    assert COCO_WHOLEBODY_133.find(landmark) == place
    assert all(COCO_WHOLEBODY_133.find(name) is not None for name in BLAZEPOSE_33.names)


def test_what_is_not_there_is_not_found() -> None:
    assert BLAZEPOSE_33.find("tail") is None
    assert COCO_17.find("left_heel") is None
