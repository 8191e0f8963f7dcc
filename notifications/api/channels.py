"""Where people are told what happens, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from ninja import Query, Router, Status
from pydantic import BaseModel, Field, SecretStr

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from lib.paging import Page, Paging, newest_first
from lib.problems import first_or_404
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from notifications import channels, status
from notifications.addresses import MAX_LENGTH
from notifications.channels import DEFAULT_OCCASIONS
from notifications.models import Channel, Delivery
from notifications.models.channel import DIGEST_MINUTES
from notifications.status import ChannelStatus

routes = Router(tags=["notifications"])
_ONE = "/notification-channels/{slug:channel_id}"
_EXAMPLE: dict[str, Any] = {
    "id": "5f0c1b7e9a2d4c6688aa",
    "name": "The night watch",
    "owner": "alice@example.org",
    "service": "ntfy",
    "occasions": ["screen-gone", "run-failed"],
    "everything": False,
    "private_allowed": False,
    "digest_minutes": 15,
    "enabled": True,
    "language": "en",
    "state": "sent",
    "failing_since": None,
    "waiting": 0,
    "last_delivery": {
        "state": "sent",
        "began_at": "2026-11-28T19:30:00Z",
        "ended_at": "2026-11-28T19:30:01Z",
        "notifications": 1,
        "test": True,
        "problem": None,
        "status": None,
    },
    "created_at": "2026-11-28T19:30:00Z",
}
ADDRESS = (
    "Where to: an address of `apprise`, or a webhook. It is written and never shown again. "
    "Without one: e-mail to its owner."
)


class ChannelChange(StrictSchema):
    """What is given is changed."""

    model_config = example({"name": "The day watch", "digest_minutes": 60})

    name: str = ""
    address: SecretStr = Field(SecretStr(""), description=ADDRESS, max_length=MAX_LENGTH)
    occasions: list[str] = Field(
        list(DEFAULT_OCCASIONS), description=f"Of {', '.join(DEFAULT_OCCASIONS)}."
    )
    digest_minutes: int = Field(DIGEST_MINUTES, description="Between two messages.")
    enabled: bool = True
    language: str = Field(
        settings.LANGUAGE_CODE, description="Of its messages: a code.", max_length=10
    )
    everything: bool = Field(False, description="Of an admin: all networks and installations.")
    private_allowed: bool = Field(
        False, description="By an admin: the address may lead to this machine or its network."
    )


class ChannelIn(ChannelChange):
    """A new channel."""

    model_config = example({"name": "The night watch", "address": "ntfys://ntfy.sh/my-topic"})

    name: str


class DeliveryOut(BaseModel):
    """The last message: claimed, sending, sent, failed or uncertain; `problem` in words."""

    state: str
    began_at: datetime
    ended_at: datetime | None
    notifications: int
    test: bool
    problem: str | None
    status: int | None

    @classmethod
    def from_delivery(cls, delivery: Delivery) -> DeliveryOut:
        return cls(
            state=delivery.state,
            began_at=delivery.began_at,
            ended_at=delivery.ended_at,
            notifications=delivery.count,
            test=delivery.is_test,
            problem=delivery.problem_words or None,
            status=delivery.status,
        )


class ChannelOut(BaseModel):
    """A channel: of its address no more than which service it is of. `state`: off, new, waiting, sending,
    sent, failed, failing (for a day and more) or uncertain."""

    model_config = example(_EXAMPLE)

    id: str
    name: str
    owner: str
    service: str
    occasions: list[str]
    everything: bool
    private_allowed: bool
    digest_minutes: int
    enabled: bool
    language: str
    state: str
    failing_since: datetime | None
    waiting: int
    last_delivery: DeliveryOut | None
    created_at: datetime

    @classmethod
    def from_status(cls, row: ChannelStatus) -> ChannelOut:
        channel = row.channel
        return cls(
            id=channel.public_id,
            name=channel.name,
            owner=channel.owner.email,
            service=channel.service,
            occasions=channel.occasions,
            everything=channel.everything,
            private_allowed=channel.private_allowed,
            digest_minutes=channel.digest_minutes,
            enabled=channel.enabled,
            language=channel.language,
            state=row.code,
            failing_since=channel.failing_since,
            waiting=row.waiting,
            last_delivery=DeliveryOut.from_delivery(row.last) if row.last else None,
            created_at=channel.created_at,
        )


@routes.get("/notification-channels", response=Page[ChannelOut])
@requires_scope(Scope.READ)
def list_channels(request: ApiRequest, paging: Query[Paging]) -> Page[ChannelOut]:
    """One's own; all for an admin. The newest first."""
    known = Channel.objects.known_to(permissions.require_user(request.auth))
    page, following = newest_first(known, paging)
    found = Channel.objects.filter(pk__in=[channel.pk for channel in page]).order_by("-pk")
    rows = [ChannelOut.from_status(row) for row in status.statuses_of(found)]
    return Page[ChannelOut](items=rows, next=following)


@routes.post("/notification-channels", response={201: ChannelOut})
@requires_scope(Scope.EDIT)
def create_channel(request: ApiRequest, body: ChannelIn) -> Status[ChannelOut]:
    """The address is checked, and nothing is sent; that is for `test`."""
    person = permissions.require_user(request.auth)
    made = channels.add(owner=person, **_given(body))
    return Status(201, _shown(made))


@routes.get(_ONE, response=ChannelOut)
@requires_scope(Scope.READ)
def get_channel(request: ApiRequest, channel_id: str) -> ChannelOut:
    return _shown(_find(request, channel_id))


@routes.patch(_ONE, response=ChannelOut)
@requires_scope(Scope.EDIT)
def change_channel(request: ApiRequest, channel_id: str, body: ChannelChange) -> ChannelOut:
    """An empty `address` is its owner's e-mail."""
    channel = _find(request, channel_id)
    by = permissions.require_user(request.auth)
    return _shown(channels.change(channel, by=by, **_given(body)))


@routes.delete(_ONE, response={204: None})
@requires_scope(Scope.EDIT)
def delete_channel(request: ApiRequest, channel_id: str) -> Status[None]:
    """With what waits for it."""
    channel = _find(request, channel_id)
    channels.delete(channel, by=permissions.require_user(request.auth))
    return Status(204, None)


@routes.post(_ONE + "/test", response={202: ChannelOut})
@requires_scope(Scope.EDIT)
def test_channel(request: ApiRequest, channel_id: str) -> Status[ChannelOut]:
    """A worker sends a test within seconds; `last_delivery` says what became of it."""
    channel = _find(request, channel_id)
    channels.send_test(channel)
    return Status(202, _shown(channel))


def _given(body: ChannelChange) -> dict[str, Any]:
    given = body.model_dump(exclude_unset=True)
    if "address" in given:
        given["address"] = body.address.get_secret_value()
    return given


def _find(request: ApiRequest, public_id: str) -> Channel:
    known = Channel.objects.known_to(permissions.require_user(request.auth))
    found = known.select_related("owner").filter(public_id=public_id)
    return first_or_404(found, "There is no such channel.")


def _shown(channel: Channel) -> ChannelOut:
    return ChannelOut.from_status(status.status_of(channel))
