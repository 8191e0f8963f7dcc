"""The privacy notice for visitors: a short text in every language, which an admin may write anew.

Every version is kept, and the log says who wrote which one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import AuditEntry, User
from lib.validation import Invalid, is_legible

from .models import PrivacyNotice

MAX_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True)
class Notice:
    """The text of a language, in Markdown. Version 0 is the one that the product comes with."""

    language: str
    name: str  # of the language, in itself
    text: str
    version: int


def usual_text() -> str:
    """What the product itself keeps of a visitor, in the active language."""
    return "\n\n".join(
        (
            gettext(
                "What you type is stored with the time, together with everything that is made of it. Your name "
                "is not asked for, and nothing that says who you are is stored with it."
            ),
            gettext(
                "Your words are shown on the screens here, and may be shown again later. They are sent to the "
                "models of this network; some of them run at companies elsewhere, which have rules of their own."
            ),
            gettext(
                "A cookie remembers for an hour, in this browser alone, which words were yours. With “Keep your "
                "run” you get a page with them; there you can take them back whenever you want."
            ),
            gettext(
                "Another one, which goes when you close the browser, tells browsers apart so that nobody presses "
                "too often."
            ),
            gettext(
                "Please type nothing about other people that they would not want to read on a wall. Whoever looks "
                "after this place can answer your questions, and take something off the screens."
            ),
        )
    )


def notice(language: str) -> Notice:
    """The newest of this language. One query."""
    names = dict(settings.LANGUAGES)
    written = PrivacyNotice.newest(language)
    text = written.text if written else ""
    if not text:
        with translation.override(language):
            text = usual_text()
    version = written.version if written else 0
    return Notice(language, str(names.get(language, language)), text, version)


def notices() -> list[Notice]:
    return [notice(code) for code, _name in settings.LANGUAGES]


def write(*, language: str, text: str, by: User | None) -> Notice:
    """A new version; empty: the usual text again. Raises Invalid."""
    text = text.replace("\r\n", "\n").strip()
    if language not in dict(settings.LANGUAGES):
        raise Invalid({"language": gettext("This language is not offered here.")})
    if len(text) > MAX_CHARACTERS or not is_legible(text):
        sentence = gettext("A notice is text of at most %(most)d characters.")
        raise Invalid({"text": sentence % {"most": MAX_CHARACTERS}})
    try:
        with transaction.atomic():
            before = PrivacyNotice.newest(language)
            version = before.version + 1 if before else 1
            made = PrivacyNotice.objects.create(
                language=language, version=version, text=text, written_by=by
            )
            AuditEntry.record(by, "privacy_notice.written", made)
    except IntegrityError:
        raise Invalid({"text": gettext("Somebody else has just written it. Look again.")}) from None
    return notice(language)
