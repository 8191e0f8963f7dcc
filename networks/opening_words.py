"""Opening hours in words, for people: times on the wall of the place."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .opening_hours import OpeningHours

_WEEK = timedelta(days=6)


def describe_moment(hours: OpeningHours, moment: datetime, at: datetime) -> str:
    """`10:00` on the same day, `Monday 10:00` within the week, else with its date."""
    there, now = moment.astimezone(hours.zone), at.astimezone(hours.zone)
    clock = date_format(there, "H:i")
    if there.date() == now.date():
        return clock
    if there - now < _WEEK:
        return f"{date_format(there, 'l')} {clock}"
    return f"{date_format(there, 'j F')} {clock}"


def closed_sentence(hours: OpeningHours, at: datetime) -> str:
    """`Closed until 10:00.`; empty while it is open."""
    if hours.is_open(at):
        return ""
    opens_at = hours.opens_at(at)
    if opens_at is None:
        return _("Closed, with no opening to come.")
    return _("Closed until %(time)s.") % {"time": describe_moment(hours, opens_at, at)}


def refusal(hours: OpeningHours, opens_at: datetime | None, at: datetime) -> str:
    """Why no prompt is taken now, for whoever typed."""
    if opens_at is None:
        return _("It is closed now. Come back another day.")
    moment = describe_moment(hours, opens_at, at)
    return _("It is closed now, and opens again at %(time)s.") % {"time": moment}


def dark_words(hours: OpeningHours, at: datetime) -> str:
    """`dark until 10:00`, of a screen; empty while its place is open."""
    if hours.is_open(at):
        return ""
    opens_at = hours.opens_at(at)
    if opens_at is None:
        return _("dark, with no opening to come")
    return _("dark until %(time)s") % {"time": describe_moment(hours, opens_at, at)}
