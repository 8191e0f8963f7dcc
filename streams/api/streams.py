"""The stream of a network, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field, SecretStr

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from lib.paging import Page
from lib.problems import first_or_404, handles, problem, refuses
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from networks import access
from networks.models import Network
from streams import broadcasts, targets
from streams.broadcasts import CannotGoOnAir, StreamStatus
from streams.models import StreamTarget
from streams.models.broadcast import BedKind, OutsideHours

routes = Router(tags=["streams"])
_ONE = "/networks/{slug:slug}/stream"
_TARGETS = _ONE + "/targets"
_TARGET = _TARGETS + "/{target_id}"
REFUSED = "`illegal_state`: the network is in the archive."


@handles(CannotGoOnAir)
def _cannot_go_on_air(request: HttpRequest, error: CannotGoOnAir) -> HttpResponse:
    return problem(409, "illegal_state", str(error), allowed=[])


class StreamTargetOut(BaseModel):
    """A server that the stream is sent to; its address and its key are never shown."""

    id: str
    name: str
    host: str
    enabled: bool
    private_allowed: bool
    state: str
    last_error: str | None

    @classmethod
    def from_target(cls, target: StreamTarget) -> StreamTargetOut:
        return cls(
            id=target.public_id,
            name=target.name,
            host=target.host,
            enabled=target.enabled,
            private_allowed=target.private_allowed,
            state=target.state,
            last_error=target.last_error or None,
        )


class StreamOut(BaseModel):
    """`state`: `stopped`, `starting`, `live`, `archive`, `slate`, `closed`, or `trouble`. `since`: when it was last
    started or stopped. `targets`: only for those who may control the network."""

    state: str
    since: datetime | None
    viewers: int
    targets: list[StreamTargetOut]
    late_frames: int
    restarts: int
    bed: str
    outside_hours: str
    segment_age_seconds: float | None
    url: str

    @classmethod
    def from_status(cls, status: StreamStatus) -> StreamOut:
        broadcast = status.broadcast
        return cls(
            state=status.state,
            since=broadcast.since,
            viewers=status.viewers,
            targets=[StreamTargetOut.from_target(one) for one in status.targets],
            late_frames=broadcast.late_frames,
            restarts=broadcast.restarts,
            bed=broadcast.bed,
            outside_hours=broadcast.outside_hours,
            segment_age_seconds=status.segment_age,
            url=f"{status.network.get_absolute_url()}live/index.m3u8",
        )


class StreamTargetChange(StrictSchema):
    model_config = example({"name": "our video platform", "enabled": False})

    name: str = Field("", max_length=targets.MAX_NAME)
    address: SecretStr = Field(SecretStr(""), description="`rtmp://…` or `rtmps://…`")
    key: SecretStr = Field(SecretStr(""), description="Appended to the address.")
    enabled: bool = True
    private_allowed: bool = Field(
        False, description="It may lead into the server's own network; for admins."
    )


class StreamTargetIn(StreamTargetChange):
    model_config = example(
        {"name": "our video platform", "address": "rtmp://live.example.org/app", "key": "a-key"}
    )

    name: str = Field(max_length=targets.MAX_NAME)
    address: SecretStr


class StreamChange(StrictSchema):
    model_config = example({"bed": "folder"})

    bed: Literal["silence", "run", "folder"] | None = None
    outside_hours: Literal["on", "slate", "off"] | None = Field(
        None, description="While the installations of the network are closed."
    )


@routes.get(_ONE, response=StreamOut)
@requires_scope(Scope.READ)
def get_stream(request: ApiRequest, slug: str) -> StreamOut:
    """How the stream of a network does."""
    network = access.visible(request.auth, slug)
    return _shown(network, with_targets=network.may_control(request.auth.person))


@routes.patch(_ONE, response=StreamOut)
@requires_scope(Scope.CONTROL)
def change_stream(request: ApiRequest, slug: str, body: StreamChange) -> StreamOut:
    """What is heard between the sounds of steps, and what happens outside opening hours."""
    network = access.controllable(request.auth, slug)
    if body.bed is not None:
        broadcasts.choose_bed(network=network, bed=BedKind(body.bed))
    if body.outside_hours is not None:
        broadcasts.choose_outside_hours(network=network, choice=OutsideHours(body.outside_hours))
    return _shown(network)


@routes.post(_ONE + "/start", response=StreamOut)
@requires_scope(Scope.CONTROL)
@refuses({409: REFUSED})
def start_stream(request: ApiRequest, slug: str) -> StreamOut:
    """Puts the network on air; again is harmless."""
    network = access.controllable(request.auth, slug)
    broadcasts.start(network=network, by=request.auth.user, at=timezone.now())
    return _shown(network)


@routes.post(_ONE + "/stop", response=StreamOut)
@requires_scope(Scope.CONTROL)
def stop_stream(request: ApiRequest, slug: str) -> StreamOut:
    """Takes it off air; again is harmless."""
    network = access.controllable(request.auth, slug)
    broadcasts.stop(network=network, by=request.auth.user, at=timezone.now())
    return _shown(network)


@routes.get(_TARGETS, response=Page[StreamTargetOut])
@requires_scope(Scope.READ)
def list_stream_targets(request: ApiRequest, slug: str) -> Page[StreamTargetOut]:
    network = access.controllable(request.auth, slug)
    found = network.stream_targets.by_name()
    return Page[StreamTargetOut](
        items=[StreamTargetOut.from_target(one) for one in found], next=None
    )


@routes.post(_TARGETS, response={201: StreamTargetOut})
@requires_scope(Scope.EDIT)
def add_stream_target(
    request: ApiRequest, slug: str, body: StreamTargetIn
) -> Status[StreamTargetOut]:
    network = access.editable(request.auth, slug)
    by = permissions.require_user(request.auth)
    made = targets.add(network=network, by=by, **_given(body))
    return Status(201, StreamTargetOut.from_target(made))


@routes.patch(_TARGET, response=StreamTargetOut)
@requires_scope(Scope.EDIT)
def change_stream_target(
    request: ApiRequest, slug: str, target_id: str, body: StreamTargetChange
) -> StreamTargetOut:
    """Another address or key takes the place of the old one at once."""
    target = _find(access.editable(request.auth, slug), target_id)
    by = permissions.require_user(request.auth)
    return StreamTargetOut.from_target(targets.change(target=target, by=by, **_given(body)))


@routes.delete(_TARGET, response={204: None})
@requires_scope(Scope.EDIT)
def remove_stream_target(request: ApiRequest, slug: str, target_id: str) -> Status[None]:
    target = _find(access.editable(request.auth, slug), target_id)
    targets.remove(target=target, by=permissions.require_user(request.auth))
    return Status(204, None)


def _given(body: StreamTargetChange) -> dict[str, Any]:
    given = body.model_dump(exclude_unset=True)
    for name in ("address", "key"):
        if name in given:
            given[name] = getattr(body, name).get_secret_value()
    return given


def _find(network: Network, target_id: str) -> StreamTarget:
    found = network.stream_targets.filter(public_id=target_id)
    return first_or_404(found, "There is no such target.")


def _shown(network: Network, *, with_targets: bool = True) -> StreamOut:
    return StreamOut.from_status(
        broadcasts.status_of(network, at=timezone.now(), with_targets=with_targets)
    )
