"""What the fuzzer, or a look at the readers, has found: each stays mended."""

from __future__ import annotations

import io
import json
import pickle
import struct
import warnings
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from contrapposto.backend.batch import MANIFEST, Manifest, kept_outcome
from contrapposto.backend.cli import BAD_INPUT, main
from contrapposto.backend.cli_text_request import read_constraints
from contrapposto.backend.detect import picture_sizes
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.detect.image_header import stated_size
from contrapposto.backend.errors import ContrappostoError, InputError, ModelFileError
from contrapposto.backend.estimate.torchscript_file import _odd_in_code
from contrapposto.backend.npz_file import array_of, read_npz
from contrapposto.backend.outside import MOST_DEPTH, parse_json, read_bytes, read_json
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.bone_map import BoneMap, read_map
from contrapposto.backend.smpl_pickle import read_smpl_pickle
from contrapposto.backend.text.codec import program_from_json
from fuzz_seeds import other_pictures, smpl_arrays, tiffs, webps


def npy(header: str, body: bytes = b"", version: int = 1) -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + bytes((version, 0)) + len(text).to_bytes(2 if version == 1 else 4, "little") + text + body


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(f"{name}.npy", content)
    return path


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "9" * 400, "9" * 5000])
def test_numbers_that_are_none_are_refused(number: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="numbers that are none"):
        parse_json(f'{{"a": [{number}]}}')
    with pytest.raises(InputError, match="not a bone map"):
        BoneMap.from_json(f'{{"joints": {{"head": {{"bones": ["h"], "score": {number}}}}}}}')
    path = tmp_path / "pose.json"
    path.write_text(f'{{"elements": [{{"say": "Bend", "joint": "left_knee", "degrees": {number}}}]}}')
    with pytest.raises(InputError, match="numbers that are none"):
        read_constraints(path)


def test_a_number_too_long_for_a_float_is_out_of_bounds() -> None:
    element = {"say": "Bend", "joint": "left_knee", "degrees": 10**400}
    with pytest.raises(InputError, match="out of all bounds"):
        program_from_json({"elements": [element]})


@pytest.mark.parametrize("bomb", ["[" * 100_000, '{"a":' * 100_000, "[" * 500 + "]" * 500])
def test_deep_nesting_is_refused(bomb: str) -> None:
    with pytest.raises(InputError):
        parse_json(bomb)
    assert parse_json("[" * (MOST_DEPTH - 1) + "]" * (MOST_DEPTH - 1)) is not None


def test_half_characters_are_refused() -> None:
    with pytest.raises(InputError, match="half a character"):
        parse_json('["\\ud800"]')


def test_large_files_folders_and_nulls_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(1 << 34)  # 16 GB without a byte on the disk
    with pytest.raises(InputError, match=r"17180 MB, more than the 4 MB"):
        read_map(path)
    with pytest.raises(InputError, match="more than the 17 MB"):
        read_json(path, what="a list")
    with pytest.raises(InputError, match="AMASS"):
        PoseSequence.load(path)
    with pytest.raises(InputError, match="is a folder"):
        read_map(tmp_path)
    with pytest.raises(ModelFileError, match=r"does not exist|cannot be read"):
        read_bytes(Path("a\0b"), most=9, what="a file", error=ModelFileError)


def test_many_names_take_no_quadratic_time() -> None:
    many = {"joints": {"head": {"bones": [f"bone{k}" for k in range(60_000)]}}}
    assert len(BoneMap.from_json(json.dumps(many)).joints["head"].bones) == 60_000


def test_a_manifest_with_numbers_that_are_none_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"version": 1, "inputs": {"a": {"outcome": {"people": 1e999}}}}')
    assert Manifest.of(tmp_path).entries == {}
    assert kept_outcome("a", {"outcome": {"notes": [], "people": "x", "frames": 1, "seconds": 0.0}}) is None


# --- arrays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 72)}"), "does not fit"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"), "does not fit"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 72)}"), "no shape"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"\x80\x02N."), "pickle"),
        (npy("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,)}"), "other things"),
        (npy("{'descr': '<U1000000000', 'fortran_order': False, 'shape': ()}"), "other things"),
        (npy("(" * 1500), "damaged"),
        (npy("{'a':" * 200), "damaged"),
        (npy("1" * 9000), "impossible header"),
        (npy("[" * 3, version=9), "none of numpy's"),
        (b"", "none of numpy's"),
    ],
)
def test_arrays_that_lie_are_refused(content: bytes, words: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=words):
            array_of(content)
        with pytest.raises(InputError, match=words):
            PoseSequence.load(archive(tmp_path / "walk.npz", poses=content, trans=content))


def test_an_archive_that_unfolds_without_end_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contrapposto.backend.npz_file.MOST_BYTES", 1 << 20)
    bomb = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (262144,)}", bytes(1 << 21))
    path = archive(tmp_path / "walk.npz", poses=bomb, other=bomb)
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match="unfolds to more than"):
        read_npz(path, {"poses"}.__contains__, what="an .npz file")
    assert read_npz(path, {"none"}.__contains__, what="an .npz file") == {}


def test_a_bad_packing_is_damage(tmp_path: Path) -> None:
    path = archive(tmp_path / "walk.npz", poses=npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 72)}"))
    data = bytearray(path.read_bytes())
    data[45:60] = b"\xff" * 15
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="cannot be read as an AMASS"):
        PoseSequence.load(path)


