"""The readings of one picture on one rig: any of them takes the place of another, as if it had been posed at once.

Keeps plain values only, so it may live from one operator to the next; the armature is handed in at each call.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import bpy

from ..backend.errors import RigError
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import BoneMap
from .channel_values import Place, set_value, show_values
from .kept_pose import KeptPose
from .keyframes import key_plan, plan_pose, read_for_posing
from .pose_plan import KeyOptions, KeyReport, PosePlan

_CHANGED: Final = "{} was changed since it was posed: its channels are no longer the same. Pose it again."


@dataclass(frozen=True)
class Preview:
    """Readings as they are shown before one is keyed.

    Attributes:
        readings: of each reading the values of all channels.
        now: the values before anything was shown.
    """

    readings: tuple[dict[Place, float], ...]
    now: dict[Place, float]

    def show(self, armature: bpy.types.Object, index: int) -> None:
        """Show a reading; keys stay.

        Raises:
            RigError: the armature has lost a channel.
        """
        _shown(armature, self.readings[index])

    def back(self, armature: bpy.types.Object) -> None:
        """Show what was there before.

        Raises:
            RigError: the armature has lost a channel.
        """
        _shown(armature, self.now)


class RigReadings:
    """Readings, and what the rig was before the first of them was posed.

    Args:
        readings: one pose each.
        options: how they are keyed.
        bone_map: which bones stand for which joints, or None for the armature's own map.
    """

    def __init__(
        self, readings: Sequence[PoseSequence], options: KeyOptions, *, bone_map: BoneMap | None = None
    ) -> None:
        self.readings, self.options, self.bone_map = tuple(readings), options, bone_map
        self._before: KeptPose | None = None
        self._relaxed: tuple[str, ...] = ()
        self._keyed: dict[int, tuple[Place, ...]] = {}

    def pose(self, armature: bpy.types.Object, index: int = 0) -> KeyReport:
        """Pose and key a reading for the first time, as `pose_and_key` does.

        Raises:
            RigError: the armature cannot be posed, mapped or keyed; nothing is changed.
        """
        plan = plan_pose(armature, self.readings[index], options=self.options, bone_map=self.bone_map)
        before = KeptPose.of(armature, plan.places, frame=plan.frame)
        report = key_plan(armature, plan)
        self._before, self._relaxed = before, plan.relaxed
        self._keyed[index] = plan.places
        return report

    def add(self, readings: Sequence[PoseSequence]) -> None:
        """Further readings, found after one was posed."""
        self.readings += tuple(readings)

    def keyed(self, index: int) -> tuple[Place, ...]:
        """The channels that a reading has been keyed on; none where it has never been."""
        return self._keyed.get(index, ())

    def before(self, places: Collection[Place]) -> dict[Place, float]:
        """What these channels held before the first reading was posed; those that are not known are left out."""
        values = {} if self._before is None else self._before.values
        return {place: values[place] for place in places if place in values}

    def with_readings(self, readings: Sequence[PoseSequence]) -> RigReadings:
        """Other readings for the same rig, which was the same before."""
        other = RigReadings(readings, self.options, bone_map=self.bone_map)
        other._before, other._relaxed = self._before, self._relaxed
        return other

    def exchange(self, armature: bpy.types.Object, index: int, *, keyed: Collection[Place]) -> KeyReport:
        """Key a reading in place of another: channels that it leaves alone are as before the picture.

        Args:
            armature: the rig, in any pose; what is kept of it is the pose before the picture.
            index: the reading.
            keyed: the channels on which the other was keyed.

        Raises:
            RigError: the armature cannot be posed, mapped or keyed; nothing is changed.
        """
        (plan,), before = self._planned(armature, [index])
        now = KeptPose.of(armature, tuple(before.channels), frame=plan.frame)
        try:
            before.put_back(armature, [place for place in keyed if place in before.channels])
            report = key_plan(armature, plan)
        except BaseException:  # whatever ends it, Ctrl-C too: put back, and let it go on
            now.put_back(armature)
            raise
        self._keyed[index] = plan.places
        return report

    def preview(self, armature: bpy.types.Object, *, posed: int) -> Preview:
        """All readings, to be shown; that which is posed is shown as it is now.

        Raises:
            RigError: the armature cannot be posed or mapped; nothing is changed.
        """
        others = [index for index in range(len(self.readings)) if index != posed]
        plans, before = self._planned(armature, others)
        now = KeptPose.of(armature, tuple(before.channels), frame=before.frame).values
        shown = {
            index: before.values | {place: float(c.values[0]) for place, c in zip(p.places, p.channels, strict=True)}
            for index, p in zip(others, plans, strict=True)
        }
        return Preview(tuple(shown.get(index, now) for index in range(len(self.readings))), now)

    def _planned(self, armature: bpy.types.Object, indices: Sequence[int]) -> tuple[list[PosePlan], KeptPose]:
        """Plans of readings from the pose before the picture, and that pose with all that they would change."""
        before = self._before
        if before is None:
            raise RigError(f"{armature.name} has not been posed from this picture yet. Pose it first.")
        hands = any(self.readings[index].hands is not None for index in indices)
        driven = ("left", "right") if hands else self._relaxed
        options, bone_map = self.options, self.bone_map
        with _as_before(armature, before):
            read = read_for_posing(armature, limbs=options.limbs, driven=driven, bone_map=bone_map)
            plans = [
                plan_pose(armature, self.readings[index], options=options, relaxed=self._relaxed, read=read)
                for index in indices
            ]
            for plan in plans:
                before = before.and_of(armature, plan.places)
        self._before = before
        return plans, before


@contextmanager
def _as_before(armature: bpy.types.Object, before: KeptPose) -> Generator[None]:
    """The block sees the pose of before; keys stay, and so does the pose of now."""
    try:
        now = KeptPose.of(armature, tuple(before.channels), frame=before.frame).values
    except ValueError as error:
        raise RigError(_CHANGED.format(armature.name)) from error
    show_values(armature, before.values.items())
    try:
        yield
    finally:
        show_values(armature, now.items())


def _shown(armature: bpy.types.Object, values: dict[Place, float]) -> None:
    try:
        show_values(armature, values.items())
    except ValueError as error:
        for place, value in values.items():
            with suppress(ValueError):
                set_value(armature, place, value)
        raise RigError(_CHANGED.format(armature.name)) from error
