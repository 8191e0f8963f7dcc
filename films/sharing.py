"""The page of a film for everybody who was given its address. The address cannot be guessed, and can be revoked."""

from __future__ import annotations

from django.urls import reverse

from .models import Film
from .states import FilmState


def shared_path(film: Film) -> str:
    """Empty where it is not shared."""
    return reverse("film-shared", args=[film.share_key]) if film.share_key else ""


def film_of_key(key: str) -> Film | None:
    """The finished film of a shared page; none of a run that its visitor has taken back."""
    rows = Film.objects.filter(share_key=key, state=FilmState.COMPLETED, run__withdrawn_at=None)
    return rows.select_related("output").first() if key else None
