"""What pose regressors answer, brought into one form: SMPL rotations, shape, joints in the picture, uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from ..arrays import DoubleArray, FloatArray
from ..errors import ModelError
from ..rotations import axis_angle_to_matrix
from ..skeleton import JOINT_COUNT

_POSE_KEYS: Final = ("pose", "poses", "rotations", "rotmat", "smpl_pose")
_BETAS_KEYS: Final = ("betas", "shape")
_JOINTS_KEYS: Final = ("joints2d", "joints_px")
_BODY_JOINTS: Final = 22
_WRISTS: Final = (20, 21)
_ORTHOGONAL_WITHIN: Final = 0.05
_MOST_RADIANS: Final = 100.0
"""No rotation is told by a longer axis-angle: some turns too many are harmless, more are no pose."""
_LEAST_SPREAD_PX: Final = 1.0
_LIMB_MM: Final = 250.0
"""A joint whose end is known to so many millimetres of this length is known to that many radians."""


@dataclass(frozen=True)
class Answer:
    """One person.

    Attributes:
        rotations: (24, 3, 3) parent-relative; the root's is in camera axes.
        betas: (10,).
        joints_px: (24, 2) pixels of the full image, or None.
        sigma: (24,) radians, how far each rotation may be off, or None.
    """

    rotations: DoubleArray
    betas: FloatArray
    joints_px: FloatArray | None
    sigma: DoubleArray | None


def read_answer(answer: Any, *, name: str) -> Answer:
    """Read a pose, a tuple of pose and betas, or a dictionary of tensors or of lists of them (one a picture).

    A pose is axis-angle (72 numbers), rotation matrices (24 x 3 x 3), or SMPL-H's or SMPL-X's axis-angle (156 or 165),
    whose hands and face are left out; in a dictionary it is called `pose`, or is `global_orient` and `body_pose` of 1
    and 23 joints. Also read are `betas`, `joints2d` (24 x 2 pixels), `uncertainty` (24, radians) and NLF's
    `joint_uncertainties` (24, millimetres).

    Args:
        answer: of torch tensors.
        name: of the file, for messages.

    Raises:
        ModelError: there is no pose in it, or something is of another size, not finite, or out of all bounds.
    """
    values = _named(answer)
    pose = _first(values, *_POSE_KEYS)
    if pose is None and {"global_orient", "body_pose"} <= values.keys():
        pose = np.concatenate([values["global_orient"].ravel(), values["body_pose"].ravel()])
    if pose is None:
        raise ModelError(f"{name} answers without a pose: it gives {', '.join(values) or 'nothing'}.")
    betas = np.zeros(10, np.float32)
    given = _first(values, *_BETAS_KEYS)
    if given is not None:
        betas[: given.size] = given.ravel()[:10]
    joints = _of_joints(values, *_JOINTS_KEYS, width=2, name=name)
    for what, numbers in (("pose", pose), ("betas", betas), ("joints2d", joints)):
        if numbers is not None and not np.isfinite(numbers).all():
            raise ModelError(f"{name} answers with numbers that are not finite in its {what}. Choose another picture.")
    rotations, sigma = _rotations(pose.ravel(), name), _sigma(values, name)
    return Answer(rotations, betas, None if joints is None else _spread_out(joints, name), sigma)


def _named(answer: Any) -> dict[str, DoubleArray]:
    """The arrays of the first picture by name."""
    pairs: list[tuple[str, Any]] = [("pose", answer)]
    if isinstance(answer, Mapping):
        named = cast(Mapping[str, Any], answer)
        pairs = list(named.items())
    elif isinstance(answer, tuple):
        pairs = list(zip(("pose", "betas"), cast(tuple[Any, ...], answer), strict=False))
    found: dict[str, DoubleArray] = {}
    for key, value in pairs:
        tensors = cast(Sequence[Any], value) if isinstance(value, list | tuple) else [value]
        if tensors:
            found[key] = tensors[0].detach().double().cpu().numpy()
    return found


def _first(values: Mapping[str, DoubleArray], *names: str) -> DoubleArray | None:
    return next((values[name] for name in names if name in values), None)


def _of_joints(values: Mapping[str, DoubleArray], *keys: str, width: int, name: str) -> DoubleArray | None:
    """(24, width) the first of these that is there; of SMPL-H's and SMPL-X's joints the body's, a hand as its wrist."""
    key = next((key for key in keys if key in values), None)
    if key is None:
        return None
    numbers = values[key].ravel()
    if numbers.size in (52 * width, 55 * width):
        return numbers.reshape(-1, width)[[*range(_BODY_JOINTS), *_WRISTS]]
    if numbers.size != JOINT_COUNT * width:
        size = JOINT_COUNT * width
        raise ModelError(f"{name} answers with {numbers.size} numbers as its {key} for one person, and not {size}.")
    return numbers.reshape(JOINT_COUNT, width)


def _spread_out(joints: DoubleArray, name: str) -> FloatArray:
    """(24, 2) pixels, which do not all lie on one point: that would put the body nowhere."""
    if float(np.ptp(joints, axis=0).max()) < _LEAST_SPREAD_PX:
        raise ModelError(f"{name} answers with joints2d that all lie on one point. Choose another picture.")
    return joints.astype(np.float32)


def _rotations(pose: DoubleArray, name: str) -> DoubleArray:
    """(24, 3, 3) from the numbers of a pose."""
    if pose.size == JOINT_COUNT * 9:
        matrices = pose.reshape(JOINT_COUNT, 3, 3)
        off = np.abs(matrices @ np.swapaxes(matrices, -1, -2) - np.eye(3)).max()
        if off > _ORTHOGONAL_WITHIN or np.linalg.det(matrices).min() < 0.0:
            raise ModelError(f"{name} answers with 24 matrices that are not rotations.")
        left, _, right = np.linalg.svd(matrices)
        return np.asarray(left @ right, np.float64)
    axis_angle = np.zeros((JOINT_COUNT, 3))
    if pose.size == axis_angle.size:
        axis_angle[:] = pose.reshape(JOINT_COUNT, 3)
    elif pose.size in (156, 165):
        axis_angle[:_BODY_JOINTS] = pose[: _BODY_JOINTS * 3].reshape(_BODY_JOINTS, 3)
    else:
        raise ModelError(
            f"{name} answers with a pose of {pose.size} numbers for one person, and not of 72 (axis-angle) or 216 "
            "(matrices)."
        )
    largest = float(np.linalg.norm(axis_angle, axis=-1).max())
    if largest > _MOST_RADIANS:
        raise ModelError(f"{name} answers with a rotation of {largest:.3g} radians, which is no pose.")
    return axis_angle_to_matrix(axis_angle)


def _sigma(values: Mapping[str, DoubleArray], name: str) -> DoubleArray | None:
    """(24,) radians."""
    for key, unit in (("uncertainty", 1.0), ("joint_uncertainties", _LIMB_MM)):
        sigma = _of_joints(values, key, width=1, name=name)
        if sigma is not None:
            if not (np.isfinite(sigma) & (sigma > 0.0)).all():
                raise ModelError(f"{name} answers with numbers as its {key} that are not all positive and finite.")
            return sigma[:, 0] / unit
    return None
