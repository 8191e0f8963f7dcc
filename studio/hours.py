"""Opening hours as the pages of a network say them: whether it is open, until when, and how its pace is
slowed for the day's money to last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations import closing_pace
from invocations.models import Run
from networks import opening_words, pacing
from networks.models import Network


@dataclass(frozen=True)
class HoursStatus:
    """Of a network at one moment; `run`: the live one, if any."""

    network: Network
    run: Run | None
    at: datetime

    @property
    def closed(self) -> str:
        """`Closed until 10:00.`; empty while it is open."""
        return opening_words.closed_sentence(self.network.hours, self.at)

    @property
    def sentence(self) -> str:
        """What anybody is told; empty for a network without hours."""
        hours = self.network.hours
        if self.closed and self.run and self.run.ignores_hours(self.at):
            return _("%(closed)s This run goes on all the same.") % {"closed": self.closed}
        if self.closed and self.run:
            return _("%(closed)s The run goes on then.") % {"closed": self.closed}
        closes_at = hours.closes_at(self.at)
        if self.closed or closes_at is None:
            return self.closed
        time = opening_words.describe_moment(hours, closes_at, self.at)
        return _("Open until %(time)s.") % {"time": time}

    @cached_property
    def pace_sentence(self) -> str:
        """Of closing-time pacing; empty where there is none. One query where there is."""
        pace = closing_pace.pace_of_network(self.network, self.at)
        if pace is None:
            return ""
        time = opening_words.describe_moment(self.network.hours, pace.closes_at, self.at)
        if pace.interval >= pace.seconds_left:
            return _("There is no money left for a step before %(time)s.") % {"time": time}
        age = self.run.age(self.at).total_seconds() if self.run else 0.0
        if pace.interval <= pacing.delay(self.network.pacing, age):
            return _("At its pace the money of the day lasts until %(time)s.") % {"time": time}
        values = {"time": time, "every": _describe_seconds(pace.interval)}
        return (
            _("Slowed so that the money of the day lasts until %(time)s: a step every %(every)s.")
            % values
        )


def _describe_seconds(seconds: float) -> str:
    if seconds < 100:
        number = round(seconds)
        return ngettext("%(number)d second", "%(number)d seconds", number) % {"number": number}
    number = round(seconds / 60)
    return ngettext("%(number)d minute", "%(number)d minutes", number) % {"number": number}
