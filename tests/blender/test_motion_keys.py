"""Motion keyed on real actions: the bound as Blender plays it, artists' keys, new actions, strips, restoration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

from keyed_channels import curves_of, path
from moving_poses import moving_rotations, moving_translation

Armature = bpy.types.Object
FIRST = 11
FRAMES = 90


@pytest.fixture
def motion(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.motion_keys")


@pytest.fixture
def options(package: Callable[[str], ModuleType]) -> Callable[..., object]:
    make = package("rig.pose_plan").KeyOptions
    return lambda **chosen: make(**{"frame": float(FIRST), **chosen})


@pytest.fixture
def reduction(package: Callable[[str], ModuleType]) -> Callable[..., object]:
    keying, bounds = package("backend.keying.key_reduction"), package("backend.keying.error_bound")

    def make(degrees: float, mm: float | None = None, **chosen: object) -> object:
        return keying.Reduction(bounds.ErrorBound(degrees, 10.0 * degrees if mm is None else mm), **chosen)

    return make


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> Callable[..., object]:
    sequence = package("backend.pose_sequence").PoseSequence

    def make(frames: int = FRAMES, seed: int = 0, fps: float = 24.0) -> object:
        return sequence(moving_rotations(frames, seed=seed), moving_translation(frames), fps=fps)

    return make


@pytest.fixture
def rigify(package: Callable[[str], ModuleType]) -> Armature:
    return package("rig.rigify_human").make_rigify_human()


@pytest.fixture(params=["mpfb2_default.blend", "human-male.glb"])
def file_rig(request, package: Callable[[str], ModuleType], shared_data: Path) -> Armature:
    file = shared_data / "rigs" / request.param
    if not file.is_file():
        pytest.skip(f"{file} is not at hand")
    return package("rig.rig_files").open_rig(file)


def played(armature: Armature, frames: int = FRAMES, first: int = FIRST) -> dict[str, np.ndarray]:
    """Per bone its own (T, 3, 3) rotation and (T, 3) location, and the (T, 3) place of its head in the world."""
    bones = armature.pose.bones
    own = {bone.name: np.empty((frames, 4, 4)) for bone in bones}
    heads = {bone.name: np.empty((frames, 3)) for bone in bones}
    for frame in range(frames):
        bpy.context.scene.frame_set(first + frame)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        for bone in evaluated.pose.bones:
            own[bone.name][frame] = bone.matrix_basis
            heads[bone.name][frame] = evaluated.matrix_world @ bone.head
    return {"own": own, "heads": heads}


def worst_degrees(first: dict, second: dict) -> float:
    """The largest angle between any bone's own rotations in both, over all frames."""
    worst = 0.0
    for name, matrices in first["own"].items():
        one, other = matrices[:, :3, :3], second["own"][name][:, :3, :3]
        chord = np.linalg.norm(one - other, axis=(1, 2)) / np.sqrt(8.0)
        worst = max(worst, float(np.degrees(2.0 * np.arcsin(np.minimum(chord, 1.0))).max()))
    return worst


def worst_mm(first: dict, second: dict, bones: tuple[str, ...]) -> float:
    return max(float(1000.0 * np.linalg.norm(first["heads"][b] - second["heads"][b], axis=-1).max()) for b in bones)


ENDS = ("DEF-hand.L", "DEF-hand.R", "DEF-foot.L", "DEF-foot.R", "DEF-toe.L", "DEF-toe.R", "DEF-spine.006")


@pytest.mark.parametrize("handles", ["ALIGNED", "FREE"])
def test_the_bound_holds_on_a_rigify_human_as_blender_plays_it(
    motion, options, reduction, poses, rigify, handles
) -> None:
    dense = motion.pose_and_key_motion(rigify, poses(), options=options())
    truth = played(rigify)
    counts = [dense.keys]
    for degrees in (1.0, 2.0, 5.0):
        how = reduction(degrees, handles=handles)
        report = motion.pose_and_key_motion(rigify, poses(), options=options(), reduction=how)
        shown = played(rigify)
        assert worst_degrees(truth, shown) <= degrees
        assert worst_mm(truth, shown, ("torso", *ENDS)) <= 10.0 * degrees
        # What is said of the error is what is seen, and the bound is used, not undercut by far.
        assert worst_degrees(truth, shown) == pytest.approx(report.error.degrees, abs=0.02)
        assert report.error.degrees > 0.5 * degrees
        counts.append(report.keys)
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < 0.4 * counts[0]


