"""Every error that Contrapposto raises on purpose.

    ContrappostoError
    ├── InputError               what was given cannot be used: a picture, a file, an option
    │   └── NoPersonFoundError   the picture was read, but nobody is in it
    ├── ModelError               the models cannot run
    │   ├── ModelFileError       a model file is missing or not the pinned one
    │   └── MissingPackageError  a Python package (torch, LiteRT, OpenCV, ...) is not installed
    └── RigError                 the armature cannot take the pose

Each message says what failed, on what, and what to do now. Operators and the command line catch the root alone;
whatever else is raised is a bug and propagates.
"""


class ContrappostoError(Exception):
    """Root of the tree: a sentence that can be shown to the artist as it is."""


class InputError(ContrappostoError):
    """A picture, file or option that cannot be used."""


class NoPersonFoundError(InputError):
    """The picture was read, but the detector found nobody in it."""


class ModelError(ContrappostoError):
    """A model cannot run."""


class ModelFileError(ModelError):
    """A model file is missing, unreadable or not the pinned one."""


class MissingPackageError(ModelError):
    """A Python package that this step needs is not installed."""


class RigError(ContrappostoError):
    """An armature that cannot be read, mapped or keyed."""
