"""PocketSphinx: an older way to write down what is said. It finds words in anything, often others."""

from __future__ import annotations

from pathlib import Path

from local_models.protocol import HostReply, HostRequest
from local_models.sound_files import decoded

RATE = 16_000
MAX_SECONDS = 30
NOTHING = "No words can be made out."


class Sphinx:
    """Not for two threads at once."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(samprate=RATE, loglevel="FATAL")

    def write_down(self, request: HostRequest) -> HostReply:
        """Always the same words for the same sound, whatever came before."""
        sound = decoded(Path(request.path), rate=RATE, max_seconds=MAX_SECONDS)
        self._decoder.reinit_feat()  # it would go on from how loud the last sound was
        self._decoder.start_utt()
        self._decoder.process_raw(
            (sound.clip(-1, 1) * 32_000).astype("<i2").tobytes(), full_utt=True
        )
        self._decoder.end_utt()
        found = self._decoder.hyp()
        words = " ".join(found.hypstr.split()) if found else ""
        return HostReply(text=f"{words[0].upper()}{words[1:]}." if words else NOTHING)