def test_the_bound_holds_on_rigs_of_others(motion, options, reduction, poses, file_rig) -> None:
    motion.pose_and_key_motion(file_rig, poses(), options=options())
    truth = played(file_rig)
    for degrees in (1.0, 2.0, 5.0):
        report = motion.pose_and_key_motion(file_rig, poses(), options=options(), reduction=reduction(degrees))
        shown = played(file_rig)
        assert worst_degrees(truth, shown) <= degrees
        assert worst_degrees(truth, shown) == pytest.approx(report.error.degrees, abs=0.02)
        assert max(worst_mm(truth, shown, (name,)) for name in posed_ends(motion, file_rig)) <= 10.0 * degrees
        assert report.key_frames < FRAMES


def posed_ends(motion: ModuleType, armature: Armature) -> list[str]:
    """The bones of wrists, ankles, balls of the feet and head by the rig's own map."""
    maps = __import__(motion.__package__ + ".bone_maps", fromlist=["bone_map_for"])
    armatures = __import__(motion.__package__ + ".armature", fromlist=["read_rig"])
    found = maps.bone_map_for(armature, armatures.read_rig(armature))
    names = ("head", *(f"{side}_{part}" for side in ("left", "right") for part in ("wrist", "ankle", "foot")))
    return [found.joints[name].bones[0] for name in names if name in found.joints]


@pytest.mark.parametrize("mode", ["AXIS_ANGLE", "XYZ", "ZXY"])
def test_the_bound_holds_in_other_rotation_modes(motion, options, reduction, poses, humanoid, mode) -> None:
    for bone in humanoid.pose.bones:
        bone.rotation_mode = mode
    motion.pose_and_key_motion(humanoid, poses(), options=options())
    truth = played(humanoid)
    motion.pose_and_key_motion(humanoid, poses(), options=options(), reduction=reduction(2.0))
    assert worst_degrees(truth, played(humanoid)) <= 2.0


def test_all_bones_have_their_keys_at_the_same_frames(motion, options, reduction, poses, humanoid) -> None:
    report = motion.pose_and_key_motion(humanoid, poses(), options=options(), reduction=reduction(3.0))
    frames = {tuple(key.co[0] for key in curve.keyframe_points) for curve in curves_of(humanoid).values()}
    moving = {times for times in frames if len(times) > 1}
    assert len(moving) == 1
    assert len(next(iter(moving))) == report.key_frames < FRAMES / 2
    assert next(iter(moving))[0] == FIRST
    assert next(iter(moving))[-1] == FIRST + FRAMES - 1


def test_each_bone_may_have_its_own_key_frames(motion, options, reduction, poses, humanoid) -> None:
    motion.pose_and_key_motion(humanoid, poses(), options=options())
    truth = played(humanoid)
    shared = motion.pose_and_key_motion(humanoid, poses(), options=options(), reduction=reduction(3.0, mm=200.0))
    how = reduction(3.0, mm=200.0, whole_poses=False)
    report = motion.pose_and_key_motion(humanoid, poses(), options=options(), reduction=how)
    assert report.keys < 0.9 * shared.keys
    assert worst_degrees(truth, played(humanoid)) <= 3.0


@pytest.mark.parametrize(("handles", "kind"), [("ALIGNED", "ALIGNED"), ("FREE", "FREE")])
def test_handles_stay_where_they_were_put(motion, options, reduction, poses, humanoid, handles, kind) -> None:
    plan = motion.plan_motion(humanoid, poses(), options=options())
    plan = motion.run_job(plan.reduce(reduction(2.0, handles=handles)))
    motion.key_motion(humanoid, plan)
    place = [(group.name, group.mode) for group in plan.groups].index(("mixamorig:LeftArm", "QUATERNION"))
    wanted = plan.reduced.curves[place]
    curve = curves_of(humanoid)[path("mixamorig:LeftArm"), 2]
    for index, key in enumerate(curve.keyframe_points):
        assert (key.interpolation, key.handle_left_type, key.handle_right_type) == ("BEZIER", kind, kind)
        assert tuple(key.co) == (wanted.times[index], wanted.values[index, 2])
        assert key.handle_left[1] == pytest.approx(wanted.left_values[index, 2], abs=2e-5)
        assert key.handle_right[0] == pytest.approx(wanted.right_times[index], abs=2e-5)


