"""What tests of readings share: the pose and keys of a rig, and a modal choice that is played by hand."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np


def pose_of(armature):
    bpy.context.view_layer.update()
    return np.array([bone.matrix for bone in armature.pose.bones])


def keys_of(armature):
    """(path, index) -> the keys' frames and values."""
    slot = armature.animation_data.action_slot
    bag = armature.animation_data.action.layers[0].strips[0].channelbag(slot)
    return {(c.data_path, c.array_index): [tuple(p.co) for p in c.keyframe_points] for c in bag.fcurves}


def same_keys(one, other):
    return one.keys() == other.keys() and all(
        np.allclose(np.abs(one[place]), np.abs(other[place]), atol=1e-4) for place in one
    )


class Show:
    """A modal choice played by hand: events go in, answers come out."""

    def __init__(self, package, monkeypatch, session):
        self.package, self.session = package, session
        self.operators = package("operators.readings")
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(self.operators, "_region_under", lambda _context, event: event.place)
        self.removed, self.reports, self.told = [], [], []
        manager = SimpleNamespace(
            windows=(),
            event_timer_add=lambda *_a, **_k: "timer",
            event_timer_remove=self.removed.append,
            modal_handler_add=lambda _operator: None,
        )
        workspace = SimpleNamespace(name="none", status_text_set=self.told.append)
        self.context = SimpleNamespace(
            scene=bpy.context.scene, window=object(), workspace=workspace, window_manager=manager
        )
        cls = self.operators.CONTRAPPOSTO_OT_choose_reading
        self.operator = SimpleNamespace(
            bl_idname=cls.bl_idname,
            index=1,
            step=0,
            _timer=None,
            _workspace="",
            report=lambda kind, text: self.reports.append((*kind, text)),
        )
        self.operator.properties = SimpleNamespace(is_property_set=lambda _name: self.operator.index > 1)
        methods = ("execute", "invoke", "modal", "cancel", "refuse")
        for name in (*methods, "_begin", "_hear", "_end", "_keep", "_tell", "_put_away"):
            setattr(self.operator, name, getattr(cls, name).__get__(self.operator))

    def start(self, index=1, *, step=0):
        self.operator.index, self.operator.step = index, step
        self.context.scene = bpy.context.scene
        with self.monkeypatch.context() as patch:
            patch.setattr(self.operators.bpy, "app", SimpleNamespace(background=False, online_access=False))
            return self.operator.invoke(self.context, None)

    def event(self, kind, *, value="PRESS", place="WINDOW"):
        return self.operator.modal(self.context, SimpleNamespace(type=kind, value=value, place=place))
