"""What a message says: one sentence for each kind of thing, and a digest of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Max
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.stored_sentences import translate_stored

from .models import Notification, PendingMessage
from .models.notification import NotificationQuerySet
from .occasions import Level, Occasion, level_of

MAX_LINES = 10  # of a digest
MAX_LINE = 240  # characters
MAX_BODY = 1_800  # characters, which every service takes in one message

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageText:
    title: str
    body: str
    level: Level


def write_message(message: PendingMessage) -> MessageText:
    """In the channel's language. Two queries, however many things have happened."""
    inside = message.delivery.notifications.all()
    with translation.override(message.language or settings.LANGUAGE_CODE):
        lines, occasions = _lines(inside)
        if message.uncertain_before:
            lines.append(
                _("An earlier message, of %(time)s UTC, may not have arrived.")
                % {"time": f"{message.uncertain_before:%Y-%m-%d %H:%M}"}
            )
        return MessageText(_title(message, lines), _join(lines), level_of(occasions))


def _title(message: PendingMessage, lines: list[str]) -> str:
    count = message.delivery.count
    if count == 1:
        only = message.delivery.notifications.get()
        return f"PANIC!: {Occasion(only.occasion).label}"
    return ngettext("PANIC!: %(count)s message", "PANIC!: %(count)s messages", count) % {
        "count": f"{count:,}"
    }


def _lines(inside: NotificationQuerySet) -> tuple[list[str], list[str]]:
    """A sentence for each thing, the newest last, with how often it happened; and all the occasions."""
    groups = inside.values("occasion", "subject").annotate(times=Count("pk"), last=Max("pk"))
    newest = sorted(groups, key=lambda group: group["last"])
    shown = newest[-MAX_LINES:]
    rows = Notification.objects.in_bulk([group["last"] for group in shown])
    lines = []
    if left := len(newest) - len(shown):
        lines.append(ngettext("%d other thing.", "%d other things.", left) % left)
    for group in shown:
        lines.append(_line(rows[group["last"]], group["times"]))
    return lines, [group["occasion"] for group in newest]


def _line(row: Notification, times: int) -> str:
    sentence = SENTENCES[Occasion(row.occasion)](row.facts)
    if times > 1:
        often = ngettext("%(times)s time", "%(times)s times", times) % {"times": f"{times:,}"}
        sentence = f"{sentence} ({often})"
    if len(sentence) > MAX_LINE:
        sentence = sentence[: MAX_LINE - 1] + "…"
    page = row.facts.get("page")
    if not page or not settings.PUBLIC_URL:
        return sentence
    return f"{sentence}\n{settings.PUBLIC_URL}{reverse(page, args=[row.facts['page_of']])}"


def _join(lines: list[str]) -> str:
    body = "\n\n".join(lines)
    return body if len(body) <= MAX_BODY else body[: MAX_BODY - 1] + "…"


def _screen_gone(facts: Facts) -> str:
    return _(
        "“%(screen)s” of “%(installation)s” has not been heard of for %(minutes)s minutes."
    ) % {
        "screen": facts["screen"],
        "installation": facts["installation"],
        "minutes": facts["minutes"],
    }


def _screen_back(facts: Facts) -> str:
    return _("“%(screen)s” of “%(installation)s” is back.") % {
        "screen": facts["screen"],
        "installation": facts["installation"],
    }


def _run_failed(facts: Facts) -> str:
    return _("A run of “%(network)s” failed: %(reason)s") % {
        "network": facts["network"],
        "reason": translate_stored(facts["reason"]),
    }


def _provider_down(facts: Facts) -> str:
    return _("%(provider)s failed several times in a row and is asked less often for now.") % {
        "provider": facts["provider"]
    }


def _provider_recovered(facts: Facts) -> str:
    return _("%(provider)s answers again.") % {"provider": facts["provider"]}


def _budget_nearly(facts: Facts) -> str:
    return _("“%(network)s” has used %(percent)s %% of a budget.") % {
        "network": facts["network"],
        "percent": facts["percent"],
    }


def _budget_spent(facts: Facts) -> str:
    return _("“%(network)s” has stopped: %(reason)s") % {
        "network": facts["network"],
        "reason": translate_stored(facts["reason"]),
    }


def _film_finished(facts: Facts) -> str:
    return _("The film “%(film)s” is finished.") % {"film": facts["film"]}


def _film_waiting(facts: Facts) -> str:
    return _("The preview of the film “%(film)s” waits for approval.") % {"film": facts["film"]}


def _film_failed(facts: Facts) -> str:
    return _("The film “%(film)s” failed: %(reason)s") % {
        "film": facts["film"],
        "reason": translate_stored(facts["reason"]),
    }


def _disk_low(facts: Facts) -> str:
    return _("Only %(free)s GB are free in the data folder of %(host)s.") % {
        "free": facts["free_gb"],
        "host": facts["host"],
    }


def _disk_full(facts: Facts) -> str:
    return _(
        "The disk of %(host)s is full (%(free)s GB are free): no run starts and no step begins there until "
        "there is room again."
    ) % {"free": facts["free_gb"], "host": facts["host"]}


def _backup_failed(facts: Facts) -> str:
    return _("No backup could be made on %(host)s: %(reason)s") % {
        "host": facts["host"],
        "reason": translate_stored(facts["reason"]),
    }


def _worker_gone(facts: Facts) -> str:
    return _("Nothing has been heard of the queue of %(host)s for %(minutes)s minutes.") % {
        "host": facts["host"],
        "minutes": facts["minutes"],
    }


def _certificate_ends(facts: Facts) -> str:
    return _("The certificate of %(host)s ends in %(days)s days, on %(date)s.") % {
        "host": facts["host"],
        "days": facts["days"],
        "date": facts["date"],
    }


def _known_hole(facts: Facts) -> str:
    return _(
        "%(package)s %(version)s, which this installation runs on, has a known hole (%(advisory)s). It is closed in "
        "%(closed_in)s: install a newer version of PANIC!, or of the package."
    ) % {
        "package": facts["package"],
        "version": facts["version"],
        "advisory": facts["advisory"],
        "closed_in": facts["closed_in"],
    }


def _test(facts: Facts) -> str:
    return _("This is a test. Messages arrive here.")


SENTENCES: Mapping[Occasion, Callable[[Facts], str]] = {
    Occasion.SCREEN_GONE: _screen_gone,
    Occasion.SCREEN_BACK: _screen_back,
    Occasion.RUN_FAILED: _run_failed,
    Occasion.PROVIDER_DOWN: _provider_down,
    Occasion.PROVIDER_RECOVERED: _provider_recovered,
    Occasion.BUDGET_NEARLY: _budget_nearly,
    Occasion.BUDGET_SPENT: _budget_spent,
    Occasion.FILM_FINISHED: _film_finished,
    Occasion.FILM_WAITING: _film_waiting,
    Occasion.FILM_FAILED: _film_failed,
    Occasion.DISK_LOW: _disk_low,
    Occasion.DISK_FULL: _disk_full,
    Occasion.BACKUP_FAILED: _backup_failed,
    Occasion.WORKER_GONE: _worker_gone,
    Occasion.CERTIFICATE_ENDS: _certificate_ends,
    Occasion.KNOWN_HOLE: _known_hole,
    Occasion.TEST: _test,
}
