"""Which TorchScript files are opened, and that nothing runs of those that are not."""

from __future__ import annotations

import pickle
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import ModelFileError

torch = pytest.importorskip("torch")

from contrapposto.backend.estimate.torchscript import TorchscriptRegressor  # noqa: E402
from contrapposto.backend.estimate.torchscript_file import check_operators, load_torchscript  # noqa: E402
from tiny_regressors import (  # noqa: E402
    CallsAnInterface,
    Echo,
    HidesWriting,
    OnCrop,
    Plain,
    SetsState,
    WithBoxes,
    WithoutGradient,
    WritesFiles,
    WritesOnEntering,
    rewritten,
    write_regressor,
)

CAMERA = Camera(100.0, 100.0, 15.0, 20.0)


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files that loading would write by a relative name, as the ones here try to, would land in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield
    assert not list(folder.iterdir())


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return write_regressor(Plain(), tmp_path / "plain.pt")


def _with_code(path: Path, change: Callable[[str], str]) -> Path:
    """The file with its source changed; that the change did something is part of the test."""
    done: list[bool] = []

    def edit(name: str, content: bytes) -> bytes | None:
        if name.endswith(".debug_pkl"):
            return None
        if not name.endswith(".py"):
            return content
        before = content.decode()
        after = change(before)
        done.append(after != before)
        return after.encode()

    rewritten(path, edit)
    assert any(done)
    return path


class Layers(Echo):
    """Many kinds of attributes and layers."""

    def __init__(self) -> None:
        super().__init__()
        self.seq = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.ReLU())
        self.attention = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.levels = torch.nn.ModuleList([torch.nn.Linear(8, 8), torch.nn.Linear(8, 72, bias=False)])
        self.register_buffer("small", torch.ones(3, dtype=torch.float16))
        self.register_buffer("empty", torch.zeros(0))
        self.register_buffer("shared", self.pose[:, 3:])
        self.names = {"a": torch.ones(2, dtype=torch.float64)}
        self.sizes = (1, 2**40)

    def forward(self, crop: torch.Tensor, scale: float = float("inf"), note: str = 'é\n"') -> torch.Tensor:
        rows = self.seq(crop).flatten(2).mean(-1)[:, None]
        rows = self.attention(rows)[:, 0]
        for level in self.levels:
            rows = level(torch.nn.functional.gelu(rows))
        return self.pose + 0.0 * rows + 0.0 * self.names["a"].sum() + self.shared.sum() + 1.0 / scale


@pytest.mark.parametrize("frozen", [False, True])
def test_networks_of_many_layers_are_opened_and_answer_as_before(tmp_path: Path, frozen: bool) -> None:
    network = Layers().eval()
    path = write_regressor(network, tmp_path / "layers.pt")
    if frozen:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.jit.save(torch.jit.freeze(load_torchscript(path)), str(path))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    # torch puts the version elsewhere in files that use newer operators, such as gelu
    assert any(name.endswith("/.data/version") for name in names)
    crop = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(1))
    loaded = load_torchscript(path)
    check_operators(loaded.forward, name="layers.pt")
    torch.testing.assert_close(loaded(crop), network(crop))


def test_a_traced_network_is_opened(tmp_path: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 72), torch.nn.Tanh())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(network, torch.ones(1, 3, 2, 2)).save(str(tmp_path / "traced.pt"))
    loaded = load_torchscript(tmp_path / "traced.pt")
    torch.testing.assert_close(loaded(torch.ones(1, 3, 2, 2)), network(torch.ones(1, 3, 2, 2)))


class _Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (eval, ("open('written.bin', 'w').close()",))


