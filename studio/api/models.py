"""The catalogue over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema
from ninja.errors import ValidationError
from pydantic import BaseModel, Field

from credentials.resolution import CredentialResolver
from lib.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from lib.problems import answers
from lib.schemas import example
from lib.scopes import Scope, requires_scope
from platforms import registry
from platforms.base import Modality, Model
from platforms.registry import ModelQuery, UnknownModel, find_offers

answers(UnknownModel, 404, "not_found", _("There is no such model."))


class ModelOut(BaseModel):
    """One way to turn one modality into another."""

    model_config = example(
        {
            "id": "local:painter",
            "name": "Painter",
            "platform": "local",
            "input": "text",
            "output": "image",
            "available": True,
            "reason": None,
            "deprecated": False,
            "seconds": 2.0,
            "usd": 0.0,
            "parameters": {"type": "object", "properties": {}},
            "maker": "PANIC!",
            "licence": "",
            "homepage": "",
            "note": "Paints what it is told, on this machine.",
        }
    )

    id: str
    name: str
    platform: str
    input: Modality
    output: Modality
    available: bool
    reason: str | None
    deprecated: bool
    seconds: float | None
    usd: float | None
    parameters: dict[str, Any]
    maker: str
    licence: str
    homepage: str
    note: str
    unverified: str | None

    @classmethod
    def from_model(cls, model: Model, keys: CredentialResolver) -> ModelOut:
        state = keys.availability(model)
        shared = {name: getattr(model, name) for name in cls.model_fields if hasattr(model, name)}
        return cls(
            **shared | {"unverified": model.unverified or None},
            available=state.available,
            reason=state.reason or None,
        )


class ModelQueryParams(Schema):
    """Which models are wanted; what is left out does not matter."""

    everything: bool = Field(False, alias="all")
    input: Modality | None = None
    output: Modality | None = None
    platform: str = ""
    available: bool | None = None
    q: str = ""

    def wanted(self) -> ModelQuery:
        return ModelQuery(
            input=self.input,
            output=self.output,
            platform=self.platform,
            available=self.available,
            words=self.q,
            deprecated=self.everything,
            hidden=self.everything or settings.DEBUG,
        )


class ModelPage(BaseModel):
    items: list[ModelOut]
    next: str | None


def router(keys_of: Callable[[HttpRequest], CredentialResolver]) -> Router:
    """The calls about models. `keys_of` says which keys the caller's networks may spend on."""
    routes = Router(tags=["models"])

    @routes.get("/models", response=ModelPage)
    @requires_scope(Scope.READ)
    def list_models(
        request: HttpRequest,
        wanted: Query[ModelQueryParams],
        after: str | None = None,
        limit: Annotated[int, Query(ge=1)] = DEFAULT_PAGE_SIZE,
    ) -> ModelPage:
        """What can be put into a ring; with `all=1` also dummy and deprecated models."""
        keys = keys_of(request)
        models = [one for one in registry.all_models() if keys.may_use(one)]
        offered = find_offers(models, wanted.wanted(), keys.availability)
        found = [one.model for one in offered]
        rest = found[_position(found, after) :]
        page, more = rest[: min(limit, MAX_PAGE_SIZE)], rest[min(limit, MAX_PAGE_SIZE) :]
        items = [ModelOut.from_model(model, keys) for model in page]
        return ModelPage(items=items, next=page[-1].id if more else None)

    @routes.get("/models/{path:model_id}", response=ModelOut)
    @requires_scope(Scope.READ)
    def get_model(request: HttpRequest, model_id: str) -> ModelOut:
        return ModelOut.from_model(registry.get_model(model_id), keys_of(request))

    return routes


def _position(models: list[Model], after: str | None) -> int:
    """Where the page after the model of this id begins."""
    if after is None:
        return 0
    for number, model in enumerate(models, 1):
        if model.id == after:
            return number
    raise ValidationError(
        [{"loc": ("query", "after"), "msg": gettext("This is no cursor of this list.")}]
    )
