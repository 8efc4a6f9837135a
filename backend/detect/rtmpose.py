"""The user's own RTMPose file as a detector: 17 or 133 keypoints of each person that BlazePose finds.

Jiang et al., "RTMPose: Real-Time Multi-Person Pose Estimation based on MMPose", 2023. The model sees an upright crop of
one person and answers with SimCC (Li et al., ECCV 2022): for each keypoint how likely each half pixel along x and each
along y is. No such file is shipped; licence and choice are the user's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..arrays import FloatArray, ImageArray
from ..errors import ModelError, ModelFileError
from ..job import Job, Progress
from ..keypoints import COCO_17, COCO_WHOLEBODY_133, KeypointSchema
from ..observation import Observation
from ..outside import read_bytes
from ..packages import require_opencv
from .blazepose import BlazePose
from .crops import Picture
from .onnx_file import OnnxFile, OnnxValue, read_onnx
from .onnx_model import OnnxModel, load_onnx
from .roi import Roi, apply_affine

INPUT_SIZES: Final = ((192, 256), (288, 384))
"""Width and height of the crops that the published models take."""
OUTPUTS: Final = ("simcc_x", "simcc_y")
BINS_PER_PIXEL: Final = 2
"""SimCC's split ratio."""
_SCHEMAS: Final = {len(schema): schema for schema in (COCO_17, COCO_WHOLEBODY_133)}
_PADDING: Final = 1.25
"""The person's box is widened by this much, as in training (MMPose's GetBBoxCenterScale)."""
_MEAN: Final = np.array([123.675, 116.28, 103.53], np.float32)
_STD: Final = np.array([58.395, 57.12, 57.375], np.float32)
"""Mean and deviation of ImageNet's red, green and blue in 0 to 255, by which the crop is normalised."""
_MOST_BYTES: Final = 2 << 30
_WHAT_TO_CHOOSE: Final = "Choose an RTMPose .onnx file for people, of 17 or 133 keypoints."


