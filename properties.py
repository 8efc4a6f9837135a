"""What a scene remembers: the options to pose with, and the result of the last run. And an armature: its bone map.

A running job is no property: it belongs to its operator, must survive undo, and must not be saved; see
`operators/session.py`.
"""

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import video_properties
from .backend.errors import MissingPackageError
from .backend.joint_words import BODY_JOINTS, FINGER_JOINTS, in_words
from .backend.packages import require_package
from .rig.overlay import redraw_on_change
from .rig.stored_map import choose_bone, first_bone


class PoseOptions:
    """How a pose is put on the rig; shared by the scene and the operators."""

    selected_only: BoolProperty(
        name="Selected Bones Only",
        description="Pose and key only the bones that are selected; all others keep their pose and their keys",
        default=False,
        options={"SKIP_SAVE"},  # an operator takes the scene's options, not those of its last run
    )
    root_location: BoolProperty(
        name="Root Location",
        description="Move the rig's root as well, so that feet and hips stand where the pose has them",
        default=True,
        options={"SKIP_SAVE"},
    )
    in_place: BoolProperty(
        name="In Place",
        description="Stay on the spot: of the root's location only the height is keyed",
        default=False,
        options={"SKIP_SAVE"},
    )
    flip: BoolProperty(
        name="Flip Left and Right",
        description="Take the pose as a mirror shows it: what the left arm does, the right arm does",
        default=False,
        options={"SKIP_SAVE"},
    )
    limbs: EnumProperty(
        name="Limbs",
        description="Which controls to key on arms and legs that have both",
        items=(
            ("FK", "FK", "Rotations, bone by bone: always exact"),
            ("IK", "IK", "Hand and foot controls and their poles, with the limbs switched to IK"),
        ),
        default="FK",
        options={"SKIP_SAVE"},
    )
    relax_hands: BoolProperty(
        name="Relax Hands",
        description="Curl the fingers a little where the pose says nothing about them. Hands that you posed or keyed "
        "stay as they are",
        default=True,
        options={"SKIP_SAVE"},
    )
    blend: FloatProperty(
        name="Blend",
        description="How much of the new pose to take: 0 keeps the current pose, 1 is the new one",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )
    only_sure: BoolProperty(
        name="Key Only Sure Joints",
        description="Leave joints alone that the picture does not tell well enough, to pose them by hand",
        default=False,
        options={"SKIP_SAVE"},
    )
    min_confidence: FloatProperty(
        name="Sure From",
        description="A joint is sure if the chance that it is right is at least this",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )
    keep_unseen: BoolProperty(
        name="Keep Unseen",
        description="Key limbs that the picture does not show as they stand now: cut off by its edge, or hidden",
        default=False,
        options={"SKIP_SAVE"},
    )
    readings: IntProperty(
        name="Readings",
        description="How many readings of the pose to look for where the picture allows several",
        default=3,
        min=1,
        max=9,
        options={"SKIP_SAVE"},
    )

    words: StringProperty(
        name="In Words",
        description="What the picture leaves open, such as “left leg behind”: the reading that agrees best comes first",
        options={"SKIP_SAVE"},
    )


OPTION_NAMES = tuple(PoseOptions.__annotations__)


class CONTRAPPOSTO_PG_options(PoseOptions, bpy.types.PropertyGroup):
    """The options that the panel shows and that operators start with."""

    tint_sure: BoolProperty(
        name="Sure Bones Too",
        description="Tint the bones that are sure as well, in green",
        default=False,
        update=redraw_on_change,
    )


class CONTRAPPOSTO_PG_timing(bpy.types.PropertyGroup):
    """How long a stage took; `name` says which."""

    milliseconds: FloatProperty(name="Milliseconds", description="How long this stage took")


class CONTRAPPOSTO_PG_person(bpy.types.PropertyGroup):
    """Somebody in the picture, the most prominent first."""

    box_px: FloatVectorProperty(
        name="Box", description="Left, top, right, bottom in pixels of the picture", size=4, default=(0, 0, 0, 0)
    )
    thumbnail: StringProperty(name="Thumbnail", description="The thumbnail's name while the add-on runs")


class CONTRAPPOSTO_PG_body_part(bpy.types.PropertyGroup):
    """A part of the body; `name` says which."""

    confidence: FloatProperty(
        name="Confidence", description="How far this part of the pose can be trusted", min=0.0, max=1.0
    )
    not_shown: BoolProperty(name="Not Shown", description="The picture does not show it: its pose is guessed")


class CONTRAPPOSTO_PG_joint(bpy.types.PropertyGroup):
    """A joint of the body on the rig; `name` is its SMPL name."""

    confidence: FloatProperty(name="Confidence", description="How far this joint can be trusted", min=0.0, max=1.0)
    bones: StringProperty(name="Bones", description="The bones that stand for it, a line each")
    controls: StringProperty(name="Controls", description="The bones that pose it, a line each")


class CONTRAPPOSTO_PG_constraint(bpy.types.PropertyGroup):
    """Something that a sentence was understood to say; `name` is that in words."""

    used: BoolProperty(name="Used", description="Whether it counts", default=True)
    held: BoolProperty(name="Held", description="Whether the pose that is on the rig does it")


class CONTRAPPOSTO_PG_text(bpy.types.PropertyGroup):
    """What to pose in words."""

    prompt: StringProperty(
        name="Sentence", description="The pose in words, such as “kneeling on the left knee, right hand on the heart”"
    )
    alternatives: IntProperty(
        name="Alternatives", description="How many poses to make, to choose among them", min=1, max=16, default=4
    )
    seed: IntProperty(name="Seed", description="Another number makes other poses", min=0)
    description: StringProperty(name="Description", description="The pose of the rig when it was last described")


