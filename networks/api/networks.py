"""Networks over HTTP: the ring, its rules, with whom it is shared, and guests' keys to its terminal."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Query, Router, Status
from pydantic import Field

from accounts.api.auth import ApiRequest, Caller
from accounts.api.permissions import require_user
from lib.paging import Page, Paging, newest_first
from lib.problems import first_or_404, refuses, register_codes
from lib.qr_codes import PublicUrl
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid, is_legible
from networks import access, changes, sharing
from networks.hooks import UsageSummary, hooks
from networks.models import Network, Share, TerminalToken
from networks.selected_credentials import preload_credentials

from .schemas import (
    CopyIn,
    NetworkChange,
    NetworkIn,
    NetworkOut,
    ShareIn,
    ShareOut,
    TerminalTokenOut,
)

routes = Router(tags=["networks"])
_COLLABORATORS = "/networks/{slug:slug}/collaborators"

INVALID_RING = (
    "`invalid`, `invalid_ring`: nothing was saved; `errors`, `problems` say what is wrong."
)

register_codes(invalid_ring="This ring cannot be saved")
_TAKE_RINGS = ("/networks", "/networks/<slug:slug>")


def takes_a_ring(request: HttpRequest) -> bool:
    """Whether what was sent may have a ring; other calls have `slots` of another kind."""
    match = request.resolver_match
    return match is not None and match.route.endswith(_TAKE_RINGS)


def terminal_opens(plain: str) -> int | None:
    """The key of the network whose terminal this token opens now."""
    return TerminalToken.network_opened_by(plain, at=timezone.now())


class WhichNetworks(Paging):
    q: str = Field(
        "", max_length=100, description="Words of the name, the description or its models' names."
    )
    archived: bool = Field(False, description="Archived ones, instead of the others.")


@routes.get("/networks", response=Page[NetworkOut])
@requires_scope(Scope.READ)
def list_networks(request: ApiRequest, which: Query[WhichNetworks]) -> Page[NetworkOut]:
    """One's own networks, those shared with one, and public ones; the newest first."""
    rows = Network.objects.visible_to(request.auth.person).select_related("owner")
    rows = rows.filter(archived_at__isnull=not which.archived)
    if words := which.q.strip():
        if not is_legible(words):
            raise Invalid({"q": "Search for text."})
        rows = rows.with_words(words)
    page, following = newest_first(rows, which)
    return Page[NetworkOut](items=shown(request.auth, page), next=following)


@routes.post("/networks", response={201: NetworkOut})
@requires_scope(Scope.EDIT)
@refuses({422: INVALID_RING})
def create_network(request: ApiRequest, body: NetworkIn) -> Status[NetworkOut]:
    """Without slots it is an empty ring, to be filled later."""
    owner = require_user(request.auth)
    made = changes.create_from_api(owner=owner, body=body)
    return Status(201, shown(request.auth, [made])[0])


@routes.get("/networks/{slug:slug}", response=NetworkOut)
@requires_scope(Scope.READ)
def get_network(request: ApiRequest, slug: str) -> NetworkOut:
    """Under an address that it had before, too."""
    return shown(request.auth, [access.visible(request.auth, slug)])[0]


@routes.patch("/networks/{slug:slug}", response=NetworkOut)
@requires_scope(Scope.EDIT)
@refuses({422: INVALID_RING})
def change_network(request: ApiRequest, slug: str, body: NetworkChange) -> NetworkOut:
    """Changes what is given, or, where anything of it is wrong, nothing. A run that is under way
    keeps the ring it began with."""
    network = access.editable(request.auth, slug)
    changed = changes.change_from_api(network=network, body=body, by=request.auth.user)
    return shown(request.auth, [changed])[0]


@routes.delete("/networks/{slug:slug}", response={204: None})
@requires_scope(Scope.EDIT)
def delete_network(request: ApiRequest, slug: str) -> Status[None]:
    """Stops what runs on it and forgets it with all its runs; what it has spent stays on record."""
    hooks.delete(access.editable(request.auth, slug), request.auth.user)
    return Status(204, None)


@routes.get("/networks/{slug:slug}/holdings", response=UsageSummary)
@requires_scope(Scope.READ)
def get_holdings(request: ApiRequest, slug: str) -> UsageSummary:
    """What would go with the network if it were deleted now."""
    return hooks.usage_summary(access.editable(request.auth, slug))


