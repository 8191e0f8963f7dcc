"""What the learned operations do without their weights, and with files that are others."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from operations.learned.checkpoint import BadCheckpoint, read_checkpoint
from operations.learned.colours import from_rgb, to_rgb
from operations.registry import operation_named
from operations.runner import run
from operations.weights import FOLDER_VARIABLE, WEIGHT_LIST, is_installed

from .clips import moving_sprite, write_clip
from .conftest import Made


def write_checkpoint(path: Path, content: object) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(content))
    return path


def test_a_checkpoint_that_asks_for_anything_else_is_refused(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "weights.pkl", OrderedDict(a=io.BytesIO))

    with pytest.raises(BadCheckpoint, match=r"asks for _io\.BytesIO"):
        read_checkpoint(path)


@pytest.mark.parametrize("operation", ["interpolate", "upscale"])
def test_learned_ways_are_missing_without_their_weights(
    operation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    best = operation_named(operation).backends[0]

    assert best.serves({"method": "learned"})
    assert "make setup EXTRAS=films" in best.missing({})


def test_colours_come_back_as_they_were() -> None:
    random = np.random.default_rng(3)
    sizes = [(12, 8), (6, 4), (6, 4)]
    planes = [random.integers(0, 256, size).astype(np.uint8) for size in sizes]

    back = from_rgb(to_rgb(planes))

    assert all(np.array_equal(a, b) for a, b in zip(back, planes, strict=True))


def test_pure_red_is_red() -> None:
    planes = [
        np.full(size, level, np.uint8)
        for size, level in [((2, 2), 63), ((1, 1), 102), ((1, 1), 240)]
    ]

    red, green, blue = to_rgb(planes)[:, 0, 0]

    assert (round(red, 1), round(abs(green), 1), round(abs(blue), 1)) == (1, 0, 0)


def test_a_package_that_is_not_installed_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    for weight in WEIGHT_LIST.weights:
        weight.path(tmp_path).parent.mkdir(exist_ok=True)
        with weight.path(tmp_path).open("wb") as file:
            file.truncate(weight.size)
        weight.marker(tmp_path).write_text(weight.sha256)

    assert is_installed(("numpy",), ("rife", "waifu2x-layers"))
    assert not is_installed(("numpy", "no_such_package"), ("rife",))


def test_without_weights_motion_is_followed_and_that_is_said(tmp_path: Path, make: Made) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_sprite(3), codec="ffv1")
    chunk = make("split", clip).outputs[0].path

    made = run("interpolate", [chunk], {"method": "learned"}, tmp_path / "made")

    assert made.backend == "minterpolate"
    assert "make setup EXTRAS=films" in made.degraded
