"""Opens the user's TorchScript archives, and refuses those that could run code while they are loaded.

`torch.jit.load` runs no Python, but TorchScript is a language of its own: default values, class constants and
`__setstate__` are run while a file is loaded, and operators such as `torch.save` write files. So the archive is taken
apart first, only literal values are let through, what was looked at is packed anew, and that copy is loaded. Of the
method that is called, every operator is looked at after loading (`check_operators`). What this cannot exclude are
faults in torch itself: PyTorch's own advice is to load only files that one trusts (its SECURITY.md).
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import io
import pickletools
import re
import tempfile
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import ModelFileError

if TYPE_CHECKING:
    import torch

_HOW_TO_MAKE: Final = "Choose a file that torch.jit.save has written."
_TRUSTED: Final = "Choose a plain TorchScript file, made by somebody you trust."
_MOST_TEXT_BYTES: Final = 64 << 20
_MOST_LINE: Final = 500_000
_MOST_EXPANSION: Final = 8
"""A file may unfold to this many times its own size: its weights are stored as they are, its code is packed."""
_KEPT: Final = re.compile(r"data\.pkl|constants\.pkl|(\.data/)?version|byteorder|(data|constants)/\d+|code/[\w./]+\.py")
# The instructions that torch's own reader knows (torch/csrc/jit/serialization/unpickler.cpp).
_INSTRUCTIONS: Final = frozenset({
    "PROTO", "STOP", "GLOBAL", "NEWOBJ", "REDUCE", "BUILD", "BINPERSID", "MARK", "NONE", "NEWTRUE", "NEWFALSE",
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_DICT",
    "LIST", "DICT", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "APPENDS", "SETITEM", "SETITEMS", "BINPUT", "LONG_BINPUT",
    "BINGET", "LONG_BINGET",
})  # fmt: skip
_NAMES: Final = frozenset({
    "collections OrderedDict", "builtins complex", "torch device", "torch._utils _rebuild_tensor_v2",
    *(f"torch.jit._pickle {name}" for name in (
        "restore_type_tag", "build_intlist", "build_doublelist", "build_boollist", "build_tensorlist",
    )),
})  # fmt: skip
_STORAGE_BYTES: Final = {
    f"torch {name}Storage": size
    for size, names in (
        (1, ("Bool", "Byte", "Char")),
        (2, ("Half", "BFloat16", "Short")),
        (4, ("Float", "Int")),
        (8, ("Double", "Long", "ComplexFloat")),
        (16, ("ComplexDouble",)),
    )
    for name in names
}
_OWN_CLASS: Final = re.compile(r"__torch__(?!\.torch\.classes)[\w.]* \w+")
_RUNS_WHILE_LOADING: Final = "__setstate__"
_REMOTE_CALLS: Final = frozenset({"rpc_async", "rpc_sync", "rpc_remote"})
_READ_OR_WRITE: Final = frozenset({"save", "from_file"})
_NAMESPACES: Final = frozenset({"aten", "prim", "torchvision"})
_FORBIDDEN_OPERATORS: Final = frozenset({
    "aten::save", "aten::from_file", "prim::CallMethod", "prim::CallFunction", "prim::PythonOp", "prim::rpc_async",
    "prim::rpc_sync", "prim::rpc_remote",
})  # fmt: skip


def load_torchscript(path: Path, *, device: torch.device | str = "cpu") -> Any:
    """Check and load an archive.

    Returns:
        The `torch.jit.ScriptModule`, ready to be asked.

    Raises:
        ModelFileError: it is missing, damaged, an ordinary pickle or checkpoint, or holds what could run while it is
            loaded.
    """
    import torch

    name = Path(path).name
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.pt"
        try:
            _repack(Path(path), copy)
        except OSError as error:
            raise ModelFileError(f"The regressor file {path} cannot be read: {error.strerror or error}.") from error
        try:
            return _load(copy, torch.device(device))
        except (RuntimeError, ValueError, NotImplementedError, IndexError, KeyError, TypeError, OverflowError) as error:
            raise ModelFileError(
                f"{name} cannot be loaded by torch {torch.__version__} ({_first_line(error)}). {_hint(error)}"
            ) from error


def _load(path: Path, device: torch.device) -> Any:
    """Load what was looked at, and torchvision first where a file uses its operators."""
    import torch

    jit: Any = torch.jit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that TorchScript is no longer developed
        try:
            return jit.load(str(path), map_location=device).eval()
        except RuntimeError as error:
            if "torchvision::" not in str(error) or importlib.util.find_spec("torchvision") is None:
                raise
            importlib.import_module("torchvision")
            return jit.load(str(path), map_location=device).eval()


def check_operators(method: Any, *, name: str) -> None:
    """Refuse a method that, with all it calls, does anything but compute.

    Args:
        method: a `torch.ScriptMethod`.
        name: of the file.

    Raises:
        ModelFileError: it reads or writes files, calls over the network, or calls what cannot be looked at.
    """
    for kind in sorted(set(_operators(method.inlined_graph))):
        if kind.partition("::")[0] not in _NAMESPACES or kind in _FORBIDDEN_OPERATORS:
            raise ModelFileError(
                f"{name} uses the operator {kind}, which a pose regressor does not need, and is not run. {_TRUSTED}"
            )


def _operators(graph: Any) -> Iterator[str]:
    for node in graph.nodes():
        yield node.kind()
        for block in node.blocks():
            yield from _operators(block)
        if node.hasAttribute("Subgraph"):
            yield from _operators(node.g("Subgraph"))


def _repack(source: Path, target: Path) -> None:
    """Write a copy of the archive with nothing in it but what was looked at."""
    with source.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise _no_archive(source.name, stream)
        try:
            with (
                warnings.catch_warnings(),
                zipfile.ZipFile(stream) as archive,
                zipfile.ZipFile(target, "w") as copy,
            ):
                warnings.simplefilter("ignore")  # of odd spellings in what is only looked at
                members = _members(archive, source)
                sizes = {kept: info.file_size for info, kept in members}
                for info, kept in members:
                    content = archive.read(info)
                    _check_member(kept, content, name=source.name, sizes=sizes)
                    copy.writestr(f"model/{kept}", content)
        except (
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError,
            IndexError, KeyError
        ) as error:  # fmt: skip
            raise ModelFileError(f"{source.name} is damaged: {error}. {_HOW_TO_MAKE}") from error


def _no_archive(name: str, stream: io.BufferedReader) -> ModelFileError:
    stream.seek(0)
    start = stream.read(4)
    if start[:1] == b"\x80":
        return ModelFileError(
            f"{name} is an ordinary pickle, which could run any code, and is not opened. {_HOW_TO_MAKE}"
        )
    if start == b"PK\x03\x04":
        return ModelFileError(f"{name} ends too early: the file is not complete. Copy or download it again.")
    return ModelFileError(f"{name} is no TorchScript archive. {_HOW_TO_MAKE}")


def _members(archive: zipfile.ZipFile, source: Path) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files that are kept, with their names below the one folder that holds them all."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    names = [info.filename for info in infos]
    folders = {name.partition("/")[0] for name in names}
    if len(folders) != 1 or len(set(names)) != len(names):
        raise ModelFileError(f"{source.name} is no TorchScript archive. {_HOW_TO_MAKE}")
    below = [name.partition("/")[2] for name in names]
    if "data.pkl" in below and not any(name.startswith("code/") for name in below):
        raise ModelFileError(
            f"{source.name} is a checkpoint of torch.save: a pickle without the network's code, which is not opened. "
            f"{_HOW_TO_MAKE}"
        )
    if not {"data.pkl", "constants.pkl"} <= set(below):
        raise ModelFileError(f"{source.name} is no TorchScript archive. {_HOW_TO_MAKE}")
    if sum(info.file_size for info in infos) > _MOST_EXPANSION * source.stat().st_size + _MOST_TEXT_BYTES:
        raise ModelFileError(f"{source.name} would unfold to more than its size allows. {_HOW_TO_MAKE}")
    return [(info, name) for info, name in zip(infos, below, strict=True) if _KEPT.fullmatch(name)]


def _check_member(member: str, content: bytes, *, name: str, sizes: Mapping[str, int]) -> None:
    if not member.endswith((".pkl", ".py")):
        return
    if len(content) > _MOST_TEXT_BYTES:
        raise ModelFileError(f"{name} holds more code than a pose regressor does. {_HOW_TO_MAKE}")
    reason = _odd_in_pickle(content) if member.endswith(".pkl") else _odd_in_code(content)
    if reason is not None:
        raise ModelFileError(f"{name} {reason}, which could run while it is loaded, and is not opened. {_TRUSTED}")
    if member.endswith(".pkl"):
        for key, length in _storages(content):
            if sizes.get(f"{member.removesuffix('.pkl')}/{key}", 0) != length:
                raise ModelFileError(f"{name} is damaged: its weights {key} are not of the length stated.")


def _odd_in_pickle(content: bytes) -> str | None:
    """What the description of a module must not hold."""
    for instruction, argument, _ in pickletools.genops(content):
        if instruction.name not in _INSTRUCTIONS:
            return f"holds the pickle instruction {instruction.name}"
        known = argument in _NAMES or argument in _STORAGE_BYTES
        if instruction.name == "GLOBAL" and not known and not _OWN_CLASS.fullmatch(str(argument)):
            return f"names {str(argument).replace(' ', '.')} in a pickle"
    return None


def _storages(content: bytes) -> Iterator[tuple[str, int]]:
    """The key of each block of weights and the bytes it must have; torch would read beyond one that is shorter.

    Raises:
        ValueError: a block is described in another way than torch does it.
    """
    memo: dict[Any, Any] = {}
    row: list[Any] = []
    for instruction, argument, _ in pickletools.genops(content):
        match instruction.name:
            case "MARK":
                row = []
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = row[-1] if row else None
            case "BINGET" | "LONG_BINGET":
                row.append(memo.get(argument))
            case "BINUNICODE" | "BININT" | "BININT1" | "BININT2" | "LONG1" | "GLOBAL":
                row.append(argument)
            case "BINPERSID":
                yield _storage(row)
            case "TUPLE":
                pass
            case _:
                row.append(None)


def _storage(row: list[Any]) -> tuple[str, int]:
    """From "storage", its type, key, device and how many numbers it holds."""
    if len(row) != 5 or row[0] != "storage" or row[1] not in _STORAGE_BYTES or not isinstance(row[4], int):
        raise ValueError("its weights are described in another way than torch does it")
    return str(row[2]), row[4] * _STORAGE_BYTES[row[1]]


def _odd_in_code(content: bytes) -> str | None:
    """What a module's code must not hold; as a phrase that follows the file's name."""
    text = content.decode("utf-8")  # UnicodeDecodeError is a ValueError
    if "\0" in text or max(map(len, text.splitlines()), default=0) > _MOST_LINE:
        return "holds code that cannot be read"  # the tokenizer would take minutes to say so
    try:
        strings = [found.string for found in tokenize.generate_tokens(io.StringIO(text).readline)
                   if found.type == tokenize.STRING]  # fmt: skip
        tree = ast.parse(text)
    except (SyntaxError, tokenize.TokenError, RecursionError, MemoryError):
        return "holds code that cannot be read"
    if any(string[0] not in "\"'" or string[:3] in ('"""', "'''") for string in strings):
        return "holds unusual texts in its code"
    odd = next((value for value in _run_while_loading(tree) if not _is_literal(value)), None)
    if odd is not None:
        return f"computes a value in line {odd.lineno} of its code"
    name = next(_odd_names(tree), None)
    return None if name is None else f"uses {name} in its code"


