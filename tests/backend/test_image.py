"""Reading pictures: every kind that artists have, and a sentence for every file that is none."""

from __future__ import annotations

import os
import re
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from contrapposto.backend.detect import image as image_module
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.detect.image_header import is_cut_off, stated_size
from contrapposto.backend.errors import InputError

ORANGE = (230, 120, 20)
BLUE = (20, 60, 200)
# EXIF orientation -> where the first row and the first column of the stored pixels are seen
TURNS = {1: 0, 3: 2, 6: -1, 8: 1}


def picture(height: int = 48, width: int = 64) -> np.ndarray:
    """RGB, the left half orange, the right half blue, one green corner at the top left."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = ORANGE, BLUE
    pixels[: height // 4, : width // 4] = (0, 200, 0)
    return pixels


def encode(suffix: str, pixels: np.ndarray, *options: int) -> bytes:
    done, data = cv2.imencode(suffix, pixels, list(options))
    assert done
    return data.tobytes()


def bgr(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels[..., ::-1])


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def exif(orientation: int) -> bytes:
    """A TIFF block with the orientation alone."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def jpeg_with_orientation(pixels: np.ndarray, orientation: int) -> bytes:
    data = encode(".jpg", bgr(pixels), cv2.IMWRITE_JPEG_QUALITY, 98)
    block = b"Exif\0\0" + exif(orientation)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def png_with_orientation(pixels: np.ndarray, orientation: int) -> bytes:
    data = encode(".png", pixels)
    block = exif(orientation)
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_formats_give_the_same_rgb(tmp_path: Path, suffix: str) -> None:
    loaded = load_image(write(tmp_path, f"grüße 写真{suffix}", encode(suffix, bgr(picture()))))
    assert loaded.shape == (48, 64, 3)
    assert loaded.dtype == np.uint8
    assert np.abs(loaded[24, 8].astype(int) - ORANGE).max() <= 12
    assert np.abs(loaded[24, 56].astype(int) - BLUE).max() <= 12


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_turns_jpegs_upright(tmp_path: Path, orientation: int) -> None:
    loaded = load_image(write(tmp_path, "turned.jpg", jpeg_with_orientation(picture(), orientation)))
    expected = np.rot90(picture(), TURNS[orientation])
    assert loaded.shape == expected.shape
    assert np.abs(loaded.astype(int) - expected).mean() < 6.0


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_turns_transparent_pngs_upright(tmp_path: Path, orientation: int) -> None:
    pixels = np.dstack([bgr(picture()), np.full((48, 64), 255, np.uint8)])
    pixels[40:, :, 3] = 0
    loaded = load_image(write(tmp_path, "turned.png", png_with_orientation(pixels, orientation)))
    expected = picture()
    expected[40:] = 255
    np.testing.assert_array_equal(loaded, np.rot90(expected, TURNS[orientation]))


def test_transparency_is_laid_over_white(tmp_path: Path) -> None:
    pixels = np.dstack([bgr(picture()), np.full((48, 64), 255, np.uint8)])
    pixels[:8, :, 3], pixels[8:16, :, 3] = 0, 128
    loaded = load_image(write(tmp_path, "cut_out.png", encode(".png", pixels)))
    assert (loaded[:8] == 255).all()
    share = 128 / 255
    np.testing.assert_allclose(loaded[12, 60], np.array(BLUE) * share + 255 * (1 - share), atol=1.0)
    np.testing.assert_array_equal(loaded[30], picture()[30])


def test_a_picture_that_is_transparent_all_over_keeps_its_colours(tmp_path: Path) -> None:
    pixels = np.dstack([bgr(picture()), np.zeros((48, 64), np.uint8)])
    np.testing.assert_array_equal(load_image(write(tmp_path, "game.png", encode(".png", pixels))), picture())


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_becomes_rgb(tmp_path: Path, depth: type) -> None:
    top = np.iinfo(depth).max
    grey = np.linspace(0, top, 64).astype(depth)[None].repeat(32, axis=0)
    loaded = load_image(write(tmp_path, "grey.png", encode(".png", grey)))
    assert loaded.shape == (32, 64, 3)
    assert (loaded[0, 0] == 0).all()
    assert (loaded[0, -1] == 255).all()
    assert (loaded[..., 0] == loaded[..., 2]).all()


def test_16_bit_colour_becomes_8_bit(tmp_path: Path) -> None:
    pixels = bgr(picture()).astype(np.uint16) * 257
    np.testing.assert_array_equal(load_image(write(tmp_path, "deep.png", encode(".png", pixels))), picture())