class CONTRAPPOSTO_PG_result(bpy.types.PropertyGroup):
    """What the last run did; empty before the first (`summary` is then empty)."""

    summary: StringProperty(name="Summary", description="What the last run did, in a sentence")
    run: StringProperty(name="Run", description="Which run of this session it was")
    reading: IntProperty(name="Reading", description="Which reading is posed, counted from 1", min=0)
    joints: CollectionProperty(
        type=CONTRAPPOSTO_PG_joint, name="Joints", description="How sure each joint of the pose is"
    )
    photo: StringProperty(
        name="Photo",
        description="The picture that the pose was taken from",
        subtype="FILE_PATH",
        options={"PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    sentence: StringProperty(name="Sentence", description="What was posed in words")
    constraints: CollectionProperty(
        type=CONTRAPPOSTO_PG_constraint, name="Constraints", description="What the sentence was understood to say"
    )
    operator: StringProperty(name="Operator", description="The operator that posed it", default="contrapposto.photo")
    seconds: FloatProperty(name="Seconds", description="How long the whole run took")
    timings: CollectionProperty(type=CONTRAPPOSTO_PG_timing, name="Timings", description="How long each stage took")
    people: CollectionProperty(type=CONTRAPPOSTO_PG_person, name="People", description="Everybody in the picture")
    person: IntProperty(name="Person", description="Who was posed, counted from 1", min=0)
    body_parts: CollectionProperty(
        type=CONTRAPPOSTO_PG_body_part, name="Body Parts", description="How sure each part of the body is"
    )
    armature: StringProperty(name="Armature", description="The armature that was posed")
    action: StringProperty(name="Action", description="The action that has the keys")
    frame: FloatProperty(name="Frame", description="Where the pose is keyed")
    notes: StringProperty(name="Notes", description="What is odd about the rig, a line each")
    unsure_count: IntProperty(name="Unsure Bones", description="How many bones were too unsure to key")
    unsure_bones: StringProperty(name="Unsure Bones", description="Names of the bones that were too unsure to key")
    keyed_count: IntProperty(name="Keyed Bones", description="How many bones were keyed")
    keyed_bones: StringProperty(name="Keyed Bones", description="Names of the bones that were keyed")
    skipped_count: IntProperty(name="Skipped Bones", description="How many bones were left alone")
    skipped_bones: StringProperty(name="Skipped Bones", description="Names of the bones that were left alone, and why")


class CONTRAPPOSTO_PG_scene(bpy.types.PropertyGroup):
    """Everything that the add-on keeps in a scene."""

    options: PointerProperty(type=CONTRAPPOSTO_PG_options, name="Options", description="How poses are put on the rig")
    text: PointerProperty(type=CONTRAPPOSTO_PG_text, name="Text", description="What to pose in words")
    result: PointerProperty(type=CONTRAPPOSTO_PG_result, name="Result", description="What the last run did")
    video: PointerProperty(
        type=video_properties.CONTRAPPOSTO_PG_video,
        name="Video",
        description="Which video to read, and what came of it",
    )


def _bone_property(joint: str) -> Any:
    """The first bone of a joint: a view of the map that is kept on the armature object, which is the only truth."""

    def get(group: Any) -> str:
        return first_bone(group.id_data, joint)

    def set_bone(group: Any, bone: str) -> None:
        if bone == get(group):
            return
        try:
            require_package("scipy.spatial.transform", name="scipy", purpose="check the bone map")
        except MissingPackageError:  # whatever poses with the map says so; an edit needs no check
            choose_bone(group.id_data, joint, bone=bone)
            return
        from .rig.map_notes import edit_bone

        edit_bone(group.id_data, joint, bone=bone)

    return StringProperty(
        name=in_words(joint).capitalize(),
        description="The bone of the rig that stands for this part of the body",
        get=get,
        set=set_bone,
        override={"LIBRARY_OVERRIDABLE"},
    )


class CONTRAPPOSTO_PG_bone_map(bpy.types.PropertyGroup):
    """An armature's bone map, as fields to edit: one a joint, named like the joint."""

    __annotations__ = {joint: _bone_property(joint) for joint in (*BODY_JOINTS, *FINGER_JOINTS)}


CLASSES = (
    CONTRAPPOSTO_PG_options,
    CONTRAPPOSTO_PG_timing,
    CONTRAPPOSTO_PG_person,
    CONTRAPPOSTO_PG_body_part,
    CONTRAPPOSTO_PG_joint,
    CONTRAPPOSTO_PG_constraint,
    CONTRAPPOSTO_PG_text,
    CONTRAPPOSTO_PG_result,
    *video_properties.CLASSES,
    CONTRAPPOSTO_PG_scene,
    CONTRAPPOSTO_PG_bone_map,
)


def attach() -> None:
    """Give every scene and every object its `contrapposto` properties."""
    bpy.types.Scene.contrapposto = PointerProperty(type=CONTRAPPOSTO_PG_scene)
    bpy.types.Object.contrapposto_bones = PointerProperty(
        type=CONTRAPPOSTO_PG_bone_map, override={"LIBRARY_OVERRIDABLE"}
    )
    video_properties.attach()


def detach() -> None:
    """Take the properties away again; what a file saved in them stays in the file."""
    video_properties.detach()
    del bpy.types.Object.contrapposto_bones
    del bpy.types.Scene.contrapposto
