"""Reads the pickles in which SMPL is distributed, without running anything in them.

What a pickle may name is replaced by stand-ins of our own, so that neither numpy nor scipy rebuilds an object from what
the file says: their own `__setstate__` trusts it. The instructions are looked at before, as some ask for memory without
end (a place in the memo, a length). Of the content only arrays of numbers are kept.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
import warnings
from collections.abc import Callable
from typing import Any, Final, NoReturn, cast

import numpy as np
import numpy.typing as npt

_MOST_INSTRUCTIONS: Final = 2_000_000
_MOST_PLACES: Final = 1_000_000
_FORBIDDEN: Final = frozenset(
    {"EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER", "INST", "OBJ"}
)
_KIND: Final = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|S\d{1,4}|U\d{1,4})")
_MOST_DENSE: Final = 1 << 30
_FAULTS: Final = (
    pickle.PickleError, ValueError, TypeError, AttributeError, KeyError, IndexError, EOFError, OverflowError,
    ImportError, RecursionError, MemoryError,
)  # fmt: skip

Array = npt.NDArray[Any]


def read_smpl_pickle(content: bytes) -> dict[str, Array]:
    """The arrays of numbers in a pickled dictionary, sparse ones filled, by name.

    Raises:
        ValueError: the bytes are no such pickle, or name what a SMPL file does not need.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd spellings in what is only looked at
            _check_instructions(content)
        said: object = _StandIns(io.BytesIO(content), encoding="latin1").load()
        if not isinstance(said, dict):
            raise ValueError("it holds no dictionary")
        found = {str(name): _array_in(value) for name, value in cast("dict[object, object]", said).items()}
    except _FAULTS as error:
        raise ValueError(str(error)[:200].rstrip(".") or "it is damaged") from error
    return {name: array for name, array in found.items() if array is not None}


def _check_instructions(content: bytes) -> None:
    count = 0
    for count, (instruction, argument, _) in enumerate(pickletools.genops(content), start=1):
        if instruction.name in _FORBIDDEN:
            raise ValueError(f"it holds the pickle instruction {instruction.name}")
        if count > _MOST_INSTRUCTIONS or (instruction.name.endswith("PUT") and int(argument or 0) > _MOST_PLACES):
            raise ValueError("it is larger than any SMPL file")


def _array_in(value: object) -> Array | None:
    if isinstance(value, _Chumpy):
        value = value.x
    if isinstance(value, _Sparse):
        return value.filled()
    return value.numbers if isinstance(value, _Array) else None


class _Type:
    """Stands in for `numpy.dtype`; a state may turn its byte order round and nothing else."""

    def __init__(self, kind: object = "", *_: object) -> None:
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise ValueError("it holds arrays of other things than numbers")
        self.kind = kind

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        if order not in {"<", ">", "|", "="} or state[2:5] != (None, None, None):
            raise ValueError("it holds arrays of other things than numbers")
        self.kind = order + self.kind.lstrip("<>|=")


class _Array:
    """Stands in for `numpy.ndarray`."""

    numbers: Array = np.zeros(0)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, is_fortran, raw = state
        content = raw.encode("latin1") if isinstance(raw, str) else raw  # Python 2's texts are bytes
        self.numbers = _numbers(content, kind, shape, order="F" if is_fortran is True or is_fortran == 1 else "C")


class _Chumpy:
    """Stands in for `chumpy.Ch`, which old SMPL files hold: only its array is read."""

    x: object = None

    def __setstate__(self, state: Any) -> None:
        self.x = state["x"]


class _Sparse:
    """Stands in for scipy's sparse matrices in rows or columns, which would trust their indices."""

    by_columns = False
    parts: tuple[Array, Array, Array, tuple[int, int]] | None = None

    def __setstate__(self, state: Any) -> None:
        rows, columns = state.get("_shape") or state["shape"]
        if not (type(rows) is int and type(columns) is int and 0 < rows * columns * 8 <= _MOST_DENSE and rows > 0):
            raise ValueError("it holds a matrix of an impossible shape")
        data, indices, starts = (state[name].numbers for name in ("data", "indices", "indptr"))
        self.parts = data, indices, starts, (rows, columns)

    def filled(self) -> Array:
        """(rows, columns)."""
        if self.parts is None:
            raise ValueError("it holds a matrix without numbers")
        data, indices, starts, (rows, columns) = self.parts
        outer, inner = (columns, rows) if self.by_columns else (rows, columns)
        are_whole = all(part.dtype.kind in "iu" and part.ndim == 1 for part in (indices, starts))
        if data.ndim != 1 or data.dtype.kind not in "biuf" or not are_whole or len(starts) != outer + 1:
            raise ValueError("it holds a damaged matrix")
        counts = np.diff(starts.astype(np.int64))
        is_inside = len(indices) == 0 or (indices.min() >= 0 and indices.max() < inner)
        if starts[0] != 0 or (counts < 0).any() or not len(data) == len(indices) == int(starts[-1]) or not is_inside:
            raise ValueError("it holds a damaged matrix")
        matrix = np.zeros((outer, inner))
        np.add.at(matrix, (np.repeat(np.arange(outer), counts), indices), data)
        return matrix.T if self.by_columns else matrix


