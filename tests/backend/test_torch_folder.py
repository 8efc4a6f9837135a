"""The folder that holds the artist's own torch: checked in words, tried in a child process, and nothing else taken."""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contrapposto.backend import torch_finder, torch_folder
from contrapposto.backend.errors import InputError
from contrapposto.backend.packages import require_torch

SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHER = {"linux": ("darwin", "macOS"), "darwin": ("x86_64-linux-gnu", "Linux")}


def make_torch(folder, *, version="2.13.0", binary=f"_C{SUFFIX}", code="", needs=()):
    """A folder that looks as a site-packages with torch does; `code` is what importing it runs."""
    package = folder / "torch"
    package.mkdir(parents=True)
    (package / "version.py").write_text(f"__version__ = '{version}'\n")
    (package / "__init__.py").write_text(code or f"__version__ = '{version}'\n")
    if binary:
        (package / binary).write_bytes(b"")
    metadata = folder / f"torch-{version}.dist-info"
    metadata.mkdir()
    lines = [f"Metadata-Version: 2.1\nName: torch\nVersion: {version}", *(f"Requires-Dist: {each}" for each in needs)]
    (metadata / "METADATA").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.delenv(torch_folder.VARIABLE, raising=False)
    before = list(sys.meta_path)
    torch_folder.use(None)
    yield
    torch_folder.use(None)
    assert sys.meta_path == before


def test_a_folder_is_described_from_its_files(tmp_path):
    found = torch_folder.inspect(make_torch(tmp_path, version="2.14.1+cu130"))
    assert (found.path, found.version) == (tmp_path, "2.14.1+cu130")


@pytest.mark.parametrize("inside", [f"lib/python{HERE}/site-packages", "Lib/site-packages", "."])
def test_the_root_of_an_environment_will_do(tmp_path, inside):
    place = make_torch(tmp_path / inside).resolve()
    assert torch_folder.inspect(tmp_path).path.resolve() == place


def test_the_folder_of_torch_itself_will_do(tmp_path):
    make_torch(tmp_path)
    assert torch_folder.inspect(tmp_path / "torch").path == tmp_path


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError, match=r"nowhere does not exist\. Name the site-packages folder of a Python"):
        torch_folder.inspect(tmp_path / "nowhere")


def test_a_folder_without_torch_is_said(tmp_path):
    with pytest.raises(InputError, match="There is no PyTorch in"):
        torch_folder.inspect(tmp_path)


@pytest.mark.parametrize("version", ["2.3.1", "1.13.0+cu117", "nonsense"])
def test_an_old_torch_is_said(tmp_path, version):
    with pytest.raises(InputError, match=r"is too old: .*, and 2\.4 is the oldest that works"):
        torch_folder.inspect(make_torch(tmp_path, version=version))


def test_another_python_is_said(tmp_path):
    binary = f"_C{SUFFIX}".replace(HERE.replace(".", ""), "39")
    with pytest.raises(InputError, match=rf"is for Python 3\.9, and this Blender runs on Python {HERE}"):
        torch_folder.inspect(make_torch(tmp_path, binary=binary))


@pytest.mark.parametrize("other", [("_C.cp311-win_amd64.pyd", "Windows"), ("_C.cpython-311-darwin.so", "macOS")])
def test_another_system_is_said(tmp_path, other):
    if sys.platform != "linux":
        pytest.skip("the names are those that Linux refuses")
    with pytest.raises(InputError, match=f"is for {other[1]}, and this is Linux"):
        torch_folder.inspect(make_torch(tmp_path, binary=other[0]))


def test_a_torch_without_its_binary_is_said(tmp_path):
    with pytest.raises(InputError, match=r"not complete: its module torch\._C is missing"):
        torch_folder.inspect(make_torch(tmp_path, binary=""))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ImportError('libcudart.so.13: cannot open')", r"ImportError \['libcudart\.so\.13: cannot open'\]"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ends with -11"),
        ("import sys; sys.exit(3)", "SystemExit"),
    ],
)
def test_a_torch_that_fails_or_crashes_does_so_in_another_process(tmp_path, code, words):
    torch_folder.use(make_torch(tmp_path, code=code))
    with pytest.raises(InputError, match=words):
        torch_folder.try_out(torch_folder.inspect(tmp_path))


