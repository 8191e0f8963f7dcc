"""Where a clip is cut: a picture that has nothing to do with the one before it.

The first measure is that of FFmpeg's `scdet`: how much the brightness changes on the average, or how much
more than at the picture before, whichever is less. What moves fast changes as much at every picture. The
second finds cuts between pictures that are equally bright: they have little in common, and change by much
more than they did.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_Small = npt.NDArray[np.int16]
SIZE = 64, 36  # of the small pictures that are compared
THRESHOLD = 10.0  # percent of the range of brightness
MIN_CHANGE = 3.0  # percent; what changes less is the same picture, whatever its noise has in common
MORE = 2.5  # times as much change as before
UNLIKE = 0.4  # correlation of the brightness


class CutDetector:
    """Looks at one picture after the other."""

    def __init__(self) -> None:
        self._before: _Small | None = None
        self._change: float | None = None
        self._was_cut = False

    def is_cut(self, frame: Any) -> bool:
        """Whether this picture begins a new scene; the first one of a clip does not."""
        small = frame.reformat(*SIZE, format="gray", interpolation="AREA").to_ndarray()
        now = small.astype(np.int16)
        before, self._before = self._before, now
        if before is None:
            return False
        change = float(np.abs(now - before).mean()) * 100 / 255
        is_cut = _score(change, self._change) >= THRESHOLD or self._is_other(before, now, change)
        # A scene of one picture has a cut on both sides, and the second one changes as much as the first.
        if not is_cut or self._was_cut:
            self._change = change
        self._was_cut = is_cut
        return is_cut

    def _is_other(self, before: _Small, now: _Small, change: float) -> bool:
        steady = self._change
        if steady is None or change < max(MIN_CHANGE, MORE * steady):
            return False
        return _correlation(before, now) < UNLIKE


def _score(change: float, steady: float | None) -> float:
    return change if steady is None else min(change, abs(change - steady))


def _correlation(one: _Small, other: _Small) -> float:
    """1 = alike but for brightness and contrast. A picture without any contrast is like every other."""
    first, second = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale else 1.0
