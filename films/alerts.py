"""What of a film people are told outside the pages (`notifications`): within the transaction of its new state."""

from __future__ import annotations

from datetime import datetime

from notifications import outbox
from notifications.occasions import Occasion

from .models import Film


def tell(film: Film, occasion: Occasion, *, at: datetime) -> None:
    """Whoever ordered it."""
    outbox.tell_person(
        film.owner,
        occasion,
        subject=film.public_id,
        facts={
            "film": film.title,
            "reason": film.error,
            **outbox.page("film", film.public_id),
        },
        at=at,
    )
