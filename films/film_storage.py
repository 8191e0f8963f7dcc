"""How much room the films of a person take: clips, intermediate files, finished films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from accounts.models import User

from . import intermediates
from .models import Film, Upload


@dataclass(frozen=True, slots=True)
class FilmRoom:
    """In bytes. `free`: on the disk where films are made."""

    uploads: Sequence[Upload]
    frames: int
    films: int
    free: int

    @property
    def upload_bytes(self) -> int:
        return sum(upload.bytes for upload in self.uploads)


def room_of_person(person: User) -> FilmRoom:
    own = Film.objects.owned_by(person)
    sums = own.aggregate(frames=Sum("bytes_used"), films=Sum("output__bytes"))
    uploads = Upload.objects.of_person(person).stored().order_by("-pk")[:100]
    return FilmRoom(
        list(uploads), sums["frames"] or 0, sums["films"] or 0, intermediates.free_bytes()
    )


def is_needed(upload: Upload) -> bool:
    """Whether a film that is not at its end is made of this clip."""
    return Film.objects.open().filter(upload=upload).exists()
