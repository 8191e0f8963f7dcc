"""Measuring a sound: tempo, register, brightness, density, mode, shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
RATE = 22_050
WINDOW = 2048
HOP = 512
SHORTEST = WINDOW + 24 * HOP  # samples; what is shorter is followed by silence
FRAMES_PER_SECOND = RATE / HOP
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


@dataclass(frozen=True, slots=True)
class Heard:
    seconds: float
    loudness: float  # root mean square, 0 .. 1
    tempo: float  # beats per minute; 0 where there is no pulse
    density: float  # onsets per second
    register: float  # MIDI number in the middle of what sounds
    brightness: float  # spectral centroid in Hz
    noise: float  # 0 tonal .. 1 hiss
    major: float  # below 0 minor, above 0 major
    swell: float  # below 0 it fades, above 0 it grows
    silence: float  # share of frames


def hear(sound: Array) -> Heard:
    """Works on anything, silence and single clicks included."""
    padded = np.pad(sound, (0, max(0, SHORTEST - len(sound))))
    spectrum = _spectrum(padded)
    energy = (spectrum**2).sum(axis=1)
    flux = _flux(spectrum)
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    mean = spectrum.mean(axis=0) + 1e-9
    third = max(1, len(energy) // 3)
    return Heard(
        seconds=len(sound) / RATE,
        loudness=float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0,
        tempo=_tempo(flux),
        density=_onsets(flux) / max(0.5, len(padded) / RATE),
        register=_register(mean, hertz),
        brightness=float((mean * hertz).sum() / mean.sum()),
        noise=float(np.exp(np.log(mean[5:700]).mean()) / mean[5:700].mean()),
        major=_mode(mean, hertz),
        swell=float(np.log10((energy[-third:].mean() + 1e-9) / (energy[:third].mean() + 1e-9))),
        silence=float((energy < 1e-3 * (energy.max() + 1e-9)).mean()),
    )


def _spectrum(sound: Array) -> Array:
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    shaped = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1))
    return shaped.astype(np.float32)


def _flux(spectrum: Array) -> Array:
    """How much rises from frame to frame, with the slow part taken out."""
    rise = np.maximum(np.diff(np.log1p(spectrum), axis=0), 0).sum(axis=1)
    slow = np.convolve(rise, np.ones(21) / 21, mode="same")
    flux: Array = np.maximum(rise - slow, 0).astype(np.float32)
    return flux


def _onsets(flux: Array) -> int:
    if len(flux) < 3 or flux.max() < 1.0:
        return 0
    middle = flux[1:-1]
    peaks = (middle > flux[:-2]) & (middle >= flux[2:]) & (middle > 0.18 * flux.max())
    return int(peaks.sum())


def _tempo(flux: Array) -> float:
    """Where the flux is most like itself; slower answers must be clearly better."""
    if len(flux) < 64 or flux.max() < 1.0:
        return 0.0
    centred = flux - flux.mean()
    alike = np.correlate(centred, centred, mode="full")[len(flux) - 1 :]
    shortest = int(FRAMES_PER_SECOND * 60 / 200)
    longest = min(len(alike) - 1, int(FRAMES_PER_SECOND * 60 / 45))
    lags = np.arange(shortest, longest)
    weighed = alike[lags] * np.exp(-0.5 * (np.log2(lags / (FRAMES_PER_SECOND * 0.55)) / 0.9) ** 2)
    best = int(lags[weighed.argmax()])
    return FRAMES_PER_SECOND * 60 / best if alike[best] > 0.08 * alike[0] else 0.0


def _register(mean: Array, hertz: NDArray[np.floating]) -> float:
    """The middle of the loudest partials, as a note."""
    audible = (hertz > 50) & (hertz < 4000)
    power = mean[audible] ** 2
    reached = np.cumsum(power) / power.sum()
    middle = float(hertz[audible][int(np.searchsorted(reached, 0.5))])
    return float(69 + 12 * np.log2(middle / 440))


def _mode(mean: Array, hertz: NDArray[np.floating]) -> float:
    """The best major key's likeness less the best minor key's."""
    audible = (hertz > 100) & (hertz < 2500)
    notes = np.round(69 + 12 * np.log2(hertz[audible] / 440)).astype(int) % 12
    chroma = np.bincount(notes, mean[audible] ** 2, 12)
    if chroma.std() == 0:
        return 0.0
    best = [
        max(float(np.corrcoef(np.roll(profile, turn), chroma)[0, 1]) for turn in range(12))
        for profile in (MAJOR, MINOR)
    ]
    return best[0] - best[1]
