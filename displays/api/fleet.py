"""What screens are told to do now, over HTTP."""

from __future__ import annotations

from ninja import Router, Status

from accounts.api.auth import ApiRequest
from displays import fleet
from displays.access import missing_as_404
from displays.fleet import FleetAction
from lib.scopes import Scope, requires_scope
from networks import access

from .installations import visible_installation
from .schemas import DisplayMute, DisplayVolume

routes = Router(tags=["installations"])
_ONE = "/installations/{slug:installation_id}/displays/{slug:name}"


@routes.post(_ONE + "/identify", response={204: None})
@requires_scope(Scope.CONTROL)
def identify_display(request: ApiRequest, installation_id: str, name: str) -> Status[None]:
    """Its screens say for ten seconds which display they are."""
    return _act(request, installation_id, name, FleetAction.IDENTIFY)


@routes.post(_ONE + "/reload", response={204: None})
@requires_scope(Scope.CONTROL)
def reload_display(request: ApiRequest, installation_id: str, name: str) -> Status[None]:
    """Its screens load their page anew, and go on where they were."""
    return _act(request, installation_id, name, FleetAction.RELOAD)


@routes.post(_ONE + "/mute", response={204: None})
@requires_scope(Scope.CONTROL)
def mute_display(
    request: ApiRequest, installation_id: str, name: str, body: DisplayMute | None = None
) -> Status[None]:
    """It stays silent until it is told otherwise: `muted` of the display."""
    action = FleetAction.MUTE if body is None or body.muted else FleetAction.UNMUTE
    return _act(request, installation_id, name, action)


@routes.post(_ONE + "/volume", response={204: None})
@requires_scope(Scope.CONTROL)
def change_volume(
    request: ApiRequest, installation_id: str, name: str, body: DisplayVolume
) -> Status[None]:
    """Of the screens that show it now: each remembers its own."""
    return _act(request, installation_id, name, FleetAction.VOLUME, volume=body.volume)


@routes.post(_ONE + "/test-sound", response={204: None})
@requires_scope(Scope.CONTROL)
def test_sound(request: ApiRequest, installation_id: str, name: str) -> Status[None]:
    """Its screens sound a tone for a second, also where they are muted."""
    return _act(request, installation_id, name, FleetAction.TEST_SOUND)


def _act(
    request: ApiRequest,
    installation_id: str,
    name: str,
    action: FleetAction,
    *,
    volume: float | None = None,
) -> Status[None]:
    installation = visible_installation(request.auth, installation_id)
    access.check_control(request.auth, installation.network)
    with missing_as_404():
        fleet.act(installation, action, [name], volume=volume)
    return Status(204, None)
