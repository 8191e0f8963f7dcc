"""Installations, their displays and screens that wait, over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from accounts.api import permissions
from accounts.api.auth import ApiRequest, Caller, NotSignedIn
from displays import film_displays, installations, presence
from displays.access import known_installation, missing_as_404
from displays.models import Display, Installation
from displays.wrong_codes import WRONG_SECONDS, TooManyWrongCodes
from lib.paging import Page, Paging, newest_first
from lib.problems import handles, problem, refuses
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid, is_legible
from networks import access
from networks.models import Network

from .schemas import (
    DisplayChange,
    DisplayIn,
    DisplayOut,
    Identify,
    InstallationChange,
    InstallationIn,
    InstallationOut,
    KioskClaim,
    Watcher,
)

routes = Router(tags=["installations"])
_ONE = "/installations/{slug:installation_id}"


@routes.get("/installations", response=Page[InstallationOut])
@requires_scope(Scope.READ)
def list_installations(request: ApiRequest, paging: Query[Paging]) -> Page[InstallationOut]:
    """Those on networks that one looks after; the newest first."""
    check_known(request.auth)
    rows = Installation.objects.known_to(request.auth.person).select_related("network")
    page, following = newest_first(rows.prefetch_related("displays"), paging)
    return Page[InstallationOut](items=_shown(page), next=following)


@routes.post("/installations", response={201: InstallationOut})
@requires_scope(Scope.EDIT)
def create_installation(request: ApiRequest, body: InstallationIn) -> Status[InstallationOut]:
    """On a network of one's own."""
    check_known(request.auth)
    installation = installations.create(
        network=_network(request.auth, body.network),
        name=body.name,
        displays=[_given(request.auth, one) for one in body.displays],
        **body.opening,
    )
    return Status(201, _shown([installation])[0])


@routes.get(_ONE, response=InstallationOut)
@requires_scope(Scope.READ)
def get_installation(request: ApiRequest, installation_id: str) -> InstallationOut:
    return _shown([visible_installation(request.auth, installation_id)])[0]


@routes.patch(_ONE, response=InstallationOut)
@requires_scope(Scope.EDIT)
@refuses({404: ""})
def change_installation(
    request: ApiRequest, installation_id: str, body: InstallationChange
) -> InstallationOut:
    """Its displays follow at once, without being opened anew."""
    given = body.model_fields_set
    held = _editable(request.auth, installation_id)
    displays = [_given(request.auth, one, held) for one in body.displays]
    installation = installations.change(
        held,
        name=body.name if "name" in given else None,
        network=_network(request.auth, body.network) if "network" in given else None,
        displays=displays if "displays" in given else None,
        order=body.order if "order" in given else None,
        **body.opening,
    )
    return _shown([installation])[0]


@routes.delete(_ONE, response={204: None})
@requires_scope(Scope.EDIT)
def delete_installation(request: ApiRequest, installation_id: str) -> Status[None]:
    installations.delete(_editable(request.auth, installation_id))
    return Status(204, None)


@routes.get(_ONE + "/watching", response=Page[Watcher])
@requires_scope(Scope.READ)
def list_watchers(request: ApiRequest, installation_id: str) -> Page[Watcher]:
    """Who is before which display now."""
    found = presence.watchers(visible_installation(request.auth, installation_id))
    items = [Watcher(display=one.name, who=who or None, count=n) for one, who, n in found]
    return Page[Watcher](items=items, next=None)


@routes.post(_ONE + "/identify", response={204: None})
@requires_scope(Scope.CONTROL)
def identify(request: ApiRequest, installation_id: str, body: Identify) -> Status[None]:
    """The display of this name, or every one, says for some seconds which it is."""
    installation = visible_installation(request.auth, installation_id)
    access.check_control(request.auth, installation.network)
    if body.display is not None:
        _display(installation, body.display)
    installation.identify(body.display)
    return Status(204, None)


@routes.get(_ONE + "/displays", response=Page[DisplayOut])
@requires_scope(Scope.READ)
def list_displays(request: ApiRequest, installation_id: str) -> Page[DisplayOut]:
    """All of them, in their order."""
    shown = _shown([visible_installation(request.auth, installation_id)])[0]
    return Page[DisplayOut](items=shown.displays, next=None)