class _Columns(_Sparse):
    by_columns = True


class _Rows(_Sparse):
    pass


def _numbers(content: object, kind: object, shape: object, *, order: str) -> Array:
    if not isinstance(content, bytes | bytearray) or not isinstance(kind, _Type) or not isinstance(shape, tuple):
        raise ValueError("it holds a damaged array")
    lengths = cast("tuple[object, ...]", shape)
    if len(lengths) > 8 or not all(type(length) is int and 0 <= length < 1 << 40 for length in lengths):
        raise ValueError("it holds an array of an impossible shape")
    sides, numbers = cast("tuple[int, ...]", lengths), np.dtype(kind.kind)
    if not numbers.itemsize or math.prod(sides) * numbers.itemsize != len(content):
        raise ValueError("it holds an array whose shape does not fit its content")
    return np.frombuffer(content, numbers).reshape(sides, order="F" if order == "F" else "C")


class _Call:
    """A function that a pickle may call; in an object of its own, which a pickle cannot change."""

    __slots__ = ("_run",)

    def __init__(self, run: Callable[..., object]) -> None:
        self._run = run

    def __call__(self, *given: object) -> object:
        return self._run(*given)

    def __setstate__(self, state: object) -> NoReturn:
        raise ValueError("it changes what it is read with")


def _empty_array(*_: object) -> _Array:
    return _Array()


def _array_from_buffer(content: object, kind: object, *rest: object) -> _Array:
    made, (shape, order) = _Array(), rest
    made.numbers = _numbers(content, kind, shape, order=str(order))
    return made


def _scalar(kind: object, content: object = b"") -> float | None:
    raw = content.encode("latin1") if isinstance(content, str) else content
    number = _numbers(raw, kind, (), order="C")
    return float(number) if number.dtype.kind in "biuf" else None


def _rebuilt(kind: object, *_: object) -> object:
    if not any(kind is known for known in (_Columns, _Rows, _Chumpy)):
        raise ValueError("it rebuilds an unknown object")
    return cast("type[object]", kind)()


def _encoded(text: object, encoding: object = "latin1") -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError("it encodes texts")
    return text.encode("latin1")


_SPARSE: Final = {
    (f"scipy.sparse.{module}", f"{kind}_matrix"): stand_in
    for kind, stand_in in (("csc", _Columns), ("csr", _Rows))
    for module in (kind, f"_{kind}")
}
_NUMPY: Final = {
    (f"numpy.{core}.{module}", name): _Call(run)
    for core in ("core", "_core")
    for module, name, run in (
        ("multiarray", "_reconstruct", _empty_array), ("multiarray", "scalar", _scalar),
        ("numeric", "_frombuffer", _array_from_buffer),
    )
}  # fmt: skip
_KNOWN: Final[dict[tuple[str, str], object]] = {
    **_SPARSE, **_NUMPY,
    ("numpy", "ndarray"): _Array, ("numpy", "dtype"): _Type,
    ("chumpy.ch", "Ch"): _Chumpy, ("chumpy", "Ch"): _Chumpy,
    ("_codecs", "encode"): _Call(_encoded), ("copy_reg", "_reconstructor"): _Call(_rebuilt),
    ("builtins", "object"): None, ("__builtin__", "object"): None,
}  # fmt: skip


class _StandIns(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        """The stand-in for what a SMPL file names."""
        name = (module_name, global_name)
        if name not in _KNOWN:
            raise pickle.UnpicklingError(f"it holds {module_name}.{global_name}, which a SMPL file does not need")
        return _KNOWN[name]
