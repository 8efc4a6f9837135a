"""Panels draw from properties alone, in every state; their layout is looked at in `tests/window`."""

from types import SimpleNamespace

import bpy
import pytest

import fake_photo
from fake_layout import Layout, draw


@pytest.fixture
def posed(humanoid, photos, tmp_path):
    """A scene in which a photo of two people was used."""
    photos.people = 2
    picture = tmp_path / "two dancers.png"
    picture.write_bytes(b"x")
    bpy.ops.contrapposto.photo(filepath=str(picture), person=2)
    return bpy.context.scene.contrapposto.result


def test_every_panel_is_in_the_tab():
    names = [name for name in dir(bpy.types) if name.startswith("CONTRAPPOSTO_PT_")]
    in_sidebar = [name for name in names if getattr(bpy.types, name).bl_region_type == "UI"]
    assert len(in_sidebar) >= 4
    assert {getattr(bpy.types, name).bl_category for name in in_sidebar} == {"Contrapposto"}


def test_first_use_explains_itself(humanoid, session):
    texts = draw("CONTRAPPOSTO_PT_photo").texts()
    assert "Choose a photo" in texts
    assert f"{humanoid.name} will be posed" in texts


def test_without_an_armature_the_panel_says_what_to_do(session):
    assert "There is no armature yet" in draw("CONTRAPPOSTO_PT_photo", width=600).texts()


def test_first_use_tells_how_things_stand_with_the_rig(make_humanoid, session, package):
    armature = make_humanoid()
    photo = package("panels.photo")
    assert "will be posed" in photo.first_line(bpy.context)[1]
    session.refused = (armature.session_uid, "No bones.")
    assert "choose them under Rig" in photo.first_line(bpy.context)[1]
    bpy.ops.object.mode_set(mode="EDIT")
    assert "Leave Edit Mode" in photo.first_line(bpy.context)[1]
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.objects.active = None
    assert photo.first_line(bpy.context)[1] == "Select your character's armature."


def test_first_use_is_three_lines(humanoid, session):
    assert len(draw("CONTRAPPOSTO_PT_photo", width=2000).sentences()) == 3


def test_the_sections_stand_in_one_column_always_in_this_order():
    panels = [getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith("CONTRAPPOSTO_PT_")]
    sections = [p for p in panels if p.bl_region_type == "UI" and not getattr(p, "bl_parent_id", "")]
    sections.sort(key=lambda panel: panel.bl_order)
    titles = [panel.bl_label for panel in sections if panel.bl_label != "What Went Wrong"]
    assert titles == ["Photo", "Sketch", "Text", "Video", "Rig", "Result", "Settings"]
    assert len({panel.bl_order for panel in sections}) == len(sections)


def test_no_option_stands_in_two_places(posed, package):
    """The words about a picture aside, which belong to the button that reads it: of photos and of drawings."""
    drawn = []
    for name in dir(bpy.types):
        panel = getattr(bpy.types, name)
        if name.startswith("CONTRAPPOSTO_PT_") and panel.bl_region_type == "UI" and not hasattr(panel, "poll"):
            owner = "motion " if name.endswith("_motion") else ""
            drawn += [owner + entry[1] for entry in draw(name).drawn if entry[0] == "prop"]
    assert len(drawn) > 20
    assert sorted(drawn) == sorted([*set(drawn), "words"])


def test_the_result_is_hidden_before_the_first_run(humanoid, session):
    assert not bpy.types.CONTRAPPOSTO_PT_result.poll(bpy.context)


@pytest.mark.parametrize("width", [120, 200, 300, 900])
def test_the_result_shows_everything_at_any_width(posed, width):
    layout = draw("CONTRAPPOSTO_PT_result", width=width)
    texts = layout.texts()
    assert "Choose another" in texts
    for words in (
        "two dancers.png",
        "2 people found",
        "Person 1",
        "Person 2",
        "Left arm",
        "bones keyed",
        "Solve pose",
        "Pose and key",
    ):
        assert words in texts
    assert len([entry for entry in layout.drawn if entry[0] == "progress"]) == 6


