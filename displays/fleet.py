"""The screens of an installation: how they are, and what all or some of them are told to do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.utils import timezone

from lib.validation import Invalid
from networks import opening_words
from realtime.events import publish, send

from . import miniatures, presence
from .events import DisplayCommanded, DisplayIdentified
from .installations import NoSuchDisplay, changing
from .miniatures import Miniature
from .models import Display, DisplayReport, Installation
from .wall_states import as_hours_allow, wall_state_of_network

PER_PAGE = 20


class FleetAction(StrEnum):
    """What screens can be told."""

    IDENTIFY = "identify"
    RELOAD = "reload"
    MUTE = "mute"
    UNMUTE = "unmute"
    VOLUME = "volume"
    TEST_SOUND = "test-sound"


@dataclass(frozen=True, slots=True)
class FleetRow:
    """A display with how its screens are; `report`: None where none was ever seen."""

    display: Display
    viewers: int
    report: DisplayReport | None
    miniature: Miniature

    @property
    def volume_percent(self) -> int | None:
        volume = self.report.volume if self.report else None
        return None if volume is None else round(volume * 100)

    @property
    def uptime(self) -> str:
        """Of its page, in the two largest units; empty where it is not known."""
        seconds = self.report.uptime_seconds if self.report else None
        if seconds is None:
            return ""
        days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
        if days:
            return f"{days} d {hours} h"
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@dataclass(frozen=True, slots=True)
class Fleet:
    """A page of the displays of an installation, and how many of all are on a screen now."""

    page: Page[Display]
    rows: Sequence[FleetRow]
    here: int
    gone: int  # were on a screen once; none while it is dark on purpose
    dark: str = ""  # until when


def fleet_of(installation: Installation, page: str | int = 1) -> Fleet:
    """Those that are gone come first, then all others in their order. The queries do not grow with the
    displays, and what is rendered does not either."""
    displays = list(installation.displays.all())
    viewers = presence.count_viewers_of_displays(displays)
    seen = DisplayReport.objects.filter(display__installation=installation)
    before = set(seen.values_list("display_id", flat=True))
    dark = opening_words.dark_words(installation.hours, timezone.now())
    off = {one.pk for one in displays if one.pk in before and not viewers.get(one.feed_key)}
    gone = set() if dark else off
    displays.sort(key=lambda one: one.pk not in gone)
    shown = Paginator(displays, PER_PAGE).get_page(page)
    rows = _rows(installation, list(shown), viewers)
    here = sum(one.feed_key in viewers for one in displays)
    return Fleet(shown, rows, here, len(gone), dark)


def _rows(
    installation: Installation, displays: list[Display], viewers: Mapping[str, int]
) -> list[FleetRow]:
    for one in displays:
        one.installation = installation
    reports = {one.display_id: one for one in DisplayReport.objects.filter(display__in=displays)}
    wall = as_hours_allow(wall_state_of_network(installation.network), installation.hours)
    small = miniatures.miniatures_of(displays, wall)
    return [
        FleetRow(one, viewers.get(one.feed_key, 0), reports.get(one.pk), miniature)
        for one, miniature in zip(displays, small, strict=True)
    ]


def act(
    installation: Installation,
    action: FleetAction,
    names: Sequence[str] | None = None,
    *,
    volume: float | None = None,
) -> None:
    """Tell the displays of these names, or all. Muting stays; the rest reaches the screens that are
    there now. `volume`: 0 to 1. Raises NoSuchDisplay, Invalid."""
    if names is not None:
        there = set(installation.displays.values_list("name", flat=True))
        if not there.issuperset(names):
            raise NoSuchDisplay
    if action is FleetAction.VOLUME and (volume is None or not 0 <= volume <= 1):
        raise Invalid({"volume": "From 0 to 1."})
    if action in (FleetAction.MUTE, FleetAction.UNMUTE):
        _mute(installation, names, muted=action is FleetAction.MUTE)
    elif action is FleetAction.IDENTIFY:
        with transaction.atomic():
            for name in names if names is not None else (None,):
                publish(installation.topic, DisplayIdentified(installation.public_id, name))
    else:
        for name in names if names is not None else (None,):
            update = DisplayCommanded(installation.public_id, name, action, volume)
            send(installation.topic, update)


def _mute(installation: Installation, names: Sequence[str] | None, *, muted: bool) -> None:
    with changing(installation) as held:
        displays = held.displays.all() if names is None else held.displays.filter(name__in=names)
        displays.update(muted=muted)
