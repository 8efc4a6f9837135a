"""Records of where keys came from: which replaces which, and a text in which nothing is believed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrapposto.backend import source_hash
from contrapposto.backend.errors import InputError
from contrapposto.backend.provenance import (
    MOST_BYTES,
    MOST_RECORDS,
    Before,
    Provenance,
    Record,
    Source,
    changed_models,
)
from contrapposto.backend.provenance_json import from_json, to_json
from contrapposto.backend.source_hash import SourceHash, hash_file, hash_sequence

A = hashlib.sha256(b"a").hexdigest()
B = hashlib.sha256(b"b").hexdigest()
FULL = Record(
    kind="photo",
    frames=(10.0, 10.5),
    slot="OBRig \u201c\u00e4\u201d",
    made="2026-11-30T05:00:00Z",
    addon="0.7.0",
    source=Source("//photos/t\u00e4nzer.jpg", SourceHash(A, 7, whole=False)),
    sentence="left leg behind",
    models={"pose": B},
    seed=3,
    person=2,
    reading=3,
    settings={"flip": True, "blend": 0.25, "limbs": "IK", "readings": 4, "view_matrix": (1.0, 0.0)},
    rig="ab",
    bone_map="cd",
    before=Before({'pose.bones["Hips"].location': ((0, 0.5), (2, -1.0))}),
    moved={"left_wrist": (12.5, 80.0)},
    switched_off=(0, 2),
    understood='{"language": 1}',
    bones=("Hips",),
)


def at(first: float, last: float | None = None, slot: str = "", seed: int = 0) -> Record:
    return Record("text", (first, first if last is None else last), slot=slot, seed=seed)


def test_a_record_comes_back_as_it_was() -> None:
    text = to_json(Provenance((FULL, at(2.0))))
    assert from_json(text) == Provenance((FULL, at(2.0)))
    assert text.isascii()


def test_a_file_name_that_is_no_text_comes_back_too() -> None:
    odd = replace(FULL, source=Source("//a\udcff.png", None))
    text = to_json(Provenance((odd,)))
    text.encode("utf-8")
    assert from_json(text).records[0] == odd


def test_a_newer_result_takes_the_place_of_those_whose_keys_it_replaced() -> None:
    found = Provenance().with_record(at(5.0, seed=1)).with_record(at(9.0, seed=2)).with_record(at(5.0, seed=3))
    assert [record.seed for record in found.records] == [2, 3]
    found = found.with_record(at(0.0, 20.0, seed=4))
    assert [record.seed for record in found.records] == [4], "a motion writes over single keys"
    found = found.with_record(at(7.0, seed=5))
    assert [record.seed for record in found.records] == [4, 5], "a key within a motion leaves the rest of it"
    other = found.with_record(at(7.0, slot="OBother", seed=6))
    assert len(other.records) == 3, "another rig on the same Action has its own keys"


def test_the_playhead_finds_the_nearest_and_the_newest() -> None:
    found = Provenance((at(0.0, 20.0, seed=1), at(7.0, seed=2), at(30.0, seed=3)))
    seeds = {frame: None if (r := found.at(frame, "")) is None else r.seed for frame in (-2, 0, 7, 7.4, 12, 25, 30.4)}
    assert seeds == {-2: None, 0: 1, 7: 2, 7.4: 1, 12: 1, 25: None, 30.4: 3}
    assert found.at(7.0, "OBother") is None


def test_no_more_is_kept_than_fits() -> None:
    found = Provenance()
    for number in range(MOST_RECORDS + 3):
        found = found.with_record(at(float(number)))
    assert len(found.records) == MOST_RECORDS
    assert found.records[0].frames == (3.0, 3.0)
    long = tuple(replace(at(float(n)), understood="x" * 60_000) for n in range(40))
    text = to_json(Provenance(long))
    assert len(text) <= MOST_BYTES
    kept = from_json(text).records
    assert 15 <= len(kept) < 18
    assert kept[-1] == long[-1]


def test_models_that_changed_are_named() -> None:
    record = replace(FULL, models={"pose": A, "drawing": B, "gone": A})
    assert changed_models(record, {"pose": A, "drawing": A}) == ("drawing", "gone")


def edited(**changes: object) -> str:
    content = json.loads(to_json(Provenance((FULL,))))
    content["records"][0].update(changes)
    return json.dumps(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        '{"version":2,"records":[]}',
        '{"version":1}',
        '{"version":1,"records":{}}',
        '{"version":1,"records":[3]}',
        "[" * 200_000,
        '{"version":1,"records":[' + "9" * 6000 + "]}",
        "x" * (MOST_BYTES + 1),
        edited(kind="poem"),
        edited(kind=None),
        edited(frames=[1.0]),
        edited(frames=[2.0, 1.0]),
        edited(frames=[float("nan"), 1.0]),
        edited(frames=[0.0, 10**400]),
        edited(frames=[True, True]),
        edited(seed=-1),
        edited(seed=2**70),
        edited(reading=0),
        edited(person="first"),
        edited(models={"pose": "short"}),
        edited(models=[A]),
        edited(source={"path": "x", "sha256": A, "bytes": 1}),
        edited(source={"sha256": A}),
        edited(settings={"flip": {"deep": 1}}),
        edited(settings={str(n): 1 for n in range(65)}),
        edited(before={"path": [[0.5, 1.0]]}),
        edited(before={"path": [[0]]}),
        edited(moved={"left_wrist": [1, 2, 3]}),
        edited(sentence="x" * 5000),
        edited(understood="x" * 70_000),
        edited(switched_off=["one"]),
    ],
)
def test_what_is_not_as_it_was_written_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match="where the pose came from"):
        from_json(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(json.loads(edited())["records"][0])), value=JSON)
def test_any_value_in_the_place_of_any_other_is_read_or_refused(name: str, value: object) -> None:
    text = edited(**{name: value})
    try:
        found = from_json(text)
    except InputError:
        return
    assert from_json(to_json(found)) == found


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InputError):
        from_json(text)


def test_a_short_file_is_known_by_all_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"abc")
    assert hash_file(path) == SourceHash(hashlib.sha256(b"abc").hexdigest(), 3, whole=True)
    with pytest.raises(InputError, match="does not exist"):
        hash_file(tmp_path / "gone.png")
    with pytest.raises(InputError, match="cannot be read"):
        hash_file(tmp_path)


def test_a_long_file_is_known_by_its_size_and_three_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_hash, "WHOLE_UP_TO", 100)
    monkeypatch.setattr(source_hash, "PART", 10)
    content = bytes(range(200))
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    before = hash_file(path)
    expected = hashlib.sha256(b"200\n" + content[:10] + content[95:105] + content[190:])
    assert before == SourceHash(expected.hexdigest(), 200, whole=False)
    for place, is_seen in ((0, True), (100, True), (199, True), (50, False)):
        path.write_bytes(content[:place] + b"\xff\xfe"[content[place] == 255 :][:1] + content[place + 1 :])
        assert (hash_file(path) != before) is is_seen, place
    path.write_bytes(content + b"x")
    assert hash_file(path) != before


def test_a_sequence_is_known_by_names_sizes_and_three_pictures(tmp_path: Path) -> None:
    files = [tmp_path / f"walk_{number}.png" for number in range(5)]
    for file in files:
        file.write_bytes(file.name.encode())
    before = hash_sequence(files)
    assert before.size == 5 * len("walk_0.png")
    assert not before.whole
    assert hash_sequence(files[:4]) != before
    files[2].write_bytes(b"walk_x.png")
    assert hash_sequence(files) != before
    with pytest.raises(InputError):
        hash_sequence([])
