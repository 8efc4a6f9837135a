"""Readers of motion capture on texts written here: where joints are, and what is said of damaged files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.training.mocap.asf_amc import read_amc, read_asf
from contrapposto.training.mocap.bvh import read_bvh
from contrapposto.training.mocap.deepmimic import read_character, read_deepmimic
from contrapposto.training.mocap.expmap import read_expmap, read_skeleton
from mocap_texts import AMC, ASF, NAMES, bvh_of, deepmimic_character, expmap_skeleton, moving_body


def heads(clip, bone: str) -> np.ndarray:
    return clip.motion.matrices[:, clip.motion.bones.index(bone), :3, 3]


def test_a_bvh_has_its_joints_where_forward_kinematics_has_them() -> None:
    poses = moving_body(12)
    clip = read_bvh("a/b", bvh_of(poses), stride=1)
    joints = 100.0 * forward_kinematics(poses.rotations, poses.translation)
    for index, name in enumerate(NAMES):
        np.testing.assert_allclose(heads(clip, name), joints[:, index], atol=0.01)
    assert clip.motion.fps == pytest.approx(30.0, abs=0.01)


def test_a_bvh_keeps_every_second_frame_after_the_first() -> None:
    poses = moving_body(12)
    whole, some = read_bvh("a/b", bvh_of(poses)), read_bvh("a/b", bvh_of(poses), stride=2, skip=1)
    np.testing.assert_array_equal(some.motion.matrices, whole.motion.matrices[1::2])
    assert some.motion.fps == pytest.approx(15.0, abs=0.01)


def test_a_bvh_adds_the_roots_offset_and_passes_over_places_of_other_joints() -> None:
    text = """HIERARCHY
