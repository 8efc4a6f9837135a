"""Named sets of 2D keypoints: what a detector calls its points, and the lines to draw between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final


@dataclass(frozen=True)
class KeypointSchema:
    """The names of K keypoints in order, and pairs of names to connect in drawings.

    `aliases` pairs names of BlazePose's landmarks with the keypoints of this schema that mark the same spot.
    """

    name: str
    names: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    aliases: tuple[tuple[str, str], ...] = ()

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each name."""
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """Position of each keypoint's counterpart on the other side; one of the middle is its own."""
        return tuple(
            self.index[name.replace("left", "?").replace("right", "left").replace("?", "right")] for name in self.names
        )

    def find(self, landmark: str) -> int | None:
        """Position of the keypoint of this name, or of the one that stands for it; None where there is none."""
        return self.index.get(landmark, self._alias_index.get(landmark))

    @cached_property
    def _alias_index(self) -> dict[str, int]:
        return {landmark: self.index[own] for landmark, own in self.aliases}

    def __len__(self) -> int:
        return len(self.names)


def _both_sides(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in pairs)


BLAZEPOSE_33: Final = KeypointSchema(
    name="blazepose_33",
    names=(
        "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
        "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow",
        "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index",
        "left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
        "left_heel", "right_heel", "left_foot_index", "right_foot_index",
    ),
    edges=_both_sides(
        ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "pinky"), ("wrist", "index"), ("wrist", "thumb"),
        ("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "foot_index"),
        ("ankle", "foot_index"), ("eye", "ear"),
    ) + (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("mouth_left", "mouth_right"),
         ("nose", "left_eye"), ("nose", "right_eye")),
)  # fmt: skip
"""BlazePose GHUM, 33 landmarks: Bazarevsky et al. 2020 and the MediaPipe model card; left is the person's own."""

_LIMBS: Final = _both_sides(
    ("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"), ("eye", "ear"),
) + (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("nose", "left_eye"), ("nose", "right_eye"),
)  # fmt: skip
_COCO_NAMES: Final = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip

COCO_17: Final = KeypointSchema(name="coco_17", names=_COCO_NAMES, edges=_LIMBS)
"""COCO's person keypoints: Lin et al., ECCV 2014; left is the person's own."""

_FEET: Final = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel"))
_FACE: Final = tuple(f"face_{number}" for number in range(68))
_FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")
_HANDS: Final = tuple(
    f"{side}_hand_{part}"
    for side in ("left", "right")
    for part in ("root", *(f"{finger}_{joint}" for finger in _FINGERS for joint in (1, 2, 3, 4)))
)

COCO_WHOLEBODY_133: Final = KeypointSchema(
    name="coco_wholebody_133",
    names=_COCO_NAMES + _FEET + _FACE + _HANDS,
    edges=_LIMBS
    + _both_sides(("ankle", "heel"), ("heel", "big_toe"), ("heel", "small_toe"), ("wrist", "hand_root"))
    + _both_sides(*(("hand_root", f"hand_{finger}_1") for finger in _FINGERS))
    + _both_sides(
        *((f"hand_{finger}_{joint}", f"hand_{finger}_{joint + 1}") for finger in _FINGERS for joint in (1, 2, 3))
    ),
    aliases=(
        *_both_sides(
            ("foot_index", "big_toe"),
            ("index", "hand_index_1"),
            ("pinky", "hand_pinky_1"),
            ("thumb", "hand_thumb_2"),
        ),
        ("right_eye_outer", "face_36"),
        ("right_eye_inner", "face_39"),
        ("left_eye_inner", "face_42"),
        ("left_eye_outer", "face_45"),
        ("mouth_right", "face_48"),
        ("mouth_left", "face_54"),
    ),
)
"""COCO-WholeBody: Jin et al., ECCV 2020: 17 of the body, 6 of the feet, 68 of the face (numbered from 0 as in 300-W,
Sagonas et al. 2013) and 21 of each hand, whose fingers are numbered from the palm (1) to the tip (4)."""

_DRAWN: Final = ("shoulder", "elbow", "wrist", "index", "hip", "knee", "ankle", "foot_index")

FIGURE_23: Final = KeypointSchema(
    name="figure_23",
    names=(
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "neck", "head_top",
        *(f"{side}_{part}" for part in _DRAWN for side in ("left", "right")),
    ),
    edges=_both_sides(
        ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "index"),
        ("hip", "knee"), ("knee", "ankle"), ("ankle", "foot_index"),
    ) + (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("head_top", "nose"), ("nose", "neck"),
         ("neck", "left_shoulder"), ("neck", "right_shoulder"), ("neck", "left_hip"), ("neck", "right_hip")),
)  # fmt: skip
"""What a drawn figure shows: BlazePose's landmarks by name, the neck where SMPL's joint is, and the skull's top."""
