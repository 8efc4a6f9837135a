"""What the check of the installation says."""

from contrapposto.backend import doctor


def by_name(findings):
    return {finding.name: finding for finding in findings}


def test_installed_packages_are_named_with_their_version():
    finding = by_name(doctor.check_installation())["OpenCV"]
    assert finding.ok
    assert finding.sentence.startswith("OpenCV 4.")


def test_missing_packages_say_what_they_are_for(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _name: None)
    findings = by_name(doctor.check_installation())
    assert not findings["LiteRT"].ok
    assert findings["LiteRT"].needed
    assert not findings["PyTorch"].needed
    assert findings["PyTorch"].sentence == "PyTorch is not installed (optional: runs the pose model)."


def test_a_damaged_model_is_told_by_the_runtimes_sentence(tmp_path):
    (tmp_path / "pose_detection.tflite").write_bytes(b"damaged")
    finding = by_name(doctor.check_installation(model_folder=tmp_path))["pose_detection"]
    assert not finding.ok
    assert "damaged" in finding.sentence


def test_the_smpl_folder_is_looked_into(tmp_path):
    assert "SMPL" not in by_name(doctor.check_installation())
    assert not by_name(doctor.check_installation(smpl_folder=tmp_path))["SMPL"].ok
    assert not by_name(doctor.check_installation(smpl_folder=tmp_path / "gone"))["SMPL"].ok
    (tmp_path / "SMPL_NEUTRAL.pkl").write_bytes(b"")
    assert by_name(doctor.check_installation(smpl_folder=tmp_path))["SMPL"].ok
