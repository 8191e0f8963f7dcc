"""The catalogue: which models there are, and why one of them cannot be used now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from networks.models import Network
from platforms import registry
from platforms.base import Availability, Model, Platform
from platforms.keyring import Keyring

LOOKED_AT, LISTED = 200, 12


@dataclass(frozen=True, slots=True)
class Offer:
    model: Model
    platform: Platform
    availability: Availability


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    keys = _keys(request)
    offers = [
        _offer(model, keys)
        for model in registry.all_models()
        if settings.DEBUG or not (model.hidden or model.deprecated)
    ]
    return render(request, "invocations/models.html", {"offers": offers})


@require_safe
def detail(request: HttpRequest, model_id: str) -> HttpResponse:
    try:
        model = registry.get_model(model_id)
    except registry.UnknownModel as unknown:
        raise Http404 from unknown
    context = {
        "offer": _offer(model, _keys(request)),
        "parameters": list(_parameters(model)),
        "networks": _rings_with(model, request),
    }
    return render(request, "invocations/model.html", context)


def _parameters(model: Model) -> Iterator[tuple[str, Mapping[str, object]]]:
    properties = model.parameters.get("properties")
    yield from (properties.items() if isinstance(properties, Mapping) else ())


def _rings_with(model: Model, request: HttpRequest) -> list[Network]:
    """Some of the rings one may see in which it stands."""
    found = Network.objects.visible_to(request.user).newest_first()[:LOOKED_AT]
    return [one for one in found if any(slot.model == model.id for slot in one.ring)][:LISTED]


def _offer(model: Model, keys: Keyring) -> Offer:
    platform = registry.get_platform(model.platform)
    return Offer(model, platform, keys.availability(model))


def _keys(request: HttpRequest) -> Keyring:
    """One's own; to whoever is not signed in, what the house can do."""
    user = request.user
    if not isinstance(user, User):
        return Keyring(None, house=True)
    return Keyring(user.pk, house=user.on_house_keys)
