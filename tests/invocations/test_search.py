"""Runs are found by words, and a search that finds nothing does not read them all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from archive.models import Rating
from invocations import run_list
from invocations.models import Invocation, Run
from invocations.run_list import RunQuery
from lib.paging import Paging
from networks.models import Network

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
    page, _ = run_list.page_of_runs(
        Run.objects.all(),
        RunQuery(words=words, **wanted),  # type: ignore[arg-type]
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
    monkeypatch.setattr(run_list, "MATCHES", 2)
    monkeypatch.setattr(run_list, "MAX_BATCHES", 2)
    write(network, "old moth")
    write(network, *["new moth"] * 6)
    rows = Run.objects.filter(prompt="old moth")

    page, following = run_list.page_of_runs(
        rows, RunQuery(words="moth"), Paging(after=None, cursor=None, limit=5)
    )
    later, end = run_list.page_of_runs(
        rows, RunQuery(words="moth"), Paging(after=following, cursor=None, limit=5)
    )

    assert (page, following is None) == ([], False)
    assert ([run.prompt for run in later], end) == (["old moth"], None)


def test_pages_of_a_search_follow_each_other(network: Network) -> None:
    write(network, *(f"moth {number}" for number in range(5)))
    seen, after = [], None
    while True:
        page, after = run_list.page_of_runs(
            Run.objects.all(), RunQuery(words="moth"), Paging(after=after, cursor=None, limit=2)
        )
        seen.append([run.prompt[-1] for run in page])
        if after is None:
            break

    assert seen == [["4", "3"], ["2", "1"], ["0"]]


def test_what_the_index_cannot_find_is_sought_among_a_bounded_number(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_list, "SCANNED", 2)
    monkeypatch.setattr(run_list, "MAX_BATCHES", 2)
    write(network, "🐳", *["nothing"] * 5)

    page, following = run_list.page_of_runs(
        Run.objects.all(), RunQuery(words="🐳"), Paging(after=None, cursor=None, limit=2)
    )
    later, end = run_list.page_of_runs(
        Run.objects.all(), RunQuery(words="🐳"), Paging(after=following, cursor=None, limit=2)
    )

    assert (page, following is None) == ([], False)
    assert ([run.prompt for run in later], end) == (["🐳"], None)


def test_a_page_of_runs_that_all_match_asks_for_no_more_than_it_shows(network: Network) -> None:
    write(network, *["moth"] * 30)
    wanted, page_size = RunQuery(words="moth"), Paging(after=None, cursor=None, limit=5)

    with CaptureQueriesContext(connection) as captured:
        page, _ = run_list.page_of_runs(Run.objects.all(), wanted, page_size)

    _, read = captured.captured_queries
    assert len(page) == 5
    assert read["sql"].partition(" IN (")[2].partition(")")[0].count(",") == 5  # and one more


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


def test_runs_are_found_by_what_people_think_of_them(
    bob: User, network: Network, runs: list[Run]
) -> None:
    alice = network.owner
    at = timezone.now()
    Rating.set_stars(runs[0], alice, 5, at=at)
    Rating.set_stars(runs[0], bob, 4, at=at)
    Rating.set_stars(runs[1], alice, 2, at=at)
    Rating.set_stars(runs[2], alice, 3, at=at)
    Rating.set_stars(runs[2], alice, None, at=at)

    assert found(stars=4) == [PROMPTS[0]]
    assert found(stars=1) == [PROMPTS[1], PROMPTS[0]]
    assert Run.objects.get(pk=runs[0].pk).rating == 4.5
    assert (Rating.stars_of(runs[0], bob), Rating.stars_of(runs[2], alice)) == (4, None)
    assert Rating.stars_of(runs[0], AnonymousUser()) is None
    with pytest.raises(ValueError, match="one to five"):
        Rating.set_stars(runs[0], bob, 6, at=at)


@pytest.fixture
def made(network: Network) -> list[Run]:
    """Two runs: the first painted a heron, the second only wrote."""
    ring = [{"model": "local:painter", "parameters": {}, "fallback": ""}]
    painted, wrote = write(network, "first words", ring=ring) + write(network, "second words")
    for run, output in ((painted, "a Heron at dusk"), (wrote, "an owl")):
        Invocation.objects.create(
            run=run,
            network=network,
            sequence=0,
            slot=0,
            model="local:painter",
            state="completed",
            input_text=run.prompt,
            output_text=output,
        )
    return [painted, wrote]


@pytest.mark.parametrize(
    ("words", "prompts"),
    [
        ("heron", ["first words"]),
        ("dusk first", ["first words"]),
        ("Painter", ["first words"]),
        ("local:painter", ["first words"]),
        ("whispers", ["second words", "first words"]),
        ("whispers owl", ["second words"]),
        ("heron owl", []),
        ("parameters", []),
    ],
)
def test_words_are_found_anywhere_in_a_run(made: list[Run], words: str, prompts: list[str]) -> None:
    assert found(words, everywhere=True) == prompts


def test_without_being_asked_only_prompts_are_searched(made: list[Run]) -> None:
    assert (found("heron"), found("whispers")) == ([], [])


def test_a_search_everywhere_reads_a_bounded_number_of_steps(
    network: Network, made: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_list, "SCANNED_STEPS", 1)
    wanted = RunQuery(words="heron", everywhere=True)

    page, following = run_list.page_of_runs(
        Run.objects.all(), wanted, Paging(after=None, cursor=None, limit=5)
    )
    later, end = run_list.page_of_runs(
        Run.objects.all(), wanted, Paging(after=following, cursor=None, limit=5)
    )

    assert (page, following is None) == ([], False)
    assert ([run.prompt for run in later], end) == (["first words"], None)
