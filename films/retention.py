"""What is kept of films, for how long, and what would go next.

Frames: the intermediate files of a film that has ended go after FILM_FRAMES_DAYS; until then it can be tried again
without doing everything again. Films: one of the class *normal* goes after FILMS_KEPT_DAYS, where that is
set; one that is *kept* stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User

from . import changes, intermediates
from .models import Film


@dataclass(frozen=True, slots=True)
class Expiry:
    """What would be removed: the intermediate files of some films, and other films as a whole."""

    frames: Sequence[Film]
    films: Sequence[Film]

    @property
    def frame_bytes(self) -> int:
        return sum(film.bytes_used for film in self.frames)

    @property
    def film_bytes(self) -> int:
        return sum(film.output.bytes for film in self.films if film.output is not None)


def expiring(at: datetime, *, of: User | None = None) -> Expiry:
    """What goes at this time; in the future: what will have gone by then. `of`: this person's alone."""
    rows = Film.objects.all() if of is None else Film.objects.owned_by(of)
    rows = rows.select_related("owner", "output", "preview", "run__network", "upload")
    films = list(rows.expired(at))
    gone = {film.pk for film in films}
    frames = [film for film in rows.with_expired_frames(at) if film.pk not in gone]
    return Expiry(frames, films)


def remove(expiry: Expiry, *, at: datetime) -> None:
    """Exactly what was shown."""
    for film in expiry.frames:
        remove_frames(film)
    for film in expiry.films:
        changes.delete_film(film=film, at=at)


def remove_frames(film: Film) -> None:
    """The intermediate files of a film that has ended."""
    intermediates.remove_all(film)
    film.note_frames_removed()
