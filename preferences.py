"""The add-on's preferences: device, folders, and a box that says in words what is installed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from .operators.session import session
from .panels.words import draw_findings

PACKAGE = str(__package__)

DEVICES = (
    ("AUTOMATIC", "Automatic", "The fastest that this computer has: CUDA, then Metal, then the processor"),
    ("CUDA", "CUDA", "An NVIDIA graphics card"),
    ("METAL", "Metal", "The graphics of an Apple computer"),
    ("CPU", "CPU", "The processor: works on every computer"),
)

SOLVERS = (
    ("AUTOMATIC", "Automatic", "The pose model; the closed form where a package that the model needs is not installed"),
    ("MODEL", "Pose Model", "The trained model: exact, with several readings where the picture allows them"),
    ("ANALYTIC", "Closed Form", "Plain geometry: works without PyTorch, is less exact, and gives one reading"),
)


@dataclass(frozen=True)
class Settings:
    """The preferences as plain values; a folder or file is None where none is named."""

    device: str = "AUTOMATIC"
    model_folder: Path | None = None
    smpl_folder: Path | None = None
    solver: str = "AUTOMATIC"
    detector_file: Path | None = None
    regressor_file: Path | None = None


def _forget_models(_preferences: Any, _context: bpy.types.Context) -> None:
    session.release_models()
    session.findings = ()


class CONTRAPPOSTO_preferences(bpy.types.AddonPreferences):
    """What belongs to this computer and not to a .blend file."""

    bl_idname = PACKAGE

    device: EnumProperty(
        name="Device",
        description="What the models run on",
        items=DEVICES,
        default="AUTOMATIC",
        update=_forget_models,
    )
    solver: EnumProperty(
        name="Solver",
        description="What turns what is seen in a photo into a pose",
        items=SOLVERS,
        default="AUTOMATIC",
    )
    model_folder: StringProperty(
        name="Model Folder",
        description="A folder with model files of your own; files that are not there are taken from the add-on",
        subtype="DIR_PATH",
        update=_forget_models,
    )
    smpl_folder: StringProperty(
        name="SMPL Folder",
        description="Your own SMPL or SMPL-X model files, if you have them. Their licence is yours to keep",
        subtype="DIR_PATH",
        update=_forget_models,
    )
    detector_file: StringProperty(
        name="Detector File",
        description="Your own RTMPose model (.onnx, of 17 or 133 keypoints), in the place of the detector's keypoints",
        subtype="FILE_PATH",
        update=_forget_models,
    )
    regressor_file: StringProperty(
        name="Regressor File",
        description="Your own pose regressor (TorchScript, .pt), used where the solver is Automatic. Such files are "
        "programs: choose one only if you trust its maker",
        subtype="FILE_PATH",
        update=_forget_models,
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the settings and the findings of the last check."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "device")
        layout.prop(self, "solver")
        layout.prop(self, "model_folder")
        layout.prop(self, "smpl_folder")
        layout.prop(self, "detector_file")
        layout.prop(self, "regressor_file")
        box = layout.box()
        row = box.row()
        row.label(text="What is installed", icon="PACKAGE")
        row.operator("contrapposto.check_installation", text="Check", icon="VIEWZOOM")
        draw_findings(box, session.findings)


def _path(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)) if text.strip() else None


def settings(context: bpy.types.Context) -> Settings:
    """The preferences in use; the defaults where the add-on was enabled without being saved to the preferences."""
    addon = context.preferences.addons.get(PACKAGE)
    if addon is None or addon.preferences is None:
        return Settings()
    chosen = addon.preferences
    return Settings(
        chosen.device,
        _path(chosen.model_folder),
        _path(chosen.smpl_folder),
        chosen.solver,
        _path(chosen.detector_file),
        _path(chosen.regressor_file),
    )


CLASSES = (CONTRAPPOSTO_preferences,)
