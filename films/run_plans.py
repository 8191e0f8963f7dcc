"""How a run becomes a film: which picture stands when, under which words, and when each sound begins.

Each picture of the run is a scene, under the words that it was made of. Words that no picture follows are a scene
of their own, over the picture before them. A sound belongs to the scene that is on when its step comes, and a
scene lasts as long as its sounds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from invocations.models import Invocation, Run
from invocations.states import InvocationState
from operations.errors import BadInput

from . import sentences
from .plans import BLANK, TaskInput, from_asset

MAX_SOUND_SECONDS = 30.0  # that a scene waits for its sound
MAX_FILM_SECONDS = 30 * 60
MAX_SCENES = 900
MAX_CAPTION = 600  # characters
MAX_CHAPTER = 80


@dataclass(slots=True)
class Scene:
    """One picture for a time; `sounds` are hashes of media, and how long they play."""

    picture: TaskInput
    caption: str = ""
    sounds: list[tuple[str, float]] = field(default_factory=list)

    def seconds(self, least: float) -> float:
        longest = max((seconds for _, seconds in self.sounds), default=0.0)
        return max(least, min(longest, MAX_SOUND_SECONDS))


@dataclass(frozen=True, slots=True)
class TimedScene:
    """`first` is the number of its first picture in the film, `frames` how many there are."""

    scene: Scene
    first: int
    frames: int


def steps_of_run(run: Run, options: dict[str, Any]) -> list[Invocation]:
    """The completed steps that the film shows."""
    steps = run.invocations.filter(state=InvocationState.COMPLETED).in_order()
    if (first := options.get("first")) is not None:
        steps = steps.filter(sequence__gte=first)
    if (last := options.get("last")) is not None:
        steps = steps.filter(sequence__lte=last)
    return list(steps.select_related("output_asset"))


def scenes_of_run(prompt: str, steps: Iterable[Invocation]) -> list[Scene]:
    """In their order. `prompt`: the words before the first step; empty where the film begins later."""
    scenes: list[Scene] = []
    words = prompt
    for step in steps:
        asset = step.output_asset
        if asset is None:
            if words:
                scenes.append(Scene(_latest_picture(scenes), words))
            words = step.output_text
        elif asset.kind == "audio":
            if words or not scenes:
                scenes.append(Scene(_latest_picture(scenes), words))
                words = ""
            scenes[-1].sounds.append((asset.sha256, asset.seconds or 0.0))
        else:
            is_still = asset.kind == "image"
            picture = from_asset(asset.sha256, rendition="" if is_still else "poster")
            scenes.append(Scene(picture, words))
            words = ""
    if words and scenes:
        scenes.append(Scene(_latest_picture(scenes), words))
    return scenes


def _latest_picture(scenes: list[Scene]) -> TaskInput:
    return scenes[-1].picture if scenes else BLANK


def timed(scenes: list[Scene], seconds: float, rate: Fraction) -> list[TimedScene]:
    """Raises BadInput where there is nothing to show, or too much."""
    if not scenes:
        raise BadInput(sentences.NOTHING_TO_SHOW)
    result: list[TimedScene] = []
    first = 0
    for scene in scenes:
        frames = max(2, round(scene.seconds(seconds) * rate))
        result.append(TimedScene(scene, first, frames))
        first += frames
    if first / rate > MAX_FILM_SECONDS or len(scenes) > MAX_SCENES:
        words = {"minutes": f"{float(first / rate) / 60:.0f}", "most": MAX_FILM_SECONDS // 60}
        raise BadInput(sentences.FILM_TOO_LONG % words)
    return result


def chapters(scenes: list[TimedScene], rate: Fraction) -> list[dict[str, Any]]:
    """Where words change, for who wants to find a place again."""
    found: list[dict[str, Any]] = []
    for one in scenes:
        title = " ".join(one.scene.caption.split())
        if title:
            short = title if len(title) <= MAX_CHAPTER else f"{title[: MAX_CHAPTER - 1].rstrip()}…"
            found.append({"seconds": round(float(one.first / rate), 3), "title": short})
    return found
