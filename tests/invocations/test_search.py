"""Runs are found by words, and a search that finds nothing does not read them all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from invocations import past, search
from invocations.models import Rating, Run
from invocations.past import Wanted
from networks.models import Network
from networks.paging import Paging

PROMPTS = (
    "A Lighthouse that counts",
    "rock'n'roll, zebra-1234 on example.org",
    "Größe und Übermut",
    "鯨の歌を聞く",
    "🐳🐳🐳",
)


@pytest.fixture
def network(db: None) -> Network:
    alice = User.objects.create_user("alice@example.org")
    return Network.create(alice, name="Whispers", public=True)


@pytest.fixture
def runs(network: Network) -> list[Run]:
    return write(network, *PROMPTS)


def write(network: Network, *prompts: str, **fields: object) -> list[Run]:
    at = timezone.now()
    given = {"network": network, "ring": [], "state": "completed", "lockout_until": at, **fields}
    return [Run.objects.create(prompt=prompt, **given) for prompt in prompts]


def found(words: str = "", limit: int = 100, **wanted: object) -> list[str]:
    page, _ = past.page(
        Run.objects.all(),
        Wanted(words=words, **wanted),  # type: ignore[arg-type]
        Paging(after=None, cursor=None, limit=limit),
    )
    return [run.prompt for run in page]


@pytest.mark.parametrize(
    ("words", "index"),
    [
        ("lighthouse", 0),
        ("LIGHT counts", 0),
        ("roll", 1),
        ("zebra-1234", 1),
        ("1234", 1),
        ("example.org", 1),
        ("größe", 2),
        ("übermut", 2),
        ("鯨", 3),
        ("歌", 3),
        ("🐳", 4),
        ('zebra" OR "lighthouse', None),
        ("house", None),
        ("lighthouse zebra", None),
        ("& | ! :* ()", None),
        ("a" * 200, None),
    ],
)
def test_words_find_the_prompts_that_have_them(
    runs: list[Run], words: str, index: int | None
) -> None:
    assert found(words) == ([] if index is None else [PROMPTS[index]])


def test_the_index_follows_what_is_written_changed_and_deleted(network: Network) -> None:
    first, second = write(network, "an owl", "an oak")

    Run.objects.filter(pk=first.pk).update(prompt="a heron")
    second.delete()

    assert (found("owl"), found("heron"), found("oak")) == ([], ["a heron"], [])


def test_a_search_that_finds_little_goes_on_from_where_it_came_to(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MATCHES", 2)
    monkeypatch.setattr(search, "TURNS", 2)
    write(network, "old moth")
    write(network, *["new moth"] * 6)
    rows = Run.objects.filter(prompt="old moth")

    page, following = past.page(
        rows, Wanted(words="moth"), Paging(after=None, cursor=None, limit=5)
    )
    later, end = past.page(
        rows, Wanted(words="moth"), Paging(after=following, cursor=None, limit=5)
    )

    assert (page, following is None) == ([], False)
    assert ([run.prompt for run in later], end) == (["old moth"], None)


def test_pages_of_a_search_follow_each_other(network: Network) -> None:
    write(network, *(f"moth {number}" for number in range(5)))
    seen, after = [], None
    while True:
        page, after = past.page(
            Run.objects.all(), Wanted(words="moth"), Paging(after=after, cursor=None, limit=2)
        )
        seen.append([run.prompt[-1] for run in page])
        if after is None:
            break

    assert seen == [["4", "3"], ["2", "1"], ["0"]]


def test_what_the_index_cannot_find_is_sought_among_a_bounded_number(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SCANNED", 2)
    monkeypatch.setattr(search, "TURNS", 2)
    write(network, "🐳", *["nothing"] * 5)

    page, following = past.page(
        Run.objects.all(), Wanted(words="🐳"), Paging(after=None, cursor=None, limit=2)
    )
    later, end = past.page(
        Run.objects.all(), Wanted(words="🐳"), Paging(after=following, cursor=None, limit=2)
    )

    assert (page, following is None) == ([], False)
    assert ([run.prompt for run in later], end) == (["🐳"], None)


def test_a_search_for_what_nobody_wrote_does_not_read_the_runs(runs: list[Run]) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert found("unheard") == []

    asked = " ".join(query["sql"] for query in captured.captured_queries)
    assert len(captured) <= 2
    assert "LIKE" not in asked.upper().replace("LIKELY", "")


def test_runs_are_found_by_their_day(network: Network) -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    for day in range(3):
        write(network, f"day {day}", created_at=noon + timedelta(days=day))

    assert found(since=noon + timedelta(days=1)) == ["day 2", "day 1"]
    assert found(until=noon + timedelta(days=1)) == ["day 0"]
    assert found(since=noon + timedelta(days=9)) == []
    assert found(since=datetime.min.replace(tzinfo=UTC)) == ["day 2", "day 1", "day 0"]
    assert found(until=datetime.max.replace(tzinfo=UTC)) == ["day 2", "day 1", "day 0"]
    assert found("day", since=noon + timedelta(days=2)) == ["day 2"]


def test_runs_are_found_by_what_people_think_of_them(network: Network, runs: list[Run]) -> None:
    alice = network.owner
    bob = User.objects.create_user("bob@example.org")
    at = timezone.now()
    Rating.give(runs[0], alice, 5, at=at)
    Rating.give(runs[0], bob, 4, at=at)
    Rating.give(runs[1], alice, 2, at=at)
    Rating.give(runs[2], alice, 3, at=at)
    Rating.give(runs[2], alice, None, at=at)

    assert found(stars=4) == [PROMPTS[0]]
    assert found(stars=1) == [PROMPTS[1], PROMPTS[0]]
    assert Run.objects.get(pk=runs[0].pk).rating == 4.5
    assert (Rating.of(runs[0], bob), Rating.of(runs[2], alice)) == (4, None)
    assert Rating.of(runs[0], AnonymousUser()) is None
    with pytest.raises(ValueError, match="one to five"):
        Rating.give(runs[0], bob, 6, at=at)
