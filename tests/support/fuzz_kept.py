"""What .blend files, folders and libraries keep, and models of LiteRT: valid seeds, and how cases are read."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import numpy as np

_ID = UUID("11111111-2222-4333-8444-555555555555")
_SHIPPED = "pose_detection"


def provenances() -> list[bytes]:
    """Records of a photo, of a video and of a sentence."""
    digest = "a" * 64
    of_file = {"path": "//dancer.png", "sha256": digest, "bytes": 1234, "whole": True}
    common = {"slot": "OBRig", "made": "2026-11-30T05:00:00Z", "addon": "0.1.0", "models": {"pose": digest}}
    photo = {"kind": "photo", "frames": [10, 10], "source": of_file, "person": 1, "moved": {"left_wrist": [3.5, 9]},
             "settings": {"blend": 0.5, "flip": True, "limbs": "IK", "view_matrix": [1.0, 0, 0, 2]}, **common,
             "before": {'pose.bones["hips"].location': [[0, 0.25], [2, -1.0]]}}  # fmt: skip
    video = {"kind": "video", "frames": [1, 90.5], "source": {"path": "walk.mp4"}, "bones": ["hips", "läuft"], **common}
    text = {"kind": "text", "frames": [3, 3], "sentence": "left arm up", "seed": 4, "switched_off": [1],
            "understood": '{"elements": []}', "reading": 2, **common}  # fmt: skip
    return [json.dumps({"version": 1, "records": each}).encode() for each in ([photo, text], [video])]


def provenance(data: bytes, folder: Path) -> object:
    """Read it, and write what was read."""
    from contrapposto.backend.provenance_json import from_json, to_json

    found = from_json(data.decode("utf-8", "surrogateescape"))
    assert from_json(to_json(found)) == found
    return found


def catalogs() -> list[bytes]:
    """As Blender writes such files, and as a text editor of Windows saves them."""
    lines = ["# This is an Asset Catalog Definition file for Blender.", "", "VERSION 1", "",
             f"{_ID}:Poses/Dance:Poses-Dance", f"{UUID(int=7)}:Props/Stühle:Props-Stühle"]  # fmt: skip
    return ["\n".join([*lines, ""]).encode(), b"\xef\xbb\xbf" + "\r\n".join(lines).encode()]


def catalog_file(data: bytes, folder: Path) -> object:
    """Read it, and add a catalogue to it: what was there must be there still."""
    from contrapposto.backend.asset_catalogs import FILE_NAME, ensure_catalog, read_catalogs

    (folder / FILE_NAME).write_bytes(data)
    before = read_catalogs(folder)
    made = ensure_catalog(folder, "Poses/Added", new_id=lambda: UUID(int=9))
    after = read_catalogs(folder)
    assert after[: len(before)] == before
    assert made in after
    return after


@cache
def _rig() -> Any:
    """An armature of Mixamo's names, and what is read of it."""
    from contrapposto.rig.armature import read_rig
    from humanoids import make_humanoid

    armature = make_humanoid()
    return armature, read_rig(armature)


def maps_of_a_rig() -> list[bytes]:
    """The map that is found for the rig, and one that leaves joints in question."""
    from contrapposto.backend.retarget.known_rigs import match_once

    armature, rig = _rig()
    content = json.loads(match_once(rig).to_json())
    return [json.dumps({**content, "armature": armature.name, **more}).encode() for more in ({}, {"ask": ["neck"]})]


def preset_folder(data: bytes, folder: Path) -> object:
    """The rig's own preset is offered, loaded, fitted to the rig, and stands for the map that it has none of."""
    from contrapposto.backend.retarget.fingerprint import fingerprint
    from contrapposto.rig import bone_maps, map_files

    _, rig = _rig()
    (folder / f"{fingerprint(rig)}.json").write_bytes(data)
    with patch.object(map_files, "_folder", lambda **_how: folder):
        offers = map_files.offered_presets(rig)
        assert [offer.own for offer in offers] == [True]
        _ = offers[0].label
        return bone_maps.fitted(rig, map_files.load_preset_named(rig, offers[0].name)), map_files.load_preset(rig)


def map_of_a_rig(data: bytes, folder: Path) -> object:
    """The map that a .blend keeps on an armature, as it is when the armature is posed."""
    from contrapposto.rig import bone_maps, stored_map

    armature, rig = _rig()
    try:
        armature[stored_map.KEY] = data.decode("utf-8", "replace")
    except (TypeError, ValueError) as error:
        raise AssertionError("a text that no .blend could hold") from error
    return bone_maps.bone_map_for(armature, rig)


def motion_settings() -> list[bytes]:
    """With which settings a motion was keyed."""
    keying = {"smoothing_hz": 6.0, "lock_feet": True, "keys": "REDUCED", "destination": "NLA", "left_hand": "Ball"}
    return [json.dumps(keying).encode(), json.dumps({**keying, "max_degrees": 3, "unknown": 1}).encode()]


def settings_of_a_motion(data: bytes, folder: Path) -> object:
    """What fits is taken; it must make settings."""
    from contrapposto.backend.errors import InputError
    from contrapposto.operators.video_keying import Keying
    from contrapposto.operators.video_soon import kept_settings

    found = kept_settings(data.decode("utf-8", "replace"))
    if not found:
        raise InputError("No setting is known.")
    return Keying(**found)


