"""What is on: the run under way, then the archive in turn, then a slate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from assets.models import Asset
from films.models import Film
from films.states import FilmState
from invocations import runs
from invocations.models import Run
from invocations.states import Reason
from networks.models import Network
from streams.encoder.clock import frame_at, time_of
from streams.models import Broadcast, FilmPlays, QuarantinedItem, RunPlays
from streams.models.broadcast import OutsideHours
from streams.models.quarantine import MAX_FAILURES
from streams.program import SHOWN_SECONDS, StreamProgram
from streams.states import StreamState
from tests.people import Work

AT = timezone.now()
Ended = Callable[[str], Run]


@pytest.fixture
def ended(network: Network, work: Work) -> Ended:
    """A run that is over, with one output."""

    def made(words: str) -> Run:
        begun = runs.start_run(
            network=network, prompt=words, at=timezone.now(), waive_lockout=True
        ).run
        work(begun, words)
        return runs.stop_run(run=begun, reason=Reason.PERSON, at=timezone.now())

    return made


def program_of(broadcast: Broadcast) -> StreamProgram:
    return StreamProgram(Broadcast.objects.select_related("network").get(pk=broadcast.pk))


def texts(broadcast: Broadcast, times: int) -> list[str]:
    program = program_of(broadcast)
    moments = (AT + n * timedelta(seconds=SHOWN_SECONDS + 1) for n in range(times))
    return [program.next_picture(at, halted=False).picture.text for at in moments]


def test_the_newest_output_of_the_run_under_way_is_on(
    broadcast: Broadcast, run: Run, work: Work
) -> None:
    program = program_of(broadcast)

    before = program.next_picture(AT, halted=False)
    work(run, "first words")
    first = program.next_picture(AT + timedelta(seconds=3), halted=False)
    work(run, "second words")
    at_once = program.next_picture(AT + timedelta(seconds=4), halted=False)
    later = program.next_picture(AT + timedelta(seconds=6), halted=False)

    assert (before.state, before.picture.text) == (StreamState.SLATE, "“a red balloon”")
    assert (first.state, first.picture.text) == (StreamState.LIVE, "first words")
    assert at_once.picture == first.picture
    assert later.picture.text == "second words"
    assert later.picture.label.startswith("Step 2")


def test_without_a_run_there_is_a_slate(broadcast: Broadcast) -> None:
    shown = program_of(broadcast).next_picture(AT, halted=False)

    assert (shown.state, shown.picture.kind) == (StreamState.SLATE, "slate")


NEVER = [{"days": ["mon"], "opens": "00:00", "closes": "00:01", "zone": "UTC"}]
CLOSED_AT = datetime(2026, 12, 1, 12, tzinfo=UTC)  # a Tuesday


def test_outside_opening_hours_a_slate_says_when_it_opens(
    broadcast: Broadcast, run: Run, work: Work
) -> None:
    work(run, "words")
    broadcast.network.set_opening_hours(NEVER)
    before = program_of(broadcast).next_picture(CLOSED_AT, halted=False)

    broadcast.choose_outside_hours(OutsideHours.SLATE)
    closed = program_of(broadcast).next_picture(CLOSED_AT, halted=False)

    assert before.picture.text == "words"
    assert (closed.state, closed.picture.kind) == (StreamState.SLATE, "slate")
    assert closed.picture.text == "Closed until Monday 00:00."


def test_a_network_without_hours_is_always_open(broadcast: Broadcast, run: Run, work: Work) -> None:
    work(run, "words")
    broadcast.choose_outside_hours(OutsideHours.SLATE)

    assert program_of(broadcast).next_picture(CLOSED_AT, halted=False).picture.text == "words"


def test_stop_all_puts_a_slate_on(broadcast: Broadcast, run: Run, work: Work) -> None:
    work(run, "words")

    shown = program_of(broadcast).next_picture(AT, halted=True)

    assert shown.state is StreamState.SLATE


def test_archived_runs_are_played_in_turn_and_none_twice_in_a_row(
    broadcast: Broadcast, ended: Ended
) -> None:
    for words in ("one", "two", "three"):
        ended(words)

    seen = texts(broadcast, 9)

    assert sorted(seen[:3]) == sorted(seen[3:6]) == sorted(seen[6:]) == ["one", "three", "two"]
    assert all(first != second for first, second in pairwise(seen))
    assert set(RunPlays.objects.values_list("plays", flat=True)) == {3}


def test_a_new_run_of_the_archive_comes_before_those_that_were_played(
    broadcast: Broadcast, ended: Ended
) -> None:
    ended("old")
    texts(broadcast, 3)
    ended("new")

    assert texts(broadcast, 2) == ["new", "old"]


def test_an_only_run_is_repeated(broadcast: Broadcast, ended: Ended) -> None:
    ended("alone")

    assert texts(broadcast, 3) == ["alone"] * 3


def test_a_run_makes_the_archive_give_way_at_once(
    broadcast: Broadcast, ended: Ended, network: Network, work: Work
) -> None:
    ended("old")
    program = program_of(broadcast)
    program.next_picture(AT, halted=False)
    begun = runs.start_run(network=network, prompt="now", at=timezone.now(), waive_lockout=True).run
    work(begun, "new words")

    shown = program.next_picture(AT + timedelta(seconds=1), halted=False)

    assert (shown.state, shown.picture.text) == (StreamState.LIVE, "new words")


def test_a_withdrawn_run_is_not_shown(broadcast: Broadcast, ended: Ended) -> None:
    gone = ended("gone")
    Run.objects.filter(pk=gone.pk).update(withdrawn_at=AT)

    assert program_of(broadcast).next_picture(AT, halted=False).state is StreamState.SLATE


def test_what_failed_three_times_is_left_out(broadcast: Broadcast, run: Run, work: Work) -> None:
    work(run, "good")
    work(run, "poison")
    program = program_of(broadcast)
    key = program.next_picture(AT, halted=False).picture.key

    found = [
        QuarantinedItem.count_failure(broadcast.network, key, "broken", at=AT)
        for _ in range(MAX_FAILURES)
    ]
    program.note_quarantine(key)

    assert found == [False, False, True]
    assert program.next_picture(AT, halted=False).picture.text == "good"
    assert program_of(broadcast).next_picture(AT, halted=False).picture.text == "good"


@pytest.mark.parametrize("live", [True, False])
def test_it_asks_the_database_twice_a_second_at_most(
    live: bool, broadcast: Broadcast, run: Run, work: Work
) -> None:
    work(run, "words")
    if not live:
        runs.stop_run(run=run, reason=Reason.PERSON, at=AT)
    program = program_of(broadcast)
    program.next_picture(AT, halted=False)

    with CaptureQueriesContext(connection) as queries:
        for second in range(1, 7):
            program.next_picture(AT + timedelta(seconds=second), halted=False)

    assert len(queries) <= 12


@pytest.fixture
def film(network: Network, tmp_path: Path, settings: Settings) -> Film:
    """A finished one of 40 seconds, in the network's replay; its file is whatever."""
    settings.MEDIA_ROOT = tmp_path / "media"
    output = Asset.objects.create(
        sha256="f" * 64, kind="video", extension="mp4", bytes=1, seconds=40
    )
    path = tmp_path / "media" / output.name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"f")
    return Film.objects.create(
        owner=network.owner,
        recipe="interpolate",
        title="A reel",
        state=FilmState.COMPLETED,
        output=output,
        replayed_in=network,
    )


