"""In whose replay a film is played: in turn with the archived runs of a network, on its walls and in its stream."""

from __future__ import annotations

from django.utils.translation import gettext

from accounts.models import User
from lib.validation import Invalid, is_legible
from networks.models import Network

from .models import Film

MAX_CHOICES = 200


def choices_for(person: User, film: Film) -> list[Network]:
    """Networks that the person may control, that of the film's run first."""
    known = Network.objects.controlled_by(person).filter(archived_at__isnull=True)
    own = film.run.network_id if film.run is not None else 0
    return sorted(known.order_by("name")[:MAX_CHOICES], key=lambda one: one.pk != own)


def choose(*, film: Film, slug: str | None, person: User) -> None:
    """Have it played in the replay of this network, or of none. Raises Invalid where there is no such network that the
    person may control."""
    if not slug:
        film.replay_in(None)
        return
    known = Network.objects.controlled_by(person)
    found = known.filter(slug=slug).first() if is_legible(slug) else None
    if found is None:
        raise Invalid(
            {"replayed_in": gettext("There is no network of this name that you control.")}
        )
    film.replay_in(found)