@dataclass(frozen=True)
class RtmposeModel:
    """A checked and loaded file.

    Attributes:
        name: of the file.
        network: runs it.
        size: width and height of the crop in pixels.
        schema: its keypoints.
    """

    name: str
    network: OnnxModel
    size: tuple[int, int]
    schema: KeypointSchema

    @classmethod
    def load(cls, path: Path) -> RtmposeModel:
        """Read, check and load a file, and try it on an empty crop.

        Raises:
            ModelFileError: it is missing, damaged, or no RTMPose model of a known size.
            MissingPackageError: neither ONNX Runtime nor OpenCV is installed.
        """
        content = read_bytes(Path(path), most=_MOST_BYTES, what="a detector file", error=ModelFileError)
        try:
            signature = read_onnx(content)
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"{path} is no ONNX file, or a damaged one: {error}. {_WHAT_TO_CHOOSE}") from error
        name = Path(path).name
        input_name, size = _checked_signature(signature, name)
        network = load_onnx(content, name=name, input_name=input_name, outputs=OUTPUTS)
        return cls(name, network, size, _schema_of(network, size, name))

    def look(self, picture: Picture, box_px: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The keypoints (K, 2) in pixels of the picture and their confidence (K,) of the person in a box (4,).

        Raises:
            ModelError: the model cannot be run, or answers with numbers that are none.
        """
        width, height = self.size
        roi = _region(box_px, self.size)
        # The model's crop is the middle of a square one of its height.
        margin = (height - width) // 2
        pixels = picture.crop(roi, height, replicate=False)[:, margin : margin + width]
        value = np.ascontiguousarray(((pixels.astype(np.float32) - _MEAN) / _STD).transpose(2, 0, 1)[None])
        points, confidence = decode(*self.network.run(value))
        if not np.isfinite(confidence).all():
            raise ModelError(f"{self.name} answers with numbers that are not finite. {_WHAT_TO_CHOOSE}")
        return apply_affine(roi.to_image(height), points + [margin, 0]).astype(np.float32), confidence


class Rtmpose:
    """Finds people with BlazePose and their keypoints with an RTMPose model."""

    def __init__(self, finder: BlazePose, model: RtmposeModel) -> None:
        self._finder, self._model = finder, model

    def people(self, image: ImageArray, *, most: int = 8) -> Job[tuple[Observation, ...]]:
        """Find up to `most` people in an image (H, W, 3) RGB; see `BlazePose.people`. World landmarks are not given.

        Raises:
            ModelError: the model cannot be run.
        """
        require_opencv()
        found = yield from self._finder.people(image, most=most)
        picture = Picture(image)
        people: list[Observation] = []
        for person in found:
            yield Progress(f"Finding the keypoints of person {len(people) + 1} of {len(found)}", 0.9)
            people.append(self._seen(picture, person))
        return tuple(people)

    def _seen(self, picture: Picture, person: Observation) -> Observation:
        assert person.box_px is not None
        points, confidence = self._model.look(picture, person.box_px[0])
        return Observation(
            keypoints_px=points[None],
            confidence=confidence[None],
            schema=self._model.schema,
            image_size=picture.size,
            camera=person.camera,
            box_px=person.box_px,
        )


def decode(simcc_x: FloatArray, simcc_y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Likelihoods (1, K, 2 * width) and (1, K, 2 * height) -> points (K, 2) in pixels of the crop, confidence (K,).

    The best bin of each axis; a point is as sure as the less sure of its axes (MMPose's `get_simcc_maximum`).
    """
    best = np.stack([simcc_x[0].argmax(axis=-1), simcc_y[0].argmax(axis=-1)], axis=-1)
    sure = np.minimum(simcc_x[0].max(axis=-1), simcc_y[0].max(axis=-1))
    return best.astype(np.float32) / BINS_PER_PIXEL, np.clip(sure, 0.0, 1.0).astype(np.float32)


def _region(box_px: FloatArray, size: tuple[int, int]) -> Roi:
    """The square whose middle columns are the person's box, widened, in the proportions of the crop."""
    left, top, right, bottom = (float(edge) for edge in box_px)
    height = max(bottom - top, (right - left) * size[1] / size[0], 1.0) * _PADDING
    return Roi((left + right) / 2.0, (top + bottom) / 2.0, height)


def _checked_signature(signature: OnnxFile, name: str) -> tuple[str, tuple[int, int]]:
    """The input's name, and width and height of the crop."""
    if signature.has_external_weights:
        raise ModelFileError(f"{name} keeps its weights in other files. Export the model into one .onnx file.")
    if not set(OUTPUTS) <= signature.outputs.keys():
        given = ", ".join(signature.outputs) or "nothing"
        raise ModelFileError(f"{name} answers with {given}, not with simcc_x and simcc_y. {_WHAT_TO_CHOOSE}")
    if len(signature.inputs) != 1:
        given = ", ".join(signature.inputs) or "nothing"
        raise ModelFileError(f"{name} takes {given}, where RTMPose takes one picture. {_WHAT_TO_CHOOSE}")
    ((input_name, value),) = signature.inputs.items()
    return input_name, _checked_input(value, name)


def _checked_input(value: OnnxValue, name: str) -> tuple[int, int]:
    shape = value.shape or ()
    for width, height in INPUT_SIZES:
        if value.is_float32 and shape in ((1, 3, height, width), (None, 3, height, width)):
            return width, height
    given = " x ".join("?" if length is None else str(length) for length in shape) or "no stated shape"
    kind = "float32" if value.is_float32 else "other numbers than float32"
    wanted = " or ".join(f"1 x 3 x {height} x {width}" for width, height in INPUT_SIZES)
    raise ModelFileError(f"{name} takes {given} ({kind}), and not {wanted} of float32. {_WHAT_TO_CHOOSE}")


def _schema_of(network: OnnxModel, size: tuple[int, int], name: str) -> KeypointSchema:
    """The keypoints by the shapes of what the model answers to an empty crop."""
    try:
        simcc_x, simcc_y = network.run(np.zeros((1, 3, size[1], size[0]), np.float32))
    except ModelError as error:
        raise ModelFileError(str(error)) from error
    count = simcc_x.shape[1] if simcc_x.ndim == 3 else 0
    bins = [BINS_PER_PIXEL * length for length in size]
    if count not in _SCHEMAS or simcc_x.shape != (1, count, bins[0]) or simcc_y.shape != (1, count, bins[1]):
        raise ModelFileError(
            f"{name} answers with simcc_x {simcc_x.shape} and simcc_y {simcc_y.shape}, and not with 17 or 133 "
            f"keypoints of {bins[0]} and {bins[1]} bins. {_WHAT_TO_CHOOSE}"
        )
    return _SCHEMAS[count]
