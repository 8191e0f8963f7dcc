"""How templates format money, durations and texts on tiles."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from lib.sentences import quote
from lib.stored_sentences import translate_stored
from studio import text_fitting
from studio.state_texts import OUTCOMES, STATE_NAMES

register = template.Library()


@register.simple_tag
def fit(text: str) -> text_fitting.FittedText:
    """`{% fit invocation.text as fitted %}`: `fitted.step` for `data-fit`, `fitted.text`."""
    return text_fitting.fit(text)


@register.filter
def usd(amount: float | None) -> str:
    """Money as a person reads it: more digits the less it is; nothing where it is not known."""
    if amount is None:
        return ""
    if amount == 0:
        return gettext("free")
    digits = 2 if amount >= 1 else 3 if amount >= 0.01 else 4
    return gettext("$%(amount)s") % {"amount": number_format(round(amount, digits), digits)}


@register.filter
def seconds(duration: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min`; nothing where it is not known."""
    if duration is None:
        return ""
    if duration < 10:
        return gettext("%(seconds)s s") % {"seconds": number_format(round(duration, 1), 1)}
    if duration < 100:
        return gettext("%(seconds)s s") % {"seconds": f"{duration:.0f}"}
    return gettext("%(minutes)s min") % {"minutes": f"{duration / 60:.0f}"}


@register.filter
def state_name(state: str) -> str:
    """A state of a network, a run or a step in the reader's language."""
    return str(STATE_NAMES.get(state, state))


@register.filter
def quoted(words: str) -> str:
    """In the quotation marks of the reader's language."""
    return quote(words)


@register.filter
def outcome_name(outcome: str) -> str:
    """How an attempt ended, in the reader's language."""
    return str(OUTCOMES.get(outcome, outcome))


@register.filter
def modality_name(modality: str) -> str:
    """A modality in the reader's language; `platforms.base` marks the words."""
    return gettext(modality) if modality else ""


@register.filter
def stored(sentence: str | None) -> str:
    """A sentence that is stored in English, in the reader's language (lib/stored_sentences.py)."""
    return translate_stored(sentence or "")


@register.filter
def moment(at: datetime | None, shown: str = "j F Y, H:i") -> str:
    """A moment as `<time>`, which a script writes in the reader's own zone (static/js/local-times.js);
    `shown` is the format without a script, in UTC. Nothing where it is not known."""
    if at is None:
        return ""
    detail = "seconds" if "s" in shown else "minutes" if "H" in shown else "day"
    context = {"at": at.astimezone(UTC), "shown": shown, "detail": detail}
    # Without the template's last line end, which would be a space before a full stop.
    return mark_safe(render_to_string("components/_moment.html", context).rstrip())  # noqa: S308
