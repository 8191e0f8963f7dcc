"""Sentences that are stored, or that a worker writes: in English, and shown in each reader's language.

Whoever writes one marks its source where the module is read and fills it in without translating:

    UNANSWERED = stored_sentence("%(provider)s did not answer.")
    raise TimedOut(UNANSWERED % {"provider": "Replicate"})

Whoever shows one asks `translate_stored` (in templates: the filter `stored`), which finds the source
again. A sentence that has none, such as a provider's own words, is shown as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_language, gettext

TRANSLATED_PLACES = frozenset({"sentence", "modality", "noun", "phrase", "wanted", "who"})
_PLACE = re.compile(r"%\((\w+)\)s")
_templates: dict[str, re.Pattern[str]] = {}


def stored_sentence(source: str) -> str:
    """The same text, known from now on as the source of sentences. Places for values are `%(name)s`;
    what fills one of TRANSLATED_PLACES is translated too."""
    if _PLACE.search(source):
        # Odd parts are the names of places, even ones what stands between them.
        parts = _PLACE.split(source)
        pattern = "".join(
            f"(?P<{part}>.*?)" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        _templates[source] = re.compile(pattern, re.DOTALL)
        _translated.cache_clear()
    return source


def translate_stored(text: str) -> str:
    """A stored sentence in the reader's language."""
    language = get_language() or settings.LANGUAGE_CODE
    return text if not text or language == settings.LANGUAGE_CODE else _translated(text, language)


def _precision(source: str) -> tuple[bool, int]:
    """Of several that fit, the one that goes round another sentence, then the one that says most."""
    return "%(sentence)s" in source, len(_PLACE.sub("", source))


@lru_cache(maxsize=2_000)
def _translated(text: str, language: str) -> str:
    if (whole := gettext(text)) != text:
        return whole
    found = [(one, match) for one in _templates if (match := _templates[one].fullmatch(text))]
    if not found:
        return text
    source, match = max(found, key=lambda one: _precision(one[0]))
    values = {
        name: translate_stored(value) if name in TRANSLATED_PLACES else value
        for name, value in match.groupdict().items()
    }
    return gettext(source) % values
