"""How a pose shall be keyed, what will be written, and what was: plain values, which may outlive Blender's data."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from ..backend.errors import InputError
from ..backend.retarget.unsure import PosedJoint
from .channel_values import Place
from .fcurves import Channel


@dataclass(frozen=True)
class KeyOptions:
    """What to key.

    Attributes:
        frame: scene frame of the first pose, fractions allowed; further poses follow one a frame.
        selected_only: only bones selected in Pose Mode. Of a limb that this takes from IK to FK the other bones are
            keyed as they are shown; where that is not possible, the limb is not switched.
        root_location: also the location of the root bone.
        blend: share in [0, 1] of the new pose; the rest is what the channels that are keyed hold now. So a limb blends
            in the mode that `limbs` names: from the rotations of its FK bones, or from the places of its IK controls.
        in_place: the root bone keeps its place; only its height is keyed.
        flip: left and right are exchanged.
        limbs: "FK", or "IK" to key target and pole of limbs that have an IK constraint; others are in FK all the same,
            and where a limb's IK cannot agree with FK, a note says why.
        relax_hands: curl the fingers a little when the poses say nothing about them. Only on hands that nobody has
            touched: a hand with a key or a turned bone on any finger stays as it is. One key holds for all frames.
        min_confidence: joints that are less sure over all frames are left alone: not posed, not keyed.
        keep_unseen: joints that the picture does not show (`PoseSequence.shown`) are keyed as they stand now, without
            legs the root's place too. Where it is not known what is shown, those that are as good as guessed.
        only_changed: the poses are edits of the rig's own: joints of which nothing is shown keep pose and keys. An edit
            that changes nothing keys the pose as it stands.
    """

    frame: float
    selected_only: bool = False
    root_location: bool = True
    blend: float = 1.0
    in_place: bool = False
    flip: bool = False
    limbs: Literal["FK", "IK"] = "FK"
    relax_hands: bool = True
    min_confidence: float = 0.0
    keep_unseen: bool = False
    only_changed: bool = False

    def for_edit(self) -> KeyOptions:
        """The same for an edit of the rig's own pose: what it does not change stays, to the last finger."""
        return replace(self, only_changed=True, relax_hands=False)

    def __post_init__(self) -> None:
        if not math.isfinite(self.frame):
            raise InputError(f"A frame must be a number, not {self.frame}.")
        if not 0.0 <= self.blend <= 1.0:
            raise InputError(f"Blend must lie between 0 and 1, not {self.blend}.")
        if not 0.0 <= self.min_confidence <= 1.0:
            raise InputError(f"The least confidence must lie between 0 and 1, not {self.min_confidence}.")
        if self.limbs not in ("FK", "IK"):
            raise InputError(f"Limbs must be FK or IK, not {self.limbs}.")


@dataclass(frozen=True)
class KeyReport:
    """What was keyed.

    Attributes:
        bones: names of the keyed bones.
        skipped: "bone: why" for everything that a lock or driver kept from being keyed.
        frames: how many frames.
        action: name of the Action.
        notes: what the bone map found odd about the rig and what had to be set on it, in sentences.
        joints: the joints of the body that the rig has, with their bones and how sure each is.
        unsure: names of the bones that were left alone because the pose is not sure enough of them.
    """

    bones: tuple[str, ...]
    skipped: tuple[str, ...]
    frames: int
    action: str
    notes: tuple[str, ...] = ()
    joints: tuple[PosedJoint, ...] = ()
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True)
class PosePlan:
    """What posing will write: plain values, so that it can be kept while the artist decides.

    Attributes:
        channels: each with its values.
        frame: of the first key, in the time of the action.
        frames: how many.
        bones, skipped, notes, joints, unsure: as in `KeyReport`.
        relaxed: the hands ("left", "right") whose fingers are relaxed.
    """

    channels: tuple[Channel, ...]
    frame: float
    frames: int
    bones: tuple[str, ...]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]
    joints: tuple[PosedJoint, ...]
    unsure: tuple[str, ...]
    relaxed: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Which channels it writes."""
        return tuple((channel.data_path, channel.index) for channel in self.channels)
