"""The user's own TorchScript file as an estimator: a network that reads SMPL's pose from the picture itself.

Three signatures are known:

- `estimate_smpl_batched` or `estimate_parametric_batched` as NLF has it (Sárándi and Pons-Moll, "Neural Localizer
  Fields", NeurIPS 2024): pictures (1, 3, H, W) uint8, a list of boxes (1, 4) as left, top, width and height, and
  intrinsics (1, 3, 3); it answers with a dictionary of lists, an entry a picture.
- `forward(picture, boxes)` or `forward(picture, boxes, intrinsics)`: RGB (1, 3, H, W) in [0, 1], boxes (1, 4) as left,
  top, right and bottom in pixels, intrinsics (1, 3, 3).
- `forward(crop)`: the square around the person, (1, 3, S, S), normalised by ImageNet's mean and deviation, as HMR
  (Kanazawa et al., CVPR 2018) and its successors take it; S is the module's `input_size`, or 256.

They answer with the pose, or with a tuple of pose and betas, or with a dictionary; see `read_answer`. Its root is
turned in camera axes (x right, y down, z forward).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..arrays import DoubleArray, FloatArray, ImageArray
from ..body_model import NEUTRAL_BODY, BodyModel
from ..camera import Camera
from ..detect.crops import Picture
from ..detect.roi import Roi
from ..errors import InputError, ModelError, ModelFileError
from ..frames import inner_to_camera
from ..job import Job, Progress
from ..keypoints import KeypointSchema
from ..kinematics import global_rotations
from ..observation import Observation
from ..packages import require_torch
from ..pose_sequence import PoseSequence
from ..rotations import matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_NAMES
from .estimator import Estimate
from .placement import height_above_ground, pelvis_in_camera
from .regressor_answer import Answer, read_answer
from .torchscript_file import check_operators, load_torchscript

if TYPE_CHECKING:
    import torch

_NLF_METHODS: Final = ("estimate_smpl_batched", "estimate_parametric_batched")
_ANSWERS: Final = ("Tensor", "Dict[str, Tensor]", "Dict[str, List[Tensor]]", "Tuple[Tensor, ")
_SMPL_24: Final = KeypointSchema("smpl_24", JOINT_NAMES, ())
_CROP_MARGIN: Final = 1.2
_CROP_SIZE: Final = 256
_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
_STD: Final = np.array([0.229, 0.224, 0.225], np.float32)
_RIGHT_WITHIN: Final = np.radians(20.0)
"""A joint's confidence is the chance that its rotation is less than this wrong."""
_WHAT_TO_CHOOSE: Final = "Choose a regressor of a signature that is named in docs/own-models.md."


@dataclass(frozen=True)
class _Method:
    """How the network is called.

    Attributes:
        call: the method.
        takes: how many of picture, boxes and intrinsics.
        is_nlf: it is one of NLF's methods.
        box_list: boxes are a list of tensors, one a picture.
    """

    call: Any
    takes: int
    is_nlf: bool
    box_list: bool


class TorchscriptRegressor:
    """A checked and loaded file; `seeing` makes it an estimator of the people in one picture.

    Args:
        path: the file.
        device: what torch runs it on.
        body: whose proportions the translation is for.

    Raises:
        MissingPackageError: torch is not installed.
        ModelFileError: the file is missing, damaged, could run code while it is loaded, or has none of the signatures.
    """

    def __init__(self, path: Path, *, device: torch.device | str = "cpu", body: BodyModel = NEUTRAL_BODY) -> None:
        require_torch()
        self.name = Path(path).name
        self.body = body
        self._device = device
        module = load_torchscript(path, device=device)
        self._method = _method(module, self.name)
        check_operators(self._method.call, name=self.name)
        size = getattr(module, "input_size", _CROP_SIZE)
        if not isinstance(size, int) or not 16 <= size <= 4096:
            raise ModelFileError(f"{self.name} states {size} as its input_size, which is no number of pixels.")
        self._crop_size = size

    def seeing(self, image: ImageArray) -> RegressorOnPicture:
        """An estimator of the people in an image (H, W, 3) RGB."""
        return RegressorOnPicture(self, image)

    def read(self, image: ImageArray, box_px: FloatArray, camera: Camera) -> Answer:
        """Ask the network about the person in a box (4,) left, top, right, bottom in pixels.

        Raises:
            ModelError: the network fails, or answers with something else than a pose.
        """
        import torch

        given = self._arguments(image, box_px, camera)
        try:
            with torch.inference_mode():
                answer = self._method.call(*given)
        except (RuntimeError, NotImplementedError, torch.jit.Error) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            reason = (lines[-1] if lines else type(error).__name__).rstrip(".")[:200]
            raise ModelError(f"{self.name} failed while torch ran it ({reason}). {_WHAT_TO_CHOOSE}") from error
        return read_answer(answer, name=self.name)

    def _arguments(self, image: ImageArray, box_px: FloatArray, camera: Camera) -> list[Any]:
        """What the method takes, as tensors on the device."""
        if self._method.takes == 1:
            return [self._tensor(self._crop(image, box_px)[None])]
        picture = np.ascontiguousarray(image.transpose(2, 0, 1)[None])
        box = np.array(box_px, np.float32)[None]
        if self._method.is_nlf:
            box[:, 2:] -= box[:, :2]
        else:
            picture = picture.astype(np.float32) / 255.0
        intrinsics = np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]], np.float32)
        boxes = self._tensor(box)
        given = [self._tensor(picture), [boxes] if self._method.box_list else boxes, self._tensor(intrinsics[None])]
        return given[: self._method.takes]

    def _crop(self, image: ImageArray, box_px: FloatArray) -> FloatArray:
        left, top, right, bottom = (float(edge) for edge in box_px)
        side = _CROP_MARGIN * max(right - left, bottom - top, 1.0)
        roi = Roi((left + right) / 2.0, (top + bottom) / 2.0, side)
        pixels = Picture(image).crop(roi, self._crop_size, replicate=False)
        return ((pixels.astype(np.float32) / 255.0 - _MEAN) / _STD).transpose(2, 0, 1)

    def _tensor(self, array: np.ndarray[Any, Any]) -> torch.Tensor:
        import torch

        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)


