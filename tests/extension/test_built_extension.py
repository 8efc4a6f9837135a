"""The zip that artists install: built, installed by Blender's own code into a Blender that has nothing else, and run.

The poses of photo, drawing and sentence are those of the command line, and once it is uninstalled nothing is left.
"""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from bare_blender import make_bare_python, run_bare
from drawn_figure import drawing

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = Path(__file__).with_name("installed.py")
RIG = ROOT / "samples" / "character.blend"
PHOTO = ROOT / "samples" / "photo.jpg"
SENTENCES = {"grammar": "kneeling, right hand on the head", "model": "someone swinging a golf club"}
MODULES = ("scipy", "cv2", "ai_edge_litert", "safetensors", "roma", "rich", "torch", "typing_extensions", "numpy")
LIMIT_DEG = 0.1
TARGET = ("linux-x64", "3.11")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the zip for Linux is built and run on Linux"),
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="bpy 4.5 runs on Python 3.11"),
]


def program(*arguments):
    """What a program of this Python printed; it must end well."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=540, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder, *flags):
    """The zip in `folder`, and whether torch is inside."""
    printed = program("-m", "wheels.build", "--platforms", TARGET[0], "--pythons", TARGET[1], "--dist", folder, *flags)
    (archive,) = folder.glob("*.zip")
    return archive, "| bundled |" in printed


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    return make_bare_python(tmp_path_factory.mktemp("bare") / "env")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def sketch(tmp_path_factory):
    """A stick figure with a head, neck, shoulders and hips, as the network that reads drawings expects one."""
    path = drawing(tmp_path_factory.mktemp("drawn") / "figure.png")
    picture = cv2.imread(str(path))
    cv2.circle(picture, (200, 62), 30, (30, 20, 20), 3, cv2.LINE_AA)
    for a, b in (((200, 92), (200, 120)), ((160, 120), (240, 120)), ((180, 260), (220, 260))):
        cv2.line(picture, a, b, (30, 20, 20), 3, cv2.LINE_AA)
    cv2.imwrite(str(path), picture)
    return path


@pytest.fixture(scope="module")
def calls(sketch):
    """How the operators are called, and how the command line is."""
    operators = {
        "photo": {"operator": "photo", "filepath": str(PHOTO), "readings": 1, "times": 2},
        "sketch": {"operator": "sketch", "filepath": str(sketch), "readings": 1},
        **{name: {"operator": "text", "prompt": words, "alternatives": 1} for name, words in SENTENCES.items()},
    }
    lines = {"photo": ["photo", PHOTO], "sketch": ["sketch", sketch]}
    lines |= {name: ["text", words] for name, words in SENTENCES.items()}
    return operators, lines


@pytest.fixture(scope="module")
def by_command_line(calls, bare_python, tmp_path_factory):
    """The rig's bones as the command line poses them, by way."""
    folder = tmp_path_factory.mktemp("cli")
    for name, line in calls[1].items():
        program("-m", "contrapposto", *line, "--rig", RIG, "--out", folder / f"{name}.blend")
    return run_bare(bare_python, INSTALLED, folder, read={name: str(folder / f"{name}.blend") for name in calls[1]})[
        "read"
    ]


@pytest.fixture(scope="module")
def used(built, bare_python, calls, tmp_path_factory):
    """Installed, used for everything, and uninstalled."""
    archive, has_torch = built
    given = {} if has_torch else {"torch_folder": str(site_packages())}
    task = {"rig": str(RIG), "poses": calls[0], "modules": MODULES, "remove": True, **given}
    told = run_bare(bare_python, INSTALLED, tmp_path_factory.mktemp("user"), install=str(archive), **task)
    print(json.dumps({name: value for name, value in told.items() if name.endswith("_s")}))
    return told


def site_packages():
    """Where the torch of development lies."""
    spec = importlib.util.find_spec("torch")
    if spec is None:
        pytest.skip("torch is not installed")
    return Path(spec.origin).parents[1]


def angles_deg(ours, theirs):
    """The angle between two rotations of each bone."""
    assert ours.keys() == theirs.keys()
    pairs = [(np.array(ours[name]["turn"]), np.array(theirs[name]["turn"])) for name in ours]
    # The chord is exact where the cosine loses half its digits.
    return np.degrees([2 * np.arcsin(min(1.0, np.linalg.norm(a - b) / np.sqrt(8.0))) for a, b in pairs])


