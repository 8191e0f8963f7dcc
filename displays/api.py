"""Installations, their displays and screens that wait, over HTTP."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from ninja import Query, Router, Status

from accounts.api_auth import ApiRequest, Caller, NotSignedIn
from networks import access
from networks.fields import Invalid
from networks.models import Network
from networks.paging import Page, Paging, newest_first

from . import arranging, fields, presence
from .models import Display, Installation, Kiosk
from .schemas import (
    Claim,
    DisplayChange,
    DisplayIn,
    DisplayOut,
    Identify,
    InstallationChange,
    InstallationIn,
    InstallationOut,
    Watcher,
)

routes = Router(tags=["installations"])
_ONE = "/installations/{slug:installation_id}"


@routes.get("/installations", response=Page[InstallationOut])
def list_installations(request: ApiRequest, paging: Query[Paging]) -> Page[InstallationOut]:
    """Those on networks that one looks after; the newest first."""
    _check_known(request.auth)
    rows = Installation.objects.known_to(request.auth.person).select_related("network")
    page, following = newest_first(rows.prefetch_related("displays"), paging)
    return Page[InstallationOut](items=_shown(page), next=following)


@routes.post("/installations", response={201: InstallationOut})
def create_installation(request: ApiRequest, body: InstallationIn) -> Status[InstallationOut]:
    """On a network of one's own."""
    _check_known(request.auth)
    fields.check_installation_name(body.name)
    network = _network(request.auth, body.network)
    rows = [arranging.whole(display) for display in body.displays]
    with transaction.atomic():
        installation = Installation.objects.create(network=network, name=body.name.strip())
        arranging.replace(installation, rows)
        installation.change()
    return Status(201, _shown([installation])[0])


@routes.get(_ONE, response=InstallationOut)
def get_installation(request: ApiRequest, installation_id: str) -> InstallationOut:
    return _shown([_visible(request.auth, installation_id)])[0]


@routes.patch(_ONE, response=InstallationOut)
def change_installation(
    request: ApiRequest, installation_id: str, body: InstallationChange
) -> InstallationOut:
    """Its displays follow at once, without being opened anew."""
    key = _editable(request.auth, installation_id).pk
    given = body.model_fields_set
    values: dict[str, object] = {}
    if "name" in given:
        fields.check_installation_name(body.name)
        values["name"] = body.name.strip()
    if "network" in given:
        values["network"] = _network(request.auth, body.network)
    rows = [arranging.whole(display) for display in body.displays] if "displays" in given else None
    with transaction.atomic():
        installation = Installation.lock(key)
        if rows is not None:
            arranging.replace(installation, rows)
        if "order" in given:
            arranging.arrange(installation, body.order)
        installation.change(**values)
    return _shown([installation])[0]


@routes.delete(_ONE, response={204: None})
def delete_installation(request: ApiRequest, installation_id: str) -> Status[None]:
    installation = _editable(request.auth, installation_id)
    with transaction.atomic():
        installation.change()
        installation.delete()
    return Status(204, None)


@routes.get(_ONE + "/watching", response=Page[Watcher])
def list_watchers(request: ApiRequest, installation_id: str) -> Page[Watcher]:
    """Who is before which display now."""
    found = presence.watchers(_visible(request.auth, installation_id))
    items = [Watcher(display=one.name, who=who or None, count=n) for one, who, n in found]
    return Page[Watcher](items=items, next=None)


@routes.post(_ONE + "/identify", response={204: None})
def identify(request: ApiRequest, installation_id: str, body: Identify) -> Status[None]:
    """The display of this name, or every one, says for some seconds which it is."""
    installation = _visible(request.auth, installation_id)
    access.check_control(request.auth, installation.network)
    if body.display is not None:
        _display(installation, body.display)
    installation.identify(body.display)
    return Status(204, None)


@routes.get(_ONE + "/displays", response=Page[DisplayOut])
def list_displays(request: ApiRequest, installation_id: str) -> Page[DisplayOut]:
    """All of them, in their order."""
    shown = _shown([_visible(request.auth, installation_id)])[0]
    return Page[DisplayOut](items=shown.displays, next=None)