def test_what_was_tried_is_not_tried_again(tmp_path, monkeypatch):
    found = torch_folder.inspect(make_torch(tmp_path, code="raise ImportError"))
    monkeypatch.setattr(torch_folder, "_is_running", lambda _folder: False)
    torch_folder.use(tmp_path, proven=found.stamp)
    torch_folder.prepare()
    (tmp_path / "torch" / "version.py").write_text("__version__ = '2.14.0'\n")
    os.utime(tmp_path / "torch" / "version.py", ns=(1, 1))
    with pytest.raises(InputError, match="cannot be used"):
        torch_folder.prepare()


def test_the_environment_names_the_folder_where_the_preferences_name_none(tmp_path, monkeypatch):
    monkeypatch.setenv(torch_folder.VARIABLE, str(tmp_path))
    assert torch_folder.chosen() == tmp_path
    torch_folder.use(tmp_path / "other")
    assert torch_folder.chosen() == tmp_path / "other"


def test_a_torch_that_runs_already_is_replaced_by_a_restart_only(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    torch_folder.use(make_torch(tmp_path))
    with pytest.raises(InputError, match="Restart Blender"):
        require_torch()


def in_a_child(folder, code):
    """What a fresh Python prints that has only Python's own library and the finder."""
    finder = Path(torch_finder.__file__)
    script = (
        "import importlib.util, json, sys\n"
        f"spec = importlib.util.spec_from_file_location('torch_finder', {str(finder)!r})\n"
        "torch_finder = importlib.util.module_from_spec(spec); spec.loader.exec_module(torch_finder)\n"
        f"from pathlib import Path\ntorch_finder.use(Path({str(folder)!r}))\n{code}"
    )
    command = [sys.executable, "-I", "-S", "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def can_find(*names):
    return f"print(json.dumps({{name: importlib.util.find_spec(name) is not None for name in {names!r}}}))"


def test_only_what_torch_needs_is_found_in_the_folder(tmp_path):
    needs = ("sympy>=1.13", "Odd.Name; python_version > '3'", "extras; extra == 'opt'", "numpy")
    make_torch(tmp_path, needs=needs)
    for name in ("sympy", "oddly", "extras", "numpy", "requests", "bpy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    odd = tmp_path / "odd_name-1.dist-info"
    odd.mkdir()
    (odd / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-name\nVersion: 1\n")
    (odd / "top_level.txt").write_text("oddly\n")
    names = ("torch", "sympy", "oddly", "extras", "numpy", "requests", "bpy")
    assert in_a_child(tmp_path, f"import torch\n{can_find(*names)}") == {
        "torch": True, "sympy": True, "oddly": True, "extras": False, "numpy": False, "requests": False, "bpy": False,
    }  # fmt: skip


def test_before_torch_is_imported_nothing_else_is_found(tmp_path):
    make_torch(tmp_path)
    (tmp_path / "sympy").mkdir()
    (tmp_path / "sympy" / "__init__.py").write_text("")
    assert in_a_child(tmp_path, can_find("torch", "sympy")) == {"torch": True, "sympy": False}


def test_the_version_is_that_of_the_folder(tmp_path):
    make_torch(tmp_path, version="2.9.9")
    code = "import importlib.metadata\nprint(json.dumps(importlib.metadata.version('torch')))"
    assert in_a_child(tmp_path, code) == "2.9.9"


def test_a_real_torch_is_tried_and_used_once(monkeypatch):
    pytest.importorskip("torch")
    remembered = []
    folder = Path(importlib.util.find_spec("torch").origin).parents[1]
    torch_folder.use(folder, remember=remembered.append)
    monkeypatch.setattr(torch_folder, "_is_running", lambda _folder: False)
    torch_folder.prepare()
    assert remembered == [torch_folder.inspect(folder).stamp]
    monkeypatch.setattr(torch_folder, "try_out", lambda _found: pytest.fail("tried again"))
    torch_folder.prepare()
    require_torch()


def test_the_preferences_say_what_lies_there(tmp_path):
    assert not torch_folder.sentence(None)
    assert "There is no PyTorch in" in torch_folder.sentence(tmp_path)
    assert torch_folder.sentence(make_torch(tmp_path)).startswith("PyTorch 2.13.0 lies there")
