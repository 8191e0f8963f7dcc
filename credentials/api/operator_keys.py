"""The operator's keys over HTTP, and whose networks may spend on them. For admins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.http import Http404
from django.utils.translation import gettext
from ninja import Query, Router
from pydantic import BaseModel

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from accounts.models import User
from credentials import key_checks, operator_keys
from credentials.models import OperatorKey
from lib.paging import Page, Paging, newest_first
from lib.problems import first_or_404
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid
from platforms import registry

from .credentials import KeyCheckOut, KeyTestOut

routes = Router(tags=["keys"])


class OperatorKeyOut(BaseModel):
    """A key of the environment: which setting it is, and how it does."""

    platform: str
    settings: list[str]
    refused: str | None
    trial: KeyTestOut | None
    last_used_at: datetime | None

    @classmethod
    def from_key(cls, key: OperatorKey) -> OperatorKeyOut:
        return cls(
            platform=key.platform,
            settings=sorted(registry.get_platform(key.platform).operator_keys()),
            refused=key.refusal or None,
            trial=KeyTestOut.from_key(key),
            last_used_at=key.last_used_at,
        )


class OperatorKeysOut(BaseModel):
    items: list[OperatorKeyOut]

    @classmethod
    def from_keys(cls, keys: Iterable[OperatorKey]) -> OperatorKeysOut:
        return cls(items=[OperatorKeyOut.from_key(key) for key in keys])


class SpenderOut(BaseModel):
    """Somebody with an account, and whether their networks may spend on the operator's keys."""

    id: str
    email: str
    admin: bool
    may_use_house_keys: bool

    @classmethod
    def from_user(cls, person: User) -> SpenderOut:
        return cls(
            id=person.public_id,
            email=person.email,
            admin=person.is_superuser,
            may_use_house_keys=person.may_use_operator_keys,
        )


class SpenderChange(StrictSchema):
    model_config = example({"may_use_house_keys": True})

    may_use_house_keys: bool


@routes.get("/house-keys", response=OperatorKeysOut)
@requires_scope(Scope.ADMIN)
def list_operator_keys(request: ApiRequest) -> OperatorKeysOut:
    """The keys of the environment, and how they do; for admins."""
    permissions.check_admin(request.auth)
    return OperatorKeysOut.from_keys(operator_keys.operator_keys())


@routes.post("/house-keys/{slug:platform}/test", response=KeyCheckOut)
@requires_scope(Scope.ADMIN)
def test_operator_key(request: ApiRequest, platform: str) -> KeyCheckOut:
    permissions.check_admin(request.auth)
    key = operator_keys.operator_key(platform)
    if key is None:
        raise Http404(gettext("The operator has no key to this platform."))
    return KeyCheckOut.from_check(key_checks.check_key(key))


@routes.get("/house-keys/people", response=Page[SpenderOut])
@requires_scope(Scope.ADMIN)
def list_spenders(request: ApiRequest, paging: Query[Paging]) -> Page[SpenderOut]:
    """Who has an account, and whether their networks may spend on the operator's keys."""
    permissions.check_admin(request.auth)
    page, following = newest_first(User.objects.filter(is_active=True), paging)
    return Page[SpenderOut](items=[SpenderOut.from_user(one) for one in page], next=following)


@routes.patch("/house-keys/people/{slug:person_id}", response=SpenderOut)
@requires_scope(Scope.ADMIN)
def change_spender(request: ApiRequest, person_id: str, body: SpenderChange) -> SpenderOut:
    permissions.check_admin(request.auth)
    people = User.objects.filter(public_id=person_id, is_active=True)
    person = first_or_404(people, gettext("There is nobody of this id."))
    if person.is_superuser:
        raise Invalid({"may_use_house_keys": gettext("An admin's networks always may.")})
    by = permissions.require_user(request.auth)
    operator_keys.allow_operator_keys(person=person, allowed=body.may_use_house_keys, by=by)
    return SpenderOut.from_user(person)
