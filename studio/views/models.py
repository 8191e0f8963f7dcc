"""The catalogue: which models there are, beside each other, and why one cannot be used now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from credentials.resolution import CredentialResolver
from networks.models import Network
from platforms import registry
from platforms.base import Model
from platforms.registry import ModelOffer
from studio import model_browser
from studio.model_browser import ModelFilter, ModelStatistics

MAX_NETWORKS = 12  # with a model


@dataclass(frozen=True, slots=True)
class ModelSheet:
    """All there is to say of one model to one reader."""

    offer: ModelOffer
    parameters: list[model_browser.DescribedParameter]
    statistics: ModelStatistics | None
    networks: list[Network]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    asked = ModelFilter(request.GET)
    found = model_browser.find_models(asked.wanted, _keys(request).availability, _selected(request))
    return render(request, "studio/models.html", {"filter": asked, "found": found})


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four models beside each other."""
    selected = _selected(request)
    context = {
        "sheets": _sheets(request, selected[: model_browser.MAX_COMPARED]),
        "left_out": selected[model_browser.MAX_COMPARED :],
        "max_compared": model_browser.MAX_COMPARED,
    }
    return render(request, "studio/model_comparison.html", context)


@require_safe
def detail(request: HttpRequest, model_id: str) -> HttpResponse:
    try:
        model = registry.get_model(model_id)
    except registry.UnknownModel as unknown:
        raise Http404 from unknown
    (sheet,) = _sheets(request, [model])
    return render(request, "studio/model.html", {"sheet": sheet, "offer": sheet.offer})


def _selected(request: HttpRequest) -> list[Model]:
    return model_browser.known_models(request.GET.getlist("model"))


def _sheets(request: HttpRequest, models: list[Model]) -> list[ModelSheet]:
    keys, history = _keys(request), model_browser.statistics_of_models(models)
    return [
        ModelSheet(
            registry.offer_of_model(model, keys.availability),
            model_browser.describe_parameters(model),
            history.get(model.id),
            _networks_with(model, request.user),
        )
        for model in models
    ]


def _networks_with(model: Model, person: Any) -> list[Network]:
    """The newest of the rings one may see in which it stands."""
    found = Network.objects.visible_to(person).not_archived().with_model(model.id).newest_first()
    return list(found[:MAX_NETWORKS])


def _keys(request: HttpRequest) -> CredentialResolver:
    """One's own; to whoever is not signed in, what the operator offers."""
    user = request.user
    if not isinstance(user, User):
        return CredentialResolver(None, operator_keys=True)
    return CredentialResolver(user.pk, operator_keys=user.may_use_operator_keys)
