"""What the add-on adds to Blender, in order, and how it is taken out again; holds no behaviour of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import bpy

from . import command, preferences, properties
from .operators import (
    bone_map,
    bone_map_files,
    check_installation,
    confidence,
    correct_keypoints,
    drop_picture,
    estimate_photo,
    estimate_sketch,
    estimate_text,
    estimate_video,
    library_folder,
    match_camera,
    modal_job,
    on_load,
    pose_library,
    readings,
    show_request,
    sketch_strokes,
    solve_again,
    trouble,
    video_again,
    video_sources,
)
from .operators.session import session
from .panels import bone_map as bone_map_panel
from .panels import camera as camera_panel
from .panels import choose_person, menus, motion, photo, provenance, result
from .panels import settings as settings_panel
from .panels import sketch as sketch_panel
from .panels import text as text_panel
from .panels import trouble as trouble_panel
from .panels import video as video_panel
from .translations import registered as translations

CLASSES: Final = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *modal_job.CLASSES,
    *check_installation.CLASSES,
    *trouble.CLASSES,
    *estimate_photo.CLASSES,
    *estimate_sketch.CLASSES,
    *sketch_strokes.CLASSES,
    *estimate_text.CLASSES,
    *show_request.CLASSES,
    *drop_picture.CLASSES,
    *estimate_video.CLASSES,
    *video_again.CLASSES,
    *video_sources.CLASSES,
    *readings.CLASSES,
    *solve_again.CLASSES,
    *pose_library.CLASSES,
    *library_folder.CLASSES,
    *confidence.CLASSES,
    *match_camera.CLASSES,
    *correct_keypoints.CLASSES,
    *bone_map.CLASSES,
    *bone_map_files.CLASSES,
    *choose_person.CLASSES,
    *photo.CLASSES,
    *sketch_panel.CLASSES,
    *text_panel.CLASSES,
    *video_panel.CLASSES,
    *bone_map_panel.CLASSES,
    *result.CLASSES,
    *provenance.CLASSES,
    *motion.CLASSES,
    *camera_panel.CLASSES,
    *trouble_panel.CLASSES,
    *settings_panel.CLASSES,
)
"""Property groups before what points to them, a panel before its children."""


@dataclass(frozen=True)
class Step:
    """One thing to add, and the way to take it out."""

    add: Callable[[], Any]
    remove: Callable[[], Any]


def class_step(cls: type) -> Step:
    """A class that Blender must know."""
    cls = trouble.guarded(cls)
    return Step(partial(bpy.utils.register_class, cls), partial(bpy.utils.unregister_class, cls))


def _nothing() -> None:
    """Some steps only have something to take out."""


STEPS: Final = (
    Step(_nothing, session.release),
    Step(trouble.listen, trouble.listen_no_more),
    Step(translations.add, translations.remove),
    *(class_step(cls) for cls in CLASSES),
    Step(properties.attach, properties.detach),
    Step(menus.add, menus.remove),
    Step(on_load.add, on_load.remove),
    Step(command.add, command.remove),
    Step(_nothing, session.stop_job),
)


def add_all(steps: Iterable[Step]) -> None:
    """Add each step; when one fails take out those before it, the last first, and let the error propagate."""
    added: list[Step] = []
    try:
        for step in steps:
            step.add()
            added.append(step)
    except BaseException:  # whatever ends it, Ctrl-C too: put back, and let it go on
        remove_all(added)
        raise


def remove_all(steps: Iterable[Step]) -> None:
    """Take out each step, the last first."""
    for step in reversed(tuple(steps)):
        step.remove()


def register() -> None:
    """Add everything to Blender."""
    add_all(STEPS)


def unregister() -> None:
    """Take everything out of Blender."""
    remove_all(STEPS)
