"""A model file of TensorFlow Lite in LiteRT's interpreter. Knows nothing of what the numbers mean."""

from __future__ import annotations

import os
from typing import Any, Final, Protocol, cast

import numpy as np

from ..arrays import FloatArray
from ..errors import ModelFileError
from ..packages import require_litert
from ..quiet import quiet

_MOST_THREADS: Final = 4
_MOST_REASON: Final = 200
_FAULTS: Final = (ValueError, RuntimeError, IndexError, TypeError, KeyError)
"""What LiteRT raises over a file that it cannot use."""


class _Interpreter(Protocol):
    """The part of `ai_edge_litert.interpreter.Interpreter` (which has no type hints) that is used."""

    def allocate_tensors(self) -> None: ...
    def get_input_details(self) -> list[dict[str, Any]]: ...
    def get_output_details(self) -> list[dict[str, Any]]: ...
    def set_tensor(self, tensor_index: int, value: FloatArray) -> None: ...
    def get_tensor(self, tensor_index: int) -> FloatArray: ...
    def invoke(self) -> None: ...


class TfliteModel:
    """One loaded model: one float32 input, several float32 outputs.

    Args:
        content: the bytes of the .tflite file, already verified: LiteRT crashes on some damaged files.
        name: for messages.
        threads: CPU threads; by default as many as there are cores, up to four.

    Raises:
        MissingPackageError: LiteRT is not installed.
        ModelFileError: LiteRT cannot load the file.
    """

    def __init__(self, content: bytes, name: str, *, threads: int | None = None) -> None:
        require_litert()
        from ai_edge_litert import interpreter  # pyright: ignore[reportMissingTypeStubs]

        self._name = name
        count = threads or min(os.cpu_count() or 1, _MOST_THREADS)
        try:
            with quiet():
                loaded: Any = interpreter.Interpreter(model_content=content, num_threads=count)
                self._interpreter = cast(_Interpreter, loaded)
                self._interpreter.allocate_tensors()
            details = self._interpreter.get_input_details()[0]
            self._input = int(details["index"])
            self.input_shape: tuple[int, ...] = tuple(int(length) for length in details["shape"])
            self._outputs = [int(output["index"]) for output in self._interpreter.get_output_details()]
        except _FAULTS as error:
            raise self._trouble("loaded", error) from error

    def run(self, value: FloatArray, *, outputs: tuple[int, ...]) -> tuple[FloatArray, ...]:
        """Run on `value` (of `input_shape`) and return the outputs at these positions of the model's own order.

        Raises:
            ModelFileError: the model takes no such input, or has no such outputs.
        """
        try:
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(value, dtype=np.float32))
            self._interpreter.invoke()
            return tuple(self._interpreter.get_tensor(self._outputs[position]) for position in outputs)
        except _FAULTS as error:
            raise self._trouble("run", error) from error

    def _trouble(self, what: str, error: Exception) -> ModelFileError:
        reason = " ".join(str(error).split())[:_MOST_REASON].rstrip(".")
        return ModelFileError(f"{self._name} cannot be {what} by LiteRT: {reason}. Fetch the model files again.")
