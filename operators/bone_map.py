"""The bone map of the active armature: found, mirrored, confirmed and shown on the rig."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..backend.errors import ContrappostoError, RigError
from ..backend.joint_words import BODY_JOINTS, in_words
from ..rig import stored_map
from ..translations.words import n_, rpt_, tip_
from .confidence import with_hidden
from .modal_job import redraw_sidebars
from .session import session
from .target import why_not
from .telling import TellsWhy

if TYPE_CHECKING:
    from ..backend.retarget.bone_map import BoneMap
    from ..backend.retarget.rig_spec import RigSpec

NO_MAP = n_("Press Detect first: no bone map is kept on this armature")


@dataclass(frozen=True)
class Done:
    """What an operator did, in words, and what is odd about the map that it left, in sentences."""

    words: str
    problems: tuple[str, ...] = ()


class ChangesBoneMap(TellsWhy):
    """Mixin of an operator on the active armature's bone map: `work` does it, and says in words what was done."""

    needs_map = True

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """An armature must be active, and where it is needed it must have a map."""
        reason = why_not(context)
        if reason is None and cls.needs_map and stored_map.stored_text(active_armature(context)) is None:
            return NO_MAP
        return reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do it, or say why it cannot be done; then nothing is changed."""
        operator: Any = self
        try:
            _require_packages()
            armature = active_armature(context)
            done = self.work(armature)
        except ContrappostoError as error:
            if context.active_object is not None:
                session.refused = (context.active_object.session_uid, str(error))
            return self.refuse(error)
        session.refused = None
        redraw_sidebars(context)
        operator.report({"INFO"}, done.words)
        for problem in done.problems:
            operator.report({"WARNING"}, problem)
        return {"FINISHED"}

    def work(self, armature: bpy.types.Object) -> Done:
        """What the operator is for."""
        raise NotImplementedError


def active_armature(context: bpy.types.Context) -> bpy.types.Object:
    """The active object.

    Raises:
        RigError: there is none.
    """
    if context.active_object is None:
        raise RigError("No object is active. Select an armature.")
    return context.active_object


def _require_packages() -> None:
    from ..backend.packages import require_package

    require_package("scipy.optimize", name="scipy", purpose="find the bones of a rig")


def read(armature: bpy.types.Object) -> "tuple[RigSpec, BoneMap]":
    """The rig, and the map kept on it."""
    from ..rig.armature import read_rig
    from ..rig.bone_maps import known_map

    rig = read_rig(armature)
    return rig, known_map(armature, rig)


def told(bone_map: "BoneMap", *, before: str = "{found}") -> Done:
    """How much of a body a map knows, in the words `before`, and its problems."""
    from ..rig.bone_maps import asked

    body = sum(joint in bone_map.joints for joint in BODY_JOINTS)
    questions = len(asked(bone_map))
    words = rpt_("{count} of {all} joints found{how}").format(
        count=body, all=len(BODY_JOINTS), how=found_in_words(bone_map.convention)
    )
    if questions:
        words = rpt_("{words}; {count} to check").format(words=words, count=questions)
    return Done(rpt_(before).format(found=words), bone_map.problems)


def found_in_words(convention: str) -> str:
    """How a bone map was found, to follow "22 of 22 joints", in the artist's language."""
    if convention.startswith("structure"):
        return rpt_(", found by the structure of the rig")
    if convention == "generic":
        return rpt_(", found by common names")
    named = rpt_(", named as in {convention}")
    return named.format(convention=convention.replace("_", " ")) if convention else ""


def joint_in_words(joint: str) -> str:
    """A joint within a sentence, in the artist's language."""
    words = in_words(joint)
    translated = rpt_(words.capitalize())
    return words if translated == words.capitalize() else translated


class CONTRAPPOSTO_OT_detect_bones(ChangesBoneMap, bpy.types.Operator):
    """Find the bones of the body by their names and by the structure of the rig; replaces the map shown below"""

    bl_idname = "contrapposto.detect_bones"
    bl_label = "Detect"
    bl_options = {"REGISTER", "UNDO"}
    needs_map = False

    def work(self, armature: bpy.types.Object) -> Done:
        from ..backend.retarget.matcher import detect_bones
        from ..rig.armature import read_rig
        from ..rig.bone_maps import store

        found = detect_bones(read_rig(armature))
        if not found.joints:
            why = " ".join(found.problems) or f"{armature.name} has no bones that look like a body."
            raise RigError(f"{why} Choose another armature.")
        store(armature, found)
        return told(found)


