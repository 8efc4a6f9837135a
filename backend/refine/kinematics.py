"""Forward kinematics of many bodies at once, with the derivatives of their points: the fit's inner loop.

Few tensor operations, whatever the number of joints: a body's joints are composed by pointer jumping (each joint takes
on the transform of its 1st, 2nd, 4th, 8th ancestor in turn; W. D. Hillis and G. L. Steele, "Data Parallel Algorithms",
1986), and all derivatives by rotations are one product of a matrix a point and a matrix a joint.

Convention: quaternions w, x, y, z; parent-relative; metres, inner frame, positions from the pelvis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ..arrays import DoubleArray, IntArray
from ..proportions import GROUP_OF_JOINT
from ..skeleton import JOINT_COUNT, PARENTS, REST_OFFSETS
from .evidence import GROUP_COUNT, PointModel
from .tensors import length, split

if TYPE_CHECKING:
    import torch

ROTATION_COLUMNS: Final = 3 * JOINT_COUNT
COLUMNS: Final = ROTATION_COLUMNS + 3 + GROUP_COUNT
"""Increments of 24 rotations, the pelvis, and the logarithms of the length factors."""


def _jumps() -> IntArray:
    """(J, 25): the 1st, 2nd, 4th, ... ancestor of each joint; 24 stands for none."""
    parents = np.array([JOINT_COUNT if parent < 0 else parent for parent in PARENTS] + [JOINT_COUNT])
    found = [parents]
    while (found[-1] != JOINT_COUNT).any():
        found.append(found[-1][found[-1]])
    return np.array(found[:-1])


def _on_path() -> DoubleArray:
    """(24, 24): 1 where the second joint is the first or an ancestor of it."""
    found = np.eye(JOINT_COUNT)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            found[joint] += found[parent]
    return found


def _quaternion_forms() -> tuple[DoubleArray, DoubleArray]:
    """(16, 9): products q_i q_j -> rotation matrix; (16, 4): products p_i q_j -> the quaternion p q."""
    matrix, product = np.zeros((4, 4, 3, 3)), np.zeros((4, 4, 4))
    product[0] = np.eye(4)
    for axis in range(3):
        matrix[0, 0, axis, axis] = 1.0
        product[axis + 1, 0, axis + 1] = 1.0
        product[axis + 1, axis + 1, 0] = -1.0
        for other in range(3):
            matrix[axis + 1, other + 1, axis, other] += 2.0
            matrix[axis + 1, axis + 1, other, other] -= 1.0
        first, second = (axis + 1) % 3, (axis + 2) % 3
        matrix[0, axis + 1, second, first], matrix[0, axis + 1, first, second] = 2.0, -2.0
        product[first + 1, second + 1, axis + 1], product[second + 1, first + 1, axis + 1] = 1.0, -1.0
    return matrix.reshape(16, 9), product.reshape(16, 4)


def _cross_form() -> DoubleArray:
    """(3, 9): p -> -[p]x, the matrix of v -> v x p."""
    form = np.zeros((3, 3, 3))
    for axis in range(3):
        form[axis, (axis + 1) % 3, (axis + 2) % 3] = 1.0
        form[axis, (axis + 2) % 3, (axis + 1) % 3] = -1.0
    return form.reshape(3, 9)


@dataclass(frozen=True)
class PosedPoints:
    """Where the points are, and what is needed for their derivatives.

    Attributes:
        joints: (N, 24, 3) metres from the pelvis.
        points: (N, K, 3) metres from the pelvis.
        world: (N, 24, 3, 3) the joints' rotations in the inner frame.
    """

    joints: torch.Tensor
    points: torch.Tensor
    world: torch.Tensor


class Kinematics:
    """The skeleton and the points it carries as constant tensors.

    Args:
        model: the K points.
        like: a tensor whose dtype and device are used.
    """

    def __init__(self, model: PointModel, like: torch.Tensor) -> None:
        import torch

        def constant(values: DoubleArray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(like)

        def index(values: IntArray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(values, np.int64)).to(like.device)

        path, points = _on_path()[model.joints], len(model)
        to_matrix, product = _quaternion_forms()
        self._to_matrix, self._product = constant(to_matrix), constant(product)
        self._jumps = list(index(_jumps()))
        self._offsets, self._groups = constant(REST_OFFSETS.astype(np.float64)), index(GROUP_OF_JOINT)
        self._point_offsets = constant(model.offsets.astype(np.float64)[..., None])
        self._point_joints, self._point_groups = index(model.joints), index(model.groups)
        self._parents = index(np.maximum(np.array(PARENTS), 0))
        # A point moves with a length group by the bones of that group on its path, and by its own offset.
        moved = np.zeros((points, GROUP_COUNT, JOINT_COUNT + points))
        moved[:, GROUP_OF_JOINT, np.arange(JOINT_COUNT)] = path
        moved[np.arange(points), model.groups, JOINT_COUNT + np.arange(points)] = 1.0
        self._moved = constant(moved.reshape(points * GROUP_COUNT, JOINT_COUNT + points))
        self._path = constant(np.repeat(path, 3, axis=1)[:, None])
        self._cross, self._unit = constant(_cross_form()), constant(np.eye(4))
        self._count = points
        self._ancestors = constant(_on_path() * (np.arange(JOINT_COUNT) > 0))

    def matrices(self, quaternions: torch.Tensor) -> torch.Tensor:
        """Unit quaternions (..., 4) -> (..., 3, 3)."""
        return split(_products(quaternions, quaternions, self._to_matrix), -1, (3, 3))

    def turned(self, quaternions: torch.Tensor, increments: torch.Tensor) -> torch.Tensor:
        """Rotations (..., 4) followed on the right by the axis-angle increments (..., 3): R exp(d)."""
        import torch

        half = 0.5 * length(increments)
        step = torch.cat([half.cos(), 0.5 * torch.sinc(half / torch.pi) * increments], -1)
        found = _products(quaternions, step, self._product)
        return found / length(found)

    def left_factor(self, quaternions: torch.Tensor) -> torch.Tensor:
        """(..., 4) -> (..., 4, 4): the matrix M of p with p q = M q."""
        return split(quaternions @ split(self._product, 0, (4, 4)).flatten(1), -1, (4, 4)).mT

    def posed(self, quaternions: torch.Tensor, log_scales: torch.Tensor) -> PosedPoints:
        """Joints and points of bodies with parent-relative quaternions (N, 24, 4) and length factors (N, 10)."""
        scales = log_scales.exp()
        transforms = self._unit.expand(len(quaternions), JOINT_COUNT + 1, 4, 4).clone()
        transforms[:, :-1, :3, :3] = self.matrices(quaternions)
        transforms[:, :-1, :3, 3] = scales[:, self._groups, None] * self._offsets
        for jump in self._jumps:
            transforms = transforms[:, jump] @ transforms
        carriers = transforms[:, self._point_joints]
        offsets = scales[:, self._point_groups, None, None] * self._point_offsets
        points = (carriers[..., :3, :3] @ offsets)[..., 0] + carriers[..., :3, 3]
        return PosedPoints(transforms[:, :-1, :3, 3], points, transforms[:, :-1, :3, :3])

    @staticmethod
    def from_pelvis(posed: PosedPoints) -> torch.Tensor:
        """(N, 24, 3, 3): the joints' rotations in the frame of the pelvis."""
        return posed.world[:, :1].mT @ posed.world

    def derivatives(self, posed: PosedPoints) -> torch.Tensor:
        """(N, K, 3, `COLUMNS`): how the points before the camera move with the parameters.

        A right increment d of joint j moves a point P that j carries by (G d) x (P - p), G and p being the joint's
        rotation and place: the product of [-[P]x, 1], of the point, and [G; [p]x G], of the joint.
        """
        import torch

        count = len(posed.points)
        axes = posed.world.permute(0, 2, 1, 3)
        moments = torch.cross(posed.joints.transpose(1, 2)[..., None].expand_as(axes), axes, dim=1)
        by_joint = torch.cat([axes.flatten(2), moments.flatten(2)], 1)
        unit = self._unit[:3, :3].expand(count, self._count, 3, 3)
        by_point = torch.cat([split(posed.points @ self._cross, -1, (3, 3)), unit], -1)
        turned = split(by_point.flatten(1, 2) @ by_joint, 1, (self._count, 3)) * self._path
        bones = torch.cat(
            [posed.joints - posed.joints[:, self._parents], posed.points - posed.joints[:, self._point_joints]], 1
        )
        # One large product is several times faster than one of each problem.
        grown = self._moved @ bones.transpose(0, 1).flatten(1)
        grown = grown.view(self._count, GROUP_COUNT, count, 3).permute(2, 0, 3, 1)
        return torch.cat([turned, unit, grown], -1)

    def body_prior(
        self, body: torch.Tensor, mean: torch.Tensor, tightness: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What holds the joints' rotations B, seen from the pelvis, near M: w (3 - trace(B M^T)) / 2 of each.

        A right increment d of an ancestor with the rotation A turns B by A d from the left; the energy grows with such
        a turn t by w sin(angle) axis . t.

        Args:
            body: (N, 24, 3, 3) as `from_pelvis` gives them.
            mean: (N, 24, 3, 3).
            tightness: (N, 24) w.

        Returns:
            Twice the energy (N,), its gradient (N, 24, 3) and second derivative (N, 72, 72) by increments.
        """
        off = body @ mean.mT
        square = (tightness * (3.0 - off.diagonal(dim1=2, dim2=3).sum(-1))).sum(1)
        turn = -0.5 * (off.flatten(2) @ self._cross.mT) * tightness[..., None]
        gradient = (body.mT @ (self._ancestors.mT @ turn)[..., None])[..., 0]
        shared = (self._ancestors.mT * tightness[:, None]) @ self._ancestors
        axes = body.transpose(1, 2).flatten(2)
        return square, gradient, (axes.mT @ axes) * shared.repeat_interleave(3, 1).repeat_interleave(3, 2)


def _products(first: torch.Tensor, second: torch.Tensor, form: torch.Tensor) -> torch.Tensor:
    """Bilinear forms (16, M) of quaternions (..., 4) and (..., 4) -> (..., M)."""
    return (first[..., :, None] * second[..., None, :]).flatten(-2) @ form
