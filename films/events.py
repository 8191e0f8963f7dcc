"""What can happen to films. They are on the topic of the film's owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from realtime.events import DomainEvent, LiveUpdate, send
from realtime.events import publish as publish_to_topic

if TYPE_CHECKING:
    from accounts.models import User

    from .models import Film

TOPIC = "films:<id>"


def topic_of(owner: User) -> str:
    return f"films:{owner.public_id}"


def publish(film: Film, *events: DomainEvent) -> None:
    """Append to the topic of the film's owner, within the transaction that changed what is reported."""
    publish_to_topic(film.topic, *events)


def send_progress(film: Film, progress: float, eta_seconds: float | None) -> None:
    send(film.topic, FilmProgressed(film.public_id, round(progress, 4), eta_seconds))


@dataclass(frozen=True, slots=True)
class FilmEvent(DomainEvent):
    topic = TOPIC
    film: str
    state: str

    @classmethod
    def from_film(cls, film: Film) -> Self:
        return cls(film.public_id, film.state)


class FilmCreated(FilmEvent):
    """A film was ordered."""

    type = "film.created"


class FilmStarted(FilmEvent):
    """Work on the film has begun."""

    type = "film.started"


class FilmPaused(FilmEvent):
    """No further task of the film begins; those that run finish."""

    type = "film.paused"


class FilmResumed(FilmEvent):
    """A paused film goes on."""

    type = "film.resumed"


class FilmPreviewed(FilmEvent):
    """The preview of the film waits for approval."""

    type = "film.previewed"


class FilmApproved(FilmEvent):
    """The preview was approved, and the film is made."""

    type = "film.approved"


class FilmCompleted(FilmEvent):
    """The film is finished."""

    type = "film.completed"


class FilmFailed(FilmEvent):
    """A task of the film could not be completed."""

    type = "film.failed"


class FilmCancelled(FilmEvent):
    """Somebody cancelled the film."""

    type = "film.cancelled"


class FilmRetried(FilmEvent):
    """What had failed or was cancelled of the film is tried again."""

    type = "film.retried"


class FilmDeleted(FilmEvent):
    """Somebody deleted the film, or its time was over."""

    type = "film.deleted"


@dataclass(frozen=True, slots=True)
class FilmProgressed(LiveUpdate):
    """A task of the film goes on, or has ended; `progress` is of the whole film, from 0 to 1."""

    topic, type = TOPIC, "film.progressed"
    film: str
    progress: float
    eta_seconds: float | None