class RegressorOnPicture:
    """Carries out `Estimator` for the people of one picture."""

    def __init__(self, regressor: TorchscriptRegressor, image: ImageArray) -> None:
        self._regressor, self._image = regressor, image

    def estimate(self, observation: Observation, *, count: int = 1) -> Job[list[Estimate]]:
        """See `Estimator.estimate`; there is always exactly one reading.

        Raises:
            InputError: the observation is not of this picture.
            ModelError: the network fails, or answers with something else than a pose.
        """
        height, width = self._image.shape[:2]
        if observation.frame_count != 1 or observation.image_size != (width, height) or observation.box_px is None:
            raise InputError("A regressor reads one picture and the box of one person in it, and these do not fit.")
        yield Progress("Reading the pose", 0.0)
        camera = observation.camera or Camera.assumed(observation.image_size)
        answer = self._regressor.read(self._image, observation.box_px[0], camera)
        return [_estimate(answer, observation, camera=camera, body=self._regressor.body)]


def _estimate(answer: Answer, observation: Observation, *, camera: Camera, body: BodyModel) -> Estimate:
    local = answer.rotations.copy()[None]
    # A camera's y axis points down and its z axis forward: the inner frame is the same, turned half about x.
    local[:, 0] = inner_to_camera(np.swapaxes(local[:, 0], -1, -2)).swapaxes(-1, -2)
    world = global_rotations(local)
    offsets = body.rest_offsets(answer.betas)
    translation = np.zeros((1, 3), np.float32)
    translation[:, 1] = height_above_ground(world, offsets)
    poses = PoseSequence(
        matrix_to_axis_angle(local).astype(np.float32),
        translation,
        betas=answer.betas,
        confidence=_confidence(answer, observation),
        fps=observation.fps,
    )
    seen = observation if answer.joints_px is None else _joints_seen(answer.joints_px, observation)
    pelvis = pelvis_in_camera(world, offsets, observation=seen, camera=camera)
    return Estimate(poses, pelvis, camera, body=body)


def _joints_seen(joints_px: FloatArray, observation: Observation) -> Observation:
    """Where the network has the joints, as what places the body before the camera."""
    ones = np.ones((1, JOINT_COUNT), np.float32)
    return Observation(joints_px[None], ones, _SMPL_24, observation.image_size)


def _confidence(answer: Answer, observation: Observation) -> FloatArray:
    """(1, 24): from the network's own uncertainty, else from how well the person was seen."""
    if answer.sigma is None:
        return np.full((1, JOINT_COUNT), observation.confidence.mean(), np.float32)
    share: DoubleArray = 1.0 - np.exp(-_RIGHT_WITHIN / np.maximum(answer.sigma, 1e-6))
    return share.astype(np.float32)[None]


def _method(module: Any, name: str) -> _Method:
    """The method to call.

    Raises:
        ModelFileError: there is none of a known signature.
    """
    for nlf in _NLF_METHODS:
        if hasattr(module, nlf):
            return _checked(getattr(module, nlf), name, nlf=True)
    if not hasattr(module, "forward"):
        raise ModelFileError(f"{name} has neither forward nor {_NLF_METHODS[0]}. {_WHAT_TO_CHOOSE}")
    return _checked(module.forward, name, nlf=False)


def _checked(call: Any, name: str, *, nlf: bool) -> _Method:
    schema = call.schema
    arguments = schema.arguments[1:]  # the first is the module itself
    kinds = [str(argument.type.annotation_str) for argument in arguments]
    answer = str(schema.returns[0].type.annotation_str)
    needed = sum(not argument.has_default_value() for argument in arguments)
    tensors = ("Tensor", "Optional[Tensor]")
    takes = next((place for place, kind in enumerate(kinds) if kind not in (*tensors, "List[Tensor]")), len(kinds))
    takes = min(takes, 3)
    box_list = takes > 1 and kinds[1] == "List[Tensor]"
    fits = takes > 0 and kinds[0] == "Tensor" and "List[Tensor]" not in kinds[2:takes] and needed <= takes
    if not fits or (nlf and not (takes == 3 and box_list)) or not answer.startswith(_ANSWERS):
        raise ModelFileError(
            f"{name} takes {', '.join(kinds) or 'nothing'} and answers with {answer}: no pose regressor's signature. "
            f"{_WHAT_TO_CHOOSE}"
        )
    return _Method(call, takes, nlf, box_list)
