"""What is said about secrets, and what is not."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from lib import redaction
from lib.encryption import EncryptedSecret

PLAIN = "sk-planted-secret-0042"


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    yield
    redaction._remembered.clear()


@pytest.fixture
def log() -> io.StringIO:
    """What the handler of the settings writes."""
    formatters: Any = configured.LOGGING["formatters"]
    config = formatters["line"]
    name, _, kind = config["class"].rpartition(".")
    assert (name, kind) == ("lib.redaction", "RedactingFormatter")
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(redaction.RedactingFormatter(config["format"], style="{"))
    logger = logging.getLogger("discreet")
    logger.handlers, logger.propagate = [handler], False
    return handler.stream


def test_a_traceback_that_quotes_an_opened_secret_is_logged_without_it(log: io.StringIO) -> None:
    opened = EncryptedSecret.encrypt(PLAIN).decrypt()

    try:
        raise ValueError(f"Illegal header value b'Bearer {opened}'")
    except ValueError:
        logging.getLogger("discreet").exception("asking with %s", opened)

    assert "planted" not in log.getvalue()
    assert "Illegal header value b'Bearer ••••'" in log.getvalue()
    assert "asking with ••••" in log.getvalue()


def test_so_is_what_quotes_a_key_of_the_operator(log: io.StringIO, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"COMPATIBLE_API_KEY": "box=planted-one,rack=planted-two"}

    logging.getLogger("discreet").error("rack said: no such key planted-two")

    assert "rack said: no such key ••••" in log.getvalue()


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    for number in range(redaction.MAX_REMEMBERED + 5):
        redaction.remember(f"secret-{number}")

    assert len(redaction._remembered) == redaction.MAX_REMEMBERED
    assert "secret-0" not in redaction._remembered
