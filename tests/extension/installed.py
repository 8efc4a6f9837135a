"""What the tests of the built extension have a bare Blender do; it is run with -I and imports nothing of the checkout.

Its only argument is a task as JSON, of which it does what is named, in this order: `install` a zip, `start_again` to
measure, `torch_folder` into the preferences, `poses` (photo, sketch, text) on `rig`, `read` the poses of .blend files,
`modules` of which to tell the files, `remove` the extension. Its last line is JSON: what it found, and how long each
step took, in seconds.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

import bpy

# bpy brings the folder that this lies in.
# isort: split
import addon_utils

REPOSITORY = "user_default"
ADDON = f"bl_ext.{REPOSITORY}.contrapposto"


def install(task, told):
    start = time.perf_counter()
    done = bpy.ops.extensions.package_install_files(filepath=task["install"], repo=REPOSITORY, enable_on_install=False)
    told["install_s"] = time.perf_counter() - start
    assert done == {"FINISHED"}, done
    before = set(sys.modules)
    start = time.perf_counter()
    assert addon_utils.enable(ADDON, default_set=True) is not None
    told["first_enable_s"] = time.perf_counter() - start
    told["imported_at_enable"] = sorted({name.split(".")[0] for name in set(sys.modules) - before})
    assert hasattr(bpy.types, "CONTRAPPOSTO_OT_photo")


def start_again(_task, told):
    """What the add-on adds to a start of Blender: its modules are imported anew, and it registers."""
    sys.modules[ADDON].unregister()
    for name in [each for each in sys.modules if each == ADDON or each.startswith(f"{ADDON}.")]:
        del sys.modules[name]
    start = time.perf_counter()
    module = importlib.import_module(ADDON)
    module.register()
    told["start_s"] = time.perf_counter() - start
    module.__addon_enabled__ = True


def name_torch(task, told):
    preferences = bpy.context.preferences.addons[ADDON].preferences
    preferences.torch_folder = task["torch_folder"]
    told["torch_words"] = preferences.torch_words


def pose(task, told):
    """Each pose on a rig freshly opened, some several times, to tell the first use from later ones."""
    session = importlib.import_module(f"{ADDON}.operators.session").session
    for way, call in task["poses"].items():
        operator = getattr(bpy.ops.contrapposto, call.pop("operator"))
        for again in range(call.pop("times", 1)):
            session.forget_picture()  # the people in it would be taken from the last time
            bpy.ops.wm.open_mainfile(filepath=task["rig"], load_ui=False)
            rig = next(each for each in bpy.data.objects if each.type == "ARMATURE")
            bpy.context.view_layer.objects.active = rig
            start = time.perf_counter()
            done = operator(**call)
            told[f"{way}_{'again' if again else 'first'}_s"] = time.perf_counter() - start
            assert done == {"FINISHED"}, (way, done)
            told.setdefault("poses", {})[way] = bones()
    told["torch_proven"] = bpy.context.preferences.addons[ADDON].preferences.torch_proven


def bones():
    """The 3 x 3 rotation and the head of each bone of the rig, in the world, at the frame that was keyed."""
    bpy.context.scene.frame_set(1)
    rig = next(each for each in bpy.data.objects if each.type == "ARMATURE")
    graph = bpy.context.evaluated_depsgraph_get()
    posed = rig.evaluated_get(graph)
    found = {}
    for bone in posed.pose.bones:
        matrix = posed.matrix_world @ bone.matrix
        turn = matrix.to_3x3().normalized()
        found[bone.name] = {"turn": [list(row) for row in turn], "head": list(matrix.translation)}
    return found


def read(task, told):
    for name, path in task["read"].items():
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)
        told.setdefault("read", {})[name] = bones()


def origins(task, told):
    """The file of each loaded module that a wheel brings."""
    names = (name.strip() for name in task["modules"])
    told["origins"] = {name: str(sys.modules[name].__file__) for name in names if name in sys.modules}


def remove(_task, told):
    addon_utils.disable(ADDON, default_set=True)
    told["finders_left"] = [type(each).__name__ for each in sys.meta_path if "torch_finder" in type(each).__module__]
    told["classes_left"] = [name for name in dir(bpy.types) if "contrapposto" in name.lower()]
    told["scene_property_left"] = hasattr(bpy.types.Scene, "contrapposto")
    repos = bpy.context.preferences.extensions.repos
    number = next(index for index, repo in enumerate(repos) if repo.module == REPOSITORY)
    done = bpy.ops.extensions.package_uninstall(repo_index=number, pkg_id="contrapposto")
    assert done == {"FINISHED"}, done
    told["enabled_left"] = [each.module for each in bpy.context.preferences.addons if "contrapposto" in each.module]
    folder = Path(os.environ["BLENDER_USER_EXTENSIONS"])
    told["files_left"] = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


STEPS = {
    "install": install, "start_again": start_again, "torch_folder": name_torch, "poses": pose, "read": read,
    "modules": origins, "remove": remove,
}  # fmt: skip


def main():
    task, told = json.loads(sys.argv[1]), {}
    status = 0
    try:
        for name, step in STEPS.items():
            if name in task:
                step(task, told)
    except Exception:  # noqa: BLE001  (printed, and the process ends with it)
        traceback.print_exc()
        status = 1
    sys.stdout.write("\n" + json.dumps(told) + "\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # past Blender's shutdown, which can hang


main()
