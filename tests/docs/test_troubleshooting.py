"""Every page, call and command that docs/troubleshooting.md sends somebody to is there and answers."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands
from django.test import Client

from displays.models import Installation
from invocations.models import Run

DOCUMENT = (settings.BASE_DIR / "docs/troubleshooting.md").read_text()
PAGES = sorted({*re.findall(r"(?:page|call) `(/[^`]*)`", DOCUMENT)})
COMMANDS = sorted({*re.findall(r"command `([^`]+)`", DOCUMENT)})
NAMED = sorted({*re.findall(r"`manage\.py (\w+)", DOCUMENT)})
SEEN = sorted(
    words
    for row in re.findall(r"^\| ([^|]+) \|", DOCUMENT, re.MULTILINE)
    for words in re.findall(r"(?<!\*)\*([^*]+)\*", row)
)
ANSWERS = {"/readyz": {200, 503}}  # no queue turns here


def test_the_document_is_read() -> None:
    rows = [
        line
        for line in DOCUMENT.splitlines()
        if line.startswith("|") and not re.match(r"\|(?:-| what one)", line)
    ]

    shown = [re.search(r"page `|call `|command `|the page says", row.split("|")[2]) for row in rows]

    assert len(rows) > 20
    assert all(shown)
    assert all(row.count("|") == 4 for row in rows)


@pytest.mark.parametrize("words", SEEN)
def test_what_one_sees_is_said_like_that(words: str) -> None:
    assert any(words.lower() in text for text in _texts())


@cache
def _texts() -> list[str]:
    """Of pages and of the product's code, which says what pages and commands say."""
    files = [*(settings.BASE_DIR / "templates").rglob("*.html")]
    for app in settings.BASE_DIR.glob("*/__init__.py"):
        if app.parent.name != "tests":
            files += app.parent.rglob("*.py")
    return [re.sub(r"\s+", " ", file.read_text()).lower() for file in files]


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_a_page_answers(page: str, admin: Client, run: Run) -> None:
    made = Installation.objects.create(network=run.network, name="Foyer")
    step = run.invocations.get().public_id
    path = page.format(step=step, slug=run.network.slug, installation=made.public_id)

    answer = admin.get(path)

    assert answer.status_code in ANSWERS.get(page, {200})


@pytest.mark.django_db
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str) -> None:
    said = StringIO()
    name, *arguments = command.split()

    with suppress(SystemExit):  # it found something, which is what it is for
        call_command(name, *arguments, stdout=said, stderr=said)

    assert said.getvalue()


@pytest.mark.parametrize("name", NAMED)
def test_a_command_that_is_named_exists(name: str) -> None:
    commands: dict[str, Any] = get_commands()

    assert name in commands