@pytest.mark.parametrize("gain", [1.0, 40.0])
def test_floating_point_pictures_are_scaled_into_range(tmp_path: Path, gain: float) -> None:
    pixels = (bgr(picture()) / 255.0).astype(np.float32) * gain
    pixels[0, 0] = np.nan
    loaded = load_image(write(tmp_path, "float.tif", encode(".tif", pixels)))
    brightest = 230 / 255 if gain > 1.0 else 1.0
    np.testing.assert_allclose(loaded[24, 8], np.minimum(np.array(ORANGE) / brightest, 255), atol=2.0)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 300), (3, 2)])
def test_tiny_pictures_are_read(tmp_path: Path, height: int, width: int) -> None:
    loaded = load_image(write(tmp_path, "tiny.png", encode(".png", np.zeros((height, width, 3), np.uint8))))
    assert loaded.shape == (height, width, 3)


def test_8k_pictures_are_read(tmp_path: Path) -> None:
    data = encode(".jpg", cv2.resize(bgr(picture()), (7680, 4320)))
    assert stated_size(data) == (7680, 4320)
    assert load_image(write(tmp_path, "8k.jpg", data)).shape == (4320, 7680, 3)


def test_data_after_the_end_of_a_jpeg_is_no_harm(tmp_path: Path) -> None:
    data = encode(".jpg", bgr(picture())) + b"maker's own trailer"
    assert load_image(write(tmp_path, "phone.jpg", data)).shape == (48, 64, 3)


@pytest.mark.parametrize("progressive", [0, 1])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_truncated_jpegs_are_refused(tmp_path: Path, share: float, progressive: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    data = encode(".jpg", noise, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    assert not is_cut_off(data)
    path = write(tmp_path, "cut.jpg", data[: int(len(data) * share)])
    with pytest.raises(InputError, match="cut off"):
        load_image(path)


def test_the_end_marker_of_a_thumbnail_does_not_make_a_jpeg_whole() -> None:
    whole = jpeg_with_orientation(picture(), 1)
    thumbnail = b"Exif\0\0" + encode(".jpg", bgr(picture(8, 8)))
    data = whole[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + whole[2:]
    assert not is_cut_off(data)
    assert is_cut_off(data[:-40])


@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp", ".tif"])
def test_other_truncated_pictures_are_refused(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    data = encode(suffix, noise)
    path = write(tmp_path, f"cut{suffix}", data[: int(len(data) * 0.6)])
    with pytest.raises(InputError, match=re.escape(str(path))):
        load_image(path)


def one_sentence_about(error: pytest.ExceptionInfo[InputError], path: Path) -> bool:
    text = str(error.value)
    return text.startswith(str(path)) and "\n" not in text and text.endswith(".")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello, this is text", "not a readable image"),
        (b"\x00\x00\x00\x18ftypheic" + b"\0" * 64, "HEIC"),
    ],
)
def test_files_that_are_no_pictures(tmp_path: Path, content: bytes, words: str) -> None:
    path = write(tmp_path, "picture.jpg", content)
    with pytest.raises(InputError, match=words) as error:
        load_image(path)
    assert one_sentence_about(error, path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as error:
        load_image(tmp_path / "nothing.jpg")
    assert one_sentence_about(error, tmp_path / "nothing.jpg")
    with pytest.raises(InputError, match="is a folder") as error:
        load_image(tmp_path)
    assert one_sentence_about(error, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(InputError, match="not a regular file"):
        load_image(tmp_path / "pipe.jpg")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "private.jpg", encode(".jpg", bgr(picture())))

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # the tests may run as root, whom no mode bits stop
    with pytest.raises(InputError, match="no permission") as error:
        load_image(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tif", ".webp", ".ppm", ".pam", ".jp2", ".ras"])
def test_absurd_sizes_are_refused_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = write(tmp_path, f"huge{suffix}", encode(suffix, bgr(picture())))
    monkeypatch.setattr(image_module, "MOST_PIXELS", 3000)
    monkeypatch.setattr(image_module, "_decode", None)
    with pytest.raises(InputError, match="64 x 48 pixels"):
        load_image(path)


def test_a_jpeg_damaged_in_the_middle_is_refused_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    data = bytearray(encode(".jpg", noise))
    middle = len(data) // 2
    data[middle : middle + 400] = bytes([0xFF, 0xC4] * 200)
    with pytest.raises(InputError, match="damaged"):
        load_image(write(tmp_path, "damaged.jpg", bytes(data)))
    png = bytearray(encode(".png", noise))
    png[len(png) // 2] ^= 0xFF
    with pytest.raises(InputError):
        load_image(write(tmp_path, "damaged.png", bytes(png)))
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
