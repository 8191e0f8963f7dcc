"""What a stream may be, and what it may become."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class StreamState(models.TextChoices):
    STOPPED = "stopped", _("off air")
    STARTING = "starting", _("starting")
    LIVE = "live", _("live: the run that is under way")
    ARCHIVE = "archive", _("runs from the archive")
    SLATE = "slate", _("a slate")
    CLOSED = "closed", _("off air until it opens")
    TROUBLE = "trouble", _("in trouble: its encoder keeps failing")


class TargetState(models.TextChoices):
    OFF = "off", _("off")
    CONNECTING = "connecting", _("connecting")
    SENDING = "sending", _("sending")
    WAITING = "waiting", _("waiting to try again")


S = StreamState
_ON_AIR = frozenset({S.LIVE, S.ARCHIVE, S.SLATE})
# From -> to. Whoever stops it may do so at any time. Closed is no state of a row: the time of day says so.
MOVES: Mapping[StreamState, frozenset[StreamState]] = {
    S.STOPPED: frozenset({S.STARTING}),
    S.STARTING: _ON_AIR | {S.TROUBLE, S.STOPPED},
    S.LIVE: _ON_AIR - {S.LIVE} | {S.STARTING, S.TROUBLE, S.STOPPED},
    S.ARCHIVE: _ON_AIR - {S.ARCHIVE} | {S.STARTING, S.TROUBLE, S.STOPPED},
    S.SLATE: _ON_AIR - {S.SLATE} | {S.STARTING, S.TROUBLE, S.STOPPED},
    S.TROUBLE: _ON_AIR | {S.STARTING, S.STOPPED},
    S.CLOSED: frozenset(),
}


def sources(new: StreamState) -> list[StreamState]:
    """The states from which a stream may become `new`."""
    return [state for state, following in MOVES.items() if new in following]
