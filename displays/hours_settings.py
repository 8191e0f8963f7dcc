"""Opening hours as people and programs give them: checked, with a sentence for everything that is wrong,
and in the form in which they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.validation import Invalid
from networks.weekly_periods import PeriodWords, checked_periods

MAX_PERIODS = 30
MAX_CLOSED_DATES = 366
_WORDS = PeriodWords(
    field="opening_hours",
    too_many=gettext_lazy("At most %(most)d lines of opening hours fit."),
    opens=gettext_lazy("it opens at a time such as 10:00."),
    closes=gettext_lazy("it closes at a time such as 18:00."),
)


def checked_hours(periods: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`[{days, opens, closes, zone}]`; days in their order. Raises Invalid."""
    return checked_periods(periods, most=MAX_PERIODS, words=_WORDS)


def checked_dates(dates: Iterable[str]) -> list[str]:
    """Dates as `2026-12-25`, each once, in their order. Raises Invalid."""
    found = set()
    for text in dates:
        try:
            found.add(date.fromisoformat(text.strip()))
        except ValueError:
            sentence = _("“%(text)s” is no date; write it as 2026-12-25.") % {"text": text[:40]}
            raise Invalid({"closed_on": sentence}) from None
    if len(found) > MAX_CLOSED_DATES:
        sentence = _("At most %(most)d closed dates fit.") % {"most": MAX_CLOSED_DATES}
        raise Invalid({"closed_on": sentence})
    return [one.isoformat() for one in sorted(found)]
