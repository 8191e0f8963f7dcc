"""Films as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from films.models import Film
from films.progress import FilmProgress
from films.states import MAX_PRIORITY
from invocations.api.schemas import MediaOut
from lib.schemas import StrictSchema, example
from lib.stored_sentences import translate_stored

_FILM_EXAMPLE: dict[str, Any] = {
    "id": "4mq8xk2vz7twn9c3rhye",
    "title": "a lighthouse that counts",
    "recipe": "film-of-run",
    "options": {"seconds": 4.0},
    "run": "r5Tz8vBn1Wc3",
    "upload": None,
    "state": "running",
    "stage": "crossfade",
    "progress": 0.42,
    "eta_seconds": 95.0,
    "eta_range": [76.0, 119.0],
    "error": None,
    "output": None,
    "preview": None,
    "chapters": [{"seconds": 0.0, "title": "a lighthouse that counts"}],
    "retention": "normal",
    "priority": 50,
    "replayed_in": None,
    "created_at": "2026-11-28T23:30:00Z",
    "started_at": "2026-11-28T23:30:01Z",
    "ended_at": None,
}


class FilmIn(StrictSchema):
    """`run` or `upload`: of what. `options` are those of the recipe (docs/films.md)."""

    model_config = example({"upload": "5f0c1b7e9a2d4c6688aa", "recipe": "interpolate"})

    recipe: str = Field(max_length=40)
    run: str | None = Field(None, max_length=20)
    upload: str | None = Field(None, max_length=20)
    options: dict[str, Any] = Field(default_factory=dict)
    title: str = Field("", max_length=200)


class FilmChange(StrictSchema):
    model_config = example({"retention": "kept"})

    title: str | None = Field(None, max_length=200)
    retention: str | None = Field(None, description="`normal` or `kept`.")
    priority: int | None = Field(
        None, ge=0, le=MAX_PRIORITY, description="Of films, the highest one is worked on first."
    )
    replayed_in: str | None = Field(
        None,
        max_length=100,
        description="The slug of a network that one controls, which plays it while nothing runs; null: none.",
    )


class FilmTaskOut(BaseModel):
    id: str
    operation: str
    state: str
    backend: str | None
    degraded: bool
    reason: str | None = Field(description="Why it is degraded, or has failed.")
    attempts: int
    seconds: float | None


class FilmOut(BaseModel):
    """`stage` is the operation that runs; `progress` is from 0 to 1."""

    model_config = example(_FILM_EXAMPLE)

    id: str
    title: str
    recipe: str
    options: dict[str, Any]
    run: str | None
    upload: str | None
    state: str
    stage: str | None
    progress: float
    eta_seconds: float | None
    eta_range: list[float] | None = Field(
        None, description="Between which seconds that lies; far apart until something is known."
    )
    error: str | None
    output: MediaOut | None
    preview: MediaOut | None
    chapters: list[dict[str, Any]]
    retention: str
    priority: int
    replayed_in: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def from_film(cls, film: Film, now: FilmProgress) -> FilmOut:
        return cls(**_fields(film, now))


class WholeFilmOut(FilmOut):
    """A film with its tasks, and what it was made of and by."""

    model_config = example(
        _FILM_EXAMPLE
        | {
            "tasks": [
                {
                    "id": "12-1",
                    "operation": "crossfade",
                    "state": "completed",
                    "backend": "numpy",
                    "degraded": False,
                    "reason": None,
                    "attempts": 1,
                    "seconds": 4.2,
                }
            ],
            "provenance": {"run": {"id": "r5Tz8vBn1Wc3"}},
        }
    )

    tasks: list[FilmTaskOut]
    provenance: dict[str, Any]

    @classmethod
    def from_film(cls, film: Film, now: FilmProgress) -> WholeFilmOut:
        tasks = [
            FilmTaskOut(
                id=f"{film.public_id}-{task.number}",
                operation=task.operation,
                state=task.state,
                backend=task.backend or None,
                degraded=bool(task.degraded),
                reason=translate_stored(task.degraded or task.error) or None,
                attempts=task.attempts_made,
                seconds=task.seconds,
            )
            for task in film.tasks.in_order().defer("inputs", "parameters", "outputs")
        ]
        return cls(**_fields(film, now), tasks=tasks, provenance=film.provenance)


def _fields(film: Film, now: FilmProgress) -> dict[str, Any]:
    copied = ("title", "recipe", "options", "state", "chapters", "retention", "priority")
    times = ("created_at", "started_at", "ended_at")
    return {
        **{name: getattr(film, name) for name in (*copied, *times)},
        "id": film.public_id,
        "run": film.run.public_id if film.run else None,
        "upload": film.upload.public_id if film.upload else None,
        "replayed_in": film.replayed_in.slug if film.replayed_in else None,
        "stage": now.stage or None,
        "progress": now.fraction,
        "eta_seconds": now.eta_seconds,
        "eta_range": now.eta_range,
        "error": translate_stored(film.error) or None,
        "output": MediaOut.model_validate(film.output) if film.output else None,
        "preview": MediaOut.model_validate(film.preview) if film.preview else None,
    }
