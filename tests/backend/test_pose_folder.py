"""A folder of references: which pictures become which catalogue, what they are called, and what the command refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend import pose_folder
from contrapposto.backend.asset_words import description_of, name_of, tags_of, words_of
from contrapposto.backend.cli import main
from contrapposto.backend.errors import InputError
from contrapposto.backend.joint_words import BODY_JOINTS
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_folder import pictures_in
from contrapposto.backend.provenance import Record, Source
from contrapposto.backend.thumbnails import figure_box, square_around, square_thumbnail


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "My Poses"
    for name in ("b.png", "a.JPG", "run/c.webp", "run/fast/d.png", ".hidden/e.png", "walk.mp4", "notes.txt"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"x")
    return top


def test_sub_folders_are_catalogues_within(folder: Path) -> None:
    found = {path.name: catalog for path, catalog in pictures_in(folder)}
    assert found == {
        "a.JPG": "My Poses",
        "b.png": "My Poses",
        "c.webp": "My Poses/run",
        "d.png": "My Poses/run/fast",
    }
    assert [path.name for path, _ in pictures_in(folder, recursive=False)] == ["a.JPG", "b.png"]


def test_a_folder_without_pictures_or_with_too_many_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="not a folder"):
        pictures_in(folder / "none")
    monkeypatch.setattr(pose_folder, "MOST_PICTURES", 3)
    with pytest.raises(InputError, match="holds 4 pictures, and 3"):
        pictures_in(folder)
    for path in (*folder.glob("*.png"), *folder.glob("*.JPG")):
        path.unlink()
    with pytest.raises(InputError, match="no pictures"):
        pictures_in(folder, recursive=False)


def test_words_to_find_an_asset_by() -> None:
    text = Record("text", (1.0, 1.0), sentence="Sitting, with the RIGHT hand on the head; sitting tall", addon="0.7")
    assert words_of(text.sentence) == ["sitting", "right", "hand", "head", "tall"]
    assert tags_of(text, BODY_JOINTS) == ("text", "whole body", "sitting", "right", "hand", "head", "tall")
    assert tags_of(None, {"left_elbow", "left_index1"}) == ("left forearm",)
    assert description_of(text) == f"“{text.sentence}”, Contrapposto 0.7"
    photo = Record("photo", (1.0, 1.0), source=Source("//references\\dancer.jpg", None))
    assert (name_of(photo), name_of(None)) == ("dancer", "Pose")
    assert description_of(photo).startswith("dancer.jpg, Contrapposto")


def observation(confidence: float) -> Observation:
    points = np.full((1, 33, 2), 5.0, np.float32)
    points[0, 10:30] = np.linspace((100.0, 40.0), (140.0, 240.0), 20)
    sure = np.full((1, 33), 0.1, np.float32)
    sure[0, 10:30] = confidence
    box = np.array([[0.0, 0.0, 400.0, 300.0]], np.float32)
    return Observation(points, sure, BLAZEPOSE_33, (400, 300), box_px=box)


def test_the_preview_is_cut_to_the_points_that_are_seen() -> None:
    assert np.allclose(figure_box(observation(0.9)), [100.0, 40.0, 140.0, 240.0])
    assert np.allclose(figure_box(observation(0.2)), [0.0, 0.0, 400.0, 300.0]), "else it is the detector's box"
    image = np.full((300, 400, 3), 200, np.uint8)
    square = square_around(figure_box(observation(0.9)), image, margin=0.1)
    assert np.allclose(square, [0.0, 20.0, 240.0, 260.0])
    shown = square_thumbnail(image, square, size=16, margin=0.0)
    assert np.allclose(shown[..., :3], 200 / 255, atol=1e-3)
    assert np.allclose(shown[..., 3], 1.0)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["{folder}", "--out", "{tmp}/l.blend"], "--rig"),
        (["{folder}", "--rig", "{tmp}/none.blend", "--out", "{tmp}/l.blend"], "does not exist"),
        (["{folder}", "--rig", "{tmp}/rig.blend", "--out", "{tmp}/l.glb"], "must end in .blend"),
        (["{folder}", "--rig", "{tmp}/rig.blend", "--out", "{tmp}/no/l.blend"], "its folder does not exist"),
        (["{folder}", "--rig", "{tmp}/rig.blend", "--out", "{tmp}/rig.blend"], "the rig's own file"),
        (["{tmp}/none", "--rig", "{tmp}/rig.blend", "--out", "{tmp}/l.blend"], "is not a folder"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_read(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], complaint: str
) -> None:
    (tmp_path / "rig.blend").write_bytes(b"no rig")
    assert main(["library", *(each.format(folder=folder, tmp=tmp_path) for each in given)]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "l.blend").exists()
