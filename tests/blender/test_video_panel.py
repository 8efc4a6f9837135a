"""The section "Video" draws from properties alone, in every state, and the file's own videos are offered in it."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import fake_video
from fake_layout import Layout

cv2 = pytest.importorskip("cv2", reason="videos are written with OpenCV")
pytest.importorskip("scipy", reason="poses are computed with scipy")

FRAMES = 12


def draw(name, *, width=300):
    """Draw a panel or menu of the section in a sidebar of that width."""
    layout = Layout()
    context = SimpleNamespace(
        scene=bpy.context.scene,
        active_object=bpy.context.active_object,
        preferences=bpy.context.preferences,
        window_manager=bpy.context.window_manager,
        region=SimpleNamespace(width=width),
    )
    getattr(bpy.types, name).draw(SimpleNamespace(layout=layout), context)
    return layout


@pytest.fixture
def videos(package, session, monkeypatch):
    return fake_video.install(package, monkeypatch)


@pytest.fixture
def keyed(humanoid, videos, tmp_path):
    """A rig that a video of two people has moved."""
    videos.people = 2
    path = tmp_path / "two dancers.mp4"
    path.write_bytes(b"x")
    bpy.ops.contrapposto.video(filepath=str(path), person=2, destination="NLA")
    return humanoid


@pytest.fixture
def movie(tmp_path):
    """A video of twelve frames."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 24.0, (64, 48))
    for number in range(FRAMES):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    writer.release()
    return path


@pytest.fixture
def pictures(tmp_path):
    """Twelve pictures, numbered from 7."""
    for number in range(FRAMES):
        cv2.imwrite(str(tmp_path / f"walk_{number + 7:04d}.png"), np.full((48, 64, 3), 20 * number, np.uint8))
    return sorted(tmp_path.glob("walk_*.png"))


def take(kind, name):
    assert bpy.ops.contrapposto.video_take(kind=kind, source=name) == {"FINISHED"}
    clip = bpy.context.scene.contrapposto.video
    return clip.filepath, clip.start, clip.end


def test_first_use_explains_itself(humanoid, session):
    layout = draw("CONTRAPPOSTO_PT_video", width=600)
    assert "Choose a video, or drop one" in layout.texts()
    fields = [entry[1] for entry in layout.drawn if entry[0] == "prop"]
    assert fields == ["filepath", "start", "end", "step", "person", "camera_motion"]
    assert ("operator", "contrapposto.video", "Pose from Video") in layout.drawn
    assert ("menu", "CONTRAPPOSTO_MT_video_sources") in layout.drawn


@pytest.mark.parametrize("width", [120, 200, 300, 900])
def test_the_result_shows_everything_at_any_width(keyed, width):
    texts = draw("CONTRAPPOSTO_PT_motion", width=width).texts()
    result = bpy.context.scene.contrapposto.video.result
    for words in ("two dancers.mp4", "2 people followed", "Person 1", "Person 2", keyed.name):
        assert words in texts, words
    joined = texts.replace("  ", " ")
    if width == 900:
        assert f"{result.keys} keys at {result.key_frames} of 24 frames" in joined
        assert "Worst error between keys" in joined
        assert f"played by the strip {result.strip}" in joined


def test_every_setting_of_the_keys_is_drawn(package, keyed):
    layout = draw("CONTRAPPOSTO_PT_settings_motion")
    drawn = {entry[1] for entry in layout.drawn if entry[0] in ("prop", "prop_search")}
    assert drawn == set(package("video_properties").KEYING_NAMES)
    again = draw("CONTRAPPOSTO_PT_motion")
    assert ("operator", "contrapposto.video_refinish", "Key Motion Again") in again.drawn


def test_what_is_no_longer_known_says_so(keyed, session):
    session.videos.forget_runs()
    texts = draw("CONTRAPPOSTO_PT_motion", width=900).texts()
    assert "no longer known" in texts
    assert "Person 1" not in texts


