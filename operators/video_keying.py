"""From a solved motion to keys on the rig: finished, planned and reduced as a job, then keyed at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.errors import RigError
from ..backend.job import Job, Progress
from ..translations.words import rpt_
from .video_pins import pinned

if TYPE_CHECKING:
    from ..backend.arrays import BoolArray
    from ..backend.estimate.motion import RawMotion
    from ..backend.keying.loops import Cycle
    from ..backend.pose_sequence import PoseSequence
    from ..backend.refine.finish import MotionSettings
    from ..rig.fcurves import Channel
    from ..rig.motion_again import BeforeMotion, MadeMotion
    from ..rig.motion_keys import MotionPlan, MotionReport
    from ..rig.pose_plan import KeyOptions
    from .target import Target
    from .video_memory import VideoRun


@dataclass(frozen=True)
class Keying:
    """How a motion is finished and keyed, as plain values; see `video_properties.VideoKeying`."""

    smoothing_hz: float = 4.0
    lock_feet: bool = True
    in_place: bool = False
    keys: str = "REDUCED"
    max_degrees: float = 2.0
    max_millimetres: float = 20.0
    destination: Any = "CURRENT"
    loop: bool = False
    left_hand: str = ""
    right_hand: str = ""

    @property
    def settings(self) -> MotionSettings:
        """How the motion is finished."""
        from ..backend.refine.finish import MotionSettings

        return MotionSettings(self.smoothing_hz, self.lock_feet, self.in_place)


@dataclass(frozen=True)
class PlannedMotion:
    """What will be keyed.

    Attributes:
        plan: the channels.
        whole: how many frames the motion has where no loop is cut out of it.
        fps: frames a second of the motion on the rig.
        notes: what the artist should know, in sentences.
    """

    plan: MotionPlan
    whole: int
    fps: float
    notes: tuple[str, ...] = ()


def planned_motion(
    target: Target,
    raw: RawMotion,
    keying: Keying,
    *,
    options: KeyOptions,
    run: VideoRun | None = None,
    before_planning: Callable[[], object] = lambda: None,
) -> Job[PlannedMotion]:
    """Finish a motion and plan its keys; nothing is changed.

    Args:
        target: the rig, found again at each step.
        raw: the motion.
        keying: the settings.
        options: what is keyed.
        run: of a motion that is keyed already and shall be keyed anew.
        before_planning: called right before the rig is read.

    Raises:
        ContrappostoError: the motion cannot be finished, or the rig cannot be posed.
    """
    from ..backend.keying.error_bound import ErrorBound
    from ..backend.keying.key_reduction import Reduction
    from ..rig.motion_keys import plan_motion, scene_fps

    fps = scene_fps(target.find()[1])
    poses, contacts, whole, notes = yield from _finished(raw, keying, fps)
    yield Progress("Reading the rig", 0.97)
    before_planning()
    pins = {side: name for side, name in (("left", keying.left_hand), ("right", keying.right_hand)) if name}
    if pins:
        poses, missed = yield from pinned(target, poses, pins, options=options)
        notes += missed
    armature, _ = target.find()
    with nullcontext() if run is None else run.before.shown(armature):
        locked = keying.settings.feet_stand and not keying.loop  # a round's feet would stand elsewhere in the next
        plan = plan_motion(armature, poses, options=options, contacts=contacts, locked=locked)
    if run is not None:
        plan = _with_fingers(plan, run.fingers)
    if keying.keys == "REDUCED":
        bound = ErrorBound(keying.max_degrees, keying.max_millimetres)
        plan = yield from plan.reduce(Reduction(bound))
    yield Progress("Making keys", 1.0)
    return PlannedMotion(plan, whole, fps, notes)


def key_new(
    armature: bpy.types.Object, planned: PlannedMotion, keying: Keying, *, name: str
) -> tuple[MotionReport, MadeMotion, BeforeMotion]:
    """Key a motion for the first time; also what was made, and the rig before.

    Raises:
        RigError: it cannot be keyed; nothing is changed.
    """
    from ..rig.motion_again import BeforeMotion, MadeMotion
    from ..rig.motion_keys import key_motion

    plan = planned.plan.plan
    span = (plan.frame, plan.frame + planned.whole - 1.0)
    before = BeforeMotion.of(armature, plan.places, span=span)
    report = key_motion(armature, planned.plan, destination=keying.destination, name=name)
    return report, MadeMotion.of(report, keying.destination), before


def key_again(
    armature: bpy.types.Object, planned: PlannedMotion, keying: Keying, *, run: VideoRun, made: MadeMotion, name: str
) -> tuple[MotionReport, MadeMotion, BeforeMotion, bpy.types.Action | None]:
    """Key a motion in the place of that of a run; also the action to remove at the end, which nothing needs any more.

    Raises:
        RigError: it cannot be keyed; nothing is changed.
    """
    from ..rig.motion_again import MadeMotion
    from ..rig.motion_keys import key_motion

    plan = planned.plan.plan
    if plan.frame + plan.frames - 1.0 > run.before.span[1] + 0.5:
        raise RigError("The scene plays at another frame rate than when the video was posed. Pose from it again.")
    try:
        before = run.before.and_of(armature, plan.places)
    except ValueError as error:
        raise RigError(f"{armature.name} was changed since the video posed it. Pose it again.") from error
    destination, left_over = before.take_off(armature, made, for_destination=keying.destination)
    report = key_motion(armature, planned.plan, destination=destination, name=name)
    return report, MadeMotion.of(report, keying.destination), before, left_over


def relaxed_fingers(plan: MotionPlan) -> tuple[Channel, ...]:
    """The channels of relaxed hands, which hold one value for the whole motion."""
    if not plan.plan.relaxed:
        return ()
    moving = {channel.group for channel in plan.plan.channels if len(channel.values) > 1}
    return tuple(c for c in plan.plan.channels if len(c.values) == 1 and c.group and c.group not in moving)


def _with_fingers(plan: MotionPlan, fingers: tuple[Channel, ...]) -> MotionPlan:
    """The plan with what it leaves alone because the motion that is keyed already has touched it."""
    there = set(plan.plan.places)
    more = tuple(channel for channel in fingers if (channel.data_path, channel.index) not in there)
    bones = tuple(dict.fromkeys((*plan.plan.bones, *(channel.group for channel in more))))
    return replace(plan, plan=replace(plan.plan, channels=(*plan.plan.channels, *more), bones=bones))


def _finished(raw: RawMotion, keying: Keying, fps: float) -> Job[tuple[PoseSequence, BoolArray, int, tuple[str, ...]]]:
    """Poses, contacts, how many frames the motion has without a loop, and what to tell of the loop."""
    from ..backend.refine.finish import finish_motion
    from ..backend.refine.finished_loop import finish_loop

    if not keying.loop:
        done = yield from finish_motion(raw, keying.settings, fps=fps)
        return done.poses, done.stands, done.poses.frame_count, ()
    found = yield from finish_loop(raw, keying.settings, fps=fps)
    return found.motion.poses, found.motion.stands, found.whole, _loop_in_words(found.loop.cycle)


def _loop_in_words(cycle: Cycle) -> tuple[str, ...]:
    words = rpt_(
        "The loop is {frames} frames long, from frame {start} to {end} of the motion; its ends were {apart} mm apart "
        "before they were blended."
    )
    apart = f"{1000.0 * cycle.mismatch_m:.0f}"
    told = words.format(frames=cycle.length, start=cycle.start, end=cycle.end, apart=apart)
    if cycle.meets:
        return (told,)
    return told, rpt_("No part of the motion is a clear cycle, so the loop jerks where it begins again.")