@routes.post("/networks/{slug:slug}/duplicate", response={201: NetworkOut})
@requires_scope(Scope.EDIT)
def duplicate_network(
    request: ApiRequest, slug: str, body: CopyIn | None = None
) -> Status[NetworkOut]:
    """A private copy of one's own of any network one sees: its ring and its rules, not its runs."""
    owner = require_user(request.auth)
    network = access.visible(request.auth, slug)
    name = ((body and body.name) or "").strip()
    if name:
        changes.checked(network, {"name": name})
    made = changes.duplicate(network=network, owner=owner, name=name)
    return Status(201, shown(request.auth, [made])[0])


@routes.post("/networks/{slug:slug}/terminal-tokens", response={201: TerminalTokenOut})
@requires_scope(Scope.START)
def create_terminal_token(request: ApiRequest, slug: str) -> Status[TerminalTokenOut]:
    """A key for a guest: for an hour it starts runs of this network, and nothing else."""
    network = access.controllable(request.auth, slug)
    token, plain = TerminalToken.issue(network, at=timezone.now())
    url = PublicUrl.for_path(request, f"{network.get_terminal_url()}?token={plain}").url
    return Status(201, TerminalTokenOut.from_token(token, plain, url))


@routes.delete("/networks/{slug:slug}/terminal-tokens/{slug:token_id}", response={204: None})
@requires_scope(Scope.START)
def revoke_terminal_token(request: ApiRequest, slug: str, token_id: str) -> Status[None]:
    """It opens nothing from this moment on."""
    network = access.controllable(request.auth, slug)
    deleted, _ = network.terminal_tokens.filter(public_id=token_id).delete()
    if not deleted:
        raise Http404(gettext("There is no such terminal token."))
    return Status(204, None)


@routes.delete("/networks/{slug:slug}/terminal-tokens", response={204: None})
@requires_scope(Scope.START)
def revoke_terminal_tokens(request: ApiRequest, slug: str) -> Status[None]:
    """None of them opens anything from this moment on; screens get a new one with the next renewal."""
    network = access.controllable(request.auth, slug)
    TerminalToken.revoke_all(network, by=request.auth.user)
    return Status(204, None)


def shown(caller: Caller, networks: Iterable[Network]) -> list[NetworkOut]:
    """As JSON; a few queries for all of them."""
    rows = list(networks)
    keys = [network.pk for network in rows]
    running = hooks.running_among(keys) if rows else ()
    viewers = hooks.count_viewers(rows) if rows else {}
    controllable = access.controllable_among(caller, rows)
    preload_credentials(rows)
    return [
        NetworkOut.from_network(
            one,
            running=one.pk in running,
            viewers=viewers.get(one.pk, 0),
            can_control=one.pk in controllable,
        )
        for one in rows
    ]


@routes.get(_COLLABORATORS, response=Page[ShareOut])
@requires_scope(Scope.READ)
def list_collaborators(request: ApiRequest, slug: str) -> Page[ShareOut]:
    """The addresses that were typed, oldest first; whether they have accounts is not shown."""
    network = access.editable(request.auth, slug)
    shares = network.shares.order_by("id")
    return Page[ShareOut](items=[ShareOut.model_validate(share) for share in shares], next=None)


@routes.post(_COLLABORATORS, response={201: ShareOut})
@requires_scope(Scope.EDIT)
def add_collaborator(request: ApiRequest, slug: str, body: ShareIn) -> Status[ShareOut]:
    """Whoever has this address, now or later, sees the network and may start, stop and pause; an
    attendant does what `/networks/{slug}/attendant` offers. Again with another role changes it."""
    network = access.editable(request.auth, slug)
    by = request.auth.user
    share = sharing.share(network=network, email=body.email, by=by, role=body.role)
    return Status(201, ShareOut.model_validate(share))


@routes.delete(_COLLABORATORS + "/{slug:share_id}", response={204: None})
@requires_scope(Scope.EDIT)
def remove_collaborator(request: ApiRequest, slug: str, share_id: str) -> Status[None]:
    network = access.editable(request.auth, slug)
    shares = Share.objects.filter(network=network, public_id=share_id)
    share = first_or_404(shares, gettext("The network is shared with nobody of this id."))
    sharing.unshare(network=network, share=share, by=request.auth.user)
    return Status(204, None)


@routes.post("/networks/{slug:slug}/leave", response={204: None})
@requires_scope(Scope.EDIT)
def leave_network(request: ApiRequest, slug: str) -> Status[None]:
    """For a collaborator who wants to be none any more."""
    network = access.visible(request.auth, slug)
    sharing.leave(network=network, person=require_user(request.auth))
    return Status(204, None)