def test_a_running_job_shows_progress_and_the_question(package, humanoid, session):
    status = package("operators.session").JobStatus("Pose from Video", put_back=lambda: None)
    session.job = status
    status.stage, status.fraction, status.detail = "Following people", 0.25, "frame 3 of 12, 4 s left"
    layout = draw("CONTRAPPOSTO_PT_video")
    assert ("progress", 0.25, "Following people") in layout.drawn
    assert "Frame 3 of 12, 4 s left" in layout.texts()
    assert "Keep What Is Done" not in layout.texts()
    status.asking = True
    assert "Keep What Is Done" in draw("CONTRAPPOSTO_PT_video").texts()
    session.job = package("operators.session").JobStatus("Pose from Photo", put_back=lambda: None)
    assert "is working" in draw("CONTRAPPOSTO_PT_video").texts()


def test_every_tooltip_is_a_sentence_without_full_stop(package):
    properties = package("video_properties")
    keying, clip = properties.CONTRAPPOSTO_PG_video_keying, properties.CONTRAPPOSTO_PG_video
    for group, names in ((keying, properties.KEYING_NAMES), (clip, properties.CLIP_NAMES)):
        for name in names:
            words = group.bl_rna.properties[name].description
            assert words, name
            assert not words.endswith("."), name


def test_an_empty_file_offers_nothing(session):
    assert "No movie clip" in draw("CONTRAPPOSTO_MT_video_sources").texts()


def test_a_movie_clip_is_taken(movie):
    clip = bpy.data.movieclips.load(str(movie))
    clip.frame_offset = 3
    assert clip.name in draw("CONTRAPPOSTO_MT_video_sources").texts()
    assert take("CLIP", clip.name) == (str(movie), 3, 0)


def test_a_movie_clip_of_pictures_is_taken(pictures):
    clip = bpy.data.movieclips.load(str(pictures[4]))
    assert clip.source == "SEQUENCE"
    assert take("CLIP", clip.name) == (str(pictures[4]), 4, 0)


def test_an_image_sequence_is_taken(pictures):
    image = bpy.data.images.load(str(pictures[0]))
    image.source = "SEQUENCE"
    assert take("IMAGE", image.name) == (str(pictures[0]), 0, 0)


def cut(strip, *, start, end):
    """Cut frames off both ends of a strip, by its names in this Blender."""
    new = hasattr(strip, "left_handle_offset")
    setattr(strip, "left_handle_offset" if new else "frame_offset_start", start)
    setattr(strip, "right_handle_offset" if new else "frame_offset_end", end)


def editor():
    return bpy.context.scene.sequence_editor_create()


def test_a_movie_strip_is_taken_as_it_is_cut(movie):
    strip = editor().strips.new_movie(name="Cut", filepath=str(movie), channel=1, frame_start=20)
    cut(strip, start=2, end=3)
    assert take("STRIP", "Cut") == (str(movie), 2, FRAMES - 4)


def test_a_strip_of_pictures_is_taken_as_it_is_cut(pictures):
    strip = editor().strips.new_image(name="Walk", filepath=str(pictures[2]), channel=1, frame_start=20)
    for picture in pictures[3:]:
        strip.elements.append(picture.name)
    cut(strip, start=1, end=2)
    assert take("STRIP", "Walk") == (str(pictures[3]), 3, 9)


def test_what_is_gone_or_no_sequence_is_refused(pictures, tmp_path):
    with pytest.raises(RuntimeError, match="no longer in this file"):
        bpy.ops.contrapposto.video_take(kind="CLIP", source="gone")
    editor().strips.new_image(name="One", filepath=str(pictures[0]), channel=1, frame_start=1)
    with pytest.raises(RuntimeError, match="single picture"):
        bpy.ops.contrapposto.video_take(kind="STRIP", source="One")
    image = bpy.data.images.load(str(pictures[1]))
    image.source, image.filepath = "SEQUENCE", str(tmp_path / "moved_0001.png")
    with pytest.raises(RuntimeError, match="does not exist"):
        bpy.ops.contrapposto.video_take(kind="IMAGE", source=image.name)
