"""The humanoid table of VRM files: which bone is the left upper arm, said by the file itself or by the VRM add-on."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..backend.errors import InputError
from ..backend.outside import parse_json

KEPT = "contrapposto_humanoid"
"""Custom property of the armature's data that keeps the table of an imported file."""

_JSON_CHUNK = 0x4E4F534A
_MOST_JSON = 64 << 20
"""Bytes; a VRM of 200 morph targets has 2 MB."""
_ADDON = "vrm_addon_extension"


def table_in_file(path: Path) -> dict[str, str]:
    """VRM's name of each human bone -> the node's name, from the JSON of a .vrm or .glb; empty where it has none.

    Raises:
        InputError: the file is damaged.
    """
    try:
        return _table(_json_of(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path.name} has a damaged table of human bones. Export it again.") from error


def _table(content: Any) -> dict[str, str]:
    names = [str(node.get("name", "")) for node in content.get("nodes", ())]
    extensions = content.get("extensions", {})
    bones: Any = extensions.get("VRMC_vrm", {}).get("humanoid", {}).get("humanBones", {})
    if not bones:
        listed = extensions.get("VRM", {}).get("humanoid", {}).get("humanBones", ())
        bones = {bone["bone"]: bone for bone in listed if "bone" in bone}
    nodes = {str(bone): found.get("node", -1) for bone, found in bones.items()}
    places = {bone: node for bone, node in nodes.items() if type(node) is int and 0 <= node < len(names)}
    return {bone: names[node] for bone, node in places.items() if names[node]}


def _json_of(path: Path) -> Any:
    with path.open("rb") as stream:
        header = stream.read(20)
        if len(header) < 20 or header[:4] != b"glTF":
            return {}
        length, kind = struct.unpack("<II", header[12:])
        if length > _MOST_JSON:
            raise InputError(f"{path.name} describes itself in more than {_MOST_JSON >> 20} MB. Export it again.")
        return parse_json(stream.read(length).decode("utf-8"), most=_MOST_JSON) if kind == _JSON_CHUNK else {}


def keep_table(armature: bpy.types.Object, table: dict[str, str]) -> None:
    """Note the table on the armature, for the bones that it has."""
    found = {human: bone for human, bone in table.items() if bone in armature.data.bones}
    if found:
        armature.data[KEPT] = found


def humanoid_table(armature: bpy.types.Object) -> dict[str, str]:
    """VRM's name of each human bone -> bone, as the VRM add-on or an import noted it; empty where neither did."""
    kept = armature.data.get(KEPT)
    table = dict(_addon_bones(armature.data)) or (dict(kept.items()) if kept else {})
    return {human: bone for human, bone in table.items() if bone in armature.data.bones}


def _addon_bones(data: Any) -> Iterator[tuple[str, str]]:
    """What the VRM add-on keeps for its newer format, else for the older one; also where it is not installed."""
    extension = getattr(data, _ADDON, None) or data.get(_ADDON)
    bones = _inside(extension, "vrm1", "humanoid", "human_bones")
    found = [(name, _bone_name(_inside(bones, name))) for name in _members(bones)]
    listed = _inside(extension, "vrm0", "humanoid", "human_bones") or ()
    found = [pair for pair in found if pair[1]] or [(str(_inside(bone, "bone")), _bone_name(bone)) for bone in listed]
    yield from ((human, bone) for human, bone in found if bone)


def _inside(holder: Any, *path: str) -> Any:
    for name in path:
        if holder is None:
            return None
        holder = holder.get(name) if hasattr(holder, "keys") and name in holder else getattr(holder, name, None)
    return holder


def _members(holder: Any) -> list[str]:
    if holder is None:
        return []
    if hasattr(holder, "bl_rna"):
        return [name for name in holder.bl_rna.properties.keys() if name != "rna_type"]  # noqa: SIM118
    return list(holder.keys())


def _bone_name(bone: Any) -> str:
    """The bone's name, in the words of this and of older versions of the add-on."""
    node = _inside(bone, "node")
    return str(_inside(node, "bone_name") or _inside(node, "value") or "")
