"""Reading videos: which frames, when, upright, in flat memory, and what is said of files that are not right."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mp4_boxes
from contrapposto.backend.detect.clip import Clip
from contrapposto.backend.detect.frame_times import LONGEST_PAUSE_S, FrameTimes
from contrapposto.backend.detect.video_file import open_video, quarter_turns, turned
from contrapposto.backend.errors import InputError
from video_scenes import background, write_video

SIZE = (96, 64)


def numbered(count: int, size: tuple[int, int] = SIZE):
    """Grey frames with a white square at the top left, and their number in six dark or light bits along the bottom."""
    width, height = size
    for number in range(count):
        image = np.full((height, width, 3), 120, np.uint8)
        image[: height // 2, : width // 4] = 250
        for bit in range(6):
            image[-height // 4 :, bit * width // 6 : (bit + 1) * width // 6] = 180 if number >> bit & 1 else 20
        yield image


def number_in(image: np.ndarray) -> int:
    row, width = image[-image.shape[0] // 8].mean(axis=1), image.shape[1]
    return sum(1 << bit for bit in range(6) if row[round((bit + 0.5) * width / 6)] > 100)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", numbered(50), fps=25.0)


def read(path: Path, **part: object) -> list:
    source = open_video(Clip(path, **part))
    return list(source.frames())


def test_all_frames_come_in_order_with_their_times(video: Path) -> None:
    source = open_video(Clip(video))
    assert source.info.size == SIZE
    assert source.info.fps == pytest.approx(25.0)
    assert (source.info.frame_count, source.expected_count) == (50, 50)
    assert source.info.stamp == (str(video.resolve()), video.stat().st_mtime_ns, video.stat().st_size)
    frames = list(source.frames())
    assert [frame.index for frame in frames] == list(range(50))
    assert [number_in(frame.image) for frame in frames] == list(range(50))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(50) / 25.0, atol=1e-6)
    assert (source.truncated, source.notes) == (False, ())


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"start": 10}, list(range(10, 50))),
        ({"end": 4}, [0, 1, 2, 3, 4]),
        ({"start": 3, "end": 20, "step": 5}, [3, 8, 13, 18]),
        ({"start": 49}, [49]),
        ({"start": 48, "end": 400}, [48, 49]),
        ({"start": 7, "end": 7}, [7]),
    ],
)
def test_a_part_is_read(video: Path, part: dict[str, int], expected: list[int]) -> None:
    source = open_video(Clip(video, **part))
    frames = list(source.frames())
    assert [frame.index for frame in frames] == expected
    assert [number_in(frame.image) for frame in frames] == expected
    assert source.expected_count == len(expected)
    assert source.notes == ()


def test_reading_is_taken_up_again_at_a_frame(video: Path) -> None:
    source = open_video(Clip(video, start=3, step=5))
    whole = list(source.frames())
    again = list(source.frames(start_index=14))
    assert [frame.index for frame in again] == [18, 23, 28, 33, 38, 43, 48]
    assert [frame.time_s for frame in again] == [frame.time_s for frame in whole if frame.index >= 14]
    assert list(source.frames(start_index=49)) == []
    assert list(source.skip_to(5)) == [0, 1, 2, 3, 4]
    assert next(source.frames(start_index=8)).index == 8


@pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))])
def test_frames_are_turned_upright_as_the_file_says(tmp_path: Path, degrees: int, corner: tuple[int, int]) -> None:
    path = write_video(tmp_path / "phone.mp4", numbered(3))
    mp4_boxes.set_rotation(path, degrees)
    source = open_video(Clip(path))
    frame = next(source.frames())
    assert source.info.size == (SIZE if degrees % 180 == 0 else SIZE[::-1])
    assert frame.image.shape[:2] == source.info.size[::-1]
    row, column = (-3 if side else 2 for side in corner)
    assert frame.image[row, column].min() > 200
    assert np.sum(frame.image.min(axis=2) > 200) < 0.2 * frame.image.shape[0] * frame.image.shape[1]


def test_angles_are_quarter_turns() -> None:
    assert [quarter_turns(angle) for angle in (0.0, 90.0, 180.0, 270.0, -90.0, 360.0, 91.5)] == [0, 1, 2, 3, 3, 0, 1]
    assert quarter_turns(math.nan) == 0
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 0] = 9
    assert turned(image, 1)[0, -1, 0] == 9


def test_a_variable_frame_rate_gives_the_real_times(tmp_path: Path) -> None:
    path = write_video(tmp_path / "phone.mp4", numbered(12), fps=25.0)
    tick = mp4_boxes.first_duration(path)
    lengths = [1, 1, 3, 1, 1, 2, 1, 5, 1, 1, 1, 1]
    mp4_boxes.set_durations(path, [tick * length for length in lengths])
    frames = read(path)
    np.testing.assert_allclose(
        [frame.time_s for frame in frames], np.concatenate([[0], np.cumsum(lengths)[:-1]]) / 25.0, atol=1e-3
    )


def test_stamps_that_lie_are_repaired() -> None:
    times = FrameTimes(10.0)
    stamps = [5.0, 5.1, 5.1, 5.05, 5.4, math.nan, 5.6, 500.0, 500.1, 5.8]
    found = [times.next(stamp) for stamp in stamps]
    np.testing.assert_allclose(found, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], atol=1e-9)
    assert times.repaired == 5


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=40), st.floats(0.1, 500.0))
def test_times_run_forwards_whatever_the_stamps(stamps: list[float], fps: float) -> None:
    times = FrameTimes(fps)
    found = [times.next(stamp) for stamp in stamps]
    assert found[0] == 0.0
    assert np.isfinite(found).all()
    assert (np.diff(found) > 0.0).all()
    assert (np.diff(found) <= max(LONGEST_PAUSE_S, 1.0 / fps) + 1e-6).all()


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    path = write_video(tmp_path / "long.mp4", (background(0, (320, 240)) for _ in range(150)))
    frame_bytes = 320 * 240 * 3
    source = open_video(Clip(path))
    tracemalloc.start()
    try:
        for frame in source.frames():
            assert frame.image.nbytes == frame_bytes
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * frame_bytes


def test_one_frame_is_a_video(tmp_path: Path) -> None:
    assert [frame.index for frame in read(write_video(tmp_path / "one.mp4", numbered(1)))] == [0]


@pytest.mark.parametrize("kind", ["mp4", "avi"])
def test_of_a_file_that_is_cut_off_what_is_there_is_read(tmp_path: Path, kind: str) -> None:
    images = [np.roll(background(0, (160, 120)), 3 * shift, axis=1) for shift in range(80)]
    path = write_video(tmp_path / f"cut.{kind}", images, codec="mp4v" if kind == "mp4" else "MJPG")
    if kind == "mp4":
        mp4_boxes.move_index_to_front(path)
    assert len(read(path)) == 80
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    source = open_video(Clip(path))
    frames = list(source.frames())
    assert 20 <= len(frames) < 60
    assert source.truncated
    (note,) = source.notes
    assert "cut off" in note
    assert f"frame {frames[-1].index}" in note
    source = open_video(Clip(path, end=10))
    assert len(list(source.frames())) == 11
    assert (source.truncated, source.notes) == (False, ())


def test_a_file_that_is_cut_off_before_its_index_is_refused(video: Path) -> None:
    video.write_bytes(video.read_bytes()[:2000])
    with pytest.raises(InputError, match="cut off before its index"):
        open_video(Clip(video))


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 50, bytes(range(256)) * 20])
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "what.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"what\.mp4"):
        open_video(Clip(path))
    assert capfd.readouterr() == ("", "")


def test_a_header_without_frames_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "none.avi", numbered(30), codec="MJPG")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"movi") + 4])
    with pytest.raises(InputError, match=r"none\.avi"):
        open_video(Clip(path))


def test_missing_files_and_folders_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        open_video(Clip(tmp_path / "none.mp4"))
    with pytest.raises(InputError, match="holds no pictures"):
        open_video(Clip(tmp_path))


def test_a_start_beyond_the_end_is_refused(video: Path) -> None:
    with pytest.raises(InputError, match="about 50 frames"):
        open_video(Clip(video, start=100))
    with pytest.raises(InputError, match="has 50 frames, counted from 0"):
        read(video, start=50)


@pytest.mark.parametrize(
    "part", [{"start": -1}, {"step": 0}, {"start": 5, "end": 4}, {"fps": 0.0}, {"fps": math.nan}, {"end": -1}]
)
def test_impossible_parts_are_refused(part: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Clip(Path("a.mp4"), **part)


@pytest.mark.parametrize("size", [(65000, 65000), (12000, 9000)])
def test_hostile_sizes_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "huge.y4m"
    path.write_bytes(b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420\nFRAME\n" % size + bytes(1000))
    with pytest.raises(InputError, match=r"huge\.y4m"):
        open_video(Clip(path))


def test_a_frame_count_that_cannot_be_is_not_believed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "count.avi", numbered(10), codec="MJPG")
    data = bytearray(path.read_bytes())
    at = data.index(b"strh") + 8
    data[at + 32 : at + 36] = (2_000_000_000).to_bytes(4, "little")
    path.write_bytes(data)
    source = open_video(Clip(path))
    assert (source.info.frame_count, source.expected_count) == (0, 0)
    assert len(list(source.frames())) == 10
    assert not source.truncated


def write_pictures(folder: Path, numbers: list[int], *, name: str = "shot_{:04d}.png") -> Path:
    folder.mkdir(exist_ok=True)
    for number, image in zip(numbers, numbered(len(numbers)), strict=True):
        cv2.imwrite(str(folder / name.format(number)), image[..., ::-1])
    return folder


def test_a_folder_of_numbered_pictures_is_a_video(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "run", list(range(1001, 1011)))
    (folder / "notes.txt").write_text("no picture")
    source = open_video(Clip(folder, fps=12.0, start=2, step=3))
    assert (source.info.size, source.info.fps, source.info.frame_count) == (SIZE, 12.0, 10)
    frames = list(source.frames())
    assert [frame.index for frame in frames] == [2, 5, 8]
    assert [number_in(frame.image) for frame in frames] == [2, 5, 8]
    np.testing.assert_allclose([frame.time_s for frame in frames], np.array([2, 5, 8]) / 12.0)
    assert open_video(Clip(folder)).info.fps == 24.0


def test_gaps_in_a_run_are_named_and_keep_their_time(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "run", [1, 2, 5, 6, 8])
    source = open_video(Clip(folder / "shot_0005.png", fps=10.0))
    frames = list(source.frames())
    assert [frame.index for frame in frames] == [0, 1, 4, 5, 7]
    np.testing.assert_allclose([frame.time_s for frame in frames], [0.0, 0.1, 0.4, 0.5, 0.7])
    (note,) = source.notes
    assert "frames 2 to 3, 6" in note


def test_pictures_that_do_not_fit_are_left_out_and_named(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "run", [0, 1, 2, 3])
    (folder / "shot_0001.png").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "shot_0002.png"), np.zeros((10, 10, 3), np.uint8))
    source = open_video(Clip(folder))
    assert [frame.index for frame in source.frames()] == [0, 3]
    (note,) = source.notes
    assert "shot_0001.png" in note
    assert "shot_0002.png has 10 x 10 pixels" in note


def test_two_runs_in_a_folder_are_told_apart_by_one_picture(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "run", list(range(5)))
    write_pictures(folder, list(range(3)), name="depth.{}.png")
    with pytest.raises(InputError, match="2 runs of pictures"):
        open_video(Clip(folder))
    assert len(read(folder / "depth.1.png")) == 3
    assert len(read(folder / "shot_0003.png")) == 5


def test_numbers_are_compared_as_numbers(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "run", list(range(8, 13)), name="a{}.png")
    assert [number_in(frame.image) for frame in read(folder)] == [0, 1, 2, 3, 4]


def test_a_single_picture_is_one_frame(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "run", [0], name="portrait.png")
    assert [frame.index for frame in read(folder / "portrait.png")] == [0]
    assert [frame.index for frame in read(folder)] == [0]


def test_real_clips(shared_data: Path) -> None:
    found = {path.name: open_video(Clip(path)).info for path in sorted((shared_data / "videos").glob("*.mp4"))}
    assert found["phalp_vid.mp4"].size == (1920, 1088)
    assert found["phalp_vid.mp4"].frame_count == 180
    assert found["mmhuman3d_single_person_demo.mp4"].size == (1080, 1920)
    assert found["mmhuman3d_single_person_demo.mp4"].fps == pytest.approx(12.0)
    frames = read(shared_data / "videos" / "phalp_vid.mp4", start=170)
    assert [frame.index for frame in frames] == list(range(170, 180))
    np.testing.assert_allclose(np.diff([frame.time_s for frame in frames]), 1.0 / 30.0, atol=1e-4)
