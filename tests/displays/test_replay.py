"""With nothing to do a wall performs its archive; nothing is called, written or charged for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Asset
from displays import replay, screens
from displays.models import Display
from displays.wall_states import IDLE_FOR, STOPPED_FOR, Mode, wall_state_of_network
from films.models import Film
from films.states import FilmState
from invocations import halts, takedowns
from invocations.models import Attempt, Invocation, RateLimiter, Run
from invocations.models.takedown import Replacement
from invocations.runs import start_run, stop_run
from invocations.states import Reason
from networks.models import Network
from tests.people import Work

from .conftest import AddDisplay

STEP = timedelta(seconds=replay.STEP_SECONDS)
AFTER_WORK = timedelta(seconds=replay.WORKING_SECONDS + 1)


@pytest.fixture
def display(add_display: AddDisplay) -> Display:
    return add_display("all", "single", stride=1, offsets=[0], show_invoking=True)


@pytest.fixture
def ended(network: Network, run: Run, work: Work) -> datetime:
    """Three steps were made; then somebody stopped the run."""
    for text in ("one", "two", "three"):
        work(run, text)
    at = timezone.now()
    stop_run(run=run, reason=Reason.PERSON, at=at)
    return at


def shown(network: Network, display: Display, at: datetime) -> str:
    scene = wall_state_of_network(network, at=at)
    return screens.tiles_of(display, scene)[0].text


def test_the_last_work_is_looked_at_in_peace_first(
    network: Network, display: Display, ended: datetime
) -> None:
    scene = wall_state_of_network(network, at=ended + IDLE_FOR - timedelta(seconds=1))

    assert scene.mode is Mode.LIVE
    assert screens.tiles_of(display, scene)[0].text == "three"


def test_then_the_archive_is_performed_step_by_step_over_and_over(
    network: Network, display: Display, ended: datetime
) -> None:
    begin = ended + IDLE_FOR + AFTER_WORK

    seen = [shown(network, display, begin + n * STEP) for n in range(5)]

    assert seen == ["one", "two", "three", "one", "two"]


def test_a_step_of_old_is_seen_at_work_before_it_is_done(
    network: Network, display: Display, ended: datetime
) -> None:
    scene = wall_state_of_network(network, at=ended + IDLE_FOR + STEP)
    tile = screens.tiles_of(display, scene)[0]

    assert (scene.mode, tile.state) == (Mode.REPLAY, "invoking")
    assert "From the archive" in screens.render_notices(display, scene)["screen-note"]
    assert not Invocation.objects.filter(state="invoking").exists()


def test_a_network_may_do_without(network: Network, display: Display, ended: datetime) -> None:
    Network.objects.filter(pk=network.pk).update(replay=False)
    network.refresh_from_db()

    assert wall_state_of_network(network, at=ended + timedelta(hours=1)).mode is Mode.LIVE


def test_with_nothing_in_the_archive_the_wall_stays_as_it_is(network: Network) -> None:
    assert wall_state_of_network(network, at=timezone.now()).mode is Mode.LIVE


def test_stopped_is_seen_first_and_the_archive_after_it(
    network: Network, display: Display, run: Run, work: Work
) -> None:
    work(run, "one")
    at = timezone.now()
    halts.stop_all(stopped_by=None, at=at)

    modes = [
        wall_state_of_network(network, at=at + after).mode
        for after in (timedelta(0), STOPPED_FOR - STEP / 2, STOPPED_FOR + AFTER_WORK)
    ]

    assert modes == [Mode.STOPPED, Mode.STOPPED, Mode.REPLAY]
    note = screens.render_notices(
        display, wall_state_of_network(network, at=at + STOPPED_FOR + AFTER_WORK)
    )
    assert "Stopped · From the archive" in note["screen-note"]


def test_while_the_provider_rests_the_archive_plays_but_not_for_a_slow_pace(
    network: Network, display: Display, run: Run, work: Work, ended: datetime
) -> None:
    later = ended + timedelta(minutes=5)
    second = start_run(network=network, prompt="again", at=later, waive_lockout=True).run
    Invocation.objects.filter(run=second).update(created_at=later)
    long_after = later + timedelta(minutes=9)

    assert wall_state_of_network(network, at=long_after).mode is Mode.LIVE
    RateLimiter.objects.update_or_create(
        key="dummy", defaults={"open_until": long_after + timedelta(minutes=1)}
    )
    assert wall_state_of_network(network, at=long_after).mode is Mode.REPLAY


def test_replaying_writes_nothing_and_asks_little(
    network: Network, display: Display, ended: datetime
) -> None:
    attempts = Attempt.objects.count()
    at = (ended + IDLE_FOR + AFTER_WORK + timedelta(minutes=1)).replace(
        second=0
    )  # a minute is cached
    shown(network, display, at)

    with CaptureQueriesContext(connection) as asked:
        shown(network, display, at + timedelta(seconds=1))

    assert len(asked) <= 5
    assert all(query["sql"].startswith("SELECT") for query in asked)
    assert Attempt.objects.count() == attempts


@pytest.fixture
def video(db: None) -> Asset:
    return Asset.objects.create(
        sha256="f" * 64, kind="video", extension="mp4", bytes=9, width=2, height=2
    )


def film_of(run: Run, video: Asset, seconds: float) -> Film:
    """A finished one, which the run's network plays."""
    Asset.objects.filter(pk=video.pk).update(seconds=seconds)
    return Film.objects.create(
        owner=run.network.owner,
        run=run,
        recipe="film-of-run",
        title="The film of it",
        state=FilmState.COMPLETED,
        output=video,
        replayed_in=run.network,
    )


def test_a_film_is_played_to_its_end_in_turn_with_runs(
    network: Network, add_display: AddDisplay, run: Run, ended: datetime, video: Asset
) -> None:
    grid = add_display()
    film_of(run, video, 24.0)
    begin = ended + IDLE_FOR + 3 * STEP

    scene = wall_state_of_network(network, at=begin + AFTER_WORK)
    tiles = screens.tiles_of(grid, scene)
    page = screens.render_screen(grid, scene)
    later = wall_state_of_network(network, at=begin + 2 * STEP + AFTER_WORK)
    after = wall_state_of_network(network, at=begin + 3 * STEP + AFTER_WORK)

    assert [tile.state for tile in tiles] == ["completed", *["empty"] * 5]
    assert (tiles[0].url, tiles[0].began_at) == (video.url, begin)
    assert f'data-film="{int(begin.timestamp())}"' in page["screen"]
    assert later.identity == scene.identity
    assert "From the archive" in page["screen-note"]
    assert 'id="wall-caption" hidden' in page["wall-caption"]
    assert after.moment is not None
    assert (after.moment.film, after.moment.step) == (0, 0)


def test_a_film_is_not_shown_once_an_output_was_taken_down(
    network: Network, display: Display, run: Run, ended: datetime, video: Asset
) -> None:
    film_of(run, video, 24.0)
    begin = ended + IDLE_FOR + 3 * STEP + AFTER_WORK
    scene = wall_state_of_network(network, at=begin)
    assert screens.tiles_of(display, scene)[0].modality == "video"

    step = run.invocations.get(sequence=1)
    takedowns.take_down(
        step=step, replacement=Replacement.PLACEHOLDER, by=network.owner, at=timezone.now()
    )

    assert screens.tiles_of(display, scene)[0].state == "empty"
    replay.clear_cache()
    again = wall_state_of_network(network, at=begin)
    assert again.moment is not None
    assert again.moment.film == 0
