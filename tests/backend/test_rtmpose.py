"""RTMPose files as detectors. The files are tiny, but real: written by hand and run by the real runtimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.arrays import FloatArray, ImageArray
from contrapposto.backend.detect import onnx_model
from contrapposto.backend.detect.crops import Picture
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.detect.onnx_file import read_onnx
from contrapposto.backend.detect.onnx_model import OnnxRuntimeModel, OpencvModel
from contrapposto.backend.detect.rtmpose import Rtmpose, RtmposeModel, decode
from contrapposto.backend.errors import ModelError, ModelFileError
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import BLAZEPOSE_33, COCO_17, COCO_WHOLEBODY_133
from detector_models import blazepose_or_skip
from tiny_onnx import TinyRtmpose, model

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "photo.jpg"
SIZES = [(192, 256), (288, 384)]
SPOTS_PX = np.array([(120, 150), (300, 400), (260, 220)])
BOX_PX = np.array([50, 60, 420, 560], np.float32)


def _spots(places: FloatArray, *, width: int = 500, height: int = 600, radius: float = 8.0) -> ImageArray:
    """A red, a green and a blue disc on black."""
    y, x = np.mgrid[:height, :width]
    image = np.zeros((height, width, 3), np.uint8)
    for channel, (cx, cy) in enumerate(places):
        image[..., channel][(x - cx) ** 2 + (y - cy) ** 2 < radius**2] = 255
    return image


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("keypoints", [17, 133])
@pytest.mark.parametrize("batch", ["batch", 1])
def test_keypoints_land_where_the_picture_has_them(
    tmp_path: Path, size: tuple[int, int], keypoints: int, batch: int | str
) -> None:
    loaded = RtmposeModel.load(TinyRtmpose(keypoints, size, batch=batch).write(tmp_path / "tiny.onnx"))
    assert loaded.schema is {17: COCO_17, 133: COCO_WHOLEBODY_133}[keypoints]
    assert loaded.size == size
    points, confidence = loaded.look(Picture(_spots(SPOTS_PX)), BOX_PX)
    assert points.shape == (keypoints, 2)
    off = np.abs(points - SPOTS_PX[np.arange(keypoints) % 3]).max()
    # the crop shows 625 pixels of the picture's height; a bin is half a pixel of the crop
    assert off <= 1.0 * 625 / size[1]
    assert confidence.min() > 0.5


def test_both_runtimes_answer_alike(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    content = TinyRtmpose(133).content()
    value = np.random.default_rng(1).normal(size=(1, 3, 256, 192)).astype(np.float32)
    given = {"name": "tiny.onnx", "input_name": "input", "outputs": ("simcc_x", "simcc_y")}
    answers = [kind(content, **given).run(value) for kind in (OnnxRuntimeModel, OpencvModel)]
    for first, second in zip(*answers, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-4)


def test_opencv_runs_it_without_onnx_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_model.importlib.util, "find_spec", lambda _name: None)
    loaded = RtmposeModel.load(TinyRtmpose().write(tmp_path / "tiny.onnx"))
    assert loaded.network.runtime == "OpenCV"


@pytest.mark.parametrize("box", [(50, 60, 420, 560), (10, 10, 490, 300), (200, 100, 230, 590), (-40, -30, 300, 700)])
def test_the_crop_keeps_its_proportions_whatever_the_box(tmp_path: Path, box: tuple[int, ...]) -> None:
    """Spots at the middle of the box and 20 px about it are found for wide, tall and cut boxes alike."""
    loaded = RtmposeModel.load(TinyRtmpose().write(tmp_path / "tiny.onnx"))
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    places = middle + [(0, 0), (20, -20), (-20, 20)]
    points, _ = loaded.look(Picture(_spots(places)), np.array(box, np.float32))
    pixel = 1.25 * max(box[3] - box[1], (box[2] - box[0]) * 256 / 192) / 256
    assert np.abs(points[:3] - places).max() <= pixel


@pytest.mark.parametrize(("reach", "seen"), [(1.2, True), (1.3, False)])
def test_a_quarter_of_the_box_is_added_around_it(tmp_path: Path, reach: float, seen: bool) -> None:
    """Above the box, as in training: what lies within 1.25 times its height is in the crop, what lies beyond is not."""
    loaded = RtmposeModel.load(TinyRtmpose().write(tmp_path / "tiny.onnx"))
    places = np.array([(250, 300), (250, 300 - reach * 120), (250, 330)])
    points, _ = loaded.look(Picture(_spots(places, radius=2.0)), np.array([200, 180, 300, 420], np.float32))
    assert (np.linalg.norm(points[1] - places[1]) < 3.0) == seen


def test_colours_are_normalised_as_in_training(tmp_path: Path) -> None:
    """Grey of ImageNet's mean colour is nothing to the model, so that no keypoint is seen in it."""
    loaded = RtmposeModel.load(TinyRtmpose(colours=[(1.0, 1.0, 1.0)]).write(tmp_path / "tiny.onnx"))
    image = np.broadcast_to(np.array([124, 116, 104], np.uint8), (600, 500, 3)).copy()
    _, confidence = loaded.look(Picture(image), np.array([150, 200, 350, 400], np.float32))
    assert confidence.max() < 0.05
    _, confidence = loaded.look(Picture(image + 40), np.array([150, 200, 350, 400], np.float32))
    assert confidence.min() > 0.9