def test_first_use_is_gone_after_a_result(posed):
    assert "Choose a photo" not in draw("CONTRAPPOSTO_PT_photo").texts()


def test_a_running_job_shows_progress_and_cancel(package, humanoid, session):
    status = package("operators.session").JobStatus("Pose from Photo", put_back=lambda: None)
    session.job = status
    status.stage, status.fraction = "Finding people", 0.25
    layout = draw("CONTRAPPOSTO_PT_photo")
    assert ("progress", 0.25, "Finding people") in layout.drawn
    assert ("operator", "contrapposto.cancel", "Cancel (Esc)") in layout.drawn
    assert "contrapposto.photo" not in layout.texts()


def test_the_chooser_offers_everybody(package, humanoid, session):
    choice = package("operators.session").PersonChoice(("1/0", "1/1", "1/2"), {"filepath": "a.png", "blend": 0.5})
    session.choice = choice
    texts = draw("CONTRAPPOSTO_PT_choose_person").texts()
    assert "3 people" in texts
    assert "Person 3" in texts


def test_the_chooser_of_a_new_session_is_empty(session):
    assert "No picture" in draw("CONTRAPPOSTO_PT_choose_person").texts()


def test_the_settings_show_what_was_found(session):
    draw("CONTRAPPOSTO_PT_settings_installation")
    bpy.ops.contrapposto.check_installation()
    texts = draw("CONTRAPPOSTO_PT_settings_installation", width=2000).texts()
    for name in ("PyTorch", "LiteRT", "OpenCV", "SciPy", "pose_detection"):
        assert name in texts


def test_the_check_says_what_is_missing(package, session, monkeypatch, capfd):
    doctor = package("backend.doctor")
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _name: None)
    bpy.ops.contrapposto.check_installation()
    sentences = [finding.sentence for finding in session.findings]
    assert "LiteRT is not installed. It is needed to find people in photos and videos." in sentences
    (torch,) = (
        sentence for sentence in sentences if sentence.startswith("PyTorch is not installed. It is only needed to")
    )
    assert "photos are read by plain geometry without it" in torch
    told = capfd.readouterr().out
    assert "LiteRT is not installed. It is needed to find people in photos and videos. Reinstall the extension" in told
    assert "parts need something done" in told
    assert "PyTorch is not installed" not in told, "nothing has to be done about it"


def test_changed_preferences_let_go_of_the_models(package, session):
    import blender_harness

    released = []
    session._models = SimpleNamespace(release=lambda: released.append(True))
    chosen = bpy.context.preferences.addons[blender_harness.ADDON].preferences
    chosen.device = "CPU"
    try:
        assert released == [True]
        assert package("preferences").settings(bpy.context).device == "CPU"
    finally:
        chosen.device = "AUTOMATIC"


def test_menus_offer_the_photo(package, humanoid):
    menus = package("panels.menus")
    for draw_menu in (menus.draw_pose_menu, menus.draw_object_menu):
        layout = Layout()
        draw_menu(SimpleNamespace(layout=layout), bpy.context)
        assert "contrapposto.photo" in layout.texts()


@pytest.mark.parametrize("mode", ["OBJECT", "POSE"])
def test_the_object_menu_offers_it_in_object_mode_for_armatures_only(package, make_humanoid, mode):
    if mode == "POSE":
        make_humanoid()
        bpy.ops.object.mode_set(mode="POSE")
    layout = Layout()
    package("panels.menus").draw_object_menu(SimpleNamespace(layout=layout), bpy.context)
    assert layout.drawn == []


def test_thumbnails_of_earlier_pictures_are_kept_for_undo_but_not_for_ever(package, session, photos):
    thumbnails = session.thumbnails
    found = fake_photo.run(photos.find_people(None, None))
    first = thumbnails.show(found)
    for _ in range(package("operators.thumbnails").KEPT - 1):
        thumbnails.show(found)
    assert first[0] in thumbnails._previews
    thumbnails.show(found)
    assert first[0] not in thumbnails._previews
    assert len(thumbnails._previews) == package("operators.thumbnails").KEPT
