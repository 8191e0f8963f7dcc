"""The catalogue: which models there are, beside each other, and why one cannot be used now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from invocations import offers, recorded
from invocations.offers import ModelFilter
from invocations.recorded import Recorded
from networks.models import Network
from platforms import browsing, registry
from platforms.base import Model
from platforms.browsing import Offer
from platforms.keyring import Keyring

LISTED = 12  # networks with a model


@dataclass(frozen=True, slots=True)
class Sheet:
    """All there is to say of one model to one reader."""

    offer: Offer
    parameters: list[offers.Parameter]
    recorded: Recorded | None
    networks: list[Network]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    asked = ModelFilter(request.GET)
    found = offers.find(asked.wanted, _keys(request).availability, _picked(request))
    return render(request, "invocations/models.html", {"filter": asked, "found": found})


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four models beside each other."""
    picked = _picked(request)
    context = {
        "sheets": _sheets(request, picked[: offers.MOST]),
        "left_out": picked[offers.MOST :],
        "most": offers.MOST,
    }
    return render(request, "invocations/models_compared.html", context)


@require_safe
def detail(request: HttpRequest, model_id: str) -> HttpResponse:
    try:
        model = registry.get_model(model_id)
    except registry.UnknownModel as unknown:
        raise Http404 from unknown
    (sheet,) = _sheets(request, [model])
    return render(request, "invocations/model.html", {"sheet": sheet, "offer": sheet.offer})


def _picked(request: HttpRequest) -> list[Model]:
    return offers.known(request.GET.getlist("model"))


def _sheets(request: HttpRequest, models: list[Model]) -> list[Sheet]:
    keys, history = _keys(request), recorded.of_models(models)
    return [
        Sheet(
            browsing.offer(model, keys.availability),
            offers.parameters(model),
            history.get(model.id),
            _rings_with(model, request.user),
        )
        for model in models
    ]


def _rings_with(model: Model, person: Any) -> list[Network]:
    """The newest of the rings one may see in which it stands."""
    found = Network.objects.visible_to(person).listed().with_model(model.id).newest_first()
    return list(found[:LISTED])


def _keys(request: HttpRequest) -> Keyring:
    """One's own; to whoever is not signed in, what the house can do."""
    user = request.user
    if not isinstance(user, User):
        return Keyring(None, house=True)
    return Keyring(user.pk, house=user.on_house_keys)
