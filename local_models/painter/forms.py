"""Forms: smooth fields over the canvas, made by a small fixed net that the prompt bends.

A compositional pattern-producing network: position in, a few numbers out. Its weights are a fixed
base plus a projection of the prompt, about half as strong; were they all the prompt's own, the
smallest edit would give an unrelated picture (measured: docs/local-models.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_models.embedding import Vector, project, projection

Array = NDArray[np.float32]
Basis = tuple[Array, Array]
WIDTH = 20  # units per hidden layer
LAYERS = 3
GAIN = 1.3
BEND = 0.5  # how strong the prompt is beside the base
ACROSS, DOWN = 12, 8  # waves of a random field, per axis
BENDS = ((0.22, 1.7), (0.13, 2.9), (0.07, 4.7))  # strength and pace
SWAY = 1.0  # how far the prompt moves the bends, in radians
PUSH = 0.15


@dataclass(frozen=True, slots=True)
class Forms:
    """Fields of one canvas. `mass` has mean 0 and deviation 1, the others lie within -1 .. 1."""

    mass: Array  # the great shapes of light and dark: what an edit of the prompt moves least
    relief: Array  # folds, to be lit
    hue: Array  # where the colour wanders
    vein: Array  # thin lines follow its level sets


def canvas(columns: int, rows: int) -> tuple[Array, Array]:
    """x from -16/9 to 16/9, y from -1 to 1."""
    x = np.linspace(-columns / rows, columns / rows, columns, dtype=np.float32)
    y = np.linspace(-1, 1, rows, dtype=np.float32)
    across, down = np.meshgrid(x, y)
    return across, down


def forms_of(vector: Vector, columns: int, rows: int) -> Forms:
    x, y = canvas(columns, rows)
    basis = _bent_basis(vector, x, y)
    layout = standard(_random_field(vector, "layout", basis, finest=1.2))
    folds = standard(_random_field(vector, "folds", basis, finest=1.8))
    hue = standard(_random_field(vector, "hue", basis, finest=0.8))
    height, _, vein = _net(vector, x + 0.2 * layout, y + 0.2 * folds)
    mass = standard(layout + np.float32(0.35) * folds + np.float32(0.25) * height)
    relief = np.float32(0.7) * folds + 0.15 * height
    return Forms(mass, relief, hue, vein)


def _bent_basis(vector: Vector, x: Array, y: Array) -> Basis:
    """Waves across and down, along lines that the prompt pushes and bends."""
    straight = _waves(x, y)
    x = x + np.float32(PUSH) * _random_field(vector, "push across", straight, finest=0.5)
    y = y + np.float32(PUSH) * _random_field(vector, "push down", straight, finest=0.5)
    phases = np.float32(SWAY) * project(vector, "sway", 2 * len(BENDS))
    for (strength, pace), one, other in zip(BENDS, phases[::2], phases[1::2], strict=True):
        x, y = (
            x + np.float32(strength) * np.sin(np.float32(pace) * y + 0.6 * x + one),
            y + np.float32(strength) * np.sin(np.float32(pace) * x - 0.8 * y + other),
        )
    return _waves(x, y)


def _waves(x: Array, y: Array) -> Basis:
    u = np.float32(np.pi) * (x * np.float32(9 / 32) + np.float32(0.5))
    v = np.float32(np.pi / 2) * (y + 1)
    return _harmonics(u, ACROSS), _harmonics(v, DOWN)


def _harmonics(angle: Array, count: int) -> Array:
    """cos(0), cos(angle), cos(2 angle) ...: each from the two before, which is quicker than cos."""
    out = np.empty((count, *angle.shape), np.float32)
    out[0], out[1] = 1.0, np.cos(angle)
    for n in range(2, count):
        out[n] = 2 * out[1] * out[n - 1] - out[n - 2]
    return out


def _random_field(vector: Vector, name: str, basis: Basis, *, finest: float) -> Array:
    """A random field that is linear in the prompt; `finest` in waves per height of the canvas."""
    m, n = np.arange(ACROSS)[None, :], np.arange(DOWN)[:, None]
    pitch = np.hypot(m * 9 / 32, n / 2)
    strength = (1 + (pitch / finest) ** 2) ** -1.5
    strength[0, 0] = 0
    amplitudes = project(vector, name, ACROSS * DOWN).reshape(DOWN, ACROSS)
    amounts = (amplitudes * strength).astype(np.float32)
    across, down = basis
    rows = np.tensordot(amounts, across, axes=1)
    field: Array = np.einsum("nyx,nyx->yx", rows, down)
    return field


def standard(field: Array) -> Array:
    """Moved and scaled to mean 0 and deviation 1: every picture has its darks and its lights."""
    out: Array = (field - field.mean()) / (field.std() + np.float32(1e-6))
    return out


def _net(vector: Vector, x: Array, y: Array) -> Array:
    radius = np.sqrt(x * x + y * y + np.float32(0.2))  # no cusp in the middle
    signal = np.stack([1.5 * x, 1.5 * y, radius, np.ones_like(x)]).reshape(4, -1)
    for layer in range(LAYERS):
        signal = _bent(vector, f"layer {layer}", WIDTH, len(signal)) @ signal
        half = WIDTH // 2
        signal[:half] = np.tanh(signal[:half])
        signal[half:] = np.sin(signal[half:])
    out: Array = np.tanh(_bent(vector, "out", 3, WIDTH) @ signal * np.float32(0.9))
    return out.reshape(3, *x.shape)


def _bent(vector: Vector, name: str, rows: int, columns: int) -> Array:
    base = projection(f"base {name}", rows * columns)[:, 0].reshape(rows, columns)
    bend = project(vector, f"bend {name}", rows * columns).reshape(rows, columns)
    scale = GAIN / (columns * (1 + BEND**2)) ** 0.5
    bent: Array = (base + np.float32(BEND) * bend) * np.float32(scale)
    return bent
