"""Who may do what with a network, said the way the API says no.

A private thing of somebody else's is not there (404), for nobody in particular nothing that is not
public can be told from what is not there (401), and what one can see but not do is refused (403).
"""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.api_auth import Caller, NotSignedIn

from .models import Network


def visible(caller: Caller, slug: str) -> Network:
    """The network of this address, or that had it before, for whoever may see it."""
    found = Network.objects.visible_to(caller.person).select_related("owner").called(slug)
    if found is None:
        raise missing(caller, "network", known=_opens(caller, slug))
    return found


def startable(caller: Caller, slug: str) -> Network:
    """For the owner, a collaborator, an admin, and a guest of this very network."""
    if caller.guest_of is not None:
        own = Network.objects.select_related("owner").filter(pk=caller.guest_of).called(slug)
        if own is not None:
            return own
    return controllable(caller, slug)


def controllable(caller: Caller, slug: str) -> Network:
    """For the owner, a collaborator and an admin."""
    network = visible(caller, slug)
    check_control(caller, network)
    return network


def editable(caller: Caller, slug: str) -> Network:
    """For the owner and an admin."""
    network = visible(caller, slug)
    check_edit(caller, network)
    return network


def told_among(caller: Caller, networks: Collection[Network]) -> Collection[int]:
    """The keys of those of these networks that the caller may control. One query at most."""
    edits = {network.pk for network in networks if network.may_edit(caller.person)}
    rest = {network.pk for network in networks} - edits
    if caller.user is None or not rest:
        return edits
    helped = Network.collaborators.through.objects.filter(user=caller.user, network__in=rest)
    return edits | set(helped.values_list("network_id", flat=True))


def check_control(caller: Caller, network: Network) -> None:
    if not network.may_control(caller.person):
        raise refused(caller, "its owner, a collaborator or an admin")


def check_edit(caller: Caller, network: Network) -> None:
    if not network.may_edit(caller.person):
        raise refused(caller, "its owner or an admin")


def check_admin(caller: Caller) -> None:
    if not caller.is_admin:
        raise refused(caller, "an admin")


def refused(caller: Caller, who: str) -> Exception:
    """What to raise where the caller sees something but may not do this to it."""
    if caller.guest_of is not None:
        return PermissionDenied("A terminal token starts runs of its own network, nothing else.")
    if caller.user is None:
        return NotSignedIn("Say who you are: this is not for everybody.")
    return PermissionDenied(f"Only {who} may do this.")


def missing(caller: Caller, what: str, *, known: bool = False) -> Exception:
    """What to raise where the caller sees nothing; `known`: they know that it exists."""
    if known:
        return refused(caller, "")
    if caller.user is None and caller.guest_of is None:
        return NotSignedIn(f"There is no such {what}, or it is not public: say who you are.")
    return Http404(f"There is no such {what}.")


def _opens(caller: Caller, slug: str) -> bool:
    return (
        caller.guest_of is not None
        and Network.objects.filter(pk=caller.guest_of).called(slug) is not None
    )
