"""What is kept of videos: readings that were killed go on, nothing kept is trusted, and nothing kept is in the way."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend import array_store
from contrapposto.backend.array_store import ArrayStore, read_arrays, write_arrays
from contrapposto.backend.detect.clip import Clip
from contrapposto.backend.detect.tracks import VideoTracks
from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.refine.finish import MotionSettings, finish_motion
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.video_arrays import tracks_from_arrays, tracks_to_arrays
from contrapposto.backend.video_cache import (
    VideoCache,
    VideoProgress,
    cached_motion,
    clip_key,
    motion_key,
    user_folder,
)
from video_runs import StagedRun, walkers_video

SUPPORT = Path(__file__).parents[1] / "support"
KEYS = [f"{number:032x}" for number in range(9)]
NUMBERS = {"a/b": np.arange(1000, dtype=np.float32), "word": np.array("läuft"), "none": np.zeros((0, 3))}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return walkers_video(tmp_path_factory.mktemp("videos") / "walk.mp4")


@pytest.fixture(scope="module")
def whole(video: Path) -> VideoTracks:
    """What an undisturbed reading without any cache finds."""
    return StagedRun(video, None, camera_motion=True).to_end()


def assert_same(first: VideoTracks, second: VideoTracks) -> None:
    one, other = tracks_to_arrays(first), tracks_to_arrays(second)
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)
    assert (first.info, first.clip) == (second.info, second.clip)


# --- readings ---------------------------------------------------------------------------------------------------------


def test_a_finished_reading_is_not_repeated(video: Path, whole: VideoTracks, tmp_path: Path) -> None:
    store = VideoCache(tmp_path / "cache")
    first = StagedRun(video, store, camera_motion=True)
    assert_same(first.to_end(), whole)
    assert (first.run.known, first.run.resumed) == (False, 0)
    again = StagedRun(video, VideoCache(tmp_path / "cache"), camera_motion=True)
    assert_same(again.to_end(), whole)
    assert again.run.known
    assert (again.stage.looks, again.stage.searches) == (0, 0)
    assert again.run.tracking is None
    assert [path.name.split(".")[1] for path in (tmp_path / "cache").iterdir()] == ["tracks"], "no state is left"
    assert store.notes == ()


def test_progress_counts_frames_and_tells_the_time_left(video: Path) -> None:
    staged = StagedRun(video, None)
    staged.to_end()
    steps = [step for step in staged.steps if isinstance(step, VideoProgress)]
    done = [step.done for step in steps]
    assert (done, sorted(set(done))) == (sorted(done), list(range(1, 61)))
    assert {step.total for step in steps} == {60}
    assert steps[0].seconds_left is None
    told = [step for step in steps if step.done > 1]
    assert [step.seconds_left for step in told] == pytest.approx([2.0 * (60 - step.done) for step in told])


def test_a_cancelled_reading_goes_on_where_it_was(video: Path, whole: VideoTracks, tmp_path: Path) -> None:
    store = VideoCache(tmp_path)
    first = StagedRun(video, store, camera_motion=True)
    first.until(23).close()
    assert len(first.run.tracking.result().frames) == 23, "what is done can be used"
    second = StagedRun(video, store, camera_motion=True)
    assert_same(second.to_end(), whole)
    assert second.run.resumed == 23
    assert second.stage.looks < 0.75 * first.stage.looks / 23 * 60
    steps = [step for step in second.steps if isinstance(step, VideoProgress) and step.seconds_left is not None]
    assert steps[0].done == 25
    assert steps[0].seconds_left == pytest.approx(2.0 * 35), "frames of the earlier run are no measure"


def test_a_reading_that_was_killed_loses_seconds_only(video: Path, whole: VideoTracks, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(SUPPORT / "video_runs.py"), str(video), str(tmp_path / "cache"), "31"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SUPPORT)},
    )
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    second = StagedRun(video, VideoCache(tmp_path / "cache"), camera_motion=True)
    assert_same(second.to_end(), whole)
    assert 29 <= second.run.resumed <= 31, "two seconds a frame, saved every three"


@pytest.mark.parametrize("part", [{"start": 1}, {"end": 58}, {"step": 2}])
def test_other_parts_and_ways_are_other_readings(video: Path, tmp_path: Path, part: dict[str, int]) -> None:
    store = VideoCache(tmp_path)
    whole = StagedRun(video, store)
    whole.to_end()
    info = whole.run.tracking.result().info
    assert store.tracks(info, Clip(video), camera_motion=False) is not None
    assert store.tracks(info, Clip(video, **part), camera_motion=False) is None
    assert store.tracks(info, Clip(video), camera_motion=True) is None
    path, changed, size = info.stamp
    for stamp in ((path, changed + 1, size), (path, changed, size + 1), (path + "x", changed, size)):
        assert store.tracks(replace(info, stamp=stamp), Clip(video), camera_motion=False) is None


def test_other_models_are_other_readings(whole: VideoTracks, monkeypatch: pytest.MonkeyPatch) -> None:
    from contrapposto.backend import video_cache

    def keys() -> tuple[str, str]:
        return clip_key(whole.info, whole.clip, camera_motion=False), motion_key(whole, 0)

    entries = video_cache.model_entries()
    before = keys()
    for name, changed in (("pose_landmark_full", (True, False)), ("pose", (False, True)), ("text", (False, False))):
        other = {**entries, name: replace(entries[name], sha256="0" * 64)}
        monkeypatch.setattr(video_cache, "model_entries", lambda other=other: other)
        assert tuple(one != two for one, two in zip(before, keys(), strict=True)) == changed, name


def test_states_that_are_none_are_ignored(video: Path, whole: VideoTracks, tmp_path: Path) -> None:
    store = VideoCache(tmp_path)
    for state in ({"frames": np.arange(3)}, {**NUMBERS}, {}):
        assert store.keep_state(state, whole.info, whole.clip, camera_motion=True)
        staged = StagedRun(video, store, camera_motion=True)
        job = staged.until(2)
        assert staged.run.resumed == 0
        job.close()


# --- arrays of tracks -------------------------------------------------------------------------------------------------


def test_tracks_are_the_same_after_a_file(whole: VideoTracks, tmp_path: Path) -> None:
    noted = replace(whole, notes=("Größe \U0001f600", "b"), cuts=(4, 9), truncated=True)
    write_arrays(tmp_path / "tracks.npz", tracks_to_arrays(noted))
    back = tracks_from_arrays(read_arrays(tmp_path / "tracks.npz"), info=whole.info, clip=whole.clip)
    assert_same(back, noted)
    assert back.notes == noted.notes
    assert back.tracks[0].thumbnail.dtype == np.uint8


@pytest.mark.parametrize(
    "damage",
    [
        {"frames": np.arange(3)},
        {"track0/first": np.array(50)},
        {"track0/seen": np.zeros(3, bool)},
        {"track0/thumbnail": np.zeros((4, 4), np.uint8)},
        {"track0/keypoints_px": np.full((60, 33, 2), np.nan)},
        {"track0/fps": np.array("fast")},
        {"people": np.array(2)},
        {"notes": np.array("[")},
        {"camera/rotation": np.zeros((3, 3, 3))},
    ],
)
def test_arrays_that_are_no_tracks_are_refused(whole: VideoTracks, damage: dict[str, np.ndarray]) -> None:
    with pytest.raises(InputError):
        tracks_from_arrays({**tracks_to_arrays(whole), **damage}, info=whole.info, clip=whole.clip)


# --- motions ----------------------------------------------------------------------------------------------------------


def test_a_motion_is_solved_once(whole: VideoTracks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    store = VideoCache(tmp_path)
    first = run_job(cached_motion(whole, 0, models=ModelCache(), store=store))
    monkeypatch.setattr(ModelCache, "pose_network", lambda _: pytest.fail("the model is not needed"))
    again = run_job(cached_motion(whole, 0, models=ModelCache(), store=VideoCache(tmp_path)))
    for name, array in first.raw.to_arrays().items():
        np.testing.assert_array_equal(array, again.raw.to_arrays()[name], err_msg=name)
    assert (again.notes, again.person) == (first.notes, 0)
    finished = [run_job(finish_motion(again.raw, MotionSettings(smoothing_hz=hertz))) for hertz in (1.0, 12.0)]
    assert not np.allclose(finished[0].poses.rotations, finished[1].poses.rotations)


def test_a_motion_belongs_to_what_was_seen(whole: VideoTracks) -> None:
    track = whole.tracks[0]
    observation = replace(track.observation, keypoints_px=track.observation.keypoints_px + np.float32(0.5))
    moved = replace(whole, tracks=(replace(track, observation=observation),))
    assert motion_key(moved, 0) != motion_key(whole, 0)
    assert motion_key(replace(whole, cuts=(3,)), 0) != motion_key(whole, 0)
    assert motion_key(replace(whole, camera=None), 0) != motion_key(whole, 0)
    with pytest.raises(InputError, match="person 2"):
        run_job(cached_motion(whole, 1, models=ModelCache(), store=None))


def test_a_damaged_motion_is_none(whole: VideoTracks, tmp_path: Path) -> None:
    ArrayStore(tmp_path, limit_bytes=10**6).write(motion_key(whole, 0), "motion", {"notes": np.array("[]")})
    assert VideoCache(tmp_path).motion(whole, 0) is None


# --- the folder -------------------------------------------------------------------------------------------------------


def test_the_folder_is_bounded_and_forgets_what_was_not_used(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path, limit_bytes=24_000)
    foreign = tmp_path / "film.npz"
    foreign.write_bytes(bytes(100_000))
    for number in range(4):
        assert store.write(KEYS[number], "tracks", NUMBERS)  # some 5 kB each
        os.utime(tmp_path / f"{KEYS[number]}.tracks.npz", (number, number))
    assert store.read(KEYS[0], "tracks") is not None, "which makes it the last one used"
    for number in range(4, 6):
        assert store.write(KEYS[number], "tracks", NUMBERS)
    kept = [number for number in range(6) if store.read(KEYS[number], "tracks") is not None]
    assert 0 in kept
    assert {4, 5} <= set(kept)
    assert 1 not in kept
    own = [path for path in tmp_path.iterdir() if path != foreign]
    assert sum(path.stat().st_size for path in own) <= 24_000
    assert foreign.exists(), "files of others are left alone"
    assert store.notes == []


def test_what_is_larger_than_the_folder_may_be_is_not_kept(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path, limit_bytes=5_000)
    large = {"a": np.zeros(10_000)}
    assert not store.write(KEYS[0], "tracks", large)
    assert not store.write(KEYS[0], "tracks", large)
    assert len(store.notes) == 1
    assert store.write(KEYS[1], "tracks", {"a": np.zeros(10)}), "what fits is kept"


def test_halves_of_files_are_swept(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path, limit_bytes=50_000)
    old, new = (tmp_path / f".{KEYS[0]}.tracks-{name}.npz" for name in ("abcd_1", "efgh_2"))
    for half in (old, new):
        half.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert store.write(KEYS[1], "tracks", NUMBERS)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_full_disk_is_told_once_and_the_reading_goes_on(
    video: Path, whole: VideoTracks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def full(path: Path, arrays: array_store.Arrays) -> None:
        attempts.append(path)
        path.write_bytes(b"PK half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(array_store, "write_arrays", full)
    store = VideoCache(tmp_path)
    assert_same(StagedRun(video, store, camera_motion=True).to_end(), whole)
    assert len(attempts) == 1
    (note,) = store.notes
    assert ": No space left on device. " in note
    assert str(tmp_path) in note
    assert list(tmp_path.iterdir()) == [], "no half of a file is left"


def test_a_folder_that_cannot_be_made(video: Path, whole: VideoTracks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, no folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "cache"):
        store = VideoCache(folder)
        assert_same(StagedRun(video, store, camera_motion=True).to_end(), whole)
        assert len(store.notes) == 1
        assert "goes on without it" in store.notes[0]


def test_no_damage_is_ever_read(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path, limit_bytes=10**6)
    arrays = {"a": np.arange(20, dtype=np.int64), "b": np.array("word")}
    store.write(KEYS[0], "tracks", arrays)
    path = tmp_path / f"{KEYS[0]}.tracks.npz"
    content = path.read_bytes()
    intact = 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        found = store.read(KEYS[0], "tracks")
        if found is not None and found.keys() == arrays.keys():
            intact += 1
            for name, array in arrays.items():
                np.testing.assert_array_equal(found[name], array)
    assert intact < 0.2 * len(content), "times and flags of the archive's members may change, but no content"
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        assert store.read(KEYS[0], "tracks") is None


def _with_member(path: Path, content: bytes, *, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("key.npy", content)


def test_files_of_others_are_not_read(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path, limit_bytes=10**6)
    path = tmp_path / f"{KEYS[0]}.tracks.npz"
    store.write(KEYS[1], "tracks", NUMBERS)
    (tmp_path / f"{KEYS[1]}.tracks.npz").rename(path)
    assert store.read(KEYS[0], "tracks") is None, "of another key"
    np.savez(path, key=np.array(KEYS[0]), evil=np.array([{}], dtype=object))
    assert store.read(KEYS[0], "tracks") is None, "pickles"
    np.savez_compressed(path, key=np.array(KEYS[0]), bomb=np.zeros(10**6))
    assert store.read(KEYS[0], "tracks") is None, "larger inside than outside"
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000), }"
    _with_member(path, header.ljust(127) + b"\n" + bytes(64))
    assert store.read(KEYS[0], "tracks") is None, "claims a thousand terabytes"
    path.write_bytes(b"no archive")
    assert store.read(KEYS[0], "tracks") is None
    path.unlink()
    path.mkdir()
    assert store.read(KEYS[0], "tracks") is None
    assert not store.write(KEYS[0], "tracks", NUMBERS)
    assert len(store.notes) == 1


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    precious = tmp_path / "precious.npz"
    write_arrays(precious, {"key": np.array(KEYS[0]), "a": np.zeros(3)})
    before = precious.read_bytes()
    store = ArrayStore(tmp_path / "cache", limit_bytes=10**6)
    store.folder.mkdir()
    link = store.folder / f"{KEYS[0]}.tracks.npz"
    link.symlink_to(precious)
    assert store.read(KEYS[0], "tracks") is None
    assert store.write(KEYS[0], "tracks", NUMBERS)
    assert not link.is_symlink()
    assert precious.read_bytes() == before


@pytest.mark.parametrize("key", ["../../etc/passwd", "a/b", "", "x" * 32, "0" * 31, KEYS[0] + "/../" + KEYS[0]])
def test_keys_are_no_paths(tmp_path: Path, key: str) -> None:
    store = ArrayStore(tmp_path, limit_bytes=10**6)
    for act in (lambda: store.read(key, "tracks"), lambda: store.write(key, "tracks", NUMBERS)):
        with pytest.raises(ValueError, match="no key"):
            act()
    with pytest.raises(ValueError, match="no key"):
        store.read(KEYS[0], "../tracks")


@pytest.mark.parametrize(("system", "variable"), [("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")])
def test_the_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, variable: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(variable, str(tmp_path))
    assert user_folder() == tmp_path / "contrapposto" / "video"
    monkeypatch.delenv(variable)
    assert Path.home() in user_folder().parents
