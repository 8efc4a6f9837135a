"""SMPL poses over time: the inner language, and its AMASS `.npz` files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .arrays import FloatArray, checked, checked_share, not_finite
from .errors import InputError
from .files import write_atomically
from .frames import INNER_TO_BLENDER
from .npz_file import read_npz
from .rotations import axis_angle_to_matrix, matrix_to_axis_angle
from .skeleton import JOINT_COUNT, JOINT_NAMES, MIRROR

_WIDTH_SMPL, _WIDTH_SMPLH, _WIDTH_SMPLX = 72, 156, 165
_BODY_WIDTH: Final = 66
_HAND_JOINTS: Final = 15
_Y_UP: Final = "y_up"
_MIRRORED_AXIS: Final = np.array([1.0, -1.0, -1.0], np.float32)
"""What a mirror in the plane x = 0 does to an axis-angle vector."""


@dataclass(frozen=True)
class PoseSequence:
    """T poses of the 24 SMPL joints in the inner frame.

    Attributes:
        rotations: (T, 24, 3) axis-angle in radians, each relative to the parent joint.
        translation: (T, 3) metres, the position of the pelvis; the ground is y = 0.
        betas: (10,) SMPL shape, used only with the user's own SMPL files.
        confidence: (T, 24) in [0, 1]: how far each joint's rotation can be trusted; without it, fully.
        fps: frames per second.
        hands: (T, 2, 15, 3) axis-angle of the finger joints, left hand first, in MANO order; or None.
        shown: (T, 24) in [0, 1]: how well the picture shows what each joint turns, however sure its rotation is; or
            None where that is not known. Files do not hold it.

    Raises:
        InputError: a shape does not fit, or a number is out of range.
    """

    rotations: FloatArray
    translation: FloatArray
    betas: FloatArray = field(default_factory=lambda: np.zeros(10, np.float32))
    confidence: FloatArray = field(default_factory=lambda: np.ones((0, JOINT_COUNT), np.float32))
    fps: float = 30.0
    hands: FloatArray | None = None
    shown: FloatArray | None = None

    def __post_init__(self) -> None:
        _require_finite(self.rotations, self.translation, self.hands)
        rotations = checked("rotations", self.rotations, ("T", JOINT_COUNT, 3))
        frames = rotations.shape[0]
        if frames < 1:
            raise InputError("A pose sequence needs at least one frame.")
        confidence = self.confidence if len(self.confidence) else np.ones((frames, JOINT_COUNT))
        object.__setattr__(self, "rotations", rotations)
        object.__setattr__(self, "translation", checked("translation", self.translation, (frames, 3)))
        object.__setattr__(self, "betas", checked("betas", self.betas, (10,)))
        object.__setattr__(self, "confidence", checked_share("confidence", confidence, (frames, JOINT_COUNT)))
        if self.hands is not None:
            object.__setattr__(self, "hands", checked("hands", self.hands, (frames, 2, _HAND_JOINTS, 3)))
        if self.shown is not None:
            object.__setattr__(self, "shown", checked_share("shown", self.shown, (frames, JOINT_COUNT)))
        if not 0.0 < self.fps < np.inf:
            raise InputError(f"fps must be a positive number, not {self.fps}.")

    @property
    def frame_count(self) -> int:
        """T."""
        return self.rotations.shape[0]

    def part(self, frames: slice) -> PoseSequence:
        """Only these frames."""
        return replace(
            self,
            rotations=self.rotations[frames],
            translation=self.translation[frames],
            confidence=self.confidence[frames],
            hands=None if self.hands is None else self.hands[frames],
            shown=None if self.shown is None else self.shown[frames],
        )

    def followed_by(self, *others: PoseSequence) -> PoseSequence:
        """All frames one after the other; hands and what is shown only where all have them."""
        every = (self, *others)

        def joined(arrays: list[FloatArray | None]) -> FloatArray | None:
            there = [array for array in arrays if array is not None]
            return np.concatenate(there) if len(there) == len(arrays) else None

        return replace(
            self,
            rotations=np.concatenate([each.rotations for each in every]),
            translation=np.concatenate([each.translation for each in every]),
            confidence=np.concatenate([each.confidence for each in every]),
            hands=joined([each.hands for each in every]),
            shown=joined([each.shown for each in every]),
        )

    def mirrored(self) -> PoseSequence:
        """The same seen in a mirror: left and right exchanged, in the plane x = 0."""
        return replace(
            self,
            rotations=self.rotations[:, MIRROR] * _MIRRORED_AXIS,
            translation=self.translation * np.array([-1.0, 1.0, 1.0], np.float32),
            confidence=self.confidence[:, MIRROR],
            hands=None if self.hands is None else self.hands[:, ::-1] * _MIRRORED_AXIS,
            shown=None if self.shown is None else self.shown[:, MIRROR],
        )

    def to_amass(self) -> dict[str, object]:
        """The arrays of an AMASS file: `poses` 72 wide, or 156 (SMPL-H) with hands; both in the inner frame.

        The extra key `frame` says that y is up, where AMASS itself has z up.
        """
        frames = self.frame_count
        poses = self.rotations.reshape(frames, _WIDTH_SMPL)
        if self.hands is not None:
            poses = np.concatenate([poses[:, :_BODY_WIDTH], self.hands.reshape(frames, -1)], axis=1)
        return {
            "poses": poses,
            "trans": self.translation,
            "betas": self.betas,
            "gender": np.array("neutral"),
            "mocap_framerate": np.array(self.fps),
            "frame": np.array(_Y_UP),
        }

    def save(self, path: Path, *, extra: Mapping[str, object] | None = None) -> None:
        """Write an AMASS `.npz`, with `extra` arrays beside; the file appears whole or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        content = {**self.to_amass(), "confidence": self.confidence, **(extra or {})}
        whole = BytesIO()  # an archive that cannot be written to its end complains once more when it is collected
        np.savez_compressed(whole, **content)  # pyright: ignore[reportArgumentType]
        with write_atomically(path) as partial:
            partial.write_bytes(whole.getbuffer())

    @classmethod
    def load(cls, path: Path) -> PoseSequence:
        """Read an AMASS `.npz` with SMPL (72), SMPL-H (156) or SMPL-X (165) wide `poses`.

        Files without our `frame` key have z up, as AMASS has, and are turned; nothing is ever unpickled.

        Raises:
            InputError: the file is not such an archive, or a key is missing or malformed.
        """
        content = read_npz(path, _KEYS_READ.__contains__, what="an AMASS .npz file")
        missing = {"poses", "trans"} - content.keys()
        if missing:
            raise InputError(f"{path} has no {' or '.join(sorted(missing))}: it is not an AMASS .npz file.")
        return cls._from_amass(content, path)

    @classmethod
    def _from_amass(cls, content: dict[str, NDArray[Any]], path: Path) -> PoseSequence:
        poses, translation = _numbers(content, "poses", path), _numbers(content, "trans", path)
        if poses.ndim != 2 or poses.shape[1] not in (_WIDTH_SMPL, _WIDTH_SMPLH, _WIDTH_SMPLX):
            raise InputError(f"{path}: poses must be (T, 72), (T, 156) or (T, 165), not {poses.shape}.")
        frames, width = poses.shape
        if translation.shape != (frames, 3):
            raise InputError(f"{path}: trans must be ({frames}, 3), not {translation.shape}.")
        rotations = np.zeros((frames, JOINT_COUNT, 3), np.float32)
        hands = None
        if width == _WIDTH_SMPL:
            rotations[:] = poses.reshape(frames, JOINT_COUNT, 3)
        else:
            rotations[:, :22] = poses[:, :_BODY_WIDTH].reshape(frames, 22, 3)
            hands = poses[:, -2 * _HAND_JOINTS * 3 :].reshape(frames, 2, _HAND_JOINTS, 3)
        _require_finite(rotations, translation, hands, of=f"{path}: ")
        if str(content.get("frame", "")) != _Y_UP:
            rotations[:, 0], translation = _z_up_to_inner(rotations[:, 0], translation)
        betas = np.zeros(10, np.float32)
        given = _numbers(content, "betas", path, default=betas).ravel()[:10]
        betas[: given.size] = given
        rate = "mocap_framerate" if "mocap_framerate" in content else "mocap_frame_rate"
        fps = _numbers(content, rate, path, default=np.array(30.0))
        if fps.size != 1:
            raise InputError(f"{path}: {rate} must be one number, not {fps.size}. Correct the file.")
        confidence = _numbers(content, "confidence", path, default=np.ones((frames, JOINT_COUNT)))
        try:
            return cls(rotations, translation, betas, confidence, float(fps.item()), hands)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error


