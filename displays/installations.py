"""Installations and their displays, made and changed: what the pages and the API do alike.

Who may do it is asked before. Every change ends with the event that the displays follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.models import Network, Person
from realtime.events import send

from . import display_settings, hours_settings, wrong_codes
from .events import DisplayCommanded
from .models import Display, Installation, Kiosk
from .models.installation import note_boards, note_hours

NO_SUCH_CODE = _("No screen shows this code now.")
COPIED = ("name", "kind", "position", *display_settings.DEFAULTS)


class NoSuchDisplay(Exception):
    """The installation has none of this name, or has none any more."""

    def __init__(self) -> None:
        super().__init__(gettext("The installation has no display of this name."))


class NoSuchCode(Exception):
    """No screen that this person may place shows the code."""

    def __init__(self) -> None:
        super().__init__(NO_SUCH_CODE)


def create(
    *,
    network: Network,
    name: str,
    displays: Sequence[Mapping[str, Any]] = (),
    opening_hours: Sequence[Mapping[str, Any]] = (),
    closed_on: Sequence[str] = (),
) -> Installation:
    """`displays`: the fields of each (display_settings). Raises Invalid."""
    display_settings.check_installation_name(name)
    opening = _checked_opening(opening_hours, closed_on)
    rows = [display_settings.checked(dict(one)) for one in displays]
    with transaction.atomic():
        made = Installation.objects.create(network=network, name=name.strip())
        display_settings.replace(made, rows)
        made.change(**opening)
    return made


def change(
    installation: Installation,
    *,
    name: str | None = None,
    network: Network | None = None,
    displays: Sequence[Mapping[str, Any]] | None = None,
    order: Sequence[str] | None = None,
    opening_hours: Sequence[Mapping[str, Any]] | None = None,
    closed_on: Sequence[str] | None = None,
) -> Installation:
    """What is None stays. On another network all its screens follow at once. Raises Invalid."""
    values: dict[str, object] = {}
    if name is not None:
        display_settings.check_installation_name(name)
        values["name"] = name.strip()
    if network is not None:
        values["network"] = network
    values |= _checked_opening(opening_hours, closed_on)
    rows = [display_settings.checked(dict(one)) for one in displays or ()]
    with transaction.atomic():
        held = Installation.lock(installation.pk)
        if displays is not None:
            display_settings.replace(held, rows)
        if order is not None:
            display_settings.arrange(held, list(order))
        held.change(**values)
    return held


def duplicate(installation: Installation) -> Installation:
    """A copy on the same network, with displays of its own; no screen shows them yet."""
    with transaction.atomic():
        name = (gettext("Copy of %(name)s") % {"name": installation.name})[:100]
        made = Installation.objects.create(network=installation.network, name=name)
        for one in installation.displays.all():
            made.displays.create(**{field: getattr(one, field) for field in COPIED})
        made.change(opening_hours=installation.opening_hours, closed_on=installation.closed_on)
    return made


def delete(installation: Installation) -> None:
    """With its displays; the screens that showed them wait for another place."""
    with transaction.atomic():
        held = Installation.lock(installation.pk)
        held.change()
        held.delete()
        note_boards({held.network_id})
        note_hours({held.network_id}, at=timezone.now())


def _checked_opening(
    hours: Sequence[Mapping[str, Any]] | None, closed_on: Sequence[str] | None
) -> dict[str, object]:
    """Those that are given, as they are stored. Raises Invalid."""
    found: dict[str, object] = {}
    if hours is not None:
        found["opening_hours"] = hours_settings.checked_hours(hours)
    if closed_on is not None:
        found["closed_on"] = hours_settings.checked_dates(closed_on)
    return found


@contextmanager
def changing(installation: Installation) -> Iterator[Installation]:
    """The installation, locked; its displays are told of the change at the end."""
    with transaction.atomic():
        held = Installation.lock(installation.pk)
        yield held
        held.change()


def add_display(installation: Installation, given: Mapping[str, Any]) -> Display:
    """Raises Invalid."""
    with changing(installation) as held:
        return display_settings.add(held, display_settings.checked(dict(given)))


def change_display(installation: Installation, name: str, given: Mapping[str, Any]) -> Display:
    """Given another type, it keeps only what that type has; in another language, its screens load
    their page anew. Raises Invalid, NoSuchDisplay."""
    with changing(installation) as held:
        display = find_display(held, name)
        before = display.language
        display_settings.save(display, display_settings.merged(display, dict(given)))
    if display.language != before:
        send(held.topic, DisplayCommanded(held.public_id, display.name, "reload", None))
    return display


def remove_display(installation: Installation, name: str) -> None:
    """Raises NoSuchDisplay."""
    with changing(installation) as held:
        find_display(held, name).delete()


def move_display(installation: Installation, name: str, to: int) -> None:
    """Put it in this place, counted from 0, or as near as there are places. Raises NoSuchDisplay."""
    with changing(installation) as held:
        moved = find_display(held, name).name
        names = [one for one in held.displays.values_list("name", flat=True) if one != moved]
        names.insert(max(0, to), moved)
        held.arrange(names)


def find_display(installation: Installation, name: str) -> Display:
    """Raises NoSuchDisplay."""
    known = display_settings.NAME.fullmatch(name)
    display = installation.displays.filter(name=name).first() if known else None
    if display is None:
        raise NoSuchDisplay
    return display


def row_of_screens(count: int) -> list[dict[str, Any]]:
    """The fields of screens that hang side by side: each step of a run appears on the next one."""
    return [
        {"type": "single", "name": f"screen-{at + 1}", "stride": count, "offsets": [at]}
        for at in range(count)
    ]


# Screens that wait


def find_kiosk(code: str, person: Person, *, at: datetime) -> Kiosk:
    """The screen that shows this code: one that waits, or one that shows a display which the person
    may change. Raises NoSuchCode, TooManyWrongCodes."""
    wrong_codes.check(person)
    kiosk = Kiosk.find_by_code(code, at=at)
    if kiosk is None or (kiosk.display and not kiosk.display.installation.network.may_edit(person)):
        wrong_codes.note(person)
        raise NoSuchCode
    return kiosk


def find_kiosk_of(installation: Installation, code: str) -> Kiosk:
    """The screen of this code that shows a display of the installation. Raises NoSuchCode."""
    found = Kiosk.objects.filter(display__installation=installation, code=code)
    kiosk = found.select_related("display__installation").first()
    if kiosk is None:
        raise NoSuchCode
    return kiosk


def claim_kiosk(kiosk: Kiosk, installation: Installation, name: str) -> Display:
    """The screen becomes the display of this name. Where the installation has none, it gets one
    that shows every step. Raises Invalid, and NoSuchCode where somebody else was quicker."""
    row = display_settings.checked({"type": "single", "name": name, "stride": 1, "offsets": [0]})
    before = kiosk.display.installation if kiosk.display else installation
    with transaction.atomic():
        held = Installation.lock(installation.pk)
        if not kiosk.lock():
            raise NoSuchCode
        display = held.displays.filter(name=name).first() or display_settings.add(held, row)
        kiosk.show(display)
        told = {one.pk: one for one in (before, held)}  # in one order, whoever else moves a screen
        for key in sorted(told):
            told[key].change()
    return display


def release_kiosk(kiosk: Kiosk) -> None:
    """The screen shows a new code, and waits. Raises NoSuchCode where it shows no display, or another
    one by now."""
    if kiosk.display is None:
        raise NoSuchCode
    with changing(kiosk.display.installation):
        if not kiosk.lock():
            raise NoSuchCode
        kiosk.delete()