def test_pickles_are_refused_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "pose.pt"
    path.write_bytes(pickle.dumps({"pose": _Payload()}))
    with pytest.raises(ModelFileError, match=r"pose\.pt is an ordinary pickle, which could run any code"):
        load_torchscript(path)
    torch.save({"pose": _Payload()}, path)
    with pytest.raises(ModelFileError, match=r"pose\.pt is a checkpoint of torch\.save"):
        load_torchscript(path)
    torch.save({"pose": torch.ones(3)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(ModelFileError, match="ordinary pickle"):
        load_torchscript(path)


@pytest.mark.parametrize("member", ["data.pkl", "constants.pkl"])
def test_pickles_inside_an_archive_are_looked_at(plain: Path, member: str) -> None:
    evil = pickle.dumps(_Payload(), protocol=2)
    rewritten(plain, lambda name, content: evil if name == member else content)
    with pytest.raises(ModelFileError, match=r"names __builtin__\.eval in a pickle"):
        load_torchscript(plain)


@pytest.mark.parametrize(
    "name",
    [b"torch.distributed.rpc\nrref\n", b"__torch__.torch.classes.profiling\n_RecordFunctionFast\n", b"os\nsystem\n"],
)
def test_only_known_names_may_stand_in_a_pickle(plain: Path, name: bytes) -> None:
    rewritten(plain, lambda member, content: b"\x80\x02c" + name + b"." if member == "data.pkl" else content)
    with pytest.raises(ModelFileError, match=r"names .* in a pickle, which could run while it is loaded"):
        load_torchscript(plain)


def test_instructions_that_torch_does_not_write_are_refused(plain: Path) -> None:
    rewritten(plain, lambda name, content: b"(S'ls'\nios\nsystem\n." if name == "data.pkl" else content)
    with pytest.raises(ModelFileError, match="holds the pickle instruction STRING"):
        load_torchscript(plain)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("crop: Tensor)", 'crop: Tensor, k: int=torch.size(torch.from_file("written.bin", True, 5), 0))',
         "computes a value"),
        ("crop: Tensor)", 'crop: Tensor, k: int=torch.size(getattr(torch, "from" "_file")("written.bin", True, 5), 0))',
         "computes a value"),
        ("  training : bool", "  c : Final[int] = torch.size(torch.ones([2]), 0)\n  training : bool", "computes a"),
        ("  training : bool", "  training : bool\n  torch.ones([2])", "computes a value"),
        ("class Plain", "k = torch.ones([2])\nclass Plain", "computes a value"),
        ("crop: Tensor)", "crop: Tensor, k: int=len(b'x'))", "unusual texts"),
        ("crop: Tensor)", "crop: Tensor, k: str='''x''')", "unusual texts"),
        ("def forward(", "def forward((", "cannot be read"),
    ],
)  # fmt: skip
def test_code_that_runs_while_loading_is_refused(plain: Path, old: str, new: str, words: str) -> None:
    _with_code(plain, lambda text: text.replace(old, new, 1))
    with pytest.raises(ModelFileError, match=rf"plain\.pt .*{words}.*and is not opened"):
        load_torchscript(plain)


