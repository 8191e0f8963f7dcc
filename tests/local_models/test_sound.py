"""The word synthesizer and the listener."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from local_models.listener import RATE, SoundAnalysis, analyse_sound, describe_scene, describe_sound
from local_models.protocol import HostRequest, UnusableInput
from local_models.synth import play, tune

PROMPTS = [f"{a} {n} {v}" for a in ("a red", "an old", "the last", "one cold") for n in
           ("balloon", "whale", "train", "garden", "king") for v in ("dreams", "burns", "waits")]  # fmt: skip


def play_into(folder: Path, text: str, name: str = "tune.wav", **parameters: object) -> Path:
    path = folder / name
    path.write_bytes(play(HostRequest("local:synth", text=text, parameters=parameters)).data)
    return path


def description_of(path: Path) -> str:
    text = describe_sound(HostRequest("local:listener", path=str(path))).text
    assert text
    return text


def tone(hertz: float, *, seconds: float = 4.0, pulse: float = 0.0) -> NDArray[np.float32]:
    t = np.arange(int(RATE * seconds), dtype=np.float32) / RATE
    level = np.exp(-6 * (t % pulse)) if pulse else 1.0
    sound: NDArray[np.float32] = (0.3 * np.sin(2 * np.pi * hertz * t) * level).astype(np.float32)
    return sound


def test_the_tune_is_a_mono_wav_of_some_seconds(tmp_path: Path) -> None:
    reply = play(HostRequest("local:synth", text="a red balloon over the city"))

    with wave.open(io.BytesIO(reply.data)) as file:
        assert file.getnchannels() == 1
        assert file.getsampwidth() == 2
        assert file.getframerate() == RATE
        assert 6 <= file.getnframes() / RATE <= 10
    assert reply.content_type == "audio/wav"


def test_the_same_words_give_the_same_tune_and_others_another() -> None:
    first, again, other = (
        play(HostRequest("local:synth", text=text, key=key)).data
        for text, key in (("a fox", "a"), ("a fox", "b"), ("a box", "a"))
    )

    assert first == again
    assert first != other


@pytest.mark.parametrize("text", ["", "?", "雨", "!!!", "word " * 500, "Hello. World, again!"])
def test_any_words_sound_without_clipping_or_clicks(text: str) -> None:
    if not text:
        with pytest.raises(UnusableInput):
            play(HostRequest("local:synth", text=text))
        return

    sound = tune(text)

    assert 0.05 < np.sqrt(np.mean(sound**2)) < 0.5
    assert np.abs(sound).max() < 1
    assert np.abs(sound[[0, -1]]).max() < 0.01
    assert abs(float(sound.mean())) < 0.02


def test_the_length_can_be_set(tmp_path: Path) -> None:
    with wave.open(str(play_into(tmp_path, "a fox", seconds=4))) as file:
        assert file.getnframes() == 4 * RATE


def test_the_listener_says_the_same_of_the_same_sound(tmp_path: Path) -> None:
    path = play_into(tmp_path, "a red balloon")

    assert description_of(path) == description_of(path)


def test_different_tunes_are_described_differently(tmp_path: Path) -> None:
    texts = {description_of(play_into(tmp_path, prompt)) for prompt in PROMPTS}

    assert len(texts) >= 0.9 * len(PROMPTS)


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac", "m4a"])
def test_the_listener_reads_what_providers_deliver(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sound.{suffix}"
    codec = {"mp3": "libmp3lame", "ogg": "libopus", "flac": "flac", "m4a": "aac"}[suffix]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        samples = (tone(330, seconds=2.0) * 20_000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE
        for piece in av.AudioResampler(format=stream.format, layout="mono", rate=48_000).resample(
            frame
        ):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))

    assert description_of(path)


@pytest.mark.parametrize("content", [b"", b"not a sound", b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(UnusableInput):
        describe_sound(HostRequest("local:listener", path=str(path)))


def test_register_and_brightness_follow_the_pitch() -> None:
    low, high = analyse_sound(tone(90)), analyse_sound(tone(1200))

    assert low.register < 50 < 70 < high.register
    assert low.brightness < high.brightness


def test_the_pulse_is_found() -> None:
    sound = analyse_sound(tone(300, pulse=0.5))

    assert 110 < sound.tempo < 130
    assert 1.5 < sound.density < 2.5


def test_a_growing_sound_swells_and_a_hiss_is_noise() -> None:
    growing = tone(300) * np.linspace(0.05, 1, 4 * RATE, dtype=np.float32)
    hiss = np.random.RandomState(1).standard_normal(4 * RATE).astype(np.float32) * 0.1

    assert analyse_sound(growing).swell > 0.25
    assert analyse_sound(hiss).noise > 0.4 > analyse_sound(growing).noise


@pytest.mark.parametrize("samples", [0, 1, 500, RATE])
def test_silence_and_scraps_are_described_too(samples: int) -> None:
    sound = analyse_sound(np.zeros(samples, np.float32))

    assert describe_scene(sound, seed=1)


def test_every_kind_of_sound_has_a_well_formed_sentence() -> None:
    for seed in range(200):
        sound = SoundAnalysis(
            loudness=0.1, tempo=40 + seed, density=seed / 40, register=40 + seed / 5,
            brightness=200 + 12 * seed, noise=(seed % 10) / 10, major=(seed % 7 - 3) / 10,
            swell=(seed % 5 - 2) / 2,
        )  # fmt: skip
        text = describe_scene(sound, seed)

        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text
        assert "  " not in text
