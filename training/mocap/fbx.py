"""Reads FBX clips through Blender."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from contrapposto.backend.retarget.inverse import RigMotion
from contrapposto.rig.armature import read_rig
from contrapposto.rig.motion import action_frames
from contrapposto.rig.rig_files import open_rig

from .clip import Clip


def read_fbx(name: str, path: Path, *, fps: float) -> Clip:
    """An FBX file -> its clip with about `fps` frames a second, in the armature's own axes.

    Raises:
        ContrappostoError: Blender cannot read it, or it holds no armature.
    """
    armature = open_rig(path)
    rig = read_rig(armature)
    render = bpy.context.scene.render
    stride = max(round(render.fps / render.fps_base / fps), 1)
    frames = action_frames(armature)[::stride]
    order = [armature.pose.bones.find(bone) for bone in rig.bones]
    matrices = np.empty((len(frames), len(order), 4, 4), np.float32)
    flat = np.empty(16 * len(order), np.float32)
    start = None
    for position, frame in enumerate(frames):
        bpy.context.scene.frame_set(frame)
        armature.pose.bones.foreach_get("matrix", flat)
        world = np.array(armature.matrix_world, np.float32)
        start = np.linalg.inv(world) if start is None else start
        # Blender hands matrices over column by column.
        matrices[position] = (start @ world) @ flat.reshape(-1, 4, 4).swapaxes(-1, -2)[order]
    return Clip(name, rig, RigMotion(rig.bones, matrices, render.fps / render.fps_base / stride))
