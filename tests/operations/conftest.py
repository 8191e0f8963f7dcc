"""What the tests of the operations share: a clip, and operations in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from operations.contract import MadeOutputs, OperationWork
from operations.parameters import complete_parameters
from operations.registry import operation_named
from operations.verification import verify_output

from .clips import moving_sprite, tone, write_clip

Made = Callable[..., MadeOutputs]


@pytest.fixture
def make(tmp_path: Path) -> Made:
    """Carries out an operation by the first backend that is here, as its process would, but in this one: a process
    takes longer to start than these operations to be done."""

    def carried_out(name: str, *inputs: Path, **parameters: Any) -> MadeOutputs:
        operation = operation_named(name)
        values = complete_parameters(operation, parameters)
        ways = (one for one in operation.backends if one.serves(values))
        backend = next(one for one in ways if not one.missing(values))
        folder = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        made = backend.make(OperationWork([*inputs], values, folder, lambda *_: None))
        for output in made.outputs:
            verify_output(output, backend.name, lambda: None)
        return made

    return carried_out


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """12 pictures at 25 a second, with a sound."""
    return write_clip(tmp_path / "clip.mp4", moving_sprite(12), sound=tone(0.48))
