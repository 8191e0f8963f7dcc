"""The log as JSON: one object a line, with the ids of the work, and no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from lib.json_log import MAX_TEXT, JsonLogFormatter
from lib.log_ids import log_ids

LOGGER = logging.getLogger("structured")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLogFormatter())
    LOGGER.handlers, LOGGER.propagate = [handler], False
    yield handler.stream
    LOGGER.handlers, LOGGER.propagate = [], True


def said(log: io.StringIO) -> dict[str, Any]:
    (line,) = log.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_says_what_it_is_about(log: io.StringIO) -> None:
    with log_ids(run="r1", invocation="i1"), log_ids(attempt="t1"):
        LOGGER.warning("it was %s", "late", extra={"facts": {"error": "timed_out"}})

    found = said(log)
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "WARNING",
        "logger": "structured",
        "message": "it was late",
        "run": "r1",
        "invocation": "i1",
        "attempt": "t1",
        "error": "timed_out",
    }


def test_what_ended_is_not_named_any_more(log: io.StringIO) -> None:
    with log_ids(run="r1"):
        pass

    LOGGER.warning("something else")

    assert "run" not in said(log)


def test_a_traceback_is_a_field_of_one_line(log: io.StringIO) -> None:
    try:
        raise ValueError("x" * 5_000 + "\nthe end")
    except ValueError:
        LOGGER.exception("it broke\nin two")

    found = said(log)
    assert found["message"] == "it broke\nin two"
    assert found["traceback"].endswith("the end")
    assert len(found["traceback"]) == MAX_TEXT


def test_a_secret_is_taken_out_though_json_would_spell_it_otherwise(
    log: io.StringIO, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"OPENAI_API_KEY": 'sk-"planted"'}

    LOGGER.error('no such key: sk-"planted"', extra={"facts": {"detail": 'sk-"planted"'}})

    found = said(log)
    assert found["message"] == "no such key: ••••"
    assert found["detail"] == "••••"
