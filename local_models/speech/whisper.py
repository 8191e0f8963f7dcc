"""Whisper tiny.en: writes down what is said, in English. It runs in ctranslate2 with one thread."""

from __future__ import annotations

import re
from pathlib import Path

from local_models.protocol import HostReply, HostRequest
from local_models.sound_files import decoded

from .mel import RATE, SECONDS, mel_picture

START, WITHOUT_TIMES, END = 50257, 50362, 50256  # numbers of its signs
MAX_TOKENS = 200
# Nobody speaks faster; without a limit it says the same words for ever.
TOKENS_PER_SECOND, LEAST_TOKENS = 6, 8
NOTHING = "No words can be made out."
_NOISES = re.compile(r"[\[(*][^\])*]*[\])*]|♪+")  # "[Music]" and the like


class Whisper:
    """Not for two threads at once."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2
        from tokenizers import Tokenizer

        self._views = ctranslate2.StorageView
        self._network = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
        )
        self._words = Tokenizer.from_file(str(folder / "tokenizer.json"))

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
        numbers = [number for number in answer.sequences_ids[0] if number < END]
        return HostReply(text=tidied(self._words.decode(numbers)))


def tidied(text: str) -> str:
    """Without its notes about noises; a sentence in any case."""
    words = " ".join(_NOISES.sub(" ", text).split())
    return words if any(sign.isalnum() for sign in words) else NOTHING
