"""The add-on's preferences: device, folders, and a box that says in words what is installed."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, StringProperty

from .backend.errors import InputError
from .operators.session import session
from .panels.words import draw_findings, draw_sentence
from .rig.callbacks import on_change

if TYPE_CHECKING:
    from .backend.job import Job
    from .backend.text.language import Program
    from .backend.text.llm import LlmRequest, LlmSettings
    from .backend.text_pipeline import LanguageModel

PACKAGE = str(__package__)
SENTENCES_KEPT = 20

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


LANGUAGE_MODELS = (
    ("NONE", "None", "Sentences are understood by the add-on's own grammar: at once, and nothing leaves this computer"),
    ("SERVER", "Server", "A server that speaks OpenAI's protocol: Ollama, LM Studio, llama.cpp, vLLM, or a hosted one"),
    ("FOLDER", "Folder", "A model in a folder of this computer, run inside Blender by the package transformers"),
)


@dataclass(frozen=True)
class LanguageSettings:
    """What understands sentences, as plain values."""

    kind: str = "NONE"
    server: str = ""
    model: str = ""
    key: str = field(default="", repr=False)
    key_variable: str = ""
    folder: Path | None = None
    send_picture: bool = False
    online: bool = False

    def ask_server(self, request: "LlmRequest") -> "Job[Program]":
        """Ask the server that was chosen.

        Raises:
            InputError: the settings cannot be used, or what they say may not be reached.
            ModelError: no answer can be used.
        """
        from .backend.text import llm

        return (yield from llm.ask(request, self.server_settings()))

    def server_settings(self) -> "LlmSettings":
        """How the server is asked.

        Raises:
            InputError: the address, the model's name or the key cannot be used.
        """
        from .backend.text import llm

        key = self.key or os.environ.get(self.key_variable, "") or llm.environment_key()
        return llm.LlmSettings(
            self.server, self.model, api_key=key, send_picture=self.send_picture, online_access=self.online
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
    language: LanguageSettings = LanguageSettings()

    def language_model(self) -> "LanguageModel | None":
        """What understands sentences in the place of the grammar, if that was chosen.

        Raises:
            InputError: a folder was chosen, and none is named.
        """
        chosen = self.language
        if chosen.kind != "FOLDER":
            return chosen.ask_server if chosen.kind == "SERVER" else None
        if chosen.folder is None:
            raise InputError(
                "No folder of a language model is named. Name it in the preferences, or choose None there."
            )
        from .backend.text_pipeline import model_in_folder

        return model_in_folder(chosen.folder, session.models(self))


@on_change("Changing a setting")
def _forget_models(_preferences: Any, _context: bpy.types.Context) -> None:
    session.release_models()
    session.findings = ()


def _remember_torch(stamp: str) -> None:
    """Write down that a torch was tried and works, so that later sessions start it at once."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    if addon is not None and addon.preferences is not None:
        addon.preferences.torch_proven = stamp
        bpy.context.preferences.is_dirty = True


@on_change("Choosing PyTorch")
def _choose_torch(preferences: Any, context: bpy.types.Context) -> None:
    """Take torch from the folder that was named; its files are looked at, and what they tell is shown below it."""
    from .backend import torch_folder

    folder = _path(preferences.torch_folder)
    torch_folder.use(folder, proven=preferences.torch_proven, remember=_remember_torch)
    preferences.torch_words = torch_folder.sentence(folder)
    _forget_models(preferences, context)


