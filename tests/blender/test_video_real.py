"""A made-up video through the real networks: read, followed, solved and keyed, and known again from its cache."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from choosing import keys_of

cv2 = pytest.importorskip("cv2", reason="videos are read with OpenCV")
pytest.importorskip("torch", reason="motions are solved with torch")
pytest.importorskip("ai_edge_litert", reason="people are found with LiteRT")

PHOTO = Path(__file__).resolve().parents[2] / "samples" / "photo.jpg"
FRAMES = 12


@pytest.fixture
def movie(tmp_path):
    """The sample photo, over which a camera slides: a person who stands still."""
    picture = cv2.resize(cv2.imread(str(PHOTO)), (640, 480), interpolation=cv2.INTER_AREA)
    path = tmp_path / "still.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 24.0, (640, 480))
    for number in range(FRAMES):
        writer.write(np.roll(picture, 2 * number, axis=1))
    writer.release()
    return path


def folder_of(package, movie):
    """Where the file that is open keeps what was found, once it is saved."""
    bpy.ops.wm.save_as_mainfile(filepath=str(movie.with_name("scene.blend")))
    return movie.parent / package("backend.video_cache").FOLDER_NAME


def test_a_video_is_keyed_and_known_again(package, humanoid, session, movie, monkeypatch):
    bpy.context.scene.render.fps = 24
    folder = folder_of(package, movie)
    assert bpy.ops.contrapposto.video(filepath=str(movie), keys="DENSE") == {"FINISHED"}
    result = bpy.context.scene.contrapposto.video.result
    assert (result.frames, result.person) == (FRAMES, 1)
    keys = keys_of(humanoid)
    assert all(np.isfinite(points).all() for points in keys.values())
    kept = sorted(file.suffixes[-2] for file in folder.iterdir())
    assert kept == [".motion", ".tracks"]

    session.release()
    follower = package("backend.detect.track_people")

    def no_reading(*_arguments, **_options):
        raise AssertionError("the video was read again")

    monkeypatch.setattr(follower, "Tracking", no_reading)
    humanoid.animation_data_clear()
    assert bpy.ops.contrapposto.video(filepath=str(movie), keys="DENSE") == {"FINISHED"}
    again = keys_of(humanoid)
    assert again.keys() == keys.keys()
    assert max(np.abs(np.subtract(again[place], keys[place])).max() for place in keys) < 1e-4


def test_what_is_no_video_is_refused_in_words(package, humanoid, session, movie):
    movie.write_bytes(b"this is no video")
    with pytest.raises(RuntimeError, match="cannot be read as a video"):
        bpy.ops.contrapposto.video(filepath=str(movie))
    assert humanoid.animation_data is None
    with pytest.raises(RuntimeError, match="does not exist"):
        bpy.ops.contrapposto.video(filepath=str(movie.with_name("missing.mp4")))


def test_how_the_camera_turns_is_measured_where_asked(package, humanoid, session, movie):
    assert bpy.ops.contrapposto.video(filepath=str(movie), keys="DENSE", camera_motion=True) == {"FINISHED"}
    result = bpy.context.scene.contrapposto.video.result
    assert (result.frames, result.person) == (FRAMES, 1)
    tracks = session.videos.run_of(bpy.context.scene).result.tracks
    assert tracks.camera is not None
    assert tracks.camera.angles_deg().max() > 0.5, "the background slides by 22 pixels of 640"
