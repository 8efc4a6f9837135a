"""What is true of something rendered, as an .npz beside it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from contrapposto.backend.errors import InputError


class TruthFile:
    """Mixin of a dataclass of arrays that is kept in a file.

    Attributes:
        of_what: for messages.
    """

    of_what: ClassVar[str] = "something rendered"

    def save(self, path: Path) -> None:
        """Write an .npz; it appears whole or not at all."""
        partial = path.with_name(f".{path.name}")
        own: Any = self
        with partial.open("wb") as stream:
            np.savez(stream, **{field.name: getattr(self, field.name) for field in fields(own)})
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The inverse of `save`.

        Raises:
            InputError: it is no such file.
        """
        own: Any = cls
        try:
            with np.load(path, allow_pickle=False) as archive:
                content: dict[str, Any] = {field.name: archive[field.name] for field in fields(own)}
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path} is not the truth of {cls.of_what}: {error}. Render the set again.") from error
        return cls(**content)