@routes.post(_ONE + "/displays", response={201: DisplayOut})
def create_display(
    request: ApiRequest, installation_id: str, body: DisplayIn
) -> Status[DisplayOut]:
    key = _editable(request.auth, installation_id).pk
    row = arranging.whole(body)
    with transaction.atomic():
        installation = Installation.lock(key)
        display = arranging.add(installation, row)
        installation.change()
    return Status(201, DisplayOut.of(display, viewers=0))


@routes.get(_ONE + "/displays/{slug:name}", response=DisplayOut)
def get_display(request: ApiRequest, installation_id: str, name: str) -> DisplayOut:
    return _one_shown(_display(_visible(request.auth, installation_id), name))


@routes.patch(_ONE + "/displays/{slug:name}", response=DisplayOut)
def change_display(
    request: ApiRequest, installation_id: str, name: str, body: DisplayChange
) -> DisplayOut:
    """Given another type, it keeps only what that type has."""
    key = _editable(request.auth, installation_id).pk
    with transaction.atomic():
        installation = Installation.lock(key)
        display = _display(installation, name)
        arranging.save(display, arranging.merged(display, body))
        installation.change()
    return _one_shown(display)


@routes.delete(_ONE + "/displays/{slug:name}", response={204: None})
def delete_display(request: ApiRequest, installation_id: str, name: str) -> Status[None]:
    key = _editable(request.auth, installation_id).pk
    with transaction.atomic():
        installation = Installation.lock(key)
        _display(installation, name).delete()
        installation.change()
    return Status(204, None)


@routes.post("/kiosks/claim", response=DisplayOut)
def claim_kiosk(request: ApiRequest, body: Claim) -> DisplayOut:
    """The screen that shows this code turns into the display within a few seconds."""
    _check_known(request.auth)
    key = _editable(request.auth, body.installation).pk
    kiosk = Kiosk.of_code(body.code, at=timezone.now())
    theirs = kiosk.display.installation.network if kiosk and kiosk.display else None
    if kiosk is None or (theirs is not None and not theirs.may_edit(request.auth.person)):
        raise Http404("No screen shows this code now.")
    with transaction.atomic():
        installation = Installation.lock(key)
        display = installation.displays.filter(name=body.name).first()
        if display is None:
            row = arranging.checked(
                {"type": "single", "name": body.name, "stride": 1, "offsets": [0]}
            )
            display = arranging.add(installation, row)
            installation.change()
        Kiosk.objects.filter(pk=kiosk.pk).update(display=display)
    display.installation = installation
    return _one_shown(display)


# Who may


def _check_known(caller: Caller) -> None:
    if caller.user is None:
        if caller.guest_of is not None:
            raise access.refused(caller, "")
        raise NotSignedIn("Installations are shown to those who look after their networks.")


def _visible(caller: Caller, public_id: str) -> Installation:
    _check_known(caller)
    found = Installation.objects.known_to(caller.person).filter(public_id=public_id)
    installation = found.select_related("network__owner").first()
    if installation is None:
        raise Http404("There is no such installation.")
    return installation


def _editable(caller: Caller, public_id: str) -> Installation:
    installation = _visible(caller, public_id)
    access.check_edit(caller, installation.network)
    return installation


def _network(caller: Caller, slug: str) -> Network:
    """Raises Invalid where there is none of this address that the caller can see."""
    found = Network.objects.visible_to(caller.person).select_related("owner")
    network = found.called(slug) or found.filter(public_id=slug).first()
    if network is None:
        raise Invalid({"network": "There is no such network."})
    access.check_edit(caller, network)
    return network


def _display(installation: Installation, name: str) -> Display:
    display = installation.displays.filter(name=name).first()
    if display is None:
        raise Http404("The installation has no display of this name.")
    display.installation = installation
    return display


# What is shown


def _shown(installations: list[Installation]) -> list[InstallationOut]:
    keys = [display.feed_key for one in installations for display in one.displays.all()]
    viewers = presence.counts(keys) if keys else {}
    return [InstallationOut.of(one, viewers) for one in installations]


def _one_shown(display: Display) -> DisplayOut:
    viewers = presence.of_displays([display]).get(display.feed_key, 0)
    return DisplayOut.of(display, viewers=viewers)
