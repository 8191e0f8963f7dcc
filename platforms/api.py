"""The catalogue over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.errors import ValidationError
from pydantic import BaseModel, Field

from . import registry
from .base import Modality, Model
from .browsing import Wanted, offers
from .keyring import Keyring

PAGE, PAGE_MOST = 100, 500


class ModelOut(BaseModel):
    """One way to turn one modality into another."""

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
    def of(cls, model: Model, keys: Keyring) -> ModelOut:
        state = keys.availability(model)
        return cls(
            id=model.id,
            name=model.name,
            platform=model.platform,
            input=model.input,
            output=model.output,
            available=state.available,
            reason=state.reason or None,
            deprecated=model.deprecated,
            seconds=model.seconds,
            usd=model.usd,
            parameters=dict(model.parameters),
            maker=model.maker,
            licence=model.licence,
            homepage=model.homepage,
            note=model.note,
            unverified=model.unverified or None,
        )


class Filter(Schema):
    """Which models are wanted; what is left out does not matter."""

    everything: bool = Field(False, alias="all")
    input: Modality | None = None
    output: Modality | None = None
    platform: str = ""
    available: bool | None = None
    q: str = ""

    def wanted(self) -> Wanted:
        return Wanted(
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


def router(keys_of: Callable[[HttpRequest], Keyring]) -> Router:
    """The calls about models. `keys_of` says which keys the caller's networks may spend on."""
    routes = Router(tags=["models"])

    @routes.get("/models", response=ModelPage)
    def list_models(
        request: HttpRequest,
        wanted: Query[Filter],
        after: str | None = None,
        limit: Annotated[int, Query(ge=1)] = PAGE,
    ) -> ModelPage:
        """What can be put into a ring; with `all=1` also pretend and deprecated models."""
        keys = keys_of(request)
        offered = offers(registry.all_models(), wanted.wanted(), keys.availability)
        found = [one.model for one in offered]
        rest = found[_position(found, after) :]
        page, more = rest[: min(limit, PAGE_MOST)], rest[min(limit, PAGE_MOST) :]
        items = [ModelOut.of(model, keys) for model in page]
        return ModelPage(items=items, next=page[-1].id if more else None)

    @routes.get("/models/{path:model_id}", response=ModelOut)
    def get_model(request: HttpRequest, model_id: str) -> ModelOut:
        return ModelOut.of(registry.get_model(model_id), keys_of(request))

    return routes


def _position(models: list[Model], after: str | None) -> int:
    """Where the page after the model of this id begins."""
    if after is None:
        return 0
    for number, model in enumerate(models, 1):
        if model.id == after:
            return number
    raise ValidationError([{"loc": ("query", "after"), "msg": "This is no cursor of this list."}])
