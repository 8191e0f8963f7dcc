"""Periods of the week as people and programs give them (`networks.opening_hours` has what follows from them):
checked, with a sentence for everything that is wrong, and in the form in which they are stored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from lib.validation import Invalid

from .opening_hours import DAYS, zone_names

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(:00)?", re.ASCII)
_FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BY_NAME = {
    **dict(zip(DAYS, DAYS, strict=True)),
    **dict(zip(_FULL_NAMES, DAYS, strict=True)),
    **{str(number): day for number, day in enumerate(DAYS, 1)},
}


@dataclass(frozen=True, slots=True)
class PeriodWords:
    """What is said of periods that are wrong. `field`: where; `too_many` has `%(most)d`; `opens` and
    `closes`: what a time is."""

    field: str
    too_many: StrOrPromise
    opens: StrOrPromise
    closes: StrOrPromise


def checked_periods(
    periods: Sequence[Mapping[str, Any]], *, most: int, words: PeriodWords
) -> list[dict[str, Any]]:
    """`[{days, opens, closes, zone}]`; days in their order. Raises Invalid."""
    if len(periods) > most:
        raise Invalid({words.field: str(words.too_many) % {"most": most}})
    found = [_checked_period(period, words) for period in periods]
    problems = [
        _("Line %(number)d: %(problem)s") % {"number": number, "problem": problem}
        for number, (_period, of_line) in enumerate(found, 1)
        for problem in of_line
    ]
    if problems:
        raise Invalid({words.field: " ".join(problems)})
    return [period for period, _none in found]


def _checked_period(
    period: Mapping[str, Any], words: PeriodWords
) -> tuple[dict[str, Any], list[str]]:
    """As it is stored, and what is wrong with it."""
    problems = []
    days = {_BY_NAME.get(str(day).strip().lower()) for day in period["days"]}
    if None in days:
        problems.append(_("a day is one of mon, tue, wed, thu, fri, sat and sun."))
    if not days:
        problems.append(_("choose at least one day."))
    opens, closes = _clock(period["opens"]), _clock(period["closes"])
    if opens is None or opens == _MIDNIGHT_AFTER:
        problems.append(str(words.opens))
    if closes is None:
        problems.append(str(words.closes))
    zone = str(period["zone"]).strip()
    if zone not in zone_names():
        sentence = _("“%(zone)s” is no time zone; one is Europe/Zurich.")
        problems.append(sentence % {"zone": zone[:60]})
    stored = {
        "days": [day for day in DAYS if day in days],
        "opens": opens or "",
        "closes": "00:00" if closes == _MIDNIGHT_AFTER else closes or "",
        "zone": zone,
    }
    return stored, problems


_MIDNIGHT_AFTER = "24:00"


def _clock(text: Any) -> str | None:
    """As `09:30`; `24:00` for the end of the day; None where it is no time."""
    match = _CLOCK.fullmatch(str(text).strip())
    if match is None:
        return None
    hours, minutes = int(match[1]), int(match[2])
    if hours == 24:
        return _MIDNIGHT_AFTER if minutes == 0 else None
    return time(hours, minutes).strftime("%H:%M")