class CONTRAPPOSTO_OT_mirror_bone_map(ChangesBoneMap, bpy.types.Operator):
    """Give the right side the counterparts of the left side's bones, by the names of the rig or by position"""

    bl_idname = "contrapposto.mirror_bone_map"
    bl_label = "Mirror"
    bl_options = {"REGISTER", "UNDO"}

    source: EnumProperty(
        name="Copy",
        description="Which side is right already",
        items=(
            ("left", "Left to Right", "Take the character's left side for both"),
            ("right", "Right to Left", "Take the character's right side for both"),
        ),
        default="left",
    )

    def work(self, armature: bpy.types.Object) -> Done:
        from dataclasses import replace

        from ..backend.retarget.given_map import with_notes
        from ..backend.retarget.mirror_map import mirrored_map
        from ..rig.bone_maps import store

        rig, bone_map = read(armature)
        mirrored = mirrored_map(rig, replace(bone_map, problems=()), source=self.source)
        copied = sum(match != bone_map.joints.get(joint) for joint, match in mirrored.joints.items())
        of_before = with_notes(rig, replace(bone_map, problems=())).problems
        lasting = tuple(problem for problem in bone_map.problems if problem not in of_before)
        noted = with_notes(rig, replace(mirrored, problems=(*lasting, *mirrored.problems)))
        store(armature, noted)
        words = rpt_(n_("{count} joint mirrored") if copied == 1 else n_("{count} joints mirrored"))
        return Done(words.format(count=copied), noted.problems)


class CONTRAPPOSTO_OT_confirm_joint(ChangesBoneMap, bpy.types.Operator):
    """This is right: take it as it is"""

    bl_idname = "contrapposto.confirm_joint"
    bl_label = "Confirm"
    bl_options = {"UNDO", "INTERNAL"}

    joint: StringProperty(name="Joint", description="The joint's SMPL name; empty for all that are asked about")

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Says what is confirmed."""
        if properties.joint:
            return tip_("The {joint} is right").format(joint=joint_in_words(properties.joint))
        return tip_("All of these are right")

    def work(self, armature: bpy.types.Object) -> Done:
        from ..backend.retarget.matcher import ESSENTIAL

        stored = stored_map.stored_map(armature) or stored_map.StoredMap()
        joints = [self.joint] if self.joint else list(stored.ask)
        empty = [in_words(joint) for joint in joints if joint in ESSENTIAL and joint not in stored.joints]
        if empty:
            raise RigError(f"{armature.name} cannot be posed without {', '.join(empty)}. Choose a bone.")
        if not self.joint and not stored.is_body:
            raise RigError(
                f"{armature.name} may be no human body: none of its bones is sure. "
                "Look at them one by one, or choose another armature."
            )
        for joint in joints:
            stored_map.confirm(armature, joint)
        return Done(rpt_("Confirmed: {joints}").format(joints=", ".join(map(joint_in_words, joints))))


class CONTRAPPOSTO_OT_show_bones(ChangesBoneMap, bpy.types.Operator):
    """Select the bones of the map in Pose Mode, and bring them into view"""

    bl_idname = "contrapposto.show_bones"
    bl_label = "Show on Rig"
    bl_options = {"REGISTER", "UNDO"}

    joint: StringProperty(
        name="Joint", description="The joint's SMPL name; empty for all of the body", options={"SKIP_SAVE"}
    )
    extend: BoolProperty(
        name="Extend", description="Keep what is selected already", default=False, options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        """Why these bones were chosen."""
        stored = stored_map.stored_map(context.active_object) if context.active_object is not None else None
        match = stored.joints.get(properties.joint) if stored is not None else None
        if match is None:
            return tip_("Select the bones of the map in Pose Mode, and bring them into view")
        words = tip_("{joint}: {bones}.\n{reason} ({score}).\nClick to show")
        joint = tip_(in_words(properties.joint).capitalize())
        reason = match.reason or tip_("no reason was kept")
        return words.format(joint=joint, bones=", ".join(match.bones), reason=reason, score=f"{match.score:.0%}")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Shift keeps the selection."""
        self.extend = event.shift
        return self.execute(context)

    def work(self, armature: bpy.types.Object) -> Done:
        from ..rig.selection import select_bones, show_armature
        from .view import frame_selected

        stored = stored_map.stored_map(armature) or stored_map.StoredMap()
        joints = [self.joint] if self.joint else BODY_JOINTS
        names = [bone for joint in joints if joint in stored.joints for bone in stored.joints[joint].bones]
        if not names:
            raise RigError(
                f"{armature.name} has no bone for {in_words(self.joint) if self.joint else 'any joint'} yet."
            )
        shown = show_armature(armature)
        if armature.mode != "POSE":
            bpy.ops.object.mode_set(mode="POSE")  # there is no other way to change the mode
        hidden = select_bones(armature, names, extend=self.extend)
        frame_selected(bpy.context)
        words = rpt_(n_("{count} bone selected") if len(names) == 1 else n_("{count} bones selected"))
        words = with_hidden(words.format(count=len(names)), hidden)
        if shown:
            words = rpt_("{words}; {name} was hidden and is shown now").format(words=words, name=armature.name)
        return Done(words)


class CONTRAPPOSTO_OT_forget_bone_map(ChangesBoneMap, bpy.types.Operator):
    """Take the map off this armature; its bones are found automatically again, or by your preset"""

    bl_idname = "contrapposto.forget_bone_map"
    bl_label = "Remove from Armature"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, armature: bpy.types.Object) -> Done:
        stored_map.forget(armature)
        return Done(rpt_("The bone map was taken off {name}").format(name=armature.name))


CLASSES: Iterable[type] = (
    CONTRAPPOSTO_OT_detect_bones,
    CONTRAPPOSTO_OT_mirror_bone_map,
    CONTRAPPOSTO_OT_confirm_joint,
    CONTRAPPOSTO_OT_show_bones,
    CONTRAPPOSTO_OT_forget_bone_map,
)
