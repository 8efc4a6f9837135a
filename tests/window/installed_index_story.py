"""The built index alone: added as a repository, installed from, uninstalled. The last step of `installed_story`.

See README.md of this folder. blender --factory-startup --python installed_index_story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]
import controls  # noqa: E402
import installed_steps as steps  # noqa: E402
import installed_story as installed  # noqa: E402
import window  # noqa: E402


def story() -> window.Story:
    """The preferences are open, as after an uninstallation."""
    yield from controls.open_preferences()
    yield from controls.on_screen(*installed.GET_EXTENSIONS)
    yield installed.DRAWN_S
    yield from installed.installs_from_index()
    steps.print_table()


window.tell(story())