@routes.post(_ONE + "/displays", response={201: DisplayOut})
@requires_scope(Scope.EDIT)
def create_display(
    request: ApiRequest, installation_id: str, body: DisplayIn
) -> Status[DisplayOut]:
    installation = _editable(request.auth, installation_id)
    given = _given(request.auth, body, installation)
    display = installations.add_display(installation, given)
    return Status(201, DisplayOut.from_display(display, viewers=0))


@routes.get(_ONE + "/displays/{slug:name}", response=DisplayOut)
@requires_scope(Scope.READ)
def get_display(request: ApiRequest, installation_id: str, name: str) -> DisplayOut:
    return _one_shown(_display(visible_installation(request.auth, installation_id), name))


@routes.patch(_ONE + "/displays/{slug:name}", response=DisplayOut)
@requires_scope(Scope.EDIT)
def change_display(
    request: ApiRequest, installation_id: str, name: str, body: DisplayChange
) -> DisplayOut:
    """Given another type, it keeps only what that type has."""
    installation = _editable(request.auth, installation_id)
    with missing_as_404():
        given = _given(request.auth, body, installation)
        return _one_shown(installations.change_display(installation, name, given))


@routes.delete(_ONE + "/displays/{slug:name}", response={204: None})
@requires_scope(Scope.EDIT)
def delete_display(request: ApiRequest, installation_id: str, name: str) -> Status[None]:
    installation = _editable(request.auth, installation_id)
    with missing_as_404():
        installations.remove_display(installation, name)
    return Status(204, None)


@routes.post("/kiosks/claim", response=DisplayOut)
@requires_scope(Scope.EDIT)
@refuses({404: ""})
def claim_kiosk(request: ApiRequest, body: KioskClaim) -> DisplayOut:
    """The screen that shows this code turns into the display within a few seconds."""
    check_known(request.auth)
    installation = _editable(request.auth, body.installation)
    with missing_as_404():
        kiosk = installations.find_kiosk(body.code, request.auth.person, at=timezone.now())
        return _one_shown(installations.claim_kiosk(kiosk, installation, body.name))


@handles(TooManyWrongCodes)
def _too_many_wrong_codes(request: HttpRequest, error: TooManyWrongCodes) -> HttpResponse:
    headers = {"Retry-After": str(WRONG_SECONDS)}
    return problem(429, "too_many", str(error), headers=headers)


# Who may


def check_known(caller: Caller) -> None:
    if caller.user is None:
        if caller.guest_of is not None:
            raise permissions.refusal(caller, "")
        raise NotSignedIn(_("Installations are shown to those who look after their networks."))


def visible_installation(caller: Caller, public_id: str) -> Installation:
    check_known(caller)
    return known_installation(caller.person, public_id)


def _editable(caller: Caller, public_id: str) -> Installation:
    installation = visible_installation(caller, public_id)
    access.check_edit(caller, installation.network)
    return installation


def _network(caller: Caller, slug: str) -> Network:
    """Raises Invalid where there is none of this address that the caller can see."""
    found = Network.objects.visible_to(caller.person).select_related("owner")
    network = None
    if is_legible(slug):
        network = found.find_by_slug(slug) or found.filter(public_id=slug).first()
    if network is None:
        raise Invalid({"network": _("There is no such network.")})
    access.check_edit(caller, network)
    return network


def _given(
    caller: Caller, body: DisplayChange, installation: Installation | None = None
) -> dict[str, Any]:
    """What was sent of a display. Raises Invalid where there is no such film."""
    return film_displays.with_film(body.given, caller.person, installation)


def _display(installation: Installation, name: str) -> Display:
    with missing_as_404():
        return installations.find_display(installation, name)


# What is shown


def _shown(found: list[Installation]) -> list[InstallationOut]:
    prefetch_related_objects(found, "displays__report", "displays__film")
    keys = [display.feed_key for one in found for display in one.displays.all()]
    viewers = presence.count_by_key(keys) if keys else {}
    return [InstallationOut.from_installation(one, viewers) for one in found]


def _one_shown(display: Display) -> DisplayOut:
    viewers = presence.count_viewers_of_displays([display]).get(display.feed_key, 0)
    return DisplayOut.from_display(display, viewers=viewers)
