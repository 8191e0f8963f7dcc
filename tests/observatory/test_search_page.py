"""Search by meaning, on its page."""

from __future__ import annotations

import pytest
from django.test import Client

from invocations.models import Run
from observatory import search
from observatory.search import Match, SearchUnavailable
from tests.people import Work, html_of


def test_it_shows_what_was_found_with_its_distance(
    owner: Client, run: Run, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = work(run, "a lonely light by the sea")
    monkeypatch.setattr(search, "search_by_meaning", lambda *_, **__: [Match(step, 0.25)])

    page = html_of(owner.get("/observatory/search/", {"q": "lighthouse"}))

    assert step.get_absolute_url() in page
    assert "distance 0.250" in page


def test_it_says_why_it_cannot_answer(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> list[Match]:
        raise SearchUnavailable("Not now.")

    monkeypatch.setattr(search, "search_by_meaning", away)

    assert "Not now." in html_of(owner.get("/observatory/search/", {"q": "lighthouse"}))


def test_without_words_nothing_is_asked(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "search_by_meaning", None)

    assert owner.get("/observatory/search/", {"q": "  "}).status_code == 200
    assert owner.get("/runs/", {"q": "moth"}).content.count(b"/observatory/search/?q=moth") == 1
