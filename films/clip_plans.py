"""What the recipes for clips have in common: a clip is split, each chunk goes through the same steps, and
all of them become a film again, with the clip's own sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from lib.schemas import StrictSchema
from operations.clip_limits import require_result_size

from .methods import LEARNED, MOTION, chosen_method
from .models import Film, FilmTask
from .models.film_task import TaskPurpose
from .plans import (
    CHUNK_MEGAPIXELS,
    MEGA,
    UPLOAD,
    Amount,
    FilmPlan,
    PictureSize,
    TaskInput,
    from_task,
)
from .recipe import FilmSource, Recipe

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

MIN_CHUNK_SECONDS, MAX_CHUNK_SECONDS = 1.0, 4.0
PREVIEW_HEIGHT = 360
PREVIEW_ENCODING = {"preset": "ultrafast", "quality": 28}
Approve = Annotated[bool, Field(description="Whether a preview is to be approved first.")]


class ClipOptions(StrictSchema):
    method: Literal["automatic", "motion", "learned"] = Field(
        "automatic",
        description="learned: by learned weights, where the extra `films` is installed; ten times as long. motion: "
        "without, larger pictures by Lanczos. automatic: learned where that takes no longer than FILM_LEARNED_MINUTES.",
    )
    keep_audio: bool = Field(True, description="Whether the film has the sound of the clip.")
    approve: Approve = False


class MoreOptions(ClipOptions):
    """Of recipes that interpolate."""

    factor: Literal[2, 4] = Field(2, description="Pictures for each one of the clip.")
    rate: float | None = Field(
        None, ge=1, le=120, description="Pictures a second, instead of the factor."
    )


class LargerOptions(ClipOptions):
    """Of recipes that upscale."""

    scale: Literal[2, 4] = Field(2, description="How many times as large.")
    height: int | None = Field(
        None, ge=16, le=4320, description="Lines of the film, instead of the scale."
    )


class MoreAndLargerOptions(MoreOptions, LargerOptions):
    """Of recipes that do both."""


@dataclass(frozen=True, slots=True)
class ClipStep:
    """One operation on each chunk, and what that makes of its rate and size."""

    operation: str
    parameters: dict[str, Any]
    grow: Fraction = Fraction(1)  # pictures for each one
    size: PictureSize | None = None  # None: as it came


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What `probe` said of the clip when it came."""

    rate: Fraction
    frames: int
    size: PictureSize
    has_sound: bool

    @property
    def seconds(self) -> float:
        return float(self.frames / self.rate)

    @classmethod
    def of_film(cls, film: Film) -> ClipFacts:
        facts = film.provenance["clip"]
        size = PictureSize(facts["width"], facts["height"])
        return cls(Fraction(facts["rate"]), facts["frames"], size, facts["has_sound"])


def method_of(film: Film) -> str:
    """That was chosen when it was ordered."""
    return str(film.provenance.get("method", MOTION))


def interpolation(film: Film, *, method: str = "") -> ClipStep:
    clip, options = ClipFacts.of_film(film), film.options
    method = method or method_of(film)
    rate = options.get("rate")
    if rate is None:
        factor = options.get("factor", 2)
        return ClipStep("interpolate", {"factor": factor, "method": method}, grow=Fraction(factor))
    grow = Fraction(rate).limit_denominator(1001) / clip.rate
    return ClipStep("interpolate", {"rate": rate, "method": method}, grow=grow)


def enlargement(film: Film) -> ClipStep:
    """Raises BadInput where the result would be too large."""
    clip, options = ClipFacts.of_film(film), film.options
    if (height := options.get("height")) is not None:
        size = clip.size.with_height(height)
        parameters: dict[str, Any] = {"height": height}
    else:
        scale = options.get("scale", 2)
        size = clip.size.times(scale)
        parameters = {"factor": scale}
    require_result_size(size.width, size.height)
    if method_of(film) == LEARNED:
        parameters["method"] = LEARNED
    return ClipStep("upscale", parameters, size=size)


def preview_steps(film: Film, steps: list[ClipStep]) -> list[ClipStep]:
    """The same film, small, and with blended pictures: seen in a fraction of the time."""
    clip = ClipFacts.of_film(film)
    small = clip.size.with_height(min(PREVIEW_HEIGHT, clip.size.height))
    reduced = ClipStep("upscale", {"height": small.height}, size=small)
    interpolates = any(step.operation == "interpolate" for step in steps)
    return [reduced, *([interpolation(film, method="blend")] if interpolates else [])]


