"""Pictures in between by RIFE: a network that was taught what moves between two pictures.

It runs in onnxruntime with one thread, in a process that has ORT_DISABLE_TELEMETRY in its environment (see
`operations.backend_process`). Pictures that are there already are handed through as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from operations import sentences
from operations.contract import Parameters
from operations.planes import cropped, frame_of, padded, planes_of
from operations.transitions import PictureAt, Planes, eased
from operations.weights import is_installed, weight_path

from .checkpoint import read_checkpoint
from .colours import Signal, from_rgb, to_rgb

PACKAGES, WEIGHTS = ("onnxruntime", "onnx"), ("rife",)
SCALES = (16, 8, 4, 2, 1)
# Larger pictures are looked at in half their size, as its makers do: a quarter of the work and memory.
MAX_FULL_PIXELS = 1_000_000


def rife_missing(_: Parameters) -> str:
    return "" if is_installed(PACKAGES, WEIGHTS) else sentences.NO_WEIGHTS_BETWEEN


def rife_between(scene: Iterator[Any], instants: list[Fraction]) -> Iterator[Any]:
    """Pictures at these instants, which count from the first picture of the scene."""
    number, before = 0, next(scene)
    after: Any = next(scene, None)
    network: _Network | None = None
    for at in instants:
        while at >= number + 1 and after is not None:
            number, before, after = number + 1, after, next(scene, None)
        if at == number or after is None:
            yield before
            continue
        network = network or _network(before.width, before.height)
        yield network.between(before, after, float(at - number))


def rife_transition(first: Planes, second: Planes) -> PictureAt:
    """What lies between two stills, gently at both ends."""
    height, width = first[0].shape
    network = _network(width, height)
    before, after = frame_of(first), frame_of(second)

    def at(moment: float) -> Planes:
        return [plane.copy() for plane in planes_of(network.between(before, after, eased(moment)))]

    return at


@cache
def _network(width: int, height: int) -> _Network:
    """Building it takes a second or two; the process of a task needs it for one size."""
    return _Network(width, height)


class _Network:
    """For pictures of one size."""

    def __init__(self, width: int, height: int) -> None:
        import onnxruntime

        from .rife_graph import rife_model

        factor = 2 if width * height > MAX_FULL_PIXELS else 1
        scales = [scale * factor for scale in SCALES]
        model = rife_model(read_checkpoint(weight_path("rife")), scales)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # it keeps more than it needs
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._size = width, height
        step = 4 * scales[0]
        self._wide, self._high = -(-width // step) * step, -(-height // step) * step
        self._places = _places(self._wide, self._high)

    def between(self, first: Any, second: Any, moment: float) -> Any:
        """The picture at `moment`, from 0 (the first one) to 1 (the second one)."""
        given = {
            "first": self._signal(first),
            "second": self._signal(second),
            "moment": np.full((1, 1, self._high, self._wide), moment, np.float32),
            **self._places,
        }
        (made,) = self._session.run(None, given)
        return frame_of(cropped(from_rgb(made[0]), *self._size))

    def _signal(self, frame: Any) -> Signal:
        return to_rgb(padded(planes_of(frame), self._wide, self._high))[None]


def _places(width: int, height: int) -> dict[str, Signal]:
    across, down = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    grid = np.stack(np.meshgrid(across, down))[None]
    reach = np.array([2 / (width - 1), 2 / (height - 1)]).reshape(1, 2, 1, 1)
    return {"grid": grid.astype(np.float32), "reach": reach.astype(np.float32)}
