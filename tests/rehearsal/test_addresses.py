"""What the rehearsal asks of the API is there: it runs too seldom to notice a stale address itself."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from panic.api.routes import api

CALL = re.compile(r'\.request\(\s*"([A-Z]+)",\s*f?"([^"?]+)')
CALLS = sorted(
    {
        (verb, re.sub(r"\{[^}]+\}", "x", path))
        for file in (settings.BASE_DIR / "rehearsal").rglob("*.py")
        for verb, path in CALL.findall(file.read_text())
    }
)


def test_there_are_calls_to_look_at() -> None:
    assert len(CALLS) >= 9


@pytest.mark.parametrize(("verb", "path"), CALLS)
def test_an_address_of_the_rehearsal_is_one_of_the_api(verb: str, path: str) -> None:
    described = api.get_openapi_schema()["paths"]
    offered = {
        method.upper()
        for address, methods in described.items()
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", address), f"/api/v1/{path}")
        for method in methods
    }

    assert verb in offered
