"""The voices with their real weights: four languages, and ears that hear what was said."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import pytest

from local_models.loaders import LocalModel, loader
from local_models.protocol import HostRequest

SAID = "The red balloon drifts over the sleeping city."


@pytest.fixture(scope="module")
def hear(found_senses: Path) -> LocalModel:
    return loader(found_senses)("local:whisper")


@pytest.fixture(scope="module", params=["local:joe", "local:kokoro"])
def voice(request: pytest.FixtureRequest, found_senses: Path) -> LocalModel:
    speak: LocalModel = loader(found_senses)(request.param)
    return speak


def likeness(hear: LocalModel, sound: bytes, folder: Path) -> float:
    path = folder / "said.wav"
    path.write_bytes(sound)
    heard = hear(HostRequest("local:whisper", path=str(path))).text or ""
    return SequenceMatcher(None, heard.lower(), SAID.lower()).ratio()


def test_what_is_said_in_english_is_heard(
    voice: LocalModel, hear: LocalModel, tmp_path: Path
) -> None:
    assert likeness(hear, voice(HostRequest("v", text=SAID)).data, tmp_path) > 0.85


def test_each_language_sounds_another_way_and_always_the_same(voice: LocalModel) -> None:
    sounds = {
        language: voice(HostRequest("v", text=SAID, parameters={"language": language})).data
        for language in ("en", "es", "it", "id")
    }
    again = voice(HostRequest("v", text=SAID, parameters={"language": "it"})).data

    assert len(set(sounds.values())) == len(sounds)
    assert again == sounds["it"]


def test_english_words_read_by_another_language_are_misheard(
    voice: LocalModel, hear: LocalModel, tmp_path: Path
) -> None:
    foreign = voice(HostRequest("v", text=SAID, parameters={"language": "es"})).data

    assert 0.2 < likeness(hear, foreign, tmp_path) < 0.85
