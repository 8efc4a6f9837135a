"""Every reader of outside data: its valid seeds, how they are damaged, and how a case is read."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import fuzz_kept as kept
import fuzz_seeds as seeds
from fuzz_bytes import mutated, mutated_words
from fuzz_data import mutated_json, mutated_npz, mutated_pickle, mutated_protobuf, mutated_safetensors, mutated_zip
from fuzz_pictures import mutated_jpeg, mutated_mp4, mutated_png, mutated_riff, mutated_tiff

Mutator = Callable[[bytes, Random, Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Reader:
    """One way in.

    Attributes:
        name: as the tables show it.
        seeds: makes the valid files.
        read: reads a case; it gets the bytes, and a folder of its own to write into.
        mutators: damages in the structure; bytes at random are damaged beside them.
        share: how many of the cases it gets, relative to the others.
        needs: modules without which it is left out.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], object]
    mutators: tuple[Mutator, ...] = ()
    share: float = 1.0
    needs: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether all that it needs is installed."""
        return all(importlib.util.find_spec(name) is not None for name in self.needs)

    def case(self, number: int, valid: Sequence[bytes]) -> bytes:
        """The case of that number; the first ones are the seeds as they are."""
        if number < len(valid):
            return valid[number]
        rng = Random(f"{self.name} {number}")
        data = rng.choice(valid)
        if not self.mutators or rng.random() < 0.3:
            return mutated(data, rng, valid)
        data = rng.choice(self.mutators)(data, rng, valid)
        return mutated(data, rng, valid) if rng.random() < 0.1 else data


def _picture(data: bytes, folder: Path, *, name: str = "case.jpg") -> object:
    from contrapposto.backend.detect.exif import exif_orientation
    from contrapposto.backend.detect.image import load_picture

    path = _file(data, folder, name)
    exif_orientation(data)
    return load_picture(path)


def _video(data: bytes, folder: Path, *, name: str) -> object:
    from contrapposto.backend.detect.clip import Clip
    from contrapposto.backend.detect.video_file import open_video

    source = open_video(Clip(_file(data, folder, name), step=2))
    try:
        return [frame.image.shape for frame, _ in zip(source.frames(), range(20), strict=False)]
    finally:
        source.close()


def _amass(data: bytes, folder: Path) -> object:
    from contrapposto.backend.pose_sequence import PoseSequence

    return PoseSequence.load(_file(data, folder, "walk.npz"))


def _store(data: bytes, folder: Path) -> object:
    from contrapposto.backend.array_store import ArrayStore

    _file(data, folder, f"{seeds.ACCESS_KEY}.tracks.npz")
    return ArrayStore(folder, limit_bytes=1 << 30).read(seeds.ACCESS_KEY, "tracks") or _unknown()


def _tracks(data: bytes, folder: Path) -> object:
    from contrapposto.backend.array_store import read_arrays
    from contrapposto.backend.detect.clip import Clip, VideoInfo
    from contrapposto.backend.video_arrays import tracks_from_arrays

    try:
        arrays = read_arrays(_file(data, folder, "kept.npz"))
    except (OSError, ValueError, EOFError, RuntimeError, KeyError, zipfile.BadZipFile):
        _unknown()
    clip = Clip(Path("walk.mp4"))
    return tracks_from_arrays(arrays, info=VideoInfo("walk.mp4", (64, 48), 25.0, 4, ("", 0, 0)), clip=clip)


def _unknown() -> Any:
    from contrapposto.backend.errors import InputError

    raise InputError("Nothing is kept under this name.")


def _bone_map(data: bytes, folder: Path) -> object:
    from contrapposto.backend.retarget.bone_map import BoneMap, read_map

    bone_map = read_map(_file(data, folder, "map.json"))
    return BoneMap.from_json(bone_map.to_json())


def _stored_map(data: bytes, folder: Path) -> object:
    from contrapposto.rig.stored_map import UNREADABLE, StoredMap, parsed_map

    found = parsed_map(data.decode("utf-8", "replace"))
    assert isinstance(found, StoredMap)
    _ = (found.twice, found.is_body)
    return found if UNREADABLE not in found.problems else _unknown()


def _humanoid(data: bytes, folder: Path) -> object:
    from contrapposto.rig.vrm_tables import table_in_file

    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(data)).to_bytes(4, "little")
    chunk = len(data).to_bytes(4, "little") + b"JSON"
    return table_in_file(_file(head + chunk + data, folder, "case.vrm"))


def _constraints(data: bytes, folder: Path) -> object:
    from contrapposto.backend.cli_text_request import read_constraints

    return read_constraints(_file(data, folder, "pose.json"))


def _manifest(data: bytes, folder: Path) -> object:
    from contrapposto.backend import batch

    _file(data, folder, batch.MANIFEST)
    manifest = batch.Manifest.of(folder)
    return [batch.kept_outcome(name, entry) for name, entry in manifest.entries.items()] or _unknown()


def _settings(data: bytes, folder: Path) -> object:
    from contrapposto.backend.text.llm.local_files import check_folder

    _file(data, folder, "config.json")
    _file(b"", folder, "model.safetensors")
    return check_folder(folder)


def _answer(data: bytes, folder: Path) -> object:
    from contrapposto.backend.text.llm import LlmRequest
    from contrapposto.backend.text.llm.answer import program_of
    from contrapposto.backend.text.llm.replies import Answer, error_words, whole_answer

    error_words(data)
    text = data.decode("utf-8", "replace")
    answer = whole_answer(data) if b"choices" in data else Answer(text)
    return program_of(answer, LlmRequest(sentence="stand"))


def _stream(data: bytes, folder: Path) -> object:
    from contrapposto.backend.errors import ModelError
    from contrapposto.backend.text.llm.event_stream import EventReader
    from contrapposto.backend.text.llm.replies import NO_COMPLETION, Gathered, add_event

    gathered, reader = Gathered(), EventReader()
    for at in range(0, len(data), 37):
        try:
            events = list(reader.feed(data[at : at + 37]))
        except ValueError as error:
            raise ModelError(NO_COMPLETION) from error
        for event in events:
            if event.strip() != "[DONE]":
                add_event(gathered, event)
    return gathered.answer()


def _address(data: bytes, folder: Path) -> object:
    from contrapposto.backend.text.llm.addresses import check_allowed, parse_server

    server = parse_server(data.decode("utf-8", "surrogateescape"))
    check_allowed(server, online_access=False)
    assert all(each.startswith(("127.", "::ffff:")) or each == "::1"
               for each in server.known_addresses() or ("none",))  # fmt: skip
    return server


def _sentence(data: bytes, folder: Path) -> object:
    from contrapposto.backend.text.grammar.understand import understand

    return understand(data.decode("utf-8", "surrogateescape"), edit=len(data) % 2 == 0)


def _command(data: bytes, folder: Path) -> object:
    """The command line itself reports our errors as status 2 and one line."""
    from contrapposto.backend import cli
    from contrapposto.backend.errors import InputError

    words = [word for word in data.decode("utf-8", "surrogateescape").split(" ") if word]
    said = io.StringIO()
    with redirect_stdout(io.StringIO()), redirect_stderr(said):
        status = cli.main(words, online=False)
    if status:
        raise InputError(said.getvalue().strip().removeprefix("contrapposto: "))
    return status


def _onnx(data: bytes, folder: Path) -> object:
    from contrapposto.backend.detect.rtmpose import RtmposeModel

    return RtmposeModel.load(_file(data, folder, "detector.onnx"))


def _torchscript(data: bytes, folder: Path) -> object:
    from contrapposto.backend.estimate.torchscript_file import load_torchscript

    return load_torchscript(_file(data, folder, "regressor.pt"))


def _weights(data: bytes, folder: Path) -> object:
    from contrapposto.backend.estimate.network_file import load_network

    return load_network(data)


def _smpl(data: bytes, folder: Path, *, name: str) -> object:
    from contrapposto.backend.body_model import SmplxBody

    return SmplxBody(_file(data, folder, name)).rest_offsets(__import__("numpy").zeros(10))


def _file(data: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


_IN_ZIP: Final = partial(mutated_zip, member=mutated)
_PICKLES_IN_ZIP: Final = partial(mutated_zip, member=mutated_pickle)
_JSON: Final = (mutated_json,)

READERS: Final = (
    Reader("photo, JPEG with EXIF", seeds.jpegs, _picture, (mutated_jpeg,), 2.0),
    Reader("photo, PNG", seeds.pngs, partial(_picture, name="case.png"), (mutated_png,), 2.0),
    Reader("photo, WebP", seeds.webps, partial(_picture, name="case.webp"), (mutated_riff,)),
    Reader("photo, TIFF", seeds.tiffs, partial(_picture, name="case.tif"), (mutated_tiff,), 1.5),
    Reader("photo, other kinds", seeds.other_pictures, partial(_picture, name="case.bmp"), (), 1.5),
    Reader("video, AVI", seeds.avis, partial(_video, name="case.avi"), (mutated_riff,)),
    Reader("video, MP4", seeds.mp4s, partial(_video, name="case.mp4"), (mutated_mp4,), 1.5),
    Reader("video, Matroska", seeds.matroskas, partial(_video, name="case.mkv"), (), 0.5),
    Reader("pose, AMASS .npz", seeds.amass, _amass, (mutated_npz,), 2.0),
    Reader("cache, arrays", seeds.cached_arrays, _store, (mutated_npz,)),
    Reader("cache, people", seeds.cached_tracks, _tracks, (mutated_npz,), 1.5),
    Reader("bone map, file or preset", seeds.bone_maps, _bone_map, _JSON, 1.5),
    Reader("bone map, kept in a .blend", seeds.bone_maps, _stored_map, _JSON, 1.0, ("bpy",)),
    Reader("cache, motion", kept.motions, kept.kept_motion, (mutated_npz,)),
    Reader("bone map, on a rig that is posed", kept.maps_of_a_rig, kept.map_of_a_rig, _JSON, 1.0, ("bpy",)),
    Reader("presets of bones, folder", kept.maps_of_a_rig, kept.preset_folder, _JSON, 1.0, ("bpy",)),
    Reader("settings of a motion, in a .blend", kept.motion_settings, kept.settings_of_a_motion, _JSON, 0.5, ("bpy",)),
    Reader("where a pose came from", kept.provenances, kept.provenance, _JSON, 1.5),
    Reader("catalogues of an asset library", kept.catalogs, kept.catalog_file, (mutated_words,)),
    Reader("VRM file, whole", kept.glbs, kept.glb, (), 1.0, ("bpy",)),
    Reader("version of a torch", kept.torch_versions, kept.torch_folder, (mutated_words,), 0.5),
    Reader("weights, TFLite", kept.shipped_tflites, kept.shipped_tflite, (), 0.3, ("ai_edge_litert",)),
    Reader("VRM's table of bones", seeds.gltfs, _humanoid, _JSON, 0.5, ("bpy",)),
    Reader("pose language, JSON", seeds.programs, _constraints, _JSON, 1.5),
    Reader("batch manifest", seeds.manifests, _manifest, _JSON, 0.5),
    Reader("settings of a language model", seeds.model_settings, _settings, _JSON, 0.5),
    Reader("answer of a language model", seeds.answers, _answer, _JSON, 1.5),
    Reader("answer, streamed", seeds.streams, _stream, (), 1.0),
    Reader("server's address", seeds.addresses, _address, (mutated_words,)),
    Reader("prompt", seeds.sentences, _sentence, (mutated_words,), 1.5),
    Reader("command line", seeds.command_lines, _command, (mutated_words,)),
    Reader("detector, ONNX", seeds.detectors, _onnx, (mutated_protobuf,)),
    Reader("regressor, TorchScript", seeds.torchscripts, _torchscript, (_IN_ZIP, _PICKLES_IN_ZIP), 0.5, ("torch",)),
    Reader("weights, safetensors", seeds.pose_weights, _weights, (mutated_safetensors,), 0.7, ("torch", "safetensors")),
    Reader("SMPL, pickle", seeds.smpl_pickles, partial(_smpl, name="SMPL_NEUTRAL.pkl"), (mutated_pickle,), 0.8,
           ("torch", "smplx")),
    Reader("SMPL-X, .npz", seeds.small_npz, partial(_smpl, name="SMPLX_NEUTRAL.npz"), (mutated_npz,), 0.3,
           ("torch", "smplx")),
)  # fmt: skip
"""All of them."""
LITERT_ALONE: Final = Reader("LiteRT alone", kept.tflites, kept.tflite, (), 1.0, ("ai_edge_litert", "flatbuffers"))
"""No way in, and it may crash: this is why no file comes to LiteRT whose SHA-256 is not known."""


def named(name: str) -> Reader:
    """The reader of that name."""
    return next(reader for reader in (*READERS, LITERT_ALONE) if reader.name == name)


def as_json(data: object) -> bytes:
    """For seeds of tests."""
    return json.dumps(data).encode()
