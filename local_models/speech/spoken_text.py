"""A text in pieces that a voice can say in one breath."""

from __future__ import annotations

import re
from collections.abc import Iterator

from local_models.protocol import UnusableInput

MAX_TEXT = (
    400  # characters, which is half a minute, as much as is listened to; the rest is not said
)
MAX_PIECE = 220
_SENTENCES = re.compile(r"(?<=[.!?…;])\s+|\n+")
_COMMAS = re.compile(r"(?<=[,:])\s+")


def spoken_pieces(text: str) -> list[str]:
    """Sentences, long ones cut at a comma or else between words. Raises UnusableInput for no words."""
    words = " ".join(text.split())
    if len(words) > MAX_TEXT:
        words = words[:MAX_TEXT].rpartition(" ")[0] or words[:MAX_TEXT]
    pieces = [piece for sentence in _SENTENCES.split(words) for piece in _cut(sentence)]
    pieces = [piece for piece in pieces if any(sign.isalnum() for sign in piece)]
    if not pieces:
        raise UnusableInput("There are no words to say.")
    return pieces


def _cut(sentence: str) -> Iterator[str]:
    line = ""
    for part in _COMMAS.split(sentence):
        for word in [part] if len(part) <= MAX_PIECE else part.split():
            if line and len(line) + len(word) >= MAX_PIECE:
                yield line
                line = ""
            line = f"{line} {word}".strip()[:MAX_PIECE]
    yield line
