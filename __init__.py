# SPDX-License-Identifier: GPL-3.0-or-later
"""Contrapposto poses the selected armature from a photo, a drawing, a sentence or a video, and keys it.

This root imports without Blender; only `register()` and `unregister()` reach for it.
"""


def register() -> None:
    """Add the add-on to Blender; when a part fails nothing of it stays behind, and the error propagates."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Take everything out of Blender again, in reverse order."""
    from . import registration

    registration.unregister()
