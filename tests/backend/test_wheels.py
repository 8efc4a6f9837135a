"""The pinned list of wheels, what is collected by it, and the manifest of a built zip; nothing is downloaded."""

import hashlib
import tomllib
from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name

from wheels import stage
from wheels.collect import collect
from wheels.targets import BASE, ROOT, TORCH, Target, Wheel, WheelError, all_targets, chosen_targets, pinned, wanted

LINUX = Target("linux-x64", "3.11")
CONTENT = {"a-1-py3-none-any.whl": b"wheel a", "torch-2+cpu-cp311-cp311-linux.whl": b"wheel torch"}


def wheel(file, group=BASE, content=None):
    name, version = file.split("-")[:2]
    content = CONTENT[file] if content is None else content
    sha256 = hashlib.sha256(content).hexdigest()
    return Wheel(name, version, "MIT", group, file, sha256, len(content), (LINUX.name,))


A, A_TORCH = wheel("a-1-py3-none-any.whl"), wheel("torch-2+cpu-cp311-cp311-linux.whl", TORCH)


def fetch(files, asked=None):
    """A download that puts these files into the folder, and writes down what was asked of it."""

    def download(requirements, target, *, group, folder):
        if asked is not None:
            asked.append((requirements, target, group))
        for name, content in files.items():
            if name.partition("-")[0] in {each.partition("==")[0] for each in requirements}:
                (folder / name).write_bytes(content)

    return download


def test_wheels_are_fetched_once_and_checked(tmp_path):
    asked = []
    paths, why = collect(LINUX, tmp_path, fetch=fetch(CONTENT, asked), wheels=[A, A_TORCH])
    assert [path.read_bytes() for path in paths] == list(CONTENT.values())
    assert asked == [(["a==1"], LINUX, BASE), (["torch==2+cpu"], LINUX, TORCH)]
    assert not why
    assert collect(LINUX, tmp_path, fetch=fetch({}, asked), wheels=[A, A_TORCH]) == (paths, "")
    assert len(asked) == 2


@pytest.mark.parametrize("bad", [A, A_TORCH])
def test_another_content_is_refused_and_not_kept(tmp_path, bad):
    files = {**CONTENT, bad.file: b"x" * bad.size}
    with pytest.raises(WheelError, match="is not the pinned file"):
        collect(LINUX, tmp_path, fetch=fetch(files), wheels=[A, A_TORCH])
    assert not (tmp_path / bad.file).exists()


def test_a_file_that_was_damaged_since_is_refused(tmp_path):
    (tmp_path / A.file).write_bytes(b"other")
    with pytest.raises(WheelError, match="is not the pinned file: it has 5 bytes instead of 7"):
        collect(LINUX, tmp_path, fetch=fetch(CONTENT), wheels=[A])


def test_another_file_than_the_pinned_one_is_refused(tmp_path):
    with pytest.raises(WheelError, match=r"other files .* than those pinned: a-1-cp311-none-any\.whl, a-1-py3"):
        collect(LINUX, tmp_path, fetch=fetch({"a-1-cp311-none-any.whl": b"wheel a"}), wheels=[A])


def test_without_a_build_for_the_processor_torch_stays_out_and_the_rest_is_there(tmp_path):
    paths, why = collect(LINUX, tmp_path, fetch=fetch({A.file: CONTENT[A.file]}), wheels=[A, A_TORCH])
    assert [path.name for path in paths] == [A.file]
    assert "torch-2+cpu" in why


def test_a_target_without_pins_is_said(tmp_path):
    with pytest.raises(WheelError, match=r"No wheels are pinned for linux-x64-py311\. Make the list anew"):
        collect(LINUX, tmp_path, fetch=fetch({}), wheels=[replace(A, targets=())])


def test_every_target_has_every_package_that_is_wanted():
    for target in all_targets():
        there = {canonicalize_name(each.package) for each in pinned() if target.name in each.targets}
        assert set(wanted()["packages"]) <= there
        files = [each.file for each in pinned() if target.name in each.targets]
        assert len(files) == len(set(files)) == len(there)


def test_nothing_that_is_left_out_is_pinned():
    assert not {canonicalize_name(each.package) for each in pinned()} & set(wanted()["left_out"])


def test_every_pin_has_a_hash_a_size_and_a_licence():
    for each in pinned():
        assert len(each.sha256) == 64
        assert each.size > 1000
        assert each.licence


def test_torch_is_pinned_for_the_processor_alone_and_bounded():
    torch = [each for each in pinned() if each.package == "torch"]
    assert {"windows-x64-py311", "macos-arm64-py313", "linux-x64-py311"} <= {t for each in torch for t in each.targets}
    for each in torch:
        assert each.size <= wanted()["torch"]["largest_mb"] * 1_000_000
        assert ("linux-x64" in each.targets[0]) == each.version.endswith("+cpu")


def test_pins_are_the_versions_of_development():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    for name in ("scipy", "rich", "httpx", "safetensors", "roma", "ai-edge-litert", "opencv-python-headless"):
        (version,) = {each.version for each in pinned() if canonicalize_name(each.package) == name}
        assert f"\n{name}=={version}\n" in text


def test_targets_are_chosen_by_name():
    assert chosen_targets(["linux-x64"], ["3.14"]) == [Target("linux-x64", "3.14")]
    assert len(chosen_targets()) == 6
    with pytest.raises(WheelError, match=r"There is no python 3\.12: choose among 3\.11, 3\.13, 3\.14"):
        chosen_targets([], ["3.12"])


def test_the_manifest_tells_blender_python_and_system():
    text = (ROOT / "blender_manifest.toml").read_text("utf-8")
    made = tomllib.loads(stage.manifest(text, LINUX, ["b.whl", "a.whl"]))
    assert (made["blender_version_min"], made["blender_version_max"]) == ("4.5.0", "5.1.0")
    assert made["platforms"] == ["linux-x64"]
    assert made["wheels"] == ["./wheels/a.whl", "./wheels/b.whl"]
    before = tomllib.loads(text)
    assert made["permissions"] == before["permissions"]
    assert "build" not in made
    newer = tomllib.loads(stage.manifest(text, Target("windows-x64", "3.13"), []))
    assert newer["blender_version_min"] == "5.1.0"
    assert "blender_version_max" not in newer


def test_a_manifest_laid_out_otherwise_is_refused():
    with pytest.raises(WheelError, match="blender_version_min"):
        stage.manifest('id = "x"\n', LINUX, [])


def test_the_package_is_staged_whole():
    files = {path.as_posix() for path in stage.package_files()}
    everything = {path.relative_to(ROOT).as_posix() for top in ("backend", "operators", "panels", "rig")
                  for path in (ROOT / top).rglob("*.py")}  # fmt: skip
    assert everything - files == {"backend/weights/fetch.py"}
    assert {"__init__.py", "registration.py", "LICENSE"} <= files
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "backend").rglob("*.json")}
    assert data <= files


def test_the_licences_of_all_that_is_bundled_are_documented():
    text = (ROOT / "docs" / "licences.md").read_text("utf-8")
    for name in {each.package for each in pinned()}:
        versions = ", ".join(sorted({each.version for each in pinned() if each.package == name}))
        (licence,) = {each.licence for each in pinned() if each.package == name}
        assert f"\n| {name} | {versions} | {licence} |" in text
