"""What the pages of installations show: their displays, the screens that show them, who watches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from lib.paging import Paging, newest_first
from lib.qr_codes import PublicUrl
from networks.models import Person

from . import miniatures, presence
from .deliveries import HungBoard, find_boards
from .models import Display, DisplayKind, Installation, Kiosk
from .wall_states import as_hours_allow, wall_state_of_network


@dataclass(frozen=True, slots=True)
class DisplayRow:
    """A display in the list of its installation. `kiosks`: the screens that were claimed for it; `hung`: the
    board that it is."""

    display: Display
    position: int
    viewers: int
    kiosks: tuple[Kiosk, ...]
    hung: HungBoard | None = None

    @property
    def board(self) -> str:
        """How its board is, in words; empty where it is none."""
        if self.hung is None:
            return ""
        board = self.hung.board
        if board is None or not board.has_key:
            return _("no device: drawn in browsers")
        return board.problem or board.state_text

    @property
    def summary(self) -> str:
        """What it shows, in words."""
        display = self.display
        if display.kind == "grid":
            return _("Grid, %(rows)s by %(columns)s") % {
                "rows": display.rows,
                "columns": display.columns,
            }
        if display.kind == "trajectory":
            return _("Where the run is going")
        if display.kind == "film":
            film = display.film
            return _("Film: %(title)s") % {"title": film.title} if film else _("No film")
        if display.kind == "pair":
            return _("Two runs side by side")
        what = _("Board") if display.kind == "vestaboard" else _("Single")
        if display.stride == 1:
            return _("%(what)s, every step") % {"what": what}
        numbers = ", ".join(str(offset + 1) for offset in display.offsets or ())
        words = _("%(what)s, number %(numbers)s of every %(stride)s")
        return words % {"what": what, "numbers": numbers, "stride": display.stride}


@dataclass(frozen=True, slots=True)
class InstallationRow:
    """An installation in the list of all."""

    installation: Installation
    displays: int
    viewers: int
    shared: bool  # somebody else's network, on which the person helps


def display_rows(installation: Installation) -> list[DisplayRow]:
    """In their order. Three queries, and one where there are boards."""
    displays = list(installation.displays.select_related("film"))
    for one in displays:
        one.installation = installation
    viewers = presence.count_viewers_of_displays(displays)
    kiosks: dict[int, list[Kiosk]] = defaultdict(list)
    for kiosk in Kiosk.objects.filter(display__installation=installation).order_by("id"):
        kiosks[kiosk.display_id or 0].append(kiosk)
    boards = [one for one in displays if one.kind == DisplayKind.VESTABOARD]
    hung = {one.display.pk: one for one in find_boards(installation.network, boards)}
    return [
        DisplayRow(one, at, viewers.get(one.feed_key, 0), tuple(kiosks[one.pk]), hung.get(one.pk))
        for at, one in enumerate(displays)
    ]


def page_context(
    request: HttpRequest, installation: Installation, person: Person
) -> dict[str, object]:
    rows = display_rows(installation)
    wall = as_hours_allow(wall_state_of_network(installation.network), installation.hours)
    return {
        **miniatures.wall_context([row.display for row in rows], wall),
        "installation": installation,
        "network": installation.network,
        "rows": rows,
        "viewers": sum(row.viewers for row in rows),
        "can_edit": installation.network.may_edit(person),
        "base": PublicUrl.for_path(request, "/"),
    }


def list_context(person: User, paging: Paging) -> Mapping[str, object]:
    """A page of the installations of all networks that the person looks after, newest first."""
    known = Installation.objects.known_to(person).select_related("network__owner")
    page, following = newest_first(
        known.prefetch_related(Prefetch("displays", Display.objects.order_by("position"))), paging
    )
    keys = [display.feed_key for one in page for display in one.displays.all()]
    viewers = presence.count_by_key(keys) if keys else {}
    rows = [
        InstallationRow(
            one,
            len(one.displays.all()),
            sum(viewers.get(display.feed_key, 0) for display in one.displays.all()),
            one.network.owner_id != person.pk,
        )
        for one in page
    ]
    return {"rows": rows, "following": following}


def deletion_context(installation: Installation) -> Mapping[str, object]:
    """What goes with it."""
    rows = display_rows(installation)
    return {
        "installation": installation,
        "displays": len(rows),
        "kiosks": sum(len(row.kiosks) for row in rows),
        "viewers": sum(row.viewers for row in rows),
    }
