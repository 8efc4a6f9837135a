"""When frames are shown: the time stamps of a file, made to run forwards where the file lies."""

from __future__ import annotations

import math
from typing import Final

LONGEST_PAUSE_S: Final = 10.0
"""A longer jump between two frames is taken for a damaged stamp: recordings of a screen pause for seconds only."""
_USUAL_FPS: Final = 30.0
_MOST_FPS: Final = 1000.0


def plausible_fps(stated: float) -> float | None:
    """Frames per second as a file states it; None where it is no number of a camera or an editor."""
    return stated if math.isfinite(stated) and 0.0 < stated <= _MOST_FPS else None


class FrameTimes:
    """Seconds from the first frame on, strictly increasing.

    A stamp that goes back, stands still, is not a number, or jumps by more than `LONGEST_PAUSE_S` is replaced by the
    frame before it plus one interval of the stated rate; stamps after a jump count on from there.

    Args:
        fps: the stated rate, or None.
    """

    def __init__(self, fps: float | None) -> None:
        self._interval = 1.0 / (fps or _USUAL_FPS)
        self._shift: float | None = None
        self._last = -math.inf
        self.repaired = 0
        """How many stamps were replaced."""

    def next(self, stamp_s: float) -> float:
        """The time of the next frame, given the file's own stamp of it in seconds."""
        if self._shift is None:
            usable = math.isfinite(stamp_s)
            self._shift = -stamp_s if usable else 0.0
            self.repaired += not usable
            self._last = 0.0
            return 0.0
        time_s = stamp_s + self._shift
        if not self._last < time_s <= self._last + LONGEST_PAUSE_S:
            self.repaired += 1
            time_s = self._last + self._interval
            if math.isfinite(stamp_s) and abs(stamp_s + self._shift - self._last) > LONGEST_PAUSE_S:
                self._shift = time_s - stamp_s
        self._last = time_s
        return time_s
