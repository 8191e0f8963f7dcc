"""How the pictures of a video are meant to be seen: turned, mirrored, with pixels that are not square."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .images import TURNS

if TYPE_CHECKING:
    from PIL import Image

_ONE = 1 << 16  # the matrix has numbers with 16 bits behind the point
# The upper left of the matrix: how much of x and y goes into x, and into y.
_ORIENTATIONS = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, -1, 1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, 1, -1, 0): 8,
}
_MIRRORED = {2, 4, 5, 7}
_SIDEWAYS = {5, 6, 7, 8}
# FFmpeg's filters that do the same.
_FILTERS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (),
    2: (("hflip", ""),),
    3: (("hflip", ""), ("vflip", "")),
    4: (("vflip", ""),),
    5: (("transpose", "0"),),
    6: (("transpose", "1"),),
    7: (("transpose", "3"),),
    8: (("transpose", "2"),),
}
MAX_ASPECT = 10  # what says more is an error of its writer


@dataclass(frozen=True, slots=True)
class Geometry:
    """`orientation` is 1 to 8 as in EXIF; `aspect` is the width of a pixel by its height."""

    orientation: int = 1
    aspect: Fraction = Fraction(1)
    strange: bool = False  # it says more than can be shown: an angle, an absurd aspect

    def every_browser_shows(self, *, turned: bool) -> bool:
        """Whether a file may be kept that says so; `turned`: browsers turn this wrapping's pictures."""
        upright = self.orientation == 1 or (turned and self.orientation not in _MIRRORED)
        return upright and not self.strange

    @property
    def filters(self) -> tuple[tuple[str, str], ...]:
        """Names and arguments of FFmpeg's filters that turn a picture upright."""
        return _FILTERS[self.orientation]

    def square(self, width: int, height: int) -> tuple[int, int]:
        """The size with square pixels, before turning. No side shrinks, as in browsers."""
        if self.aspect >= 1:
            return round(width * self.aspect), height
        return width, round(height / self.aspect)

    def shown(self, width: int, height: int) -> tuple[int, int]:
        """The size that a viewer sees."""
        return self.turned(*self.square(width, height))

    def turned(self, width: int, height: int) -> tuple[int, int]:
        """The same size once it stands upright."""
        return (height, width) if self.orientation in _SIDEWAYS else (width, height)

    def upright(self, image: Image.Image) -> Image.Image:
        """The picture as a viewer sees it."""
        if (size := self.square(*image.size)) != image.size:
            image = image.resize(size)
        turn = TURNS[self.orientation]
        return image if turn is None else image.transpose(turn)


def geometry_of(stream: Any, frame: Any) -> Geometry:
    """What a video's stream and its first decoded frame say."""
    orientation, strange = _orientation_of(frame)
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    if not Fraction(1, MAX_ASPECT) <= aspect <= MAX_ASPECT:
        aspect, strange = Fraction(1), True
    return Geometry(orientation, aspect, strange)


def _orientation_of(frame: Any) -> tuple[int, bool]:
    """1 to 8; and whether the matrix says anything that this does not. PyAV's own number does not know
    what is mirrored (findings/pyav-mirrored-video-rotation.sh)."""
    from av.sidedata.sidedata import Type

    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return 1, False
    a, b, _, c, d, *_ = struct.unpack("9i", bytes(data)[:36])
    quarter = tuple(round(number / _ONE) for number in (a, c, b, d))
    found = _ORIENTATIONS.get(quarter)
    exact = all(abs(number) in {0, _ONE} for number in (a, b, c, d))
    return found or 1, found is None or not exact
