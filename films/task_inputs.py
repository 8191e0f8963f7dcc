"""What a task works on, as files of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from assets import blobs
from assets.models import Asset

from . import intermediates, sentences
from .claims import TaskClaim

GROUND = (0, 0, 0)  # of a scene without a picture: as beside a picture of another shape


class InputLost(Exception):
    """Files that tasks of this film had made are gone; `numbers` are those of the tasks."""

    def __init__(self, numbers: set[int]) -> None:
        super().__init__(f"lost: {sorted(numbers)}")
        self.numbers = numbers


class SourceGone(Exception):
    """The clip, or media of the run, is gone for good; `str()` is a stored sentence."""


@contextmanager
def opened(claim: TaskClaim, folder: Path, alive: Callable[[], object]) -> Iterator[list[Path]]:
    """The inputs of a task, in their order. Raises InputLost or SourceGone.

    `folder` is for what has to be drawn; `alive` is called for each file. Files are read to their end before
    they are used: the decoder of chunks conceals damage where it should refuse it.
    """
    with ExitStack() as stack:
        paths: list[Path] = []
        lost: set[int] = set()
        made = _made_by_tasks(claim)
        for one in claim.task.inputs:
            if "task" in one:
                outputs = _named(made[one["task"]], one.get("output"))
                for output in outputs:
                    alive()
                    if intermediates.is_intact(claim.film, output):
                        paths.append(intermediates.path_of(claim.film, output))
                    else:
                        lost.add(one["task"])
            elif "blank" in one:
                paths.append(_blank(folder))
            else:
                paths.append(stack.enter_context(_source(claim, one)))
        if lost:
            raise InputLost(lost)
        yield paths


def _made_by_tasks(claim: TaskClaim) -> dict[int, list[intermediates.Output]]:
    producers = claim.film.tasks.numbered(claim.task.needs)
    return dict(producers.values_list("number", "outputs"))


def _named(outputs: list[intermediates.Output], position: int | None) -> list[intermediates.Output]:
    """Raises IndexError where a task that was done again gave fewer than before."""
    return outputs if position is None else [outputs[position]]


@contextmanager
def _source(claim: TaskClaim, one: dict[str, Any]) -> Iterator[Path]:
    """The clip, or an output of the run."""
    if "upload" in one:
        if claim.film.upload is None:
            raise SourceGone(sentences.CLIP_GONE)
        with _or_gone(claim.film.upload.path(), sentences.CLIP_GONE) as path:
            yield path
        return
    asset = Asset.objects.with_sha256(one["asset"])
    if asset is None:
        raise SourceGone(sentences.MEDIA_GONE)
    rendition = asset.rendition(one["rendition"]) if "rendition" in one else None
    name = rendition[0] if rendition else asset.name
    with _or_gone(blobs.local_path(name), sentences.MEDIA_GONE) as path:
        yield path


@contextmanager
def _or_gone(opening: Any, sentence: str) -> Iterator[Path]:
    with ExitStack() as stack:
        try:
            path = stack.enter_context(opening)
        except FileNotFoundError:
            raise SourceGone(sentence) from None
        if not path.is_file():
            raise SourceGone(sentence)
        yield path


def _blank(folder: Path) -> Path:
    from PIL import Image  # not for the web process, which gives farm workers their inputs

    path = folder / "blank.png"
    if not path.exists():
        Image.new("RGB", (16, 16), GROUND).save(path)
    return path
