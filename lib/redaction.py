"""Secrets are removed from what providers say and from the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings

HIDDEN = "••••"
MIN_LENGTH = 6  # characters; nothing shorter is looked for
MAX_REMEMBERED = 1_000
_SHORTENED = re.compile(r"[\w-]*\*{3,}[\w-]*")  # as some providers repeat a key: sk-ab***yz
_remembered: dict[str, None] = {}  # what this process has decrypted, the oldest first


def remember(secret: str) -> None:
    """Redact it in every line of the log from now on."""
    _remembered.pop(secret, None)
    _remembered[secret] = None
    if len(_remembered) > MAX_REMEMBERED:
        del _remembered[next(iter(_remembered))]


def redact(sentence: str, secrets: Iterable[str]) -> str:
    """`sentence` with dots in the place of every secret it repeats."""
    for secret in secrets:
        for part in {secret, secret.strip(), *secret.replace("=", ",").split(",")}:
            if len(part) >= MIN_LENGTH and part in sentence:
                sentence = sentence.replace(part, HIDDEN)
    return sentence


def redact_provider_text(sentence: str, secrets: Iterable[str]) -> str:
    """What a provider said, without these secrets, whole or as providers abbreviate them."""
    return _SHORTENED.sub(HIDDEN, redact(sentence, secrets))


def redact_data(value: Any, secrets: Iterable[str]) -> Any:
    """A copy of nested data in which no text repeats a secret: neither these nor any that this
    process has decrypted."""
    hidden = [*secrets, *_remembered]
    if isinstance(value, str):
        return redact(value, hidden)
    if isinstance(value, dict):
        return {key: redact_data(one, hidden) for key, one in value.items()}
    return [redact_data(one, hidden) for one in value] if isinstance(value, list) else value


class RedactingFormatter(logging.Formatter):
    """Redacts every line, tracebacks of libraries included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), [*settings.PLATFORM_KEYS.values(), *_remembered])