def test_every_kind_and_order_of_arrays_is_read_as_numpy_reads_it() -> None:
    rng = np.random.default_rng(0)
    numbers = (rng.normal(size=(3, 4)), np.asfortranarray(rng.normal(size=(3, 4, 2))), np.arange(5, dtype=">i4"))
    others = (np.array("müde"), np.array(2.5), np.zeros((0, 72), np.float32), np.array([b"a", b"bc"]), np.array(True))
    for array in (*numbers, *others):
        stream = io.BytesIO()
        np.save(stream, array)
        np.testing.assert_array_equal(array_of(stream.getvalue()), array)


@pytest.mark.parametrize(
    ("key", "value"),
    [("poses", np.full((1, 72), 1e300)), ("trans", np.full((1, 3), 1e300)), ("trans", np.array([["a", "b", "c"]])),
     ("mocap_framerate", np.array([1.0, 2.0])), ("mocap_framerate", np.array("x")), ("betas", np.array(["x"])),
     ("confidence", np.array([["x"]])), ("trans", np.zeros((1, 3), complex))],
)  # fmt: skip
def test_amass_of_other_kinds_of_numbers_is_refused(key: str, value: np.ndarray, tmp_path: Path) -> None:
    given = {"poses": np.zeros((1, 72)), "trans": np.zeros((1, 3)), "mocap_framerate": np.array(30.0), key: value}
    np.savez(tmp_path / "walk.npz", **given)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError):
            PoseSequence.load(tmp_path / "walk.npz")


# --- pickles ----------------------------------------------------------------------------------------------------------


class _Runs:
    def __reduce__(self) -> object:
        return (print, ("it ran",))


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_smpl_pickles_of_every_protocol_are_read(protocol: int) -> None:
    from scipy.sparse import csc_matrix, csr_matrix

    rng = np.random.default_rng(1)
    arrays = {**smpl_arrays(), "order": np.asfortranarray(rng.normal(size=(4, 3))), "one": np.float64(2.0)}
    dense = np.where(rng.random((24, 50)) < 0.2, rng.random((24, 50)), 0.0)
    found = read_smpl_pickle(
        pickle.dumps({**arrays, "columns": csc_matrix(dense), "rows": csr_matrix(dense)}, protocol=protocol)
    )
    for name in ("columns", "rows"):
        np.testing.assert_array_equal(found[name], dense)
    for name, array in arrays.items():
        if name != "one":
            np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02}r\xff\xff\xff\x7f.",  # a place in the memo that takes 16 GB
        b"\x80\x05\x96\x00\x00\x00\x00\x00\x01\x00\x00.",  # a length of 1 TB
        b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R.",
        b"(lp0\n" * 3,
        b"\x80\x02]" + b"]" * 5000 + b".",
        b"\x80\x02N.",
        b"",
    ],
)
def test_pickles_that_ask_for_too_much_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_smpl_pickle(content)


def test_pickles_that_run_something_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"builtins\.print"):
        read_smpl_pickle(pickle.dumps({"f": _Runs()}))
    assert capsys.readouterr().out == ""


def test_a_sparse_matrix_whose_places_lie_outside_is_refused() -> None:
    from scipy.sparse import csc_matrix

    matrix = csc_matrix(np.eye(3))
    matrix.indices[1] = 1_000_000
    with pytest.raises(ValueError, match="damaged matrix"):
        read_smpl_pickle(pickle.dumps({"J_regressor": matrix}, protocol=2))


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_the_size_of_every_kind_is_known_before_it_is_decoded() -> None:
    checked = 0
    for data in (*webps(), *tiffs(), *other_pictures()):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:  # a kind that this OpenCV does not read
            continue
        assert stated_size(data) == (pixels.shape[1], pixels.shape[0]), data[:12]
        checked += 1
    assert checked >= 15


def test_what_states_no_size_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "case.tif"
    path.write_bytes(b"II*\0\x08\0\0\0\0\0" + bytes(40))
    monkeypatch.setattr("contrapposto.backend.detect.image._decode", None)
    with pytest.raises(InputError, match="not a readable image"):
        load_image(path)


def test_a_size_that_no_file_of_these_bytes_can_have_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, encoded = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))
    assert done
    data = encoded.tobytes()
    frame = data.find(b"\xff\xc0")
    path = tmp_path / "bomb.jpg"
    path.write_bytes(data[: frame + 5] + struct.pack(">HH", 14_000, 14_000) + data[frame + 9 :])
    monkeypatch.setattr("contrapposto.backend.detect.image._decode", None)
    with pytest.raises(InputError, match=r"14000 x 14000 pixels in .* bytes, which no picture can be"):
        load_image(path)


def test_sizes_never_read_beyond_the_file() -> None:
    for data in (*webps(), *tiffs(), *other_pictures()):
        for length in range(min(len(data), 400)):
            picture_sizes.size_of(data[:length])


# --- words ------------------------------------------------------------------------------------------------------------


def test_names_that_steer_a_terminal_or_turn_the_text_are_written_out() -> None:
    said = str(InputError("left\u202etxt.exe \x1b[31m is “odd”, 腕 💃🏽."))
    assert said == "left\\u202etxt.exe \\x1b[31m is “odd”, 腕 💃🏽."
    long = str(ContrappostoError("a" * 100_000 + " end."))
    assert len(long) < 1000
    assert long.endswith("end.")


def test_names_too_long_for_a_file_are_told_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", "a" * 5000, "--npz", "b.npz"]) == BAD_INPUT
    assert capsys.readouterr().err.rstrip().endswith(".")


@pytest.mark.parametrize("code", [b"\0" * (8 << 20), b"x" * (1 << 20)])
def test_code_that_would_take_minutes_to_take_apart_is_refused(code: bytes) -> None:
    assert _odd_in_code(code) == "holds code that cannot be read"