class CONTRAPPOSTO_PG_sentence(bpy.types.PropertyGroup):
    """A sentence that posed a rig before; `name` is its words."""


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
    torch_folder: StringProperty(
        name="PyTorch Folder",
        description="The site-packages folder of a Python of Blender's version that has PyTorch: for a graphics card, "
        "or where the extension brings no PyTorch. Empty for that of the extension",
        subtype="DIR_PATH",
        update=_choose_torch,
    )
    torch_words: StringProperty(name="PyTorch", description="What lies in that folder", options={"HIDDEN", "SKIP_SAVE"})
    torch_proven: StringProperty(
        name="Tried PyTorch", description="The PyTorch that was tried and works", options={"HIDDEN"}
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

    language: EnumProperty(
        name="Language Model",
        description="What understands sentences",
        items=LANGUAGE_MODELS,
        default="NONE",
    )
    language_server: StringProperty(
        name="Server",
        description="Its address. Servers other than this computer are asked only while Blender's online access is on",
        default="http://localhost:11434/v1",
    )
    language_name: StringProperty(name="Model", description="The model's name on that server")
    language_key: StringProperty(
        name="Server Key",
        description="The server's key, if it asks for one. It is kept with Blender's preferences, unencrypted: an "
        "environment variable is safer",
        subtype="PASSWORD",
    )
    language_key_variable: StringProperty(
        name="Key Variable", description="The environment variable that holds the key, in the place of the key itself"
    )
    language_folder: StringProperty(
        name="Model Folder",
        description="The folder of the language model, as transformers reads it",
        subtype="DIR_PATH",
    )
    language_picture: BoolProperty(
        name="Send the Picture",
        description="With a picture and words about it, let the model see the picture, if it can",
        default=False,
    )
    sentences: CollectionProperty(
        type=CONTRAPPOSTO_PG_sentence, name="Sentences", description="The last sentences, the newest first"
    )

    @classmethod
    def register(cls) -> None:
        """When the add-on is enabled: torch is found in the folder that is named. Nothing of it is read yet."""
        addon = bpy.context.preferences.addons.get(PACKAGE)
        if addon is not None and addon.preferences is not None:
            chosen = addon.preferences
            if not chosen.torch_folder.strip():
                return
            from .backend import torch_folder

            torch_folder.use(_path(chosen.torch_folder), proven=chosen.torch_proven, remember=_remember_torch)

    @classmethod
    def unregister(cls) -> None:
        """When it is disabled: Python finds torch by itself again, or not at all."""
        from .backend import torch_folder

        torch_folder.use(None)

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the settings and the findings of the last check."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "device")
        layout.prop(self, "solver")
        layout.prop(self, "model_folder")
        layout.prop(self, "smpl_folder")
        layout.prop(self, "torch_folder")
        if self.torch_words:
            draw_sentence(layout, self.torch_words)
        layout.prop(self, "detector_file")
        layout.prop(self, "regressor_file")
        self._draw_language(layout.column())
        box = layout.box()
        row = box.row()
        row.label(text="What is installed", icon="PACKAGE")
        row.operator("contrapposto.check_installation", text="Check", icon="VIEWZOOM")
        draw_findings(box, session.findings)

    def _draw_language(self, layout: Any) -> None:
        layout.prop(self, "language")
        if self.language == "SERVER":
            for name in ("language_server", "language_name", "language_key_variable", "language_key"):
                layout.prop(self, name)
        elif self.language == "FOLDER":
            layout.prop(self, "language_folder")
        if self.language != "NONE":
            layout.prop(self, "language_picture")


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
        LanguageSettings(
            chosen.language,
            chosen.language_server.strip(),
            chosen.language_name.strip(),
            chosen.language_key.strip(),
            chosen.language_key_variable.strip(),
            _path(chosen.language_folder),
            chosen.language_picture,
            bpy.app.online_access,
        ),
    )


def remember_sentence(context: bpy.types.Context, sentence: str) -> None:
    """Put a sentence first among the last ones, where the add-on has preferences."""
    addon, sentence = context.preferences.addons.get(PACKAGE), sentence.strip()
    if addon is None or addon.preferences is None or not sentence:
        return
    kept = addon.preferences.sentences
    others = [each.name for each in kept if each.name != sentence]
    kept.clear()
    for words in (sentence, *others[: SENTENCES_KEPT - 1]):
        kept.add().name = words
    context.preferences.is_dirty = True


def last_sentences(context: bpy.types.Context) -> list[str]:
    """The last sentences, the newest first."""
    addon = context.preferences.addons.get(PACKAGE)
    return [] if addon is None or addon.preferences is None else [each.name for each in addon.preferences.sentences]


CLASSES = (CONTRAPPOSTO_PG_sentence, CONTRAPPOSTO_preferences)