def test_the_evaluator_agrees_with_blender(package, humanoid) -> None:
    bezier = package("backend.keying.bezier")
    random = np.random.default_rng(1)
    action = bpy.data.actions.new("Random")
    slot = action.slots.new(id_type="OBJECT", name="Random")
    bag = action.layers.new("Layer").strips.new(type="KEYFRAME").channelbag(slot, ensure=True)
    worst = 0.0
    for number in range(60):
        count = 6
        times = np.cumsum(random.uniform(0.5, 20.0, count)).astype(np.float32) + np.float32(random.uniform(0, 3000))
        spans = np.diff(times, prepend=times[0] - 5.0), np.diff(times, append=times[-1] + 5.0)
        reach = random.uniform(0.0, 1.4, (2, count))  # Blender shortens handles that reach too far
        values = random.normal(0.0, 1.0, (3, count, 1)).astype(np.float32)
        left, right = (times - reach[0] * spans[0]), (times + reach[1] * spans[1])
        keys = bezier.BezierKeys(times, values[0], left, right, values[1], values[2])
        curve = bag.fcurves.new("location", index=number)
        curve.keyframe_points.add(count)
        for index, point in enumerate(curve.keyframe_points):
            point.handle_left_type = point.handle_right_type = "FREE"
            point.co = (keys.times[index], keys.values[index, 0])
            point.handle_left = (keys.left_times[index], keys.left_values[index, 0])
            point.handle_right = (keys.right_times[index], keys.right_values[index, 0])
        at = np.concatenate([random.uniform(times[0] - 3.0, times[-1] + 3.0, 200), times]).astype(np.float32)
        seen = np.array([curve.evaluate(float(time)) for time in at])
        # Where a curve is nearly vertical a rounded time is a large step in value: as far as its neighbours differ.
        rounding = np.spacing(at) * 2.0
        slack = np.abs(keys.evaluated(at + rounding) - keys.evaluated(at - rounding))[:, 0]
        worst = max(worst, float((np.abs(seen - keys.evaluated(at)[:, 0]) - slack).max()))
    assert worst < 1e-4


def test_keys_outside_the_motion_stay_and_those_within_go(motion, options, reduction, poses, humanoid) -> None:
    bone = humanoid.pose.bones["mixamorig:LeftArm"]
    for frame in (1, 10, 20.5, 40, FIRST + FRAMES - 1, FIRST + FRAMES + 5):
        bone.rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
        bone.keyframe_insert("rotation_quaternion", frame=frame)
        bone.keyframe_insert("scale", frame=frame)
    for chosen in (None, reduction(2.0)):
        motion.pose_and_key_motion(humanoid, poses(), options=options(), reduction=chosen)
        frames = [key.co[0] for key in curves_of(humanoid)[path("mixamorig:LeftArm"), 1].keyframe_points]
        assert frames[:3] == [1, 10, FIRST]
        assert frames[-2:] == [FIRST + FRAMES - 1, FIRST + FRAMES + 5]
        assert 20.5 not in frames
        assert len(curves_of(humanoid)[path("mixamorig:LeftArm", "scale"), 0].keyframe_points) == 6


def test_a_new_action_leaves_the_old_one_as_it_was(motion, options, reduction, poses, humanoid) -> None:
    bone = humanoid.pose.bones["mixamorig:LeftArm"]
    bone.keyframe_insert("rotation_quaternion", frame=30)
    old = humanoid.animation_data.action
    report = motion.pose_and_key_motion(
        humanoid, poses(), options=options(), reduction=reduction(2.0), destination="NEW_ACTION", name="Dance"
    )
    new = humanoid.animation_data.action
    assert (new.name, report.keyed.action, report.kept) == ("Dance", "Dance", old.name)
    assert old.use_fake_user
    assert sum(len(curve.keyframe_points) for curve in old.layers[0].strips[0].channelbags[0].fcurves) == 4
    assert tuple(new.frame_range) == (FIRST, FIRST + FRAMES - 1)


