"""With whom a network is shared, over HTTP."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from ninja import Router, Status

from accounts.api_auth import ApiRequest

from . import access, upkeep
from .api import signed_in
from .models import Share
from .schemas import ShareIn, ShareOut

routes = Router(tags=["networks"])
_LIST = "/networks/{slug:slug}/collaborators"


@routes.get(_LIST, response=list[ShareOut])
def list_collaborators(request: ApiRequest, slug: str) -> list[ShareOut]:
    """The addresses that were typed, oldest first; whether they have accounts is not told."""
    network = access.editable(request.auth, slug)
    return [ShareOut.of(share) for share in network.shares.order_by("id")]


@routes.post(_LIST, response={201: ShareOut})
def add_collaborator(request: ApiRequest, slug: str, body: ShareIn) -> Status[ShareOut]:
    """Whoever has this address, now or later, sees the network and may start, stop and pause."""
    network = access.editable(request.auth, slug)
    share = upkeep.share(network=network, email=body.email, by=request.auth.user)
    return Status(201, ShareOut.of(share))


@routes.delete(_LIST + "/{slug:share_id}", response={204: None})
def remove_collaborator(request: ApiRequest, slug: str, share_id: str) -> Status[None]:
    network = access.editable(request.auth, slug)
    share = Share.objects.filter(network=network, public_id=share_id).first()
    if share is None:
        raise Http404("The network is shared with nobody of this id.")
    upkeep.unshare(network=network, share=share, by=request.auth.user)
    return Status(204, None)


@routes.post("/networks/{slug:slug}/leave", response={204: None})
def leave_network(request: ApiRequest, slug: str) -> Status[None]:
    """For a collaborator who wants to be none any more."""
    network = access.visible(request.auth, slug)
    person = signed_in(request.auth)
    if not network.collaborators.filter(pk=person.pk).exists():
        raise PermissionDenied("Only a collaborator can leave.")
    upkeep.leave(network=network, person=person)
    return Status(204, None)
