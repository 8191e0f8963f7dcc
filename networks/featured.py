"""The featured network: where the panic button on the home page leads."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import AuditEntry, User
from lib.validation import Invalid

from .models import Network, NetworkQuerySet, Person


def can_be_featured() -> NetworkQuerySet:
    """Public ones that are not archived: anybody has to be able to follow the button."""
    return Network.objects.not_archived().filter(public=True)


def featured_network() -> Network | None:
    """None where no network is featured, or the featured one is private or archived now."""
    return can_be_featured().filter(featured=True).order_by("-created_at", "-id").first()


def url_of_button(network: Network | None, person: Person) -> str:
    """Where the button leads this person: to the terminal where they may type, else to the wall; empty
    where nothing is featured."""
    if network is None:
        return ""
    may_type = network.open_terminal or network.may_control(person)
    return network.get_terminal_url() if may_type else network.get_wall_url()


def feature(*, network: Network | None, by: User | None) -> None:
    """Have the button lead to this network from now on; None: to the list. Raises Invalid."""
    with transaction.atomic():
        Network.objects.filter(featured=True).update(featured=False)
        chosen = can_be_featured().filter(pk=network.pk) if network else None
        if chosen is not None and not chosen.update(featured=True):
            raise Invalid({"network": gettext("Only a public network can be featured.")})
        AuditEntry.record(by, "network.featured", network or "none")