def glbs() -> list[bytes]:
    """Whole files: header, chunk of JSON, chunk of data."""
    from fuzz_seeds import gltfs

    found: list[bytes] = []
    for content in gltfs():
        text = content + b" " * (-len(content) % 4)
        chunks = len(text).to_bytes(4, "little") + b"JSON" + text + (4).to_bytes(4, "little") + b"BIN\0" + b"\0" * 4
        found.append(b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunks)).to_bytes(4, "little") + chunks)
    return found


def glb(data: bytes, folder: Path) -> object:
    from contrapposto.rig.vrm_tables import table_in_file

    path = folder / "case.vrm"
    path.write_bytes(data)
    return table_in_file(path)


def motions() -> list[bytes]:
    """A motion of three frames as it is kept."""
    from contrapposto.backend.estimate.motion import RawMotion

    count, rng = 3, np.random.default_rng(2)
    motion = RawMotion(
        rotations=np.tile(np.eye(3, dtype=np.float32), (count, 24, 1, 1)),
        pelvis=rng.normal(0, 1, (count, 3)).astype(np.float32),
        up=np.tile(np.array([0, 1, 0], np.float32), (count, 1)),
        sigma=np.full((count, 24), 0.1, np.float32),
        log_scales=np.zeros(10, np.float32),
        camera=np.array([500, 500, 320, 180], np.float32),
        image_size=np.array([640, 360], np.float32),
        shot=np.array([0, 0, 1], np.intp),
        seen=np.ones(count, np.bool_),
        start_s=0.5,
        fps=25.0,
    )
    stream = io.BytesIO()
    np.savez(stream, **motion.to_arrays())
    return [stream.getvalue()]


def kept_motion(data: bytes, folder: Path) -> object:
    from contrapposto.backend.array_store import read_arrays
    from contrapposto.backend.errors import InputError
    from contrapposto.backend.estimate.motion import RawMotion

    path = folder / "kept.npz"
    path.write_bytes(data)
    try:
        arrays = read_arrays(path)
    except (OSError, ValueError, EOFError, RuntimeError, KeyError, zipfile.BadZipFile) as error:
        raise InputError("Nothing is kept under this name.") from error
    return RawMotion.from_arrays(arrays)


def torch_versions() -> list[bytes]:
    """The file from which it is told which torch lies in a folder."""
    typed = b'from typing import Optional\n__version__: str = "2.8.0"\n'
    return [b"__version__ = '2.9.1+cu128'\ndebug = False\n", typed]


def torch_folder(data: bytes, folder: Path) -> object:
    from contrapposto.backend.torch_folder import inspect

    package = folder / "torch"
    package.mkdir(exist_ok=True)
    (package / "version.py").write_bytes(data)
    (package / f"_C{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    return inspect(folder)


def tflites() -> list[bytes]:
    """The smallest model that adds four numbers; one in which they are not given but made."""
    return [_tflite(with_weights=True), _tflite(with_weights=False)]


def _tflite(*, with_weights: bool) -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model, graph, code, operator = schema.ModelT(), schema.SubGraphT(), schema.OperatorCodeT(), schema.OperatorT()
    model.version, model.description, model.buffers = 3, "tiny", [schema.BufferT(), schema.BufferT()]
    if with_weights:
        model.buffers[1].data = np.frombuffer(np.arange(4, dtype=np.float32).tobytes(), np.uint8)
    code.version, model.operatorCodes = 1, [code]
    graph.tensors = [_tensor(schema, name, int(with_weights and name == "w")) for name in ("in", "w", "out")]
    graph.inputs, graph.outputs = np.array([0] if with_weights else [0, 1], np.int32), np.array([2], np.int32)
    operator.inputs, operator.outputs = np.array([0, 1], np.int32), np.array([2], np.int32)
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.AddOptions, schema.AddOptionsT()
    graph.operators, model.subgraphs = [operator], [graph]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(schema: Any, name: str, buffer: int) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer = name, np.array([1, 4], np.int32), buffer
    return tensor


def shipped_tflites() -> list[bytes]:
    """The smallest model that is shipped, as it lies in the user's folder of models."""
    from contrapposto.backend.runtime import read_model

    return [read_model(_SHIPPED)]


def shipped_tflite(data: bytes, folder: Path) -> object:
    """The only way to LiteRT: what is not the registered file never comes to it."""
    from contrapposto.backend.runtime import model_entries, read_model

    (folder / Path(model_entries()[_SHIPPED].file).name).write_bytes(data)
    return _loaded(read_model(_SHIPPED, folder=folder))


def tflite(data: bytes, folder: Path) -> object:
    """Load it and run it, although nobody knows the file: what LiteRT alone makes of it."""
    model = _loaded(data)
    return model.run(np.ones(model.input_shape, np.float32), outputs=(0,))


def _loaded(data: bytes) -> Any:
    from contrapposto.backend.detect.tflite import TfliteModel

    return TfliteModel(data, "case.tflite", threads=1)
