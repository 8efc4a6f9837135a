"""What the text solver weighs: residuals of B poses at once, and their derivatives by small turns of the joints.

A pose's parameters are right increments of its joints' parent-relative turns (toes included, knuckles left out), 66 in
all. A point of the body moves by axis x lever with each of them, so that every measure of `Body` is differentiated on
bodies that are nudged to first order; nothing is posed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from ..arrays import DoubleArray
from ..kinematics import LEVELS
from ..refine.joint_limits import joint_angles
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, PARENTS, REST_OFFSETS
from .body_solids import (
    CAPSULE_ENDS,
    MASS_POINTS,
    MASS_SHARES,
    PAIR_CAPSULES,
    PAIR_REACH,
    PAIRS,
    SOLES,
    Points,
    joined,
    nearest_of_pairs,
    outside_of_hull,
)
from .chains import bare
from .laws import STEADY
from .measures import Body, Check
from .spots import SPOT_JOINTS, SPOT_OFFSETS

MOVED: Final = 22
"""How many joints turn; the knuckles do not."""
_WIDTH: Final = 3 * MOVED
_NUDGE: Final = 1e-5
_GROUND_M: Final = 0.008
_UNDER_M, _SOFT_M = 0.010, 0.004
_BALANCE_M: Final = 0.015
_DEPTH_M, _FLESH_M = 0.008, 0.010
_SOFT_PARTS: Final = frozenset({"pelvis", "waist", "chest", "thigh", "shin"})
# Characters have more flesh there than the capsules: hands keep off it, forearms do not press into it.
_KEPT_OFF_M: Final = {"hand": -0.012, "forearm": 0.0}
_LIMIT_RAD: Final = np.radians(2.0)
_INSIDE_RAD: Final = np.radians(1.5)
"""Ranges are kept to with this margin, so that little is left to be clamped."""
_HOLD_RAD: Final = np.radians(1.0)
_PLACE_M: Final = 0.008


def _allowed_depths() -> DoubleArray:
    """(K,) metres that the capsules of each pair may be inside of one another; negative keeps them apart."""
    found = [
        _KEPT_OFF_M.get(bare(first), _FLESH_M) if bare(second) in _SOFT_PARTS else _FLESH_M for first, second in PAIRS
    ]
    return np.array(found)


_ALLOWED_M: Final = _allowed_depths()


def _descends() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(24, 22) whether a joint hangs on another, or is it."""
    found = np.zeros((JOINT_COUNT, JOINT_COUNT), np.bool_)
    for joint in range(JOINT_COUNT):
        at = joint
        while at >= 0:
            found[joint, at] = True
            at = PARENTS[at]
    return found[:, :MOVED]


_DESCENDS: Final = _descends()
_MASKS: Final[DoubleArray] = np.repeat(_DESCENDS, 3, axis=1).astype(np.float64)
_OFFSETS: Final[DoubleArray] = REST_OFFSETS.astype(np.float64)
_JOINT_POINTS: Final = Points(np.arange(JOINT_COUNT), np.zeros((JOINT_COUNT, 3)))
_SPOT_POINTS: Final = Points(np.asarray(SPOT_JOINTS), SPOT_OFFSETS)


@dataclass(frozen=True)
class Terms:
    """What is weighed.

    Attributes:
        prior: (B, 24, 3, 3) the turns that the pose keeps near to.
        sigma: (22,) radians, how near, for each joint.
        checks: what must hold, and wishes.
        weights: of each check.
        contacts: points (C) that may lie on the ground.
        carrying: (B, C) which of them do.
        props: how many of the contacts, the last ones, count for the balance alone: checks have them on the ground.
        balanced: (B,) whether the centre of mass lies above those that carry.
        held: joints whose turn in the world is that of `prior`'s.
        planted: pairs of joints whose way from one to the other stays as in `prior`.
        limits: (24, 3, 2) radians.
        steady: the centre of mass keeps to this share of what carries the body.
    """

    prior: DoubleArray
    sigma: DoubleArray
    checks: tuple[Check, ...]
    weights: tuple[float, ...]
    contacts: Points
    carrying: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    balanced: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    held: tuple[int, ...]
    planted: tuple[tuple[int, int], ...]
    limits: DoubleArray
    steady: float = STEADY
    props: int = 0