def test_a_strip_plays_the_motion_and_the_old_action_before_and_after(
    motion, options, reduction, poses, humanoid
) -> None:
    dense = motion.pose_and_key_motion(humanoid, poses(), options=options())
    truth = played(humanoid)
    humanoid.animation_data.action = None
    bone = humanoid.pose.bones["mixamorig:LeftArm"]
    for frame, x in ((1, 0.0), (200, 0.5)):
        bone.rotation_quaternion = (1.0, x, 0.0, 0.0)
        bone.keyframe_insert("rotation_quaternion", frame=frame)
    old = humanoid.animation_data.action
    report = motion.pose_and_key_motion(
        humanoid, poses(), options=options(), reduction=reduction(2.0), destination="NLA", name="Dance"
    )
    assert dense.strip == ""
    assert (report.strip, report.kept) == ("Dance", old.name)
    assert humanoid.animation_data.action is None
    strips = [track.strips[0] for track in humanoid.animation_data.nla_tracks]
    assert [strip.action.name for strip in strips] == [old.name, "Dance"]
    assert (strips[1].frame_start, strips[1].frame_end) == (FIRST, FIRST + FRAMES - 1)
    shown = played(humanoid)
    assert worst_degrees(truth, shown) <= 2.0
    for frame, x in ((1, 0.0), (200, 0.5)):
        bpy.context.scene.frame_set(frame)
        assert bone.rotation_quaternion[1] == pytest.approx(x, abs=1e-5)


def test_a_strip_may_begin_between_frames(motion, options, poses, humanoid) -> None:
    motion.pose_and_key_motion(humanoid, poses(20), options=options(frame=10.5))
    truth = played(humanoid, frames=18)
    motion.pose_and_key_motion(humanoid, poses(20), options=options(frame=10.5), destination="NLA")
    first, second = (track.strips[0] for track in humanoid.animation_data.nla_tracks)
    for strip in (first, second):
        assert (strip.frame_start, strip.frame_end, strip.scale) == (10.5, 29.5, 1.0)
        assert (strip.action_frame_start, strip.action_frame_end) == (10.5, 29.5)
    assert worst_degrees(truth, played(humanoid, frames=18)) < 0.01


def state(armature: Armature) -> tuple:
    animation = armature.animation_data
    curves = {
        key: [(*point.co, *point.handle_left, point.interpolation) for point in curve.keyframe_points]
        for key, curve in curves_of(armature).items()
    }
    action, tracks = animation.action, len(animation.nla_tracks)
    return curves, action.name, action.use_fake_user, tracks, sorted(other.name for other in bpy.data.actions)


@pytest.mark.parametrize("destination", ["CURRENT", "NEW_ACTION", "NLA"])
def test_what_fails_half_way_changes_nothing(motion, options, reduction, poses, humanoid, monkeypatch, destination):
    bone = humanoid.pose.bones["mixamorig:LeftArm"]
    for frame in (5, 30, 60):
        bone.keyframe_insert("rotation_quaternion", frame=frame)
    before, shown = state(humanoid), [tuple(map(tuple, other.matrix_basis)) for other in humanoid.pose.bones]
    written, write = [], motion.write_range

    def failing(*args, **kwargs):
        if len(written) == 20:
            raise MemoryError
        written.append(1)
        return write(*args, **kwargs)

    monkeypatch.setattr(motion, "write_range", failing)
    with pytest.raises(MemoryError):
        motion.pose_and_key_motion(
            humanoid, poses(), options=options(), reduction=reduction(2.0), destination=destination
        )
    assert state(humanoid) == before
    assert [tuple(map(tuple, other.matrix_basis)) for other in humanoid.pose.bones] == shown


def test_locked_and_driven_channels_are_left_alone(motion, options, reduction, poses, humanoid) -> None:
    arm, leg = humanoid.pose.bones["mixamorig:LeftArm"], humanoid.pose.bones["mixamorig:LeftUpLeg"]
    arm.rotation_mode = "XYZ"
    arm.lock_rotation[1] = True
    leg.driver_add("rotation_quaternion", 2)
    report = motion.pose_and_key_motion(humanoid, poses(), options=options(), reduction=reduction(2.0))
    curves = curves_of(humanoid)
    assert (path("mixamorig:LeftArm", "rotation_euler"), 1) not in curves
    assert (path("mixamorig:LeftArm", "rotation_euler"), 0) in curves
    assert (path("mixamorig:LeftUpLeg"), 2) not in curves
    assert any("LeftUpLeg" in line and "driver" in line for line in report.keyed.skipped)


