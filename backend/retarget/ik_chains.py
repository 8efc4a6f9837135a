"""Targets and poles of IK constraints that turn mapped bones: Blender's solver starts from the pose and stays there.

The bones themselves are posed as in FK, so that the solver has nothing to do where target and pole agree with them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..matrices import transform
from ..rotations import normalized
from .parent_spaces import follows_of, in_order, nearest_rotation, own_displacement
from .posing import Posing
from .rig_spec import IkChain, RigSpec

_BESIDE: Final = 0.05
"""A bone that starts within this share of the chain's length from its tip is what lies beyond it."""


def pose_ik_chains(rig: RigSpec, posing: Posing) -> None:
    """Place target and pole of every chain that has them; `posing` holds the rig as forward kinematics has it.

    Raises:
        RigError: the controls follow each other in a circle.
    """
    moved = [chain for chain in rig.ik_chains if chain.target is not None and posing.done.keys() & set(chain.bones)]
    chains = [_Chain(rig, posing, chain) for chain in moved]
    places = {chain.target: chain.place_target for chain in chains}
    places |= {chain.pole: chain.place_pole for chain in chains if chain.pole is not None}
    others = posing.done.keys() - places.keys()
    follows = follows_of(rig, tuple(places), mapped=others | places.keys())
    among = {name: follow for name, follow in follows.items() if follow.sources <= others | places.keys()}
    for name in (*in_order(among, rig=rig.name), *(places.keys() - among.keys())):
        places[name]()


class _Chain:
    """One chain in T poses."""

    def __init__(self, rig: RigSpec, posing: Posing, chain: IkChain) -> None:
        self._rig, self._posing, self._chain = rig, posing, chain
        self.target, self.pole = chain.target or "", chain.pole
        end = rig.index[chain.holder]
        self._rest_tip = rig.heads[end].astype(np.float64)
        if chain.at_tail:
            self._rest_tip = self._rest_tip + (rig.rest[end, :3, 1] * rig.lengths[end]).astype(np.float64)
        last = posing.displacement(chain.bones[-1])
        self._tip, self._first = last.apply(self._rest_tip), posing.displacement(chain.bones[0])
        self._rest_root = rig.heads[rig.index[chain.bones[0]]].astype(np.float64)
        self._root, self._beyond = self._first.apply(self._rest_root), self._bone_beyond()

    def place_target(self) -> None:
        """Put what is reached for on the tip, turned as what lies beyond the chain."""
        rig, chain = self._rig, self._chain
        reached = chain.reached or self.target
        own = self._from_control(reached)
        turned = self._posing.displacement(chain.turned or self._beyond).turn
        if chain.turned is not None:  # their orientations must be alike, whatever they are at rest
            rest = rig.rest[[rig.index[chain.turned], rig.index[reached]], :3, :3].astype(np.float64)
            turned = turned @ rest[0] @ rest[1].T
        turned = turned @ nearest_rotation(own[:3, :3]).T
        control = rig.heads[rig.index[self.target]].astype(np.float64)
        way = own[:3, :3] @ rig.heads[rig.index[reached]] + own[:3, 3] - control
        self._posing.place(self.target, turned, self._tip - transform(turned, way))

    def _from_control(self, reached: str) -> DoubleArray:
        """(4, 4): how the bones from below the control to what is reached for are moved now."""
        moved: DoubleArray = np.eye(4)
        while reached != self.target:
            moved = own_displacement(self._rig, reached) @ moved
            reached = self._rig.bones[int(self._rig.parents[self._rig.index[reached]])]
        return moved

    def _bone_beyond(self) -> str:
        """The posed bone that starts where the chain ends, such as the hand; else the last bone of the chain."""
        rig, chain = self._rig, self._chain
        names = [name for name in self._posing.done if name not in (*chain.bones, *chain.controls)]
        size = float(np.linalg.norm(self._rest_tip - self._rest_root))
        below = [name for name in names if np.linalg.norm(rig.heads[rig.index[name]] - self._rest_tip) < _BESIDE * size]
        return min(below, key=rig.index.__getitem__, default=chain.bones[-1])

    def place_pole(self) -> None:
        """Beside the chain on the side that its first bone turns to it, as far away as at rest."""
        rig, chain = self._rig, self._chain
        pole = chain.pole or ""
        first = rig.rest[rig.index[chain.bones[0]], :3, :3].astype(np.float64)
        up = self._first.turn @ (first @ np.array([np.cos(chain.pole_angle), 0.0, np.sin(chain.pole_angle)]))
        along = normalized(self._tip - self._root)
        side = normalized(up - np.sum(up * along, axis=-1, keepdims=True) * along)
        length = float(np.linalg.norm(self._rest_tip - self._rest_root))
        middle = 0.5 * (self._rest_root + self._rest_tip)
        away = max(float(np.linalg.norm(rig.heads[rig.index[pole]] - middle)), 0.5 * length)
        head = 0.5 * (self._root + self._tip) + side * away
        self._posing.place(pole, np.broadcast_to(np.eye(3), self._first.turn.shape), head)