def test_decoding_takes_the_best_bin_and_the_worse_axis() -> None:
    simcc_x, simcc_y = np.full((1, 17, 384), -1.0, np.float32), np.full((1, 17, 512), -1.0, np.float32)
    simcc_x[0, :, 101], simcc_y[0, :, 7] = 0.75, 0.5
    simcc_y[0, 3, 7] = 2.0
    simcc_y[0, 4, 7] = -0.5
    points, confidence = decode(simcc_x, simcc_y)
    np.testing.assert_allclose(points, np.broadcast_to([50.5, 3.5], (17, 2)))
    np.testing.assert_allclose(confidence[:5], [0.5, 0.5, 0.5, 0.75, 0.0])


def test_people_come_from_blazepose_and_keypoints_from_the_file(tmp_path: Path) -> None:
    """On the sample photo, with a magenta disc painted on the person, every keypoint lies on the disc."""
    finder = blazepose_or_skip()
    image = load_image(SAMPLE).copy()
    alone = run_job(finder.people(image))
    box = alone[0].box_px
    assert box is not None
    spot = box[0].reshape(2, 2).mean(axis=0)
    radius = 0.02 * float(box[0, 3] - box[0, 1])
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    image[(x - spot[0]) ** 2 + (y - spot[1]) ** 2 < radius**2] = (255, 0, 255)
    tiny = TinyRtmpose(133, colours=[(1.0, -2.0, 1.0)]).write(tmp_path / "tiny.onnx")
    people = run_job(Rtmpose(finder, RtmposeModel.load(tiny)).people(image))
    assert len(people) == len(run_job(finder.people(image)))
    seen = people[0]
    assert seen.schema is COCO_WHOLEBODY_133
    assert seen.keypoints_world is None
    assert seen.image_size == (image.shape[1], image.shape[0])
    assert np.linalg.norm(seen.keypoints_px[0] - spot, axis=-1).max() < radius
    assert seen.schema.find(BLAZEPOSE_33.names[-1]) is not None


def test_the_head_of_a_file_is_read_without_a_runtime() -> None:
    found = read_onnx(TinyRtmpose(17, (288, 384)).content())
    assert found.inputs["input"].shape == (None, 3, 384, 288)
    assert found.inputs["input"].is_float32
    assert found.outputs["simcc_x"].shape == (None, 17, 576)
    assert not found.has_external_weights


@pytest.mark.parametrize(
    ("tiny", "words"),
    [
        (TinyRtmpose(size=(256, 256)), r"takes \? x 3 x 256 x 256 .*not 1 x 3 x 256 x 192 or 1 x 3 x 384 x 288"),
        (TinyRtmpose(batch=4), r"takes 4 x 3 x 256 x 192"),
        (TinyRtmpose(outputs=("heatmap", "offsets")), r"answers with heatmap, offsets, not with simcc_x and simcc_y"),
        (TinyRtmpose(keypoints=21), r"\(1, 21, 384\) .*not with 17 or 133 keypoints"),
        (TinyRtmpose(bins_per_pixel=3), r"\(1, 17, 576\) .*of 384 and 512 bins"),
        (TinyRtmpose(external=True), r"keeps its weights in other files"),
    ],
)
def test_other_models_are_refused_in_words(tmp_path: Path, tiny: TinyRtmpose, words: str) -> None:
    with pytest.raises(ModelFileError, match=rf"tiny\.onnx.*{words}") as error:
        RtmposeModel.load(tiny.write(tmp_path / "tiny.onnx"))
    assert "\n" not in str(error.value)


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    content = TinyRtmpose().content()
    path = tmp_path / "tiny.onnx"
    for length in (0, 1, 17, 1000, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=r"no ONNX file, or a damaged one"):
            RtmposeModel.load(path)


@pytest.mark.parametrize(
    "content", [b"not a model at all", b"\x80\x02}q\x00.", b"PK\x03\x04" + bytes(60), model(b""), bytes(100)]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"other\.onnx .*Choose an RTMPose \.onnx file"):
        RtmposeModel.load(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.onnx", tmp_path):
        with pytest.raises(ModelFileError, match=r"does not exist|is a folder"):
            RtmposeModel.load(path)


@pytest.mark.parametrize("runtime", ["opencv", "onnxruntime"])
def test_a_graph_that_does_not_fit_is_refused_by_the_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    """The head is right, but an operator is unknown."""
    if runtime == "onnxruntime":
        pytest.importorskip("onnxruntime")
    else:
        monkeypatch.setattr(onnx_model.importlib.util, "find_spec", lambda _name: None)
    path = tmp_path / "odd.onnx"
    path.write_bytes(TinyRtmpose().content().replace(b"MatMul", b"MatMal"))
    with pytest.raises(ModelFileError, match=r"odd\.onnx (cannot be loaded by|failed while)") as error:
        RtmposeModel.load(path)
    assert "\n" not in str(error.value)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    tiny = TinyRtmpose(colours=[(np.inf, 1.0, 1.0)]).write(tmp_path / "tiny.onnx")
    with pytest.raises(ModelError, match="not finite"):
        RtmposeModel.load(tiny).look(Picture(_spots(SPOTS_PX)), BOX_PX)
