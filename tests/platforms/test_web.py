from __future__ import annotations

from datetime import UTC, datetime

import pytest

from platforms.http import Answer, retry_after
from platforms.provider_errors import MAX_WAIT_SECONDS, is_sensitive

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("12", b"", 12),
        ("0.5", b"", 0.5),
        ("-3", b"", 0),
        ("nan", b"", 0),
        ("inf", b"", MAX_WAIT_SECONDS),
        ("Thu, 01 Jan 2026 12:01:00 GMT", b"", 60),
        ("Thu, 01 Jan 2026 11:00:00 GMT", b"", 0),
        ("", b'{"retry_after": 4}', 4),
        ("5", b'{"retry_after": 4}', 5),
        ("", b"<html>", None),
        ("soon", b"{}", None),
    ],
)
def test_a_wait_is_read_from_header_or_body(
    header: str, body: bytes, seconds: float | None
) -> None:
    headers = {"retry-after": header} if header else {}

    assert retry_after(Answer(429, headers, body), now=NOON) == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"detail": [{"loc": ["x"]}]}'])
def test_any_body_has_a_detail_of_one_line(body: bytes) -> None:
    assert "\n" not in Answer(500, {}, body).detail


@pytest.mark.parametrize("words", ["CUDA error", "case-sensitive", "bad safetensors", ""])
def test_words_about_machines_are_not_about_content(words: str) -> None:
    assert not is_sensitive(words)
