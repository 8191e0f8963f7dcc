"""Whisper tiny.en: writes down what is said, in English. It runs in ctranslate2 with one thread."""

from __future__ import annotations

import re
from pathlib import Path

from local_models.protocol import HostReply, HostRequest
from local_models.sound_files import decoded

from .mel import RATE, SECONDS, mel_picture

START, WITHOUT_TIMES = 50257, 50362  # numbers of its signs
MAX_TOKENS = 200
# Nobody speaks faster; without a limit it says the same words for ever.
TOKENS_PER_SECOND, LEAST_TOKENS = 6, 8
NOTHING = "No words can be made out."
_NOISES = re.compile(r"[\[(*][^\])*]*[\])*]|♪+")  # "[Music]" and the like


class Whisper:
    """Not for two threads at once."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2

        self._views = ctranslate2.StorageView
        self._network = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
        )
        self._bytes = {sign: number for number, sign in enumerate(_signs_of_bytes())}

    def write_down(self, request: HostRequest) -> HostReply:
        """Always the same words for the same sound: the likeliest ones."""
        sound = decoded(Path(request.path), rate=RATE, max_seconds=SECONDS)
        picture = self._views.from_array(mel_picture(sound)[None])
        most = min(MAX_TOKENS, LEAST_TOKENS + int(TOKENS_PER_SECOND * len(sound) / RATE))
        (answer,) = self._network.generate(
            picture,
            [[START, WITHOUT_TIMES]],
            beam_size=1,
            max_length=most + 2,
            no_repeat_ngram_size=4,
        )
        text = "".join(sign for sign in answer.sequences[0] if not sign.startswith("<|"))
        written = bytes(self._bytes[sign] for sign in text if sign in self._bytes)
        return HostReply(text=tidied(written.decode(errors="ignore")))


def _signs_of_bytes() -> str:
    """The sign by which the vocabulary writes each byte: its own where it can be seen, else one further on."""
    seen = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = [number for number in range(256) if number not in seen]
    return "".join(
        chr(number) if number in seen else chr(256 + hidden.index(number)) for number in range(256)
    )


def tidied(text: str) -> str:
    """Without its notes about noises; a sentence in any case."""
    words = " ".join(_NOISES.sub(" ", text).split())
    return words if any(sign.isalnum() for sign in words) else NOTHING
