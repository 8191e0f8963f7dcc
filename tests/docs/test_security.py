"""Every line of the threat model names a test that is there."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

DOCUMENT = (settings.BASE_DIR / "docs/security.md").read_text()
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOCUMENT.splitlines()
    if line.startswith("|") and "::" in line
]


def test_the_threat_model_is_read() -> None:
    rows = [line for line in DOCUMENT.splitlines() if re.match(r"\|(?!-| threat)", line)]

    assert len(LINES) == len(rows) > 30


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line[2]))
def test_a_line_names_a_test_that_is_there(line: list[str]) -> None:
    path, _, name = line[2].strip("`").partition("::")

    source = (settings.BASE_DIR / path).read_text()

    assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE)
