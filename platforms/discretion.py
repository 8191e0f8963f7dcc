"""Secrets are not repeated: neither where a provider quotes one, nor in a log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings

HIDDEN = "••••"
SHORTEST = 6  # characters; nothing shorter is looked for
MOST_REMEMBERED = 1_000
_SHORTENED = re.compile(r"[\w-]*\*{3,}[\w-]*")  # as some providers repeat a key: sk-ab***yz
_remembered: dict[str, None] = {}  # what this process has opened, the oldest first


def remember(secret: str) -> None:
    """No line of the log repeats it from now on."""
    _remembered.pop(secret, None)
    _remembered[secret] = None
    if len(_remembered) > MOST_REMEMBERED:
        del _remembered[next(iter(_remembered))]


def without(sentence: str, secrets: Iterable[str]) -> str:
    """`sentence` with dots in the place of every secret it repeats."""
    for secret in secrets:
        for part in {secret, secret.strip(), *secret.replace("=", ",").split(",")}:
            if len(part) >= SHORTEST and part in sentence:
                sentence = sentence.replace(part, HIDDEN)
    return sentence


def fit_for_people(sentence: str, secrets: Iterable[str]) -> str:
    """What a provider said, without the secrets it repeats, whole or shortened."""
    return _SHORTENED.sub(HIDDEN, without(sentence, secrets))


def without_all(value: Any, secrets: Iterable[str]) -> Any:
    """A copy of nested data in which no text repeats a secret: neither these nor any that this
    process has opened."""
    hidden = [*secrets, *_remembered]
    if isinstance(value, str):
        return without(value, hidden)
    if isinstance(value, dict):
        return {key: without_all(one, hidden) for key, one in value.items()}
    return [without_all(one, hidden) for one in value] if isinstance(value, list) else value


class DiscreetFormatter(logging.Formatter):
    """The last line of defence: not even a traceback of somebody else's library tells a secret."""

    def format(self, record: logging.LogRecord) -> str:
        return without(super().format(record), [*settings.PLATFORM_KEYS.values(), *_remembered])
