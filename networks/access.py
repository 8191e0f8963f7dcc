"""Who may do what with a network, and how the API refuses.

A private thing of somebody else's is not there (404), for nobody in particular nothing that is not
public can be told from what is not there (401), and what one can see but not do is refused (403).
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext

from accounts.api.auth import Caller
from accounts.api.permissions import not_found, refusal
from lib.compiled_statements import CompiledGet
from lib.validation import is_legible

from .models import Network

_AT_ADDRESS: CompiledGet[Network] = CompiledGet(
    lambda: Network.objects.select_related("owner"), by="slug"
)


def visible(caller: Caller, slug: str) -> Network:
    """The network of this address, or that had it before, for whoever may see it."""
    found = _plainly_visible(caller, slug)
    if found is None:
        seen = Network.objects.visible_to(caller.person).select_related("owner")
        found = seen.find_by_slug(slug)
    if found is None:
        raise not_found(
            caller, gettext("network"), known=_network_of_guest(caller, slug) is not None
        )
    return found


def _plainly_visible(caller: Caller, slug: str) -> Network | None:
    """The network of this very address, where it is public, one's own, or one is an admin."""
    if not is_legible(slug):
        return None
    try:
        found = _AT_ADDRESS.get(slug)
    except Network.DoesNotExist:
        return None
    return found if found.public or found.may_edit(caller.person) else None


def startable(caller: Caller, slug: str) -> Network:
    """For the owner, a collaborator, an admin, and a guest of this very network."""
    return _network_of_guest(caller, slug) or controllable(caller, slug)


def controllable(caller: Caller, slug: str) -> Network:
    """For the owner, a collaborator and an admin."""
    network = visible(caller, slug)
    check_control(caller, network)
    return network


def attended(caller: Caller, slug: str) -> Network:
    """For an attendant, who sees nothing else of a private network, and for those who control it."""
    found = Network.objects.select_related("owner").find_by_slug(slug)
    if found is not None and found.may_attend(caller.person):
        return found
    network = visible(caller, slug)
    raise refusal(caller, f"an attendant of {network.name}, or who controls it,")


def editable(caller: Caller, slug: str) -> Network:
    """For the owner and an admin."""
    network = visible(caller, slug)
    check_edit(caller, network)
    return network


def controllable_among(caller: Caller, networks: Collection[Network]) -> Collection[int]:
    """The keys of those of these networks that the caller may control. One query at most."""
    edits = {network.pk for network in networks if network.may_edit(caller.person)}
    rest = {network.pk for network in networks} - edits
    if caller.user is None or not rest:
        return edits
    helped = Network.collaborators.through.objects.filter(user=caller.user, network__in=rest)
    return edits | set(helped.values_list("network_id", flat=True))


def check_control(caller: Caller, network: Network) -> None:
    if not network.may_control(caller.person):
        raise refusal(caller, gettext("its owner, a collaborator or an admin"))


def check_edit(caller: Caller, network: Network) -> None:
    if not network.may_edit(caller.person):
        raise refusal(caller, gettext("its owner or an admin"))


def _network_of_guest(caller: Caller, slug: str) -> Network | None:
    if caller.guest_of is None:
        return None
    return Network.objects.select_related("owner").filter(pk=caller.guest_of).find_by_slug(slug)