def clip_recipe(
    *,
    name: str,
    title: StrPromise,
    options: type[ClipOptions],
    steps: Callable[[Film], list[ClipStep]],
) -> Recipe:
    """A recipe that does these steps with each chunk of a clip."""
    return Recipe(
        name=name,
        title=title,
        source=FilmSource.UPLOAD,
        options=options,
        begin=lambda film, plan: _begin(film, plan, steps),
        go_on=lambda film, plan, task: _go_on(film, plan, task, steps(film)),
        finish=lambda film, plan: _finish(film, plan, steps(film)),
    )


def _begin(film: Film, plan: FilmPlan, steps_of: Callable[[Film], list[ClipStep]]) -> None:
    clip = ClipFacts.of_film(film)
    works = _works(steps_of(film), clip)
    wanted = film.options.get("method", MOTION)
    film.provenance = {**film.provenance, "method": chosen_method(wanted, works)}
    steps = steps_of(film)
    seconds = _chunk_seconds(clip, steps)
    pictures = Amount(pictures=clip.frames, size=clip.size)
    plan.add("split", [UPLOAD], {"seconds": seconds}, amount=pictures, expands=True)
    if clip.has_sound and film.options.get("keep_audio", True):
        plan.add("extract", [UPLOAD], {"sound": True}, amount=Amount(seconds=clip.seconds))
    if film.wants_approval:
        _expect(plan, preview_steps(film, steps), clip)
    _expect(plan, steps, clip)


def _works(steps: list[ClipStep], clip: ClipFacts) -> list[tuple[str, Amount]]:
    """How much each step is."""
    found, pictures, size = [], float(clip.frames), clip.size
    for step in steps:
        pictures, size = pictures * float(step.grow), step.size or size
        found.append((step.operation, Amount(pictures=pictures, size=size)))
    return found


def _expect(plan: FilmPlan, steps: list[ClipStep], clip: ClipFacts) -> None:
    works = _works(steps, clip)
    for step, (operation, amount) in zip(steps, works, strict=True):
        plan.expect(operation, amount, str(step.parameters.get("method", "")))
    plan.expect("mux", works[-1][1])


def _chunk_seconds(clip: ClipFacts, steps: list[ClipStep]) -> float:
    """How long chunks are, so that no task is a long one."""
    pixels, rate, size = 0.0, float(clip.rate), clip.size
    for step in steps:
        rate, size = rate * float(step.grow), step.size or size
        pixels = max(pixels, rate * size.pixels)
    wanted = CHUNK_MEGAPIXELS * MEGA / pixels
    return round(min(MAX_CHUNK_SECONDS, max(MIN_CHUNK_SECONDS, wanted)), 2)


def _go_on(film: Film, plan: FilmPlan, split: FilmTask, steps: list[ClipStep]) -> None:
    """Once the clip is split: a preview of it where that is to be approved, else the film."""
    if film.wants_approval:
        encoding = PREVIEW_ENCODING
        _plan_film(film, plan, split, preview_steps(film, steps), TaskPurpose.PREVIEW, encoding)
        _expect(plan, steps, ClipFacts.of_film(film))
    else:
        _plan_film(film, plan, split, steps, TaskPurpose.FILM, {})


def _finish(film: Film, plan: FilmPlan, steps: list[ClipStep]) -> None:
    split = film.tasks.get(operation="split")
    _plan_film(film, plan, split, steps, TaskPurpose.FILM, {})


def _plan_film(
    film: Film,
    plan: FilmPlan,
    split: FilmTask,
    steps: list[ClipStep],
    purpose: TaskPurpose,
    encoding: dict[str, Any],
) -> None:
    clip = ClipFacts.of_film(film)
    ends: list[TaskInput] = []
    total, size = 0.0, clip.size
    for position, chunk in enumerate(split.outputs):
        end = from_task(split.number, position)
        pictures, size = float(chunk["frames"]), clip.size
        for step in steps:
            pictures, size = pictures * float(step.grow), step.size or size
            amount = Amount(pictures=pictures, size=size)
            end = from_task(plan.add(step.operation, [end], step.parameters, amount=amount), 0)
        ends.append(end)
        total += pictures
    sound = film.tasks.filter(operation="extract").values_list("number", flat=True)
    ends += [from_task(number, 0) for number in sound]
    amount = Amount(pictures=total, size=size)
    plan.add("mux", ends, encoding, amount=amount, purpose=purpose)
