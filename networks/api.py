"""Networks over HTTP: the ring, its rules, and guests' keys to its terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from ninja import Query, Router, Status

from accounts.api_auth import ApiRequest, Caller
from accounts.models import User, digest

from . import access, fields
from .models import Network, TerminalToken
from .paging import Page, Paging, newest_first
from .schemas import NetworkChange, NetworkIn, NetworkOut, TerminalTokenOut


@dataclass(slots=True)
class Above:
    """What only the layers above know of a network; panic/ hands it in."""

    live_among: Callable[[Collection[int]], Collection[int]] = lambda keys: ()
    delete: Callable[[Network, User | None], object] = lambda network, by: network.delete()
    viewers_of: Callable[[Collection[Network]], Mapping[int, int]] = lambda networks: {}


above = Above()
routes = Router(tags=["networks"])


def terminal_opens(plain: str) -> int | None:
    """The key of the network whose terminal this token opens now."""
    valid = TerminalToken.objects.filter(digest=digest(plain), expires_at__gt=timezone.now())
    return valid.values_list("network_id", flat=True).first()


@routes.get("/networks", response=Page[NetworkOut])
def list_networks(request: ApiRequest, paging: Query[Paging]) -> Page[NetworkOut]:
    """One's own networks, those shared with one, and public ones; the newest first."""
    rows = Network.objects.visible_to(request.auth.person).select_related("owner")
    page, following = newest_first(rows, paging)
    return Page[NetworkOut](items=_shown(page), next=following)


@routes.post("/networks", response={201: NetworkOut})
def create_network(request: ApiRequest, body: NetworkIn) -> Status[NetworkOut]:
    """Without slots it is an empty ring, to be filled later."""
    owner = _signed_in(request.auth)
    values, ring = body.values, body.ring or None
    fields.check(values, ring, prompt_max=body.prompt_max)
    if ring is not None:
        values["slots"] = [slot.as_json() for slot in ring]
    return Status(201, _shown([_create(owner, values)])[0])


@routes.get("/networks/{slug:slug}", response=NetworkOut)
def get_network(request: ApiRequest, slug: str) -> NetworkOut:
    return _shown([access.visible(request.auth, slug)])[0]


@routes.patch("/networks/{slug:slug}", response=NetworkOut)
def change_network(request: ApiRequest, slug: str, body: NetworkChange) -> NetworkOut:
    """Changes what is given, or, where anything of it is wrong, nothing. A run that is under way
    keeps the ring it began with."""
    key = access.editable(request.auth, slug).pk
    with transaction.atomic():
        network = (
            Network.objects.select_related("owner").select_for_update(of=("self",)).get(pk=key)
        )
        _change(network, body)
    return _shown([network])[0]


@routes.delete("/networks/{slug:slug}", response={204: None})
def delete_network(request: ApiRequest, slug: str) -> Status[None]:
    """Stops what runs on it and forgets it with all its runs."""
    above.delete(access.editable(request.auth, slug), request.auth.user)
    return Status(204, None)


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


def _signed_in(caller: Caller) -> User:
    if caller.user is None:
        raise access.refused(caller, "")
    return caller.user


def _shown(networks: Iterable[Network]) -> list[NetworkOut]:
    """As JSON; a few queries for all of them."""
    rows = list(networks)
    live = above.live_among([network.pk for network in rows]) if rows else ()
    viewers = above.viewers_of(rows) if rows else {}
    return [
        NetworkOut.of(one, running=one.pk in live, viewers=viewers.get(one.pk, 0)) for one in rows
    ]


def _change(network: Network, body: NetworkChange) -> None:
    values, ring = body.values, body.ring
    checked = dict(values)
    if "prompt_max" in values:  # those that were fit so far may be too long now
        checked.setdefault("attract_prompts", network.attract_prompts)
    fields.check(checked, ring, prompt_max=values.get("prompt_max", network.prompt_max))
    if ring is not None:
        values["slots"] = [slot.as_json() for slot in ring]
    if "budgets" in values:
        values["budgets"] = {**network.budgets, **values["budgets"]}
    for name, value in values.items():
        setattr(network, name, value)
    if values:
        network.save(update_fields=list(values))


def _create(owner: User, values: dict[str, Any]) -> Network:
    """Two who choose the same name at the same moment both get an address."""
    for _ in range(3):
        try:
            with transaction.atomic():
                return Network.create(owner, **values)
        except IntegrityError:
            continue
    return Network.create(owner, **values)
