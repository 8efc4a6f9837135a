"""Lets Python find torch in one folder, and nothing else there but what torch and its like need.

It imports nothing of this package: the child process that tries the folder loads this file alone.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

OWN: Final = frozenset({"torch", "torchgen", "functorch", "torchvision"})
"""Taken from the folder before anywhere else: a build of torch is one whole."""
OPTIONAL: Final = ("transformers", "onnxruntime", "smplx")
"""What the add-on uses where it is there and never bundles."""
_TORCH_NEEDS: Final = frozenset({
    "filelock", "fsspec", "jinja2", "markupsafe", "mpmath", "networkx", "sympy", "triton", "typing_extensions",
})  # fmt: skip
"""What torch imports, for a folder whose torch came without metadata."""
_NEVER: Final = frozenset({"numpy", "bpy", "mathutils"})
"""Blender has its own, and two of them in one process crash."""


class _Finder:
    """Finds modules of a set of names in one folder. Submodules are found by Python, through their package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> frozenset[str]:
        """The top-level modules that are looked for."""
        return OWN

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder.find_spec`."""
        if path is not None or fullname not in self.names():
            return None
        return PathFinder.find_spec(fullname, [str(self.folder)], target)

    def invalidate_caches(self) -> None:
        """See `importlib.abc.MetaPathFinder.invalidate_caches`."""


class OwnFinder(_Finder):
    """Asked first: torch itself, and its version."""

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context
    ) -> Iterable[importlib.metadata.Distribution]:
        """The metadata of torch in the folder, for those who ask for its version."""
        if context.name is None or context.name.lower() not in OWN:
            return ()
        return _packages_called(context.name, self.folder)


class NeededFinder(_Finder):
    """Asked last: what torch needs and Blender and the other extensions have not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: frozenset[str] | None = None

    def names(self) -> frozenset[str]:
        """Read from the packages' metadata, once torch or one of its like is imported; until then only those."""
        if self._known is None:
            if not (OWN | set(OPTIONAL)) & sys.modules.keys():
                return frozenset(OPTIONAL)
            self._known = frozenset(OPTIONAL)  # reading metadata imports modules, which asks here again
            self._known = needed_names(self.folder)
        return self._known


def needed_names(folder: Path) -> frozenset[str]:
    """The top-level modules that torch, and the optional packages where they are there, need in turn."""
    waiting, seen = [*sorted(OWN), *OPTIONAL], set[str]()
    modules = {*_TORCH_NEEDS, *OPTIONAL}
    while waiting:
        name = _canonical(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        for found in _packages_called(name, folder):
            if name not in OWN:
                modules |= _top_level(found, name)
            needs = [text for text in found.requires or [] if not re.search(r"\bextra\s*==", text)]
            waiting += [match[0] for text in needs if (match := re.match(r"[\w.-]+", text)) is not None]
    return frozenset(modules - OWN - _NEVER)


def _packages_called(name: str, folder: Path) -> Iterable[importlib.metadata.Distribution]:
    """Not `importlib.metadata.distributions`, which would ask the finders here again, without end."""
    finder = importlib.metadata.MetadataPathFinder
    return finder.find_distributions(finder.Context(name=name, path=[str(folder)]))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _top_level(found: importlib.metadata.Distribution, name: str) -> set[str]:
    listed = (found.read_text("top_level.txt") or "").split()
    if listed:
        return set(listed)
    tops = {path.parts[0] for path in found.files or () if path.suffix == ".py"}
    return {top.removesuffix(".py") for top in tops if not top.endswith(("-info", ".."))} or {name.replace("-", "_")}


def use(folder: Path | None) -> None:
    """Find torch in this folder from now on, in no other; None takes the finders away. Nothing is read yet."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, OwnFinder | NeededFinder)]
    if folder is not None:
        sys.meta_path.insert(0, OwnFinder(folder))
        sys.meta_path.append(NeededFinder(folder))


def used() -> Path | None:
    """The folder that was given to `use`."""
    return next((finder.folder for finder in sys.meta_path if isinstance(finder, OwnFinder)), None)


def try_torch(folder: str) -> str:
    """Import torch from the folder and compute with it; for the child process.

    Returns:
        Its version.

    Raises:
        Exception: whatever importing it raises.
    """
    use(Path(folder))
    import numpy as np
    import torch

    doubled = torch.from_numpy(np.ones(3, np.float32)).add(1.0)
    if float(doubled.sum()) != 6.0:
        raise ArithmeticError(f"torch says that three times two is {float(doubled.sum())}")
    return str(torch.__version__)
