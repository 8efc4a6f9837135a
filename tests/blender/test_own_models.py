"""The user's own detector and regressor files, as the preferences name them."""

from pathlib import Path

import bpy
import pytest

import blender_harness
from tiny_onnx import TinyRtmpose

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "photo.jpg"


@pytest.fixture
def chosen():
    """The preferences, with no files named before and after."""
    chosen = bpy.context.preferences.addons[blender_harness.ADDON].preferences
    yield chosen
    chosen.detector_file = chosen.regressor_file = ""


def test_the_models_are_those_of_the_preferences(package, session, chosen, tmp_path):
    settings = package("preferences").settings
    before = session.models(settings(bpy.context))
    assert before.detector_file is None
    assert before.regressor_file is None
    chosen.detector_file, chosen.regressor_file = str(tmp_path / "a.onnx"), str(tmp_path / "b.pt")
    after = session.models(settings(bpy.context))
    assert after is not before
    assert after.detector_file == tmp_path / "a.onnx"
    assert after.regressor_file == tmp_path / "b.pt"


@pytest.mark.parametrize("field", ["detector_file", "regressor_file"])
def test_a_wrong_file_is_refused_in_words_and_nothing_is_posed(humanoid, session, chosen, tmp_path, field):
    for module in ("cv2", "ai_edge_litert.interpreter", "scipy", *(["torch"] if field == "regressor_file" else [])):
        pytest.importorskip(module)
    path = tmp_path / "wrong.bin"
    path.write_bytes(b"neither the one nor the other")
    setattr(chosen, field, str(path))
    with pytest.raises(RuntimeError, match=r"^Error: [^\n]*wrong\.bin is no [^\n]+\.\n?$"):
        bpy.ops.contrapposto.photo(filepath=str(SAMPLE))
    assert bpy.context.scene.contrapposto.result.summary == ""
    assert humanoid.animation_data is None


def test_a_photo_is_posed_by_both_files(package, humanoid, session, chosen, tmp_path):
    for module in ("cv2", "ai_edge_litert.interpreter", "scipy"):
        pytest.importorskip(module)
    pytest.importorskip("torch")
    from tiny_regressors import Plain, write_regressor

    if not Path(package("backend.weights.registry").FOLDER, "blazepose", "pose_detection.tflite").is_file():
        pytest.skip("the detector's model files are not fetched")
    chosen.device = "CPU"
    chosen.detector_file = str(TinyRtmpose(133).write(tmp_path / "tiny.onnx"))
    chosen.regressor_file = str(write_regressor(Plain(), tmp_path / "plain.pt"))
    try:
        assert bpy.ops.contrapposto.photo(filepath=str(SAMPLE)) == {"FINISHED"}
    finally:
        chosen.device = "AUTOMATIC"
    assert bpy.context.scene.contrapposto.result.summary
    assert humanoid.animation_data.action is not None