@dataclass
class Linear:
    """Normal equations: `cost` (B,), `gradient` (B, 66), `matrix` (B, 66, 66)."""

    cost: DoubleArray
    gradient: DoubleArray
    matrix: DoubleArray

    def merged(self, other: Linear, better: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Linear:
        """The other's where it is better (B,)."""
        return Linear(
            np.where(better, other.cost, self.cost),
            np.where(better[:, None], other.gradient, self.gradient),
            np.where(better[:, None, None], other.matrix, self.matrix),
        )


_Rows: TypeAlias = tuple[DoubleArray, DoubleArray]


class Weighing:
    """Residuals of `Terms` on poses, and the normal equations of their sum of squares."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._points = joined([_JOINT_POINTS, _SPOT_POINTS, SOLES, CAPSULE_ENDS, MASS_POINTS, terms.contacts])
        counts = [len(part.joints) for part in (_JOINT_POINTS, _SPOT_POINTS, SOLES, CAPSULE_ENDS, MASS_POINTS)]
        counts.append(len(terms.contacts.joints))
        edges = np.cumsum([0, *counts])
        names = ("joints", "spots", "soles", "ends", "masses", "contacts")
        self._slices = {name: slice(int(a), int(b)) for name, a, b in zip(names, edges[:-1], edges[1:], strict=True)}
        self._slices["skin"] = slice(self._slices["spots"].start, self._slices["soles"].stop)
        self._level = len(terms.contacts.joints) - terms.props
        self._reference = _posed(terms.prior) if terms.held or terms.planted else None

    def linear(self, local: DoubleArray) -> Linear:
        """The normal equations at poses (B, 24, 3, 3)."""
        body = _posed(local)
        points = self._points.of(body)
        moves = _moves(body, self._points, points)
        rows = self._rows(body, points, moves)
        residual = np.concatenate([each for each, _ in rows], axis=1)
        slope = np.concatenate([each for _, each in rows], axis=1)
        turned = np.swapaxes(slope, 1, 2)
        matrix, gradient = turned @ slope, (turned @ residual[..., None])[..., 0]
        cost = (residual * residual).sum(-1)
        whole = matrix.reshape(len(local), MOVED, 3, MOVED, 3)
        joints = np.arange(MOVED)
        for e, blocks in (self._prior(local), self._limits(local)):
            cost = cost + (e * e).sum((-1, -2))
            back = np.swapaxes(blocks, -1, -2)
            gradient += (back @ e[..., None])[..., 0].reshape(len(local), _WIDTH)
            whole[:, joints, :, joints] += np.moveaxis(back @ blocks, 1, 0)
        return Linear(cost, gradient, matrix)

    def _prior(self, local: DoubleArray) -> _Rows:
        """Residuals (B, 22, 3) and slopes (B, 22, 3, 3)."""
        relative = np.swapaxes(self.terms.prior[:, :MOVED], -1, -2) @ local[:, :MOVED]
        turn = matrix_to_axis_angle(relative)
        scale = 1.0 / self.terms.sigma[:, None]
        residual = turn * scale
        return residual, _right_inverse(turn) * scale[..., None]

    def _limit_excess(self, rotations: DoubleArray) -> DoubleArray:
        """(..., 22, 3) in standard deviations, with sign."""
        angles = joint_angles(rotations)[..., :MOVED, :]
        low, high = self.terms.limits[:MOVED, :, 0] + _INSIDE_RAD, self.terms.limits[:MOVED, :, 1] - _INSIDE_RAD
        return (np.maximum(angles - high, 0.0) + np.minimum(angles - low, 0.0)) / _LIMIT_RAD

    def _limits(self, local: DoubleArray) -> _Rows:
        """Residuals (B, 22, 3) and slopes (B, 22, 3, 3)."""
        beyond = self._limit_excess(matrix_to_axis_angle(local))
        if not beyond.any():
            return beyond, np.zeros((*beyond.shape, 3))
        nudges = axis_angle_to_matrix(np.concatenate([np.zeros((1, 3)), np.eye(3) * _NUDGE]))
        turned = matrix_to_axis_angle(local[None] @ nudges[:, None, None])
        excess = self._limit_excess(turned)
        slope = np.moveaxis((excess[1:] - excess[:1]) / _NUDGE, 0, -1)
        return excess[0], np.where(excess[0][..., None] != 0.0, slope, 0.0)

    def _rows(self, body: Body, points: DoubleArray, moves: DoubleArray) -> list[_Rows]:
        """Residuals (B, R) and slopes (B, R, 66) of each term, points moving by `moves` (B, P, 3, 66)."""
        found = [self._check_rows(body, moves)]
        if self.terms.carrying.any():
            found.append(self._ground_rows(points, moves))
        if self.terms.balanced.any():
            found.append(self._balance_rows(points, moves))
        found.append(self._depth_rows(points, moves))
        if self._reference is not None:
            found.append(self._hold_rows(body, self._reference, moves))
        return found

    def _check_rows(self, body: Body, moves: DoubleArray) -> _Rows:
        count, checks = len(body.joints), self.terms.checks
        if not checks:
            return np.zeros((count, 0)), np.zeros((count, 0, _WIDTH))
        weights = self.terms.weights
        residual = np.stack([w * check.residual(body) for w, check in zip(weights, checks, strict=True)], axis=1)
        active = [index for index, worst in enumerate(np.abs(residual).max(0)) if worst > 0.0]
        slope = np.zeros((count, len(checks), _WIDTH))
        nudged = self._nudged(body, moves) if active else body
        for index in active:
            after = np.asarray(weights[index] * checks[index].residual(nudged), np.float64).reshape(count, _WIDTH)
            slope[:, index] = np.where(
                residual[:, index, None] != 0.0, (after - residual[:, index, None]) / _NUDGE, 0.0
            )
        return residual, slope

    def _nudged(self, body: Body, moves: DoubleArray) -> Body:
        """B times 66 bodies, each with one parameter a little larger."""
        count = len(body.joints)

        def nudge(points: DoubleArray, name: str) -> DoubleArray:
            moved = points[:, None] + _NUDGE * np.moveaxis(moves[:, self._slices[name]], 3, 1)
            return moved.reshape(count * _WIDTH, -1, 3)

        world = body.world[:, None] + _NUDGE * _turns(body)
        found = Body(nudge(body.joints, "joints"), world.reshape(count * _WIDTH, JOINT_COUNT, 3, 3))
        found.__dict__["spots"] = nudge(body.spots, "spots")
        return found

    def _ground_rows(self, points: DoubleArray, moves: DoubleArray) -> _Rows:
        """Contacts at one height, and nothing below it."""
        carrying = self.terms.carrying & (np.arange(len(self.terms.contacts.joints)) < self._level)
        share = carrying / np.maximum(carrying.sum(1, keepdims=True), 1)
        heights, spots = points[:, self._slices["contacts"], 1], points[:, self._slices["skin"], 1]
        level = (heights * share).sum(1, keepdims=True)
        under = np.where(carrying.any(1, keepdims=True), np.maximum(level - spots - _SOFT_M, 0.0), 0.0)
        residual = np.concatenate([(heights - level) * carrying / _GROUND_M, under / _UNDER_M], axis=1)
        up = moves[:, self._slices["contacts"], 1]
        mean = (up * share[..., None]).sum(1, keepdims=True)
        low = np.where(under[..., None] > 0.0, mean - moves[:, self._slices["skin"], 1], 0.0)
        kept = np.concatenate([carrying.any(0), (under > 0.0).any(0)])
        slope = np.concatenate([(up - mean) * carrying[..., None] / _GROUND_M, low / _UNDER_M], axis=1)
        return residual[:, kept], slope[:, kept]

    def _balance_rows(self, points: DoubleArray, moves: DoubleArray) -> _Rows:
        """The centre of mass above the middle of what carries the body."""
        flat, balanced, steady = [0, 2], self.terms.balanced, self.terms.steady
        share = self.terms.carrying / np.maximum(self.terms.carrying.sum(1, keepdims=True), 1)
        masses, base = points[:, self._slices["masses"]], points[:, self._slices["contacts"]][..., flat]
        centre = np.einsum("m,bmi->bi", MASS_SHARES, masses)[:, flat]
        middle = np.einsum("bc,bci->bi", share, base)[:, None]
        # A corner that carries nothing stands in the middle, where it changes no hull.
        corners = np.where(self.terms.carrying[..., None], middle + steady * (base - middle), middle)
        way, nearest = outside_of_hull(centre, corners)
        way = np.where(balanced[:, None], way, 0.0)
        residual = way / _BALANCE_M
        nearest = np.where(self.terms.carrying, nearest, 0.0)
        shares = steady * nearest + (1.0 - steady * nearest.sum(1, keepdims=True)) * share
        centre_moves = np.einsum("m,bmip->bip", MASS_SHARES, moves[:, self._slices["masses"]])[:, flat]
        base_moves = np.einsum("bc,bcip->bip", shares, moves[:, self._slices["contacts"]])[:, flat]
        return residual, _along_way((centre_moves - base_moves) / _BALANCE_M, way)

    def _depth_rows(self, points: DoubleArray, moves: DoubleArray) -> _Rows:
        ends = points[:, self._slices["ends"]]
        s, t, way = nearest_of_pairs(ends)
        length = np.linalg.norm(way, axis=-1)
        depth = np.maximum(PAIR_REACH - length - _ALLOWED_M, 0.0)
        residual = depth / _DEPTH_M
        active = np.flatnonzero((depth > 0.0).any(0))
        first, second = PAIR_CAPSULES[active, 0], PAIR_CAPSULES[active, 1]
        moved = moves[:, self._slices["ends"]]
        s, t = s[:, active, None, None], t[:, active, None, None]
        apart = (1.0 - s) * moved[:, 2 * first] + s * moved[:, 2 * first + 1]
        apart = apart - (1.0 - t) * moved[:, 2 * second] - t * moved[:, 2 * second + 1]
        normal = way[:, active] / np.maximum(length[:, active, None], 1e-6)
        slope = -np.einsum("bki,bkip->bkp", normal, apart) / _DEPTH_M
        return residual[:, active], np.where(depth[:, active, None] > 0.0, slope, 0.0)

    def _hold_rows(self, body: Body, reference: Body, moves: DoubleArray) -> _Rows:
        """Joints that keep their turn in the world, and ways between joints that stay."""
        held = list(self.terms.held)
        turn = np.swapaxes(reference.world[:, held], -1, -2) @ body.world[:, held]
        residuals = [(matrix_to_axis_angle(turn) / _HOLD_RAD).reshape(len(turn), -1)]
        first = [pair[0] for pair in self.terms.planted]
        second = [pair[1] for pair in self.terms.planted]
        now = body.joints[:, first] - body.joints[:, second]
        then = reference.joints[:, first] - reference.joints[:, second]
        residuals.append(((now - then) / _PLACE_M).reshape(len(turn), -1))
        residual = np.concatenate(residuals, axis=1)
        axes = np.moveaxis(body.world[:, :MOVED], -1, -2).reshape(len(turn), _WIDTH, 3)
        seen = np.einsum("bjik,bpi->bjkp", body.world[:, held], axes) / _HOLD_RAD
        seen = seen * np.repeat(_DESCENDS[held], 3, axis=1)[None, :, None]
        joints = moves[:, self._slices["joints"]]
        apart = (joints[:, first] - joints[:, second]) / _PLACE_M
        return residual, np.concatenate([each.reshape(len(turn), -1, _WIDTH) for each in (seen, apart)], axis=1)


def _along_way(slope: DoubleArray, way: DoubleArray) -> DoubleArray:
    """Sliding along the hull's edge costs nothing: slopes (B, 2, 66) along the way (B, 2) alone."""
    normal = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    return normal[:, :, None] * np.einsum("bi,bip->bp", normal, slope)[:, None]


def _posed(local: DoubleArray) -> Body:
    """Bodies of turns (B, 24, 3, 3), a level of the tree at a time."""
    world, joints = local.copy(), np.zeros((*local.shape[:2], 3))
    for below, parents in LEVELS:
        above = world[:, parents]
        world[:, below] = above @ local[:, below]
        joints[:, below] = joints[:, parents] + (above @ _OFFSETS[below, :, None])[..., 0]
    return Body(joints, world)


def _crossing(body: Body) -> DoubleArray:
    """(B, 3, 198): a vector (3,) times this is axis x vector, for the axis of each parameter; x, y, z of 66 each."""
    axes = body.world[:, :MOVED].transpose(0, 2, 1, 3).reshape(len(body.world), 3, _WIDTH)
    found = np.zeros((len(axes), 3, 3, _WIDTH))
    for row, (one, other) in enumerate(((1, 2), (2, 0), (0, 1))):
        found[:, other, row] = axes[:, one]
        found[:, one, row] = -axes[:, other]
    return found.reshape(len(axes), 3, 3 * _WIDTH)


def _moves(body: Body, points: Points, places: DoubleArray) -> DoubleArray:
    """(B, P, 3, 66) metres per radian that points move with each parameter."""
    crossing = _crossing(body)
    pivots = np.repeat(body.joints[:, :MOVED], 3, axis=1)
    across = crossing.reshape(len(crossing), 3, 3, _WIDTH)
    start = np.einsum("bpj,bjip->bip", pivots, across)
    found = (places @ crossing).reshape(*places.shape[:2], 3, _WIDTH)
    found -= start[:, None]
    found *= _MASKS[points.joints][None, :, None]
    return found


def _turns(body: Body) -> DoubleArray:
    """(B, 66, 24, 3, 3) change of the joints' world matrices per radian of each parameter."""
    columns = np.swapaxes(body.world, -1, -2).reshape(len(body.world), 3 * JOINT_COUNT, 3)
    found = (columns @ _crossing(body)).reshape(len(columns), JOINT_COUNT, 3, 3, _WIDTH)
    found *= _MASKS[None, :, None, None]
    return found.transpose(0, 4, 1, 3, 2)


def _right_inverse(turn: DoubleArray) -> DoubleArray:
    """(..., 3, 3) derivative of log(R exp(d)) by d, R of the axis-angle (..., 3): SO(3)'s inverse right Jacobian."""
    angle = np.linalg.norm(turn, axis=-1)[..., None, None]
    half = np.maximum(angle / 2.0, 1e-4)
    factor = (1.0 - half / np.tan(half)) / (4.0 * half * half)
    zero = np.zeros_like(turn[..., 0])
    x, y, z = turn[..., 0], turn[..., 1], turn[..., 2]
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*turn.shape[:-1], 3, 3)
    return np.eye(3) + 0.5 * cross + factor * (cross @ cross)
