"""Blender for the tests of this folder: the checkout runs as the extension `bl_ext.user_default.contrapposto`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import blender_harness

# The harness chooses Blender's user folders before bpy is imported.
# isort: split
import bpy
import pytest

import annotation_file
import fake_photo
import humanoids
from offline import block_network
from shared_files import shared_data_folder

PackageImporter = Callable[[str], ModuleType]
HumanoidMaker = Callable[..., bpy.types.Object]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, int, int]:
    """Leave without Blender's shutdown, which can hang, once the summary is printed."""
    status = yield
    if not hasattr(config, "workerinput"):
        blender_harness.leave_process(int(status))
    return status


@pytest.fixture(scope="session", autouse=True)
def addon() -> Iterator[None]:
    """The add-on, registered once for the whole session, and loaded under no second name by its end."""
    blender_harness.enable_addon()
    yield
    twice = sorted(name for name in sys.modules if name.split(".")[0] == "contrapposto")
    assert not twice, f"an absolute import loaded the package twice: {twice}"


@pytest.fixture(autouse=True)
def empty_blender(addon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts in an empty factory scene, with the add-on registered and the network out of reach."""
    block_network(monkeypatch)
    blender_harness.reset_blender()


@pytest.fixture
def package() -> PackageImporter:
    """Import a module of the running extension by its name inside the package: `package("rig.keyframes")`."""

    def import_inside(name: str = "") -> ModuleType:
        return importlib.import_module(f"{blender_harness.ADDON}.{name}".rstrip("."))

    return import_inside


@pytest.fixture
def make_humanoid() -> HumanoidMaker:
    """Make an active armature with Mixamo's names: `make_humanoid(name="Armature", prefix="mixamorig:")`."""
    return humanoids.make_humanoid


@pytest.fixture
def make_armature() -> HumanoidMaker:
    """Make an active armature from bones: `make_armature({"Hips": (None, head, tail)}, name=..., prefix=...)`."""
    return humanoids.make_armature


@pytest.fixture
def humanoid() -> bpy.types.Object:
    """An active armature with Mixamo's names, in T-pose, facing Blender's front view."""
    return humanoids.make_humanoid()


@pytest.fixture
def session(package: PackageImporter) -> Iterator[Any]:
    """The add-on's session, with nothing in it before and after; no reading may be shown at the end."""
    session = package("operators.session").session
    session.release()
    yield session
    session.release()
    session.job = None
    assert session.choosing is None


@pytest.fixture
def photos(package: PackageImporter, session: Any, monkeypatch: pytest.MonkeyPatch) -> fake_photo.FakePhotos:
    """What a fake detector and solver see in every picture."""
    return fake_photo.install(package, monkeypatch)


@pytest.fixture
def three_ways(photos: fake_photo.FakePhotos) -> fake_photo.FakePhotos:
    """`photos` of which each can be read in three ways."""
    photos.readings = 3
    return photos


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A file for `photos`."""
    path = tmp_path / "dancer.png"
    path.write_bytes(b"a picture that the fake detector never opens")
    return path


@pytest.fixture
def posed(humanoid: bpy.types.Object, three_ways: fake_photo.FakePhotos, photo: Path) -> bpy.types.Object:
    """A rig with a key of its own at frame 1, posed from a photo with three readings at frame 10."""
    knee = humanoid.pose.bones["mixamorig:RightLeg"]
    knee.rotation_quaternion = (0.9, 0.1, 0.3, 0.0)
    knee.keyframe_insert("rotation_quaternion", frame=1.0)
    bpy.context.scene.frame_set(10)
    bpy.ops.contrapposto.photo(filepath=str(photo))
    return humanoid


@pytest.fixture
def annotated() -> Any:
    """The scene has annotations: the figure of `annotation_file` from its frame on, on the active layer."""
    with bpy.data.libraries.load(str(blender_harness.CHECKOUT / "tests" / "data" / "annotations.blend")) as (
        there,
        here,
    ):
        name = "annotations" if hasattr(there, "annotations") else "grease_pencils"
        setattr(here, name, getattr(there, name))
    scene = bpy.context.scene
    setattr(scene, "annotation" if hasattr(scene, "annotation") else "grease_pencil", getattr(here, name)[0])
    scene.frame_set(annotation_file.FRAME)
    return getattr(here, name)[0]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of photos/ and rigs/ of others; the test is skipped where there is none."""
    return shared_data_folder()