ROOT hip
{
  OFFSET 0 10 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT knee
  {
    OFFSET 1 0 0
    CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
    End Site
    {
      OFFSET 5 5 5
    }
  }
}
MOTION
Frames: 1
Frame Time: 0.1
1 2 3 90 0 90 7 7 7 0 0 0
"""
    clip = read_bvh("a/b", text)
    np.testing.assert_allclose(heads(clip, "hip"), [[1.0, 12.0, 3.0]])
    np.testing.assert_allclose(heads(clip, "knee"), [[1.0, 13.0, 3.0]], atol=1e-6)
    np.testing.assert_allclose(clip.motion.matrices[0, 1, :3, 2], [1.0, 0.0, 0.0], atol=1e-6)  # x turns before z
    np.testing.assert_allclose(clip.rig.heads, [[0.0, 10.0, 0.0], [1.0, 10.0, 0.0]])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace("MOTION", "NOTHING"), "it lacks the line HIERARCHY or MOTION"),
        (lambda text: text.replace("Zrotation", "Wrotation", 1), "the channels Wrotation are unknown"),
        (lambda text: text.replace("}", "", 1), "its braces do not match"),
        (lambda text: text.rsplit(" ", 1)[0] + "\n", "numbers follow"),
        (lambda text: text.rsplit(" ", 1)[0] + " nan\n", "not finite"),
        (lambda text: text.rsplit(" ", 1)[0] + " much\n", "must be numbers"),
        (lambda text: text.replace("Frame Time:", "Time:"), "must begin with Frames: and Frame Time:"),
        (lambda text: text.replace("0.033333", "0"), "must be above 0"),
        (lambda text: text.replace("Frames: 4", "Frames: 4.5"), "4.5 frames"),
    ],
)
def test_a_damaged_bvh_is_refused_in_words(damage, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_bvh("a/b", damage(bvh_of(moving_body(4))))


def test_bones_of_an_asf_turn_about_their_own_axes_at_their_heads() -> None:
    clip = read_amc("a/b", AMC, read_asf("a.asf", ASF), fps=30.0)
    np.testing.assert_allclose(heads(clip, "upper"), [[1.0, 2.0, 3.0]] * 3, atol=1e-6)
    # The first frame is the rest pose, and a joint is where its parent's bone ends.
    np.testing.assert_allclose(heads(clip, "lower")[0], [1.0, 4.0, 3.0], atol=1e-6)
    np.testing.assert_allclose(heads(clip, "tip")[0], [4.0, 4.0, 3.0], atol=1e-6)
    # The x axis of `upper` is the world's y, along which its bone lies: `lower` alone is turned, from x to -z, and the
    # root turns that on to -x.
    np.testing.assert_allclose(heads(clip, "lower")[1], [1.0, 4.0, 3.0], atol=1e-6)
    np.testing.assert_allclose(heads(clip, "tip")[1], [-2.0, 4.0, 3.0], atol=1e-6)
    # The root turns about fixed x, then z: the bone's y goes to z and stays. `lower` turns its x to y by its own z,
    # and the root brings y to z.
    np.testing.assert_allclose(heads(clip, "lower")[2], [1.0, 2.0, 5.0], atol=1e-6)
    np.testing.assert_allclose(heads(clip, "tip")[2], [1.0, 2.0, 8.0], atol=1e-6)
    assert clip.feet_follow_legs


def test_every_second_frame_of_an_amc() -> None:
    skeleton = read_asf("a.asf", ASF)
    whole, some = (read_amc("a/b", AMC, skeleton, fps=30.0, stride=stride) for stride in (1, 2))
    np.testing.assert_array_equal(some.motion.matrices, whole.motion.matrices[::2])
    assert some.motion.fps == 15.0


@pytest.mark.parametrize(
    ("asf", "amc", "said"),
    [
        (ASF.replace(":hierarchy", ":nothing"), AMC, "it lacks :root, :bonedata or :hierarchy"),
        (ASF.replace("lower tip", "lower toe"), AMC, ":hierarchy names toe"),
        (ASF.replace("angle deg", "angle rad"), AMC, "only degrees"),
        (ASF.replace("direction 0 1 0", "direction 0 1"), AMC, "upper lacks numbers"),
        (ASF.replace("length 2", "length long"), AMC, "direction and length must be numbers"),
        (ASF, AMC.replace("lower 90 90", "lower 90"), "lower has more numbers in some frames"),
        (ASF, AMC.replace("upper 90\n", ""), "upper must have 1 angles in each of 3 frames"),
        (ASF, AMC.replace("root", "hips"), "no frame moves the root"),
        (ASF, AMC.replace("1 2 3 0 0 0", "1 2 3 0 0 x"), "root must be numbers"),
        (ASF, "", "no frame moves the root"),
    ],
)
def test_a_damaged_asf_or_amc_is_refused_in_words(asf: str, amc: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_amc("a/b", amc, read_asf("a.asf", asf), fps=30.0)


def line_of(values: dict[int, float]) -> str:
    numbers = np.zeros(117)
    for index, value in values.items():
        numbers[index] = value
    return ",".join(f"{number:g}" for number in numbers)


def test_exponential_maps_turn_row_vectors() -> None:
    joints = read_skeleton("s", expmap_skeleton())
    lfemur = 3 + 3 * joints.names.index("lfemur")
    text = "\n".join([line_of({}), line_of({0: 1.0, 1: 2.0, lfemur + 2: np.pi / 2.0})])
    clip = read_expmap("a/b", text, joints, fps=30.0, stride=1, skip=1)
    np.testing.assert_allclose(heads(clip, "lfemur"), [[1.0, 4.0, 0.0]], atol=1e-6)
    # By +90 degrees about z a column would go from y to -x; a row goes to +x.
    np.testing.assert_allclose(heads(clip, "ltibia"), [[2.0, 4.0, 0.0]], atol=1e-5)
    np.testing.assert_allclose(heads(clip, "rtibia"), [[1.0, 5.0, 0.0]], atol=1e-6)


def test_neck_and_shoulders_sit_on_the_thorax() -> None:
    joints = read_skeleton("s", expmap_skeleton())
    heights = joints.rig("s").heads[:, 1]
    above = heights[joints.names.index("lclavicle")] - heights[joints.names.index("thorax")]
    assert above == pytest.approx(2.0)  # the file's own 1 and the thorax


@pytest.mark.parametrize(
    ("skeleton", "text", "said"),
    [
        ("{", "", "does not hold the lists"),
        (json.dumps({"parent": [-1], "offset_x70": [0, 0, 0]}), "", "must describe 38 joints, not 1"),
        (expmap_skeleton(), "1,2,3", "must have 117 numbers"),
        (expmap_skeleton(), "", "must have 117 numbers"),
        (expmap_skeleton(), ",".join(["x"] * 117), "must be numbers"),
    ],
)
def test_damaged_exponential_maps_are_refused_in_words(skeleton: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_expmap("a/b", text, read_skeleton("s", skeleton), fps=30.0)


def frame_of(chest: list[float], elbow: float) -> list[float]:
    return [0.0333, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, *chest, elbow]


def test_deepmimics_quaternions_begin_with_w_and_elbows_turn_about_z() -> None:
    half = float(np.sqrt(0.5))
    text = json.dumps({"Frames": [frame_of([1.0, 0.0, 0.0, 0.0], 0.0), frame_of([half, half, 0.0, 0.0], np.pi / 2.0)]})
    clip = read_deepmimic("a/b", text, read_character("c", deepmimic_character()), fps=30.0)
    assert clip.motion.bones == ("Hips", "Spine2", "LeftForeArm")
    np.testing.assert_allclose(heads(clip, "Spine2"), [[0.0, 1.5, 0.0]] * 2, atol=1e-6)
    np.testing.assert_allclose(heads(clip, "LeftForeArm"), [[0.0, 1.2, 0.0], [0.0, 1.5, -0.3]], atol=1e-6)
    # The elbow's own x goes to its y, which the chest has brought to z.
    np.testing.assert_allclose(clip.motion.matrices[1, 2, :3, 0], [0.0, 0.0, 1.0], atol=1e-6)


@pytest.mark.parametrize(
    ("character", "text", "said"),
    [
        ("[]", "", "does not describe DeepMimic's joints"),
        (deepmimic_character().replace("revolute", "planar"), "", "joints must be"),
        (deepmimic_character(), "[]", "does not hold DeepMimic's frames"),
        (deepmimic_character(), json.dumps({"Frames": [[1.0, 2.0]]}), "every frame must have 13 numbers"),
        (deepmimic_character(), json.dumps({"Frames": [[1.0], [1.0, 2.0]]}), "does not hold DeepMimic's frames"),
        (deepmimic_character(), json.dumps({"Frames": [[0.0] * 13]}), "last for more than 0 seconds"),
    ],
)
def test_damaged_deepmimic_files_are_refused_in_words(character: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_deepmimic("a/b", text, read_character("c", character), fps=30.0)