def _odd_names(tree: ast.Module) -> Iterator[str]:
    """Functions that read or write files or run while loading, and libraries of operators that are not known.

    The libraries `torch` and `ops.aten` themselves may stand before a dot only: under another name, or in `getattr`,
    what is called could not be seen.
    """
    before_dot = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == _RUNS_WHILE_LOADING:
            yield node.name
        path = _dotted(node)
        owner, _, name = path.rpartition(".")
        is_library = path in {"torch", "ops"} or owner == "ops"
        if is_library and id(node) not in before_dot:
            yield path
        if owner == "ops" and name not in _NAMESPACES:
            yield path
        if path in _REMOTE_CALLS or (owner in {"torch", "ops.aten"} and name in _READ_OR_WRITE):
            yield path
        if path.endswith("torch.classes"):
            yield "torch.classes"


def _dotted(node: ast.AST) -> str:
    """`a.b.c` as text; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def _run_while_loading(tree: ast.Module) -> Iterator[ast.expr | ast.stmt]:
    """Everything that torch evaluates when it reads the code: defaults, constants, and what is no definition at all."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from node.args.defaults
            yield from (value for value in node.args.kw_defaults if value is not None)
            yield from node.decorator_list
        elif isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign):
                    yield from () if statement.value is None else (statement.value,)
                elif not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Pass):
                    yield statement


def _is_literal(node: ast.AST) -> bool:
    """Whether it is a number, a text, a type's name, or a list, tuple or negative of such."""
    if isinstance(node, ast.List | ast.Tuple):
        return all(_is_literal(item) for item in node.elts)
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    if isinstance(node, ast.Subscript):
        return _is_literal(node.value) and _is_literal(node.slice)
    if isinstance(node, ast.Attribute):
        return _is_literal(node.value)
    return isinstance(node, ast.Constant | ast.Name)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".:")[:200]


def _hint(error: Exception) -> str:
    if "torchvision" in str(error):
        return "It needs the Python package torchvision of the same version as torch: install it."
    return "Export it again with this version, or choose another file."
