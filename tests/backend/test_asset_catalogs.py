"""The file of catalogues: one is added, and no line of anybody else is lost."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrapposto.backend.asset_catalogs import FILE_NAME, Catalog, catalog_path, ensure_catalog, read_catalogs
from contrapposto.backend.errors import InputError

ID = uuid.UUID("8d4a4e7a-0f0f-4a53-9b4e-111111111111")
OTHER = "52e3b1bd-9b5a-4f1f-8b6b-222222222222"
OF_OTHERS = f"# Ours, do not touch: a:b:c\n\n\nVERSION 1\n\n{OTHER}:Props/Chairs:Props-Chairs\n# after\nnonsense line\n"


def new_id() -> uuid.UUID:
    return ID


def test_a_new_file_is_as_blender_begins_it(tmp_path: Path) -> None:
    made = ensure_catalog(tmp_path, "Poses/Dance", new_id=new_id)
    assert made == Catalog(str(ID), "Poses/Dance")
    lines = (tmp_path / FILE_NAME).read_text("utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == [
        "VERSION 1",
        f"{ID}:Poses/Dance:Poses-Dance",
    ]
    assert read_catalogs(tmp_path) == (made,)


@pytest.mark.parametrize("content", [OF_OTHERS, OF_OTHERS.rstrip("\n"), OF_OTHERS.replace("\n", "\r\n")])
def test_every_line_of_others_stays(tmp_path: Path, content: str) -> None:
    file = tmp_path / FILE_NAME
    file.write_bytes(content.encode())
    ensure_catalog(tmp_path, "Poses", new_id=new_id)
    after = file.read_bytes().decode()
    assert after.startswith(content)
    assert after[len(content) :].strip() == f"{ID}:Poses:Poses"
    assert after.endswith("\r\n") is ("\r\n" in content)
    assert read_catalogs(tmp_path) == (Catalog(OTHER, "Props/Chairs"), Catalog(str(ID), "Poses"))


def test_a_catalogue_that_is_there_is_taken_and_nothing_written(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    file.write_bytes(OF_OTHERS.encode())
    stamp = file.stat().st_mtime_ns
    assert ensure_catalog(tmp_path, "Props/Chairs", new_id=new_id).uuid == OTHER
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (OF_OTHERS.encode(), stamp)


@pytest.mark.parametrize("content", [b"VERSION 2\n", b"# only a comment\n", b"\xff\xfeV", b"hello\nVERSION 1\n"])
def test_what_is_not_understood_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / FILE_NAME
    file.write_bytes(content)
    with pytest.raises(InputError):
        ensure_catalog(tmp_path, "Poses")
    assert file.read_bytes() == content


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everybody may write everywhere here")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written"):
        ensure_catalog(tmp_path, "Poses")
    tmp_path.chmod(0o700)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        ensure_catalog(tmp_path / "none", "Poses")


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (("Dance: 2", "a/b"), "Dance- 2/a-b"),
        (("..", " "), "Poses"),
        (("a\nVERSION 1",), "a-VERSION 1"),
        (("C:\\poses",), "C-poses"),
    ],
)
def test_names_become_paths(parts: tuple[str, ...], path: str) -> None:
    assert catalog_path(*parts) == path


@given(st.lists(st.text(max_size=20), max_size=3))
def test_any_names_come_back_from_the_file(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("library")
    path = catalog_path(*parts)
    made = ensure_catalog(folder, path)
    assert read_catalogs(folder) == (made,)
    assert ensure_catalog(folder, path) == made