def test_a_video_at_another_rate_lasts_as_long_in_the_scene(motion, options, poses, humanoid) -> None:
    bpy.context.scene.render.fps = 24
    report = motion.pose_and_key_motion(humanoid, poses(120, fps=60.0), options=options())
    assert report.keyed.frames == 48
    curve = curves_of(humanoid)[path("mixamorig:Spine"), 0]
    assert [key.co[0] for key in curve.keyframe_points] == list(range(FIRST, FIRST + 48))


def test_contacts_draw_keys_to_their_frames(package, motion, options, reduction, poses, humanoid) -> None:
    contacts = np.zeros((FRAMES, 4), bool)
    contacts[20:37, 0] = contacts[50:71, 2] = True
    plan = motion.plan_motion(humanoid, poses(), options=options(), contacts=contacts)
    assert plan.preferred == (20, 36, 50, 70)
    bounds, keying = package("backend.keying.error_bound"), package("backend.keying.key_reduction")
    alike = keying.Reduction(bounds.ErrorBound(2.0, 20.0, standing_millimetres=20.0))  # these feet do not really stand
    frames = motion.run_job(plan.reduce(alike)).reduced.frames
    plain = motion.plan_motion(humanoid, poses(), options=options())
    others = motion.run_job(plain.reduce(reduction(2.0))).reduced.frames
    near = [len(set(chosen) & set(plan.preferred)) for chosen in (frames, others)]
    assert near[0] >= near[1] + 2
    assert len(frames) <= 1.3 * len(others)


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_standing_feet_keep_a_bound_of_their_own(limbs, package, motion, options, poses, rigify) -> None:
    contacts = np.zeros((FRAMES, 4), bool)
    contacts[30:60, 2:] = True
    plan = motion.plan_motion(rigify, poses(), options=options(limbs=limbs), contacts=contacts)
    motion.key_motion(rigify, plan)
    truth = played(rigify)
    bounds, keying = package("backend.keying.error_bound"), package("backend.keying.key_reduction")
    how = keying.Reduction(bounds.ErrorBound(20.0, 200.0, 4.0))
    motion.key_motion(rigify, motion.run_job(plan.reduce(how)))
    shown = played(rigify)
    for name in ("DEF-foot.R", "DEF-toe.R"):
        apart = 1000.0 * np.linalg.norm(truth["heads"][name] - shown["heads"][name], axis=-1)
        assert apart[30:60].max() <= 4.0 < apart.max()
    assert worst_degrees(truth, shown) <= 20.0


def test_contacts_that_do_not_fit_are_refused(package, motion, options, poses, humanoid) -> None:
    with pytest.raises(package("backend.errors").InputError, match="Contacts must be"):
        motion.plan_motion(humanoid, poses(), options=options(), contacts=np.zeros((5, 4), bool))


def test_one_pose_makes_one_key(motion, options, reduction, poses, humanoid) -> None:
    report = motion.pose_and_key_motion(humanoid, poses(1), options=options(), reduction=reduction(2.0))
    assert {len(curve.keyframe_points) for curve in curves_of(humanoid).values()} == {1}
    assert (report.key_frames, report.error) == (1, None)


def test_no_action_is_exchanged_while_a_strip_is_tweaked(package, motion, options, poses, humanoid) -> None:
    motion.pose_and_key_motion(humanoid, poses(10), options=options(), destination="NLA")
    animation = humanoid.animation_data
    animation.nla_tracks[0].select = True
    animation.nla_tracks[0].strips[0].select = True
    animation.nla_tracks.active = animation.nla_tracks[0]
    animation.use_tweak_mode = True
    with pytest.raises(package("backend.errors").RigError, match="tweak"):
        motion.pose_and_key_motion(humanoid, poses(10), options=options(), destination="NEW_ACTION")
