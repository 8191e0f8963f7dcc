"""A film of a run: its pictures grow into each other, over its sounds, under its words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from films import run_plans
from films.clip_plans import PREVIEW_ENCODING, PREVIEW_HEIGHT, Approve
from films.models import Film
from films.models.film_task import TaskPurpose
from films.plans import BLANK, Amount, FilmPlan, PictureSize, TaskInput, from_asset, from_task
from films.recipe import FilmSource, Recipe
from films.run_plans import MAX_CAPTION, TimedScene
from lib.schemas import StrictSchema

PREVIEW_RATE = 15
LARGE_WORDS = {"place": "middle", "size": 0.12}  # where there is nothing else to be seen


class FilmOfRunOptions(StrictSchema):
    seconds: float = Field(4.0, ge=0.5, le=60, description="How long each picture stands.")
    fade: float = Field(1.0, ge=0, le=10, description="How long it becomes the next.")
    transition: Literal["morph", "fade", "interpolate"] = Field(
        "morph",
        description="How it becomes the next: morph (it grows into it), fade, or interpolate (learned motion, "
        "where the extra `films` is installed; a minute or more of work for each).",
    )
    width: int = Field(1920, ge=64, le=3840, multiple_of=2)
    height: int = Field(1080, ge=64, le=2160, multiple_of=2)
    rate: Literal[15, 24, 25, 30, 50, 60] = Field(30, description="Pictures a second.")
    fill: bool = Field(False, description="Whether edges may be cut off to fill the picture.")
    captions: bool = Field(True, description="Whether the words of the run stand in the pictures.")
    sound: bool = Field(True, description="Whether the sounds of the run are heard.")
    first: int | None = Field(None, ge=0, description="Sequence of the first step that is shown.")
    last: int | None = Field(None, ge=0, description="Sequence of the last step that is shown.")
    approve: Approve = False


@dataclass(frozen=True, slots=True)
class FilmShape:
    """What all scenes of the film, or of its preview, have in common."""

    size: PictureSize
    rate: Fraction
    transition: str


def begin(film: Film, plan: FilmPlan) -> None:
    if film.wants_approval:
        _plan(film, plan, TaskPurpose.PREVIEW)
        _expect(film, plan)
    else:
        _plan(film, plan, TaskPurpose.FILM)


def finish(film: Film, plan: FilmPlan) -> None:
    _plan(film, plan, TaskPurpose.FILM)


def _plan(film: Film, plan: FilmPlan, purpose: TaskPurpose) -> None:
    is_preview = purpose is TaskPurpose.PREVIEW
    shape = _shape(film, is_preview)
    size, rate = shape.size, shape.rate
    scenes = _scenes(film, rate)
    plan.chapters = run_plans.chapters(scenes, rate)
    ends = [_chunk(film, plan, scenes, position, shape) for position in range(len(scenes))]
    offsets: list[float] = []
    for one in scenes if film.options.get("sound", True) else []:
        for sha256, seconds in one.scene.sounds:
            amount = Amount(seconds=seconds)
            ends.append(from_task(plan.add("loudness", [from_asset(sha256)], amount=amount), 0))
            offsets.append(float(one.first / rate))
    parameters: dict[str, Any] = {"offsets": offsets} if offsets else {}
    if is_preview:
        parameters |= PREVIEW_ENCODING
    total = scenes[-1].first + scenes[-1].frames
    amount = Amount(pictures=total, size=size)
    plan.add("mux", ends, parameters, amount=amount, purpose=purpose)


def _chunk(
    film: Film,
    plan: FilmPlan,
    scenes: list[TimedScene],
    position: int,
    shape: FilmShape,
) -> TaskInput:
    """One scene as a chunk, and the words written into it."""
    one, size, rate = scenes[position], shape.size, shape.rate
    following = [after.scene.picture for after in scenes[position + 1 : position + 2]]
    fade = min(float(film.options.get("fade", 1.0)), float((one.frames - 1) / rate))
    parameters = {
        "seconds": [float(one.frames / rate)],
        "fade": fade,
        "transition": shape.transition,
        "rate": float(rate),
        "width": size.width,
        "height": size.height,
        "fill": film.options.get("fill", False),
        "into_last": bool(following),
        "number": position,
        "first": one.first,
        "is_last": not following,
    }
    amount = Amount(pictures=one.frames, size=size)
    inputs = [one.scene.picture, *following]
    chunk = from_task(plan.add("crossfade", inputs, parameters, amount=amount), 0)
    words = one.scene.caption[:MAX_CAPTION]
    if words.strip() and film.options.get("captions", True):
        alone = LARGE_WORDS if one.scene.picture == BLANK else {}
        lettered = plan.add("caption", [chunk], {"text": words, **alone}, amount=amount)
        chunk = from_task(lettered, 0)
    return chunk


def _expect(film: Film, plan: FilmPlan) -> None:
    """The film itself, beside its preview."""
    shape = _shape(film, is_preview=False)
    scenes = _scenes(film, shape.rate)
    amount = Amount(pictures=scenes[-1].first + scenes[-1].frames, size=shape.size)
    for operation, way in (("crossfade", shape.transition), ("caption", ""), ("mux", "")):
        plan.expect(operation, amount, way)


def _scenes(film: Film, rate: Fraction) -> list[TimedScene]:
    options = film.options
    prompt = "" if options.get("first") else film.provenance["run"]["prompt"]
    steps = run_plans.steps_of_run(film.run, options) if film.run is not None else []
    scenes = run_plans.scenes_of_run(prompt, steps)
    return run_plans.timed(scenes, options.get("seconds", 4.0), rate)


def _shape(film: Film, is_preview: bool) -> FilmShape:
    options = film.options
    size = PictureSize(options.get("width", 1920), options.get("height", 1080))
    # Films that were ordered before there was a choice fade.
    transition = options.get("transition", "fade")
    if not is_preview:
        return FilmShape(size, Fraction(options.get("rate", 30)), transition)
    small = size.with_height(min(PREVIEW_HEIGHT, size.height))
    size = PictureSize(small.width + small.width % 2, small.height)
    quick = "morph" if transition == "interpolate" else transition
    return FilmShape(size, Fraction(PREVIEW_RATE), quick)


RECIPE = Recipe(
    name="film-of-run",
    title=_("Film of a run"),
    source=FilmSource.RUN,
    options=FilmOfRunOptions,
    begin=begin,
    finish=finish,
)
