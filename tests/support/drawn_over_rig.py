"""What an artist might draw over a rig: a pose of it, as strokes in the world and as a view shows them."""

from __future__ import annotations

import itertools

import bpy
import numpy as np

import fake_sketch
import views

INNER_TO_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
LINES = (
    ("neck", "left_shoulder", "left_elbow", "left_wrist"),
    ("neck", "right_shoulder", "right_elbow", "right_wrist"),
    ("neck", "left_hip", "left_knee", "left_ankle", "left_foot_index"),
    ("neck", "right_hip", "right_knee", "right_ankle", "right_foot_index"),
)
OTHER = {"left": "right_", "right": "left_"}
BONES = [pair for line in LINES for pair in itertools.pairwise(line[1:])]
TURNS = {
    "pelvis": (0.1, 0.5, -0.1),
    "spine2": (0.15, 0.1, 0.1),
    "left_shoulder": (0.2, -0.3, 0.8),
    "left_elbow": (0.0, -1.0, 0.0),
    "right_shoulder": (0.3, 0.2, 0.6),
    "right_elbow": (0.0, 0.7, 0.3),
    "left_hip": (-0.7, 0.0, 0.3),
    "left_knee": (0.9, 0.0, 0.0),
    "right_hip": (0.2, 0.0, -0.2),
}


def view_of(package, view=None, window=None):
    """Front view of a standing adult, if nothing else is said."""
    view = views.looking((0.0, -6.0, 1.0), (0.0, 0.0, 1.0)) if view is None else view
    window = views.perspective() if window is None else window
    return package("backend.view_drawing").ViewOfRegion(view, window, views.WIDTH, views.HEIGHT)


def places_of(package, armature):
    """Name of FIGURE_23 -> place in the world, of all joints that a rig has."""
    bpy.context.view_layer.update()
    joints = package("rig.camera").RigJoints(armature).places(armature)
    return {name.replace("_foot", "_foot_index"): place for name, place in joints.items()}


class Drawing:
    """A pose of a copy of the rig, as it is seen in a view: what an artist might draw over the rig."""

    def __init__(self, package, armature, view, *, turns=None):
        self.view, self.armature = view, armature
        poses = fake_sketch.standing_poses(package, **(TURNS if turns is None else turns))
        model = armature.copy()
        bpy.context.scene.collection.objects.link(model)
        package("rig.keyframes").pose_and_key(
            model, poses, options=package("rig.pose_plan").KeyOptions(frame=1.0, relax_hands=False)
        )
        self.places = places_of(package, model)
        bpy.data.objects.remove(model)
        axes = np.array(armature.matrix_world.to_3x3().normalized()) @ INNER_TO_BLENDER
        root = package("backend.rotations").axis_angle_to_matrix(poses.rotations[0, 0])
        self.poses = fake_sketch.with_root(package, poses, view.axes.T @ axes @ root)
        self.strokes = [np.array([self.places[name] for name in line]) for line in LINES]

    def pixels(self, places=None):
        places = self.places if places is None else places
        return {name: self.view.pixels(np.asarray(place)[None])[0] for name, place in places.items()}

    def give(self, sketches):
        drawn = {name for line in LINES for name in line}
        sketches.joints_px = {name: place for name, place in self.pixels().items() if name in drawn}
        sketches.poses = (self.poses,)


def grease_pencil(strokes, *, layer="Lines", name="Strokes", frame=1):
    """A Grease Pencil object with these strokes (N, 3) on one layer."""
    pencils = getattr(bpy.data, "grease_pencils_v3", None) or bpy.data.grease_pencils
    pencils = bpy.data.grease_pencils_v3 if hasattr(bpy.data, "grease_pencils_v3") else pencils
    data = pencils.new(name)
    add_layer(data, strokes, layer=layer, frame=frame)
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.update()
    return obj


def add_layer(data, strokes, *, layer, frame=1):
    made = data.layers.new(layer)
    drawing = made.frames.new(frame).drawing
    drawing.add_strokes([len(stroke) for stroke in strokes])
    drawing.attributes["position"].data.foreach_set("vector", np.concatenate(strokes).astype(np.float32).ravel())
    return made


def angles(drawing, package, armature):
    """Degrees between drawn limbs and the rig's, as the view shows them."""
    wanted, got = drawing.pixels(), drawing.pixels(places_of(package, armature))
    found = []
    for a, b in BONES:
        one, other = wanted[b] - wanted[a], got[b] - got[a]
        cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        found.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return np.array(found)


def hips_apart(drawing, package, armature):
    """Pixels between the hips as they were drawn and as they are."""
    wanted, got = drawing.pixels(), drawing.pixels(places_of(package, armature))
    return float(np.linalg.norm(sum(wanted[n] - got[n] for n in ("left_hip", "right_hip")) / 2.0))