def test_films_are_played_to_their_end_in_turn_with_archived_runs(
    broadcast: Broadcast, ended: Ended, film: Film
) -> None:
    ended("words")
    program = program_of(broadcast)
    times = [AT + timedelta(seconds=at) for at in (0, 9, 48, 50, 59)]

    shown = [program.next_picture(at, halted=False) for at in times]

    kinds = [one.picture.kind for one in shown]
    assert kinds in (["text", "video", "video", "text", "video"], ["video"] * 2 + ["text"] * 3)
    played = next(one for one in shown if one.film)
    assert (played.film, played.picture.once, played.picture.sound) == (
        film.pk,
        True,
        played.picture.path,
    )
    assert played.picture.label == "Film: A reel"


def test_an_only_film_begins_again(broadcast: Broadcast, film: Film) -> None:
    program = program_of(broadcast)

    keys = [
        program.next_picture(AT + timedelta(seconds=at), halted=False).picture.key
        for at in (0, 39, 41)
    ]

    assert keys == [f"film:{film.public_id}#{number}" for number in (1, 1, 2)]


def test_a_film_makes_room_when_it_is_not_to_be_seen_any_more(
    broadcast: Broadcast, film: Film, ended: Ended
) -> None:
    program = program_of(broadcast)
    before = program.next_picture(AT, halted=False)
    ended("words")

    film.replay_in(None)

    assert before.film == film.pk
    assert program.next_picture(AT + timedelta(seconds=1), halted=False).picture.text == "words"


def test_a_film_goes_on_where_it_would_be_after_its_host_has_ended(
    broadcast: Broadcast, film: Film, ended: Ended
) -> None:
    ended("words")
    since = time_of(frame_at(AT.timestamp()))
    broadcast.note_shown(None, film.pk, datetime.fromtimestamp(since, UTC), holder="here")
    plays = FilmPlays.objects.filter(film=film)
    at = AT + timedelta(seconds=30)

    program = program_of(broadcast)
    again = program.next_picture(at, halted=False)
    later = program.next_picture(AT + timedelta(seconds=39), halted=False)
    after_it = program.next_picture(AT + timedelta(seconds=41), halted=False)

    assert (again.film, later) == (film.pk, again)
    assert again.picture.began == frame_at(AT.timestamp())
    assert not plays.exists()  # it was counted when it began
    assert after_it.picture.text == "words"


@pytest.mark.parametrize("why", ["over", "gone", "a run", "a clock that was set back"])
def test_a_film_does_not_go_on(
    why: str, broadcast: Broadcast, film: Film, ended: Ended, network: Network
) -> None:
    ended("words")
    began = AT - timedelta(seconds=50 if why == "over" else 10)
    broadcast.note_shown(None, film.pk, began, holder="here")
    if why == "gone":
        film.replay_in(None)
    if why == "a run":
        runs.start_run(network=network, prompt="now", at=timezone.now(), waive_lockout=True)
    at = began - timedelta(hours=1) if why.startswith("a clock") else AT

    shown = program_of(broadcast).next_picture(at, halted=False)

    assert (shown.film, shown.picture.began) == (None, 0)


def test_files_of_a_channel_go_with_it(broadcast: Broadcast, film: Film) -> None:
    program = program_of(broadcast)
    path = Path(program.next_picture(AT, halted=False).picture.path)
    assert path.exists()

    program.close()

    assert not path.parent.exists()