def _numbers(
    content: dict[str, NDArray[Any]], key: str, path: Path, *, default: NDArray[Any] | None = None
) -> FloatArray:
    """An array of the file as float32; what is too large for that becomes infinite, and is refused later."""
    array = content.get(key, default)
    if array is None or array.dtype.kind not in "biuf":
        raise InputError(f"{path}: {key} must hold numbers. Save the file again.")
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(array, np.float32)


def _require_finite(rotations: FloatArray, translation: FloatArray, hands: FloatArray | None, *, of: str = "") -> None:
    """Name the frame, and the joint, of the first number that is not finite; `of` begins the sentence."""
    for name, values in (("rotation", rotations), ("translation", translation), ("finger rotation", hands)):
        place = None if values is None else not_finite(np.asarray(values, np.float32))
        if place is None:
            continue
        joint = f" of {JOINT_NAMES[place[1]].replace('_', ' ')}" if name == "rotation" and len(place) == 3 else ""
        frame = place[0] if place else 0
        raise InputError(f"{of}The {name}{joint} in frame {frame} (counted from 0) is not finite. Correct that frame.")


_KEYS_READ: Final = frozenset({"poses", "trans", "betas", "confidence", "mocap_framerate", "mocap_frame_rate", "frame"})


def _z_up_to_inner(root: FloatArray, translation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Root orientation (T, 3) and translation (T, 3) of a z-up world, turned into the inner frame."""
    to_inner = INNER_TO_BLENDER.T
    turned = matrix_to_axis_angle(to_inner @ axis_angle_to_matrix(root))
    return turned.astype(np.float32), (translation @ to_inner.T).astype(np.float32)
