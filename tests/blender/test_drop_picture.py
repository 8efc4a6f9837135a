"""A picture dropped on the 3D view: told by itself whether it is a photo or a drawing, and where a drop is taken."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import fake_photo
import fake_sketch
from choosing import pose_of
from drawn_figure import DRAWN, drawing

cv2 = pytest.importorskip("cv2", reason="pictures are written with OpenCV")


@pytest.fixture
def both(package, session, monkeypatch):
    """Fakes of both ways: what is found in a photo is no figure, and the other way round."""
    photos = fake_photo.install(package, monkeypatch)
    models = session.models(None)
    sketches = fake_sketch.install(package, monkeypatch)
    sketches.joints_px = DRAWN
    sketches.poses = (fake_sketch.standing_poses(package, left_shoulder=(0.0, 0.0, 0.7)),)
    together = SimpleNamespace(**vars(models), drawing_detector=lambda: sketches, drawn_solver=lambda: sketches)
    monkeypatch.setattr(session, "models", lambda _chosen: together)
    return photos, sketches


def textured(path):
    """Noise of all scales, as surfaces in light have it."""
    rng, picture = np.random.default_rng(1), np.zeros((300, 400, 3), np.float32)
    for cells in (3, 6, 12, 25, 50, 100):
        coarse = rng.normal(0.0, 1.0, (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (400, 300), interpolation=cv2.INTER_CUBIC) * (12.0 / cells**0.3)
    cv2.imwrite(str(path), np.clip(120 + 3 * picture, 0, 255).astype(np.uint8))
    return path


def test_a_drawing_is_posed_as_a_drawing(humanoid, both, tmp_path):
    photos, sketches = both
    assert bpy.ops.contrapposto.picture(filepath=str(drawing(tmp_path / "figure.png"))) == {"FINISHED"}
    assert len(sketches.pictures) == 1
    assert photos.read == []
    assert bpy.context.scene.contrapposto.result.operator == "contrapposto.sketch"


def test_a_photo_is_posed_as_a_photo(humanoid, both, tmp_path):
    photos, sketches = both
    assert bpy.ops.contrapposto.picture(filepath=str(textured(tmp_path / "photo.png"))) == {"FINISHED"}
    assert len(photos.read) == 1
    assert sketches.pictures == []
    assert bpy.context.scene.contrapposto.result.operator == "contrapposto.photo"


@pytest.mark.parametrize(
    ("sure", "way", "asked"),
    [(0.02, "contrapposto.photo", False), (0.45, "contrapposto.photo", True),
     (0.55, "contrapposto.sketch", True), (0.97, "contrapposto.sketch", False)],
)  # fmt: skip
def test_only_what_is_unclear_is_asked(package, both, monkeypatch, tmp_path, sure, way, asked):
    monkeypatch.setattr(package("backend.detect.drawing_or_photo"), "looks_drawn", lambda _image: sure)
    found, is_sure = package("operators.drop_picture").way_of(drawing(tmp_path / "figure.png"))
    assert (found.operator, not is_sure) == (way, asked)


def test_the_question_offers_both_ways(package, tmp_path):
    """The pop-up needs a window; here its entries are drawn into a list."""
    drawn, offered = [], []
    manager = SimpleNamespace(popup_menu=lambda draw, **_words: drawn.append(draw))
    operator = SimpleNamespace(filepath="somewhere.png")
    package("operators.drop_picture").CONTRAPPOSTO_OT_picture._ask(operator, SimpleNamespace(window_manager=manager))

    def entry(name, *, text, icon):
        offered.append((name, text, icon, SimpleNamespace()))
        return offered[-1][3]

    layout = SimpleNamespace(operator=entry)
    drawn[0](SimpleNamespace(layout=layout), None)
    assert layout.operator_context == "INVOKE_DEFAULT"
    assert [name for name, *_ in offered] == ["contrapposto.photo", "contrapposto.sketch"]
    assert all(button.filepath == "somewhere.png" for *_, button in offered)


def test_what_is_neither_is_refused_in_words(humanoid, both, package, tmp_path):
    photos, sketches = both
    before = pose_of(humanoid)
    sketches.joints_px = None
    photos.error = package("backend.errors").NoPersonFoundError("Nobody was found in noise.png.")
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((300, 300, 3), 255, np.uint8))
    with pytest.raises(RuntimeError, match=r"No drawn figure was found in blank\.png"):
        bpy.ops.contrapposto.picture(filepath=str(blank))
    with pytest.raises(RuntimeError, match=r"Nobody was found in noise\.png"):
        bpy.ops.contrapposto.picture(filepath=str(textured(tmp_path / "noise.png")))
    nothing = tmp_path / "text.png"
    nothing.write_text("no picture")
    with pytest.raises(RuntimeError, match=r"text\.png"):
        bpy.ops.contrapposto.picture(filepath=str(nothing))
    with pytest.raises(RuntimeError, match="No picture was named"):
        bpy.ops.contrapposto.picture()
    np.testing.assert_allclose(pose_of(humanoid), before)


def context_of(area="VIEW_3D", region="WINDOW", kind="ARMATURE", mode="POSE"):
    active = None if kind is None else SimpleNamespace(type=kind)
    place = {"area": SimpleNamespace(type=area), "region": SimpleNamespace(type=region)}
    return SimpleNamespace(**place, active_object=active, mode=mode)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({}, True),
        ({"mode": "OBJECT"}, False),
        ({"kind": "MESH"}, False),
        ({"kind": None}, False),
        ({"area": "NODE_EDITOR"}, False),
        ({"region": "UI"}, False),
    ],
)
def test_a_drop_is_taken_only_over_the_view_in_pose_mode(package, given, taken):
    assert package("operators.drop_picture").is_drop_target(context_of(**given)) is taken


def test_the_file_handler_names_an_operator_that_takes_a_file():
    handler = bpy.types.CONTRAPPOSTO_FH_photo
    assert handler.bl_import_operator == bpy.types.CONTRAPPOSTO_OT_picture.bl_idname
    assert "filepath" in bpy.ops.contrapposto.picture.get_rna_type().properties
    assert {".jpg", ".png", ".webp"} <= set(handler.bl_file_extensions.split(";"))
