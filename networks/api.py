"""Networks over HTTP: the ring, its rules, and guests' keys to its terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from accounts.api_auth import ApiRequest, Caller
from accounts.models import User, digest

from . import access, changes, fields, upkeep
from .above import above
from .keys import hand_out
from .models import Network, TerminalToken
from .paging import Page, Paging, newest_first
from .schemas import (
    CopyIn,
    HoldingsOut,
    NetworkChange,
    NetworkIn,
    NetworkOut,
    TerminalTokenOut,
)

routes = Router(tags=["networks"])


def terminal_opens(plain: str) -> int | None:
    """The key of the network whose terminal this token opens now."""
    valid = TerminalToken.objects.filter(digest=digest(plain), expires_at__gt=timezone.now())
    return valid.values_list("network_id", flat=True).first()


class WhichNetworks(Paging):
    q: str = Field("", max_length=100, description="Words of the name.")
    archived: bool = Field(False, description="Those that were put away, instead of the others.")


@routes.get("/networks", response=Page[NetworkOut])
def list_networks(request: ApiRequest, which: Query[WhichNetworks]) -> Page[NetworkOut]:
    """One's own networks, those shared with one, and public ones; the newest first."""
    rows = Network.objects.visible_to(request.auth.person).select_related("owner")
    rows = rows.filter(archived_at__isnull=not which.archived)
    if words := which.q.strip():
        if not fields.is_legible(words):
            raise fields.Invalid({"q": "Search for text."})
        rows = rows.filter(name__icontains=words)
    page, following = newest_first(rows, which)
    return Page[NetworkOut](items=shown(request.auth, page), next=following)


@routes.post("/networks", response={201: NetworkOut})
def create_network(request: ApiRequest, body: NetworkIn) -> Status[NetworkOut]:
    """Without slots it is an empty ring, to be filled later."""
    owner = signed_in(request.auth)
    made = changes.create(owner=owner, body=body)
    return Status(201, shown(request.auth, [made])[0])


@routes.get("/networks/{slug:slug}", response=NetworkOut)
def get_network(request: ApiRequest, slug: str) -> NetworkOut:
    """Under an address that it had before, too."""
    return shown(request.auth, [access.visible(request.auth, slug)])[0]


@routes.patch("/networks/{slug:slug}", response=NetworkOut)
def change_network(request: ApiRequest, slug: str, body: NetworkChange) -> NetworkOut:
    """Changes what is given, or, where anything of it is wrong, nothing. A run that is under way
    keeps the ring it began with."""
    network = access.editable(request.auth, slug)
    changed = changes.apply(network=network, body=body, by=request.auth.user)
    return shown(request.auth, [changed])[0]


@routes.delete("/networks/{slug:slug}", response={204: None})
def delete_network(request: ApiRequest, slug: str) -> Status[None]:
    """Stops what runs on it and forgets it with all its runs; what it has spent stays on record."""
    above.delete(access.editable(request.auth, slug), request.auth.user)
    return Status(204, None)


@routes.get("/networks/{slug:slug}/holdings", response=HoldingsOut)
def get_holdings(request: ApiRequest, slug: str) -> HoldingsOut:
    """What would go with the network if it were deleted now."""
    found = above.holdings(access.editable(request.auth, slug))
    return HoldingsOut.model_validate(asdict(found))


@routes.post("/networks/{slug:slug}/duplicate", response={201: NetworkOut})
def duplicate_network(
    request: ApiRequest, slug: str, body: CopyIn | None = None
) -> Status[NetworkOut]:
    """A private copy of one's own of any network one sees: its ring and its rules, not its runs."""
    owner = signed_in(request.auth)
    network = access.visible(request.auth, slug)
    name = ((body and body.name) or "").strip()
    if name:
        fields.check({"name": name}, None, prompt_max=network.prompt_max)
    made = upkeep.duplicate(network=network, owner=owner, name=name)
    return Status(201, shown(request.auth, [made])[0])


@routes.post("/networks/{slug:slug}/terminal-tokens", response={201: TerminalTokenOut})
def create_terminal_token(request: ApiRequest, slug: str) -> Status[TerminalTokenOut]:
    """A key for a guest: for an hour it starts runs of this network, and nothing else."""
    network = access.controllable(request.auth, slug)
    token, plain = TerminalToken.issue(network, at=timezone.now())
    path = f"{network.get_terminal_url()}?token={plain}"
    url = (
        f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
    )
    return Status(201, TerminalTokenOut.of(token, plain, url))


@routes.delete("/networks/{slug:slug}/terminal-tokens/{slug:token_id}", response={204: None})
def revoke_terminal_token(request: ApiRequest, slug: str, token_id: str) -> Status[None]:
    """It opens nothing from this moment on."""
    network = access.controllable(request.auth, slug)
    deleted, _ = network.terminal_tokens.filter(public_id=token_id).delete()
    if not deleted:
        raise Http404("There is no such terminal token.")
    return Status(204, None)


def signed_in(caller: Caller) -> User:
    if caller.user is None:
        raise access.refused(caller, "")
    return caller.user


def shown(caller: Caller, networks: Iterable[Network]) -> list[NetworkOut]:
    """As JSON; a few queries for all of them."""
    rows = list(networks)
    keys = [network.pk for network in rows]
    live = above.live_among(keys) if rows else ()
    viewers = above.viewers_of(rows) if rows else {}
    told = access.told_among(caller, rows)
    hand_out(rows)
    return [
        NetworkOut.of(
            one, running=one.pk in live, viewers=viewers.get(one.pk, 0), told=one.pk in told
        )
        for one in rows
    ]
