"""One's own keys to platforms over HTTP. The secret goes in and never comes out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext
from ninja import Query, Router, Status
from pydantic import BaseModel, Field, SecretStr

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from accounts.models import User
from credentials import key_checks, stored_keys
from credentials.key_checks import KeyCheck
from credentials.models import Credential
from credentials.models.credential import CredentialQuerySet
from credentials.models.key import Key
from lib.paging import Page, Paging, newest_first
from lib.problems import first_or_404
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope

routes = Router(tags=["keys"])
_ONE = "/credentials/{slug:credential_id}"
_KEY_EXAMPLE: dict[str, Any] = {
    "id": "5f0c1b7e9a2d4c6688aa",
    "platform": "replicate",
    "name": "Studio",
    "mine": True,
    "owner": "alice@example.org",
    "usable": True,
    "ends_in": "4f2c",
    "refused": None,
    "lent_to": ["carol@example.org"],
    "trial": {"at": "2026-11-28T19:30:00Z", "passed": True, "detail": "Replicate takes this key."},
    "created_at": "2026-11-28T19:30:00Z",
    "replaced_at": None,
    "last_used_at": "2026-11-28T19:30:04Z",
}
WRITTEN_ONLY = "The key itself. It is written and never shown again."


class CredentialIn(StrictSchema):
    """A new key."""

    model_config = example(
        {"platform": "replicate", "name": "Studio", "secret": "written-and-not-shown"}
    )

    platform: str = Field(max_length=40)
    name: str
    secret: SecretStr = Field(description=WRITTEN_ONLY)


class CredentialChange(StrictSchema):
    """What is given is changed."""

    model_config = example({"name": "The studio's", "lent_to": ["carol@example.org"]})

    name: str = ""
    secret: SecretStr = Field(SecretStr(""), description=WRITTEN_ONLY)
    lent_to: list[str] = Field(
        default_factory=list, description="All the addresses that may use it; others no more."
    )


class KeyTestOut(BaseModel):
    """What a platform last said to a key; `passed` is null where it said nothing about the key."""

    at: datetime
    passed: bool | None
    detail: str

    @classmethod
    def from_key(cls, key: Key) -> KeyTestOut | None:
        if key.tested_at is None:
            return None
        return cls(at=key.tested_at, passed=key.passed, detail=key.verdict)


class CredentialOut(BaseModel):
    """A key. Of a lent one it says no more than that it can be used, and whose it is."""

    model_config = example(_KEY_EXAMPLE)

    id: str
    platform: str
    name: str
    mine: bool
    owner: str
    usable: bool
    ends_in: str | None
    refused: str | None
    lent_to: list[str]
    trial: KeyTestOut | None
    created_at: datetime | None
    replaced_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def from_credential(cls, key: Credential, person: User) -> CredentialOut:
        """`key` comes with its owner and its loans."""
        mine = key.owner_id == person.pk
        return cls(
            id=key.public_id,
            platform=key.platform,
            name=key.name,
            mine=mine,
            owner=key.owner.email,
            usable=not key.refused and key.readable,
            ends_in=(key.ending or None) if mine else None,
            refused=(key.refusal or None) if mine else None,
            lent_to=sorted(loan.email for loan in key.loans.all()) if mine else [],
            trial=KeyTestOut.from_key(key) if mine else None,
            created_at=key.created_at if mine else None,
            replaced_at=key.replaced_at if mine else None,
            last_used_at=key.last_used_at if mine else None,
        )


class KeyCheckOut(BaseModel):
    """How a test went; `passed` is null where nothing was learned of the key."""

    model_config = example({"passed": True, "detail": "Replicate takes this key."})

    passed: bool | None
    detail: str

    @classmethod
    def from_check(cls, check: KeyCheck) -> KeyCheckOut:
        return cls(passed=check.passed, detail=check.sentence)


@routes.get("/credentials", response=Page[CredentialOut])
@requires_scope(Scope.READ)
def list_credentials(request: ApiRequest, paging: Query[Paging]) -> Page[CredentialOut]:
    """One's own keys, and those that one may use; the newest first."""
    person = permissions.require_user(request.auth)
    page, following = newest_first(_usable(person), paging)
    return Page[CredentialOut](
        items=[CredentialOut.from_credential(key, person) for key in page], next=following
    )


@routes.post("/credentials", response={201: CredentialOut})
@requires_scope(Scope.EDIT)
def create_credential(request: ApiRequest, body: CredentialIn) -> Status[CredentialOut]:
    person = permissions.require_user(request.auth)
    secret = body.secret.get_secret_value()
    made = stored_keys.store(owner=person, platform=body.platform, name=body.name, secret=secret)
    return Status(201, _shown(made, person))


@routes.get(_ONE, response=CredentialOut)
@requires_scope(Scope.READ)
def get_credential(request: ApiRequest, credential_id: str) -> CredentialOut:
    person = permissions.require_user(request.auth)
    return CredentialOut.from_credential(_find(person, credential_id), person)


@routes.patch(_ONE, response=CredentialOut)
@requires_scope(Scope.EDIT)
def change_credential(
    request: ApiRequest, credential_id: str, body: CredentialChange
) -> CredentialOut:
    """Its owner names it, replaces what it holds, and says who may use it."""
    person = permissions.require_user(request.auth)
    key, given = _own(person, credential_id), body.model_fields_set
    stored_keys.change(
        key=key,
        name=body.name if "name" in given else None,
        secret=body.secret.get_secret_value() if "secret" in given else None,
        lent_to=body.lent_to if "lent_to" in given else None,
    )
    return _shown(key, person)


@routes.delete(_ONE, response={204: None})
@requires_scope(Scope.EDIT)
def delete_credential(request: ApiRequest, credential_id: str) -> Status[None]:
    """Networks that spend on it go on with another key, or cannot run."""
    stored_keys.delete(key=_own(permissions.require_user(request.auth), credential_id))
    return Status(204, None)


@routes.post(_ONE + "/test", response=KeyCheckOut)
@requires_scope(Scope.EDIT)
def test_credential(request: ApiRequest, credential_id: str) -> KeyCheckOut:
    """Asks the platform something that costs nothing, and notes what it says."""
    return KeyCheckOut.from_check(
        key_checks.check_key(_own(permissions.require_user(request.auth), credential_id))
    )


def _usable(person: User) -> CredentialQuerySet:
    found = Credential.objects.usable_by(person.pk)
    return found.select_related("owner").prefetch_related("loans")


def _find(person: User, public_id: str) -> Credential:
    """A key of theirs or lent to them. Nobody else, an admin neither, is told that it is there."""
    return first_or_404(
        _usable(person).filter(public_id=public_id), gettext("There is no such key.")
    )


def _own(person: User, public_id: str) -> Credential:
    found = _find(person, public_id)
    if found.owner_id != person.pk:
        raise PermissionDenied(gettext("This key is lent to you: to be used, and no more."))
    return found


def _shown(key: Credential, person: User) -> CredentialOut:
    return CredentialOut.from_credential(_find(person, key.public_id), person)
