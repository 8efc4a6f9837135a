"""Small motion capture files made of nothing but text, with a body that bends as a given pose does."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS
from numpy_rigs import mixamo_name

NAMES = tuple(mixamo_name(joint) or joint for joint in JOINT_NAMES)


def moving_body(frames: int, *, seed: int = 0, turned: bool = True) -> PoseSequence:
    """A body whose joints swing within plausible limits, knees and elbows as hinges, seldom near the floor.

    Without `turned` wrists and ankles stay as they are.
    """
    random = np.random.default_rng(seed)
    time = np.arange(frames) / 15.0
    rotations = np.zeros((frames, 24, 3))
    for joint, name in enumerate(JOINT_NAMES):
        part = name.rpartition("_")[2]
        swing = np.sin(time[:, None] * random.uniform(1.0, 4.0, 3) + random.uniform(0.0, 6.0, 3))
        bend = 0.7 * (1.0 + swing[:, :1]) + 0.1
        if part == "knee":
            rotations[:, joint] = bend * [1.0, 0.0, 0.0]
        elif part == "elbow":
            rotations[:, joint] = bend * [0.0, -1.0 if name.startswith("left") else 1.0, 0.0]
        elif part in ("shoulder", "hip", "pelvis"):
            rotations[:, joint] = swing * ([0.1, 0.8, 0.1] if part == "pelvis" else [0.5, 0.3, 0.5])
        elif turned or part not in ("wrist", "ankle"):
            rotations[:, joint] = 0.0 if part in ("foot", "hand") else 0.15 * swing
    translation = np.stack([0.2 * time, 0.9 + 0.05 * np.sin(3.0 * time), 0.1 * time], axis=1)
    return PoseSequence(rotations, translation)


def bvh_of(poses: PoseSequence, *, scale: float = 100.0, offsets: np.ndarray = REST_OFFSETS) -> str:
    """A BVH file whose joints are SMPL's under Mixamo's names, in units of 1 / `scale` metres."""
    lines = ["HIERARCHY"]

    def describe(joint: int, depth: int) -> None:
        pad = "  " * depth
        places = "Xposition Yposition Zposition " if joint == 0 else ""
        lines.extend([f"{pad}{'ROOT' if joint == 0 else 'JOINT'} {NAMES[joint]}", f"{pad}{{"])
        lines.append(f"{pad}  OFFSET {' '.join(f'{value:.6f}' for value in scale * offsets[joint])}")
        lines.append(f"{pad}  CHANNELS {6 if joint == 0 else 3} {places}Zrotation Xrotation Yrotation")
        children = [child for child, parent in enumerate(PARENTS) if parent == joint]
        for child in children:
            describe(child, depth + 1)
        if not children:
            lines.extend([f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET 0 1 0", f"{pad}  }}"])
        order.append(joint)
        lines.append(f"{pad}}}")

    order: list[int] = []
    describe(0, 0)
    order = [NAMES.index(line.split()[1]) for line in lines if line.split()[0] in ("ROOT", "JOINT")]
    flat = poses.rotations.astype(np.float64).reshape(-1, 3)
    angles = Rotation.from_rotvec(flat).as_euler("ZXY", degrees=True).reshape(-1, 24, 3)
    lines += ["MOTION", f"Frames: {poses.frame_count}", "Frame Time: 0.033333"]
    for place, frame in zip(scale * poses.translation, angles, strict=True):
        numbers = [*place, *frame[order].ravel()]
        lines.append(" ".join(f"{number:.5f}" for number in numbers))
    return "\n".join(lines) + "\n"


ASF = """:version 1.10
:name VICON
:units
  mass 1.0
  length 0.45
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name upper
     direction 0 1 0
     length 2
     axis 0 0 90 XYZ
     dof rx
     limits (-160.0 20.0)
  end
  begin
     id 2
     name lower
     direction 1 0 0
     length 3
     axis 0 0 0 XYZ
     dof rx rz
     limits (-160.0 20.0)
            (-70.0 70.0)
  end
  begin
     id 3
     name tip
     direction 0 0 1
     length 1
     axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root upper
    upper lower
    lower tip
  end
"""

AMC = """#!OML:ASF somewhere
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 0 0 0
upper 0
lower 0 0
2
root 1 2 3 0 90 0
upper 90
lower 0 0
3
root 1 2 3 90 0 90
upper 0
lower 90 90
"""


def expmap_skeleton() -> str:
    """A `SKELETON.json` of 38 joints in a row, each 1 above the one before; the thorax as long as any."""
    parents = [-1, 0, 1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 0, 13, 14, 15, 16, 17, 18]
    parents += [15, 20, 21, 22, 23, 24, 25, 23, 27, 15, 29, 30, 31, 32, 33, 34, 32, 36]
    return json.dumps({"parent": parents, "offset_x70": [0, 0, 0] + [0, 1, 0] * 37})


def deepmimic_character() -> str:
    """A character with a root, a chest on it, and an elbow on the chest."""
    joints = [("root", "none", -1, 0.0), ("chest", "spherical", 0, 0.5), ("left_elbow", "revolute", 1, -0.3)]
    listed = [
        {"ID": index, "Name": name, "Type": kind, "Parent": parent, "AttachX": 0.0, "AttachY": height, "AttachZ": 0.0}
        for index, (name, kind, parent, height) in enumerate(joints)
    ]
    return json.dumps({"Skeleton": {"Joints": listed}})


def zipped(path: Path, files: dict[str, str]) -> Path:
    """A zip file with these texts in a folder of its own name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{path.stem}/{name}", text)
    path.write_bytes(packed.getvalue())
    return path
