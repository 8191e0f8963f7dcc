"""The page of a film for everybody who was given its address. The address cannot be guessed, and can be revoked."""

from __future__ import annotations

from django.urls import reverse

from .models import Film


def shared_path(film: Film) -> str:
    """Empty where it is not shared."""
    return reverse("film-shared", args=[film.share_key]) if film.share_key else ""


def film_of_key(key: str) -> Film | None:
    """The finished film of a shared page, where it may still be seen."""
    rows = Film.objects.showable().filter(share_key=key)
    return rows.select_related("output").first() if key else None