@pytest.mark.parametrize("way", ["photo", "sketch", *SENTENCES])
def test_the_pose_is_that_of_the_command_line(used, by_command_line, way):
    ours, theirs = used["poses"][way], by_command_line[way]
    assert angles_deg(ours, theirs).max() < LIMIT_DEG
    heads = [np.array(ours[name]["head"]) - np.array(theirs[name]["head"]) for name in ours]
    assert np.linalg.norm(heads, axis=1).max() < 0.002  # metres: what 0.1 degrees make of a metre


def test_the_ways_give_poses_of_their_own(used):
    poses = used["poses"]
    assert angles_deg(poses["photo"], poses["sketch"]).max() > 20
    assert angles_deg(poses["grammar"], poses["model"]).max() > 20


def test_every_package_comes_out_of_the_zip(used, built):
    places = used["origins"]
    assert {"scipy", "cv2", "ai_edge_litert", "safetensors", "torch"} <= places.keys()
    inside = {name for name, path in places.items() if f"{Path('extensions', '.local')}" in path}
    assert places.keys() - inside == ({"numpy"} if built[1] else {"numpy", "torch"})


def test_enabling_imports_nothing_large(used):
    assert not {"torch", "scipy", "cv2", "ai_edge_litert", "roma", "rich", "httpx"} & set(used["imported_at_enable"])


def test_uninstalled_it_leaves_nothing(used):
    assert used["finders_left"] == used["classes_left"] == used["enabled_left"] == []
    assert not used["scene_property_left"]
    left = [name for name in used["files_left"] if not name.startswith((".cache/", "user_default/.blender_ext/"))]
    # Of a wheel that is a single module Blender forgets what Python compiled; the module itself is gone.
    assert [name for name in left if not name.endswith("__pycache__/typing_extensions.cpython-311.pyc")] == []


def test_torch_is_found_in_the_folder_of_the_preferences(bare_python, calls, by_command_line, tmp_path):
    archive, has_torch = build(tmp_path / "dist", "--without-torch")
    assert not has_torch
    assert not [name for name in zipfile.ZipFile(archive).namelist() if "wheels/torch" in name]
    user = tmp_path / "user"
    user.mkdir()
    task = {"poses": {"photo": {**calls[0]["photo"], "times": 1}}, "rig": str(RIG), "modules": MODULES, "remove": True}
    told = run_bare(
        bare_python, INSTALLED, user, install=str(archive), torch_folder=str(site_packages()), **task
    )  # fmt: skip
    assert "lies there" in told["torch_words"]
    assert Path(told["origins"]["torch"]).is_relative_to(site_packages())
    assert ".local" in told["origins"]["typing_extensions"]
    assert told["torch_proven"].startswith(str(site_packages().resolve()))
    assert angles_deg(told["poses"]["photo"], by_command_line["photo"]).max() < LIMIT_DEG
    assert told["finders_left"] == []


def test_the_index_offers_the_zip_to_the_blenders_it_fits(built):
    listed = json.loads((built[0].parent / "index.json").read_text("utf-8"))["data"]
    (entry,) = listed
    assert (entry["platforms"], entry["python_versions"]) == ([TARGET[0]], [TARGET[1]])
    assert (entry["blender_version_min"], entry["blender_version_max"]) == ("4.5.0", "5.1.0")
    assert entry["archive_url"] == f"./{built[0].name}"
    assert entry["archive_size"] == built[0].stat().st_size


def test_the_zip_holds_the_addon_and_nothing_of_the_workshop(built):
    names = zipfile.ZipFile(built[0]).namelist()
    assert {
        "__init__.py", "blender_manifest.toml", "LICENSE", "README.md", "THIRD-PARTY-LICENCES.md",
        "backend/weights/blazepose/LICENSE", "backend/weights/blazepose/NOTICE", "backend/weights/minilm/NOTICE",
        "backend/weights/text_wordings/text_wordings.safetensors", "backend/text/grammar/languages/German.json",
    } <= set(names)  # fmt: skip
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"tests", "docs", "samples", "training", "benchmarks", "demo", "build", "dist", "Makefile"}
    assert not [name for name in names if name.endswith((".pyc", "fetch.py", "pin.py")) or "/numpy-" in name]
