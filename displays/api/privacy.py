"""The privacy notice for visitors, over HTTP."""

from __future__ import annotations

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from accounts.api.auth import ApiRequest
from accounts.api.permissions import check_admin
from displays import privacy
from displays.privacy import MAX_CHARACTERS
from lib.paging import Page
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope

routes = Router(tags=["privacy notice"])


class NoticeIn(StrictSchema):
    model_config = example({"text": "What you type is shown here, and forgotten in the evening."})

    text: str = Field(
        max_length=MAX_CHARACTERS, description="Markdown; empty: the usual text again."
    )


class NoticeOut(BaseModel):
    """The notice of one language, in Markdown. Version 0 is the one that the product comes with."""

    model_config = ConfigDict(from_attributes=True)

    language: str
    name: str
    text: str
    version: int


@routes.get("/privacy-notices", response=Page[NoticeOut])
@requires_scope(Scope.READ)
def list_privacy_notices(request: ApiRequest) -> Page[NoticeOut]:
    """One of each language."""
    return Page[NoticeOut](
        items=[NoticeOut.model_validate(one) for one in privacy.notices()], next=None
    )


@routes.put("/privacy-notices/{slug:language}", response=NoticeOut)
@requires_scope(Scope.ADMIN)
def write_privacy_notice(request: ApiRequest, language: str, body: NoticeIn) -> NoticeOut:
    """A new version; the ones before it are kept. For admins."""
    check_admin(request.auth)
    return NoticeOut.model_validate(
        privacy.write(language=language, text=body.text, by=request.auth.user)
    )
