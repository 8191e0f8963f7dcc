"""The Range header of one request, as RFC 9110 reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
# How much is sent to somebody who asks for "the rest". Players do, then stop reading, and the
# server would hold what they leave; after a part they ask for the next one.
REST = 4 * 1024 * 1024


class Unsatisfiable(Exception):
    """The range lies outside the file: 416."""


@dataclass(frozen=True, slots=True)
class Part:
    start: int
    length: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def requested_part(header: str, size: int) -> Part | None:
    """The part asked for; None where the header is absent, malformed or asks for several parts.

    Those are answered with the whole file. Raises Unsatisfiable.
    """
    match = _ONE_RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        if last and int(last) < start:
            return None
        length = min(int(last) + 1 - start if last else REST, size - start)
    if length <= 0:
        raise Unsatisfiable
    return Part(start, length)