def test_torch_itself_would_run_such_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the code is looked at: without it, loading a file writes a file."""
    monkeypatch.chdir(tmp_path)
    path = write_regressor(Plain(), tmp_path / "plain.pt")
    new = 'crop: Tensor, k: int=torch.size(torch.from_file("written.bin", True, 5), 0))'
    _with_code(path, lambda text: text.replace("crop: Tensor)", new, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.load(str(path))
    assert (tmp_path / "written.bin").exists()


def test_state_that_is_restored_by_code_is_refused(tmp_path: Path) -> None:
    path = write_regressor(SetsState(), tmp_path / "state.pt")
    with pytest.raises(ModelFileError, match="uses __setstate__ in its code"):
        load_torchscript(path)


@pytest.mark.parametrize("kind", [WritesFiles, HidesWriting, WritesOnEntering])
def test_a_network_that_writes_files_is_not_opened(tmp_path: Path, kind: type[Echo]) -> None:
    path = write_regressor(kind(), tmp_path / "writes.pt")
    with pytest.raises(ModelFileError, match=r"writes\.pt uses torch\.save in its code.*and is not opened"):
        TorchscriptRegressor(path)


@pytest.mark.parametrize("kind", [WritesFiles, HidesWriting])
def test_operators_of_what_was_compiled_are_looked_at_too(tmp_path: Path, kind: type[Echo]) -> None:
    path = write_regressor(kind(), tmp_path / "writes.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch.jit.load(str(path))
    with pytest.raises(ModelFileError, match=r"writes\.pt uses the operator aten::save.*and is not run"):
        check_operators(compiled.forward, name="writes.pt")


def test_calls_that_are_only_known_when_they_run_are_refused(tmp_path: Path) -> None:
    path = write_regressor(CallsAnInterface(), tmp_path / "calls.pt")
    with pytest.raises(ModelFileError, match=r"uses the operator prim::CallMethod"):
        TorchscriptRegressor(path)


def test_harmless_blocks_are_run(tmp_path: Path) -> None:
    regressor = TorchscriptRegressor(write_regressor(WithoutGradient(), tmp_path / "blocks.pt"))
    answer = regressor.read(np.zeros((40, 30, 3), np.uint8), np.array([5, 5, 20, 30], np.float32), CAMERA)
    np.testing.assert_allclose(answer.rotations[0], np.diag([1.0, -1.0, -1.0]), atol=1e-6)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('torch.save(crop, "written.bin")', r"torch\.save"),
        ('torch . # where\n      save(crop, "written.bin")', "cannot be read"),
        ('_9 = ops.aten.from_file("written.bin", True, 5)', r"ops\.aten\.from_file"),
        ('_9 = torch\n    _8 = _9.save(crop, "written.bin")', "torch"),
        ('_8 = getattr(torch, "sa" "ve")(crop, "written.bin")', "torch"),
        ('_9 = ops.aten\n    _8 = _9.save(crop, "written.bin")', r"ops\.aten"),
        ("_9 = ops.rpc.start()", r"ops\.rpc"),
        ('_9 = rpc_async("worker", crop)', "rpc_async"),
        ("_9 = __torch__.torch . classes.profiling._RecordFunctionFast.__new__()", r"torch\.classes"),
    ],
)
def test_ways_around_the_names_are_refused(plain: Path, statement: str, words: str) -> None:
    _with_code(plain, lambda text: text.replace("    pose = ", f"    {statement}\n    pose = ", 1))
    with pytest.raises(ModelFileError, match=rf"plain\.pt .*{words}.*and is not opened"):
        load_torchscript(plain)


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    content = write_regressor(WithBoxes(), tmp_path / "boxes.pt").read_bytes()
    path = tmp_path / "cut.pt"
    for length in (0, 3, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=r"cut\.pt (ends too early|is no TorchScript archive|is damaged)"):
            load_torchscript(path)


def test_a_damaged_byte_is_found(tmp_path: Path) -> None:
    path = write_regressor(OnCrop(torch.arange(72.0)[None]), tmp_path / "crop.pt")
    content = bytearray(path.read_bytes())
    place = content.index(torch.arange(40.0, 44.0).numpy().tobytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"crop\.pt is damaged: Bad CRC-32"):
        load_torchscript(path)


def test_weights_that_are_shorter_than_stated_are_refused(plain: Path) -> None:
    """torch reads beyond their end without a word."""
    rewritten(plain, lambda name, content: content[:8] if name == "data/0" else content)
    with pytest.raises(ModelFileError, match=r"damaged: its weights 0 are not of the length stated"):
        load_torchscript(plain)


def test_archives_of_other_things_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/readme.txt", "hello")
        archive.writestr("b/readme.txt", "hello")
    with pytest.raises(ModelFileError, match="no TorchScript archive"):
        load_torchscript(path)
    path.write_text("hello")
    with pytest.raises(ModelFileError, match="no TorchScript archive"):
        load_torchscript(path)
    for missing in (tmp_path / "missing.pt", tmp_path):
        with pytest.raises(ModelFileError, match="cannot be read"):
            load_torchscript(missing)


def test_an_archive_that_unfolds_without_end_is_refused(plain: Path) -> None:
    with zipfile.ZipFile(plain, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plain/data/9", bytes(80 << 20))
    with pytest.raises(ModelFileError, match="would unfold"):
        load_torchscript(plain)


def test_what_is_not_known_is_left_behind(plain: Path) -> None:
    with zipfile.ZipFile(plain, "a") as archive:
        archive.writestr("plain/bytecode.pkl", pickle.dumps(_Payload()))
        archive.writestr("plain/extra/notes.txt", "hello")
    assert load_torchscript(plain)(torch.zeros(1)).shape == (1, 72)


def test_torch_missing_is_an_error_in_words(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from contrapposto.backend.errors import MissingPackageError

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackageError, match="torch is needed"):
        TorchscriptRegressor(plain)
