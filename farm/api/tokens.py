"""Enrolment tokens of farm workers, for admins."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext
from ninja import Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from farm import workers
from farm.models import EnrolmentToken
from farm.workers import MAX_TAG
from lib.paging import Page
from lib.problems import first_or_404
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope

routes = Router(tags=["farm"])
_ALL = "/workers/tokens"


class TokenIn(StrictSchema):
    """Whom its worker serves: networks with `tag`, or those of the person with this e-mail address; with
    neither, everybody's."""

    model_config = example({"tag": "gallery"})

    tag: str = Field("", max_length=MAX_TAG)
    person: str = Field("", max_length=254)


class TokenOut(BaseModel):
    """The token is shown this once; it is good for one machine."""

    model_config = example({"token": "7F3K-9ACD-2MNP-QRST", "expires_at": "2026-11-29T19:30:00Z"})

    token: str
    expires_at: datetime


class WaitingTokenOut(BaseModel):
    """A token that no machine has used yet. `created_by` and `serves_person` are people, by their ids."""

    model_config = example(
        {
            "id": "9f86d081884c7d659a2f",
            "created_by": "2d4c6688aa5f0c1b7e9a",
            "created_at": "2026-11-28T19:30:00Z",
            "expires_at": "2026-11-29T19:30:00Z",
            "serves_tag": "gallery",
            "serves_person": None,
        }
    )

    id: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    serves_tag: str | None
    serves_person: str | None

    @classmethod
    def from_token(cls, one: EnrolmentToken) -> WaitingTokenOut:
        return cls(
            id=one.public_id,
            created_by=one.created_by.public_id,
            created_at=one.created_at,
            expires_at=one.expires_at,
            serves_tag=one.serves_tag or None,
            serves_person=one.serves_person.public_id if one.serves_person else None,
        )


@routes.get(_ALL, response=Page[WaitingTokenOut])
@requires_scope(Scope.ADMIN)
def list_enrolment_tokens(request: ApiRequest) -> Page[WaitingTokenOut]:
    """Those that no machine has used and that have not expired; the newest first."""
    permissions.check_admin(request.auth)
    found = EnrolmentToken.waiting(timezone.now())
    return Page[WaitingTokenOut](
        items=[WaitingTokenOut.from_token(one) for one in found], next=None
    )


@routes.post(_ALL, response={201: TokenOut})
@requires_scope(Scope.ADMIN)
def issue_enrolment_token(request: ApiRequest, body: TokenIn | None = None) -> Status[TokenOut]:
    """For `panic-worker enrol`; good for one machine, within a day."""
    whom = body.model_dump() if body else {}
    by = permissions.require_admin(request.auth)
    token, plain = workers.issue_token(by=by, at=timezone.now(), **whom)
    return Status(201, TokenOut(token=plain, expires_at=token.expires_at))


@routes.delete(_ALL + "/{slug:enrolment_id}", response={204: None})
@requires_scope(Scope.ADMIN)
def revoke_enrolment_token(request: ApiRequest, enrolment_id: str) -> Status[None]:
    """No machine can be enrolled with it any more."""
    by = permissions.require_admin(request.auth)
    found = workers.waiting_token(enrolment_id, timezone.now())
    missing = gettext("There is no such token, or it was used.")
    workers.revoke_token(first_or_404(found, missing), by=by)
    return Status(204, None)
