"""The archives of motion capture: which reader each needs, and the clips in them."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from contrapposto.backend.errors import InputError, MissingPackageError

from .asf_amc import Skeleton, read_amc, read_asf
from .bvh import read_bvh
from .clip import Clip
from .deepmimic import read_character, read_deepmimic
from .expmap import read_expmap, read_skeleton
from .poses import poses_of
from .shared_rest import SharedRest

FPS: Final = 15.0
"""Frames a second that are read to learn from."""
_FILE_FPS: Final = 30.0
"""Frames a second of the AMC files and exponential maps, which do not say so themselves."""
_REST_FRAMES: Final = 1
"""The first frame of some files is the rest pose."""


@dataclass(frozen=True)
class Archive:
    """One zip file of clips: member names in order, their bytes on demand, and frames a second to read."""

    path: Path
    members: tuple[str, ...]
    read: Callable[[str], bytes]
    fps: float = FPS

    @property
    def stride(self) -> int:
        """Of files that hold 30 frames a second, every such frame is read."""
        return max(1, round(_FILE_FPS / self.fps))

    @property
    def name(self) -> str:
        """Of the archive without its ending."""
        return self.path.stem

    def text(self, member: str) -> str:
        """A member's text.

        Raises:
            InputError: it is no text.
        """
        try:
            return self.read(member).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{member} in {self.path} is not text. Unpack it again.") from error

    def of_kind(self, suffix: str) -> Iterator[tuple[str, str]]:
        """Clip name and member of every file with this ending."""
        for member in self.members:
            if PurePosixPath(member).suffix == suffix:
                yield f"{self.name}/{PurePosixPath(member).stem}", member

    def member(self, file_name: str) -> str:
        """The member of this file name.

        Raises:
            InputError: there is none.
        """
        found = next((member for member in self.members if PurePosixPath(member).name == file_name), None)
        if found is None:
            raise InputError(f"{self.path} lacks {file_name}. Fetch the archive again.")
        return found


def acrnn(archive: Archive) -> Iterator[Clip]:
    """BVH files with DAZ's skeleton, whose first frame is the rest pose."""
    for name, member in archive.of_kind(".bvh"):
        if not name.endswith("/standard"):  # a skeleton without motion
            yield read_bvh(name, archive.text(member), stride=archive.stride, skip=_REST_FRAMES)


def iclone(archive: Archive) -> Iterator[Clip]:
    """BVH files with Reallusion's skeleton, which lies in a heap at rest.

    How it stands is learned from a clip that CMU's own files hold as well; without them it is found from the motion.
    """
    members = dict(archive.of_kind(".bvh"))
    rest = _reallusion_rest(archive, members)
    for name, member in members.items():
        clip = read_bvh(name, archive.text(member), stride=archive.stride, rest_stands=False)
        yield clip if rest is None else replace(clip, rig=rest.applied(clip.rig), rest_stands=True, hands_lie_flat=True)


def _reallusion_rest(archive: Archive, members: dict[str, str]) -> SharedRest | None:
    other, same = archive.path.with_name("cmu_asfamc.zip"), "cmu_iclone_bvh/001_01"
    if not other.is_file() or same not in members:
        print("cmu_asfamc.zip is not there: the rest pose of cmu_iclone_bvh is found from its motion.")
        return None
    wanted = next(clip for clip in clips_in(other, fps=archive.fps) if clip.name == "cmu_asfamc/01_01")
    clip = read_bvh(same, archive.text(members[same]), stride=archive.stride)
    return SharedRest.learned(clip, poses_of(wanted).poses)


def asf_amc(archive: Archive) -> Iterator[Clip]:
    """AMC files, each with the ASF file that its name begins with."""
    skeletons: dict[str, Skeleton] = {}
    for name, member in archive.of_kind(".amc"):
        subject = PurePosixPath(member).stem.rpartition("_")[0]
        if subject not in skeletons:
            asf = archive.member(f"{subject}.asf")
            skeletons[subject] = read_asf(asf, archive.text(asf))
        yield read_amc(name, archive.text(member), skeletons[subject], fps=_FILE_FPS, stride=archive.stride)


def expmap(archive: Archive) -> Iterator[Clip]:
    """Exponential maps, whose first line is the rest pose."""
    json_file = archive.member("SKELETON.json")
    joints = read_skeleton(json_file, archive.text(json_file))
    for name, member in archive.of_kind(".txt"):
        text = archive.text(member)
        yield read_expmap(name, text, joints, fps=_FILE_FPS, stride=archive.stride, skip=_REST_FRAMES)


def deepmimic(archive: Archive) -> Iterator[Clip]:
    """DeepMimic's clips."""
    json_file = archive.member("character_humanoid3d.json")
    character = read_character(json_file, archive.text(json_file))
    for name, member in archive.of_kind(".txt"):
        yield read_deepmimic(name, archive.text(member), character, fps=archive.fps)


def fbx(archive: Archive) -> Iterator[Clip]:
    """FBX files, which Blender reads."""
    try:
        from .fbx import read_fbx
    except ImportError as error:
        raise MissingPackageError(f"{archive.path.name} holds FBX files, which need Blender: install bpy.") from error
    with tempfile.TemporaryDirectory() as folder:
        for name, member in archive.of_kind(".fbx"):
            if name.endswith("/Base"):  # a character without motion
                continue
            path = Path(folder) / PurePosixPath(member).name
            path.write_bytes(archive.read(member))
            yield read_fbx(name, path, fps=archive.fps)


READERS: Final[dict[str, Callable[[Archive], Iterator[Clip]]]] = {
    "cmu_asfamc": asf_amc,
    "cmu_acrnn_bvh": acrnn,
    "cmu_expmap": expmap,
    "cmu_iclone_bvh": iclone,
    "cmu_keijiro_fbx": fbx,
    "cmu_m2m_fbx": fbx,
    "deepmimic": deepmimic,
}
"""Archive name without its ending -> its reader."""


def clips_in(path: Path, *, fps: float = FPS) -> Iterator[Clip]:
    """The clips of one of the archives in `READERS`, at 15 or 30 frames a second.

    Raises:
        InputError: it cannot be read; the message says why.
    """
    try:
        with zipfile.ZipFile(path) as opened:
            archive = Archive(path, tuple(sorted(opened.namelist())), opened.read, fps)
            yield from READERS[path.stem](archive)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} cannot be read as a zip file: {error}. Fetch it again.") from error
