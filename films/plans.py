"""Plans: the tasks of a film, each with what it works on, as a recipe writes them down.

`FilmPlan` numbers tasks and says how much work each is. What a recipe cannot plan yet, because it depends on
the outcome of another task, it announces with `expect`, so that progress and the time left are right from the
beginning.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .models import FilmTask
from .models.film_task import TaskPurpose

MEGA = 1_000_000
SOUND = "sound"
# Megapixels that come out of one task of a clip: at 0.4 seconds each, some seconds of one core's time.
CHUNK_MEGAPIXELS = 20.0
# Bytes of a chunk for each pixel of each of its pictures: FFV1, what films of cameras came to.
CHUNK_BYTES_PER_PIXEL = 0.9
GIVE_CHUNKS = frozenset({"split", "interpolate", "upscale", "caption", "crossfade", "concat"})

TaskInput = dict[str, Any]
UPLOAD: TaskInput = {"upload": True}
BLANK: TaskInput = {"blank": True}  # a picture with nothing on it


def from_asset(sha256: str, *, rendition: str = "") -> TaskInput:
    """The media of this hash, or the smaller picture of it that is so called."""
    return {"asset": sha256} | ({"rendition": rendition} if rendition else {})


def from_task(number: int, output: int | None = None) -> TaskInput:
    """One output of a task of the same film; None: all of them."""
    return {"task": number} | ({} if output is None else {"output": output})


@dataclass(frozen=True, slots=True)
class PictureSize:
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def size_class(self) -> str:
        """Sizes of about as many pixels are one class: how long a megapixel takes depends on it little."""
        return f"2^{round(math.log2(max(1, self.pixels)))}"

    def times(self, factor: int) -> PictureSize:
        return PictureSize(self.width * factor, self.height * factor)

    def with_height(self, height: int) -> PictureSize:
        return PictureSize(max(1, round(self.width * height / self.height)), height)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much work a task is: pictures of one size, or seconds of a sound."""

    pictures: float = 0
    size: PictureSize | None = None
    seconds: float = 0.0

    @property
    def work(self) -> float:
        return self.seconds if self.size is None else self.pictures * self.size.pixels / MEGA

    @property
    def size_class(self) -> str:
        return SOUND if self.size is None else self.size.size_class


@dataclass(frozen=True, slots=True)
class TaskWay:
    """What decides how long a megapixel of a task takes."""

    operation: str
    size_class: str
    way: str = ""  # the method or transition that its parameters ask for


@dataclass(slots=True)
class FilmPlan:
    """What a recipe adds to a film. `first` is the number of the first task that is added."""

    first: int = 1
    tasks: list[FilmTask] = field(default_factory=list)
    forecast: list[tuple[str, str, float, str]] = field(default_factory=list)
    chapters: list[dict[str, Any]] | None = None

    def add(
        self,
        operation: str,
        inputs: Sequence[TaskInput],
        parameters: dict[str, Any] | None = None,
        *,
        amount: Amount,
        purpose: TaskPurpose = TaskPurpose.STEP,
        expands: bool = False,
    ) -> int:
        """One more task; its number. `expands`: the recipe plans on once it is completed."""
        number = self.first + len(self.tasks)
        self.tasks.append(
            FilmTask(
                number=number,
                operation=operation,
                inputs=list(inputs),
                parameters=parameters or {},
                work=amount.work,
                size_class=amount.size_class,
                purpose=purpose,
                expands=expands,
            )
        )
        return number

    def expect(self, operation: str, amount: Amount, way: str = "") -> None:
        """Work that will be planned later; `way`: the method or transition of its parameters."""
        self.forecast.append((operation, amount.size_class, amount.work, way))

    @property
    def bytes(self) -> int:
        """About what the intermediate files of all of it take."""
        planned = [(task.operation, task.work) for task in self.tasks]
        expected = [(operation, work) for operation, _, work, _ in self.forecast]
        pixels = sum(work for operation, work in planned + expected if operation in GIVE_CHUNKS)
        return round(pixels * MEGA * CHUNK_BYTES_PER_PIXEL)
