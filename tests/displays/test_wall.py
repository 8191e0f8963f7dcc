"""A network's plain wall behaves as a display does: the archive, STOPPED, and who may look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from accounts.models import User
from displays.events import WallStateChanged
from displays.feeds import WallFeed
from displays.wall_states import IDLE_FOR
from invocations import halts, runs
from invocations.models import Run
from invocations.states import Reason
from networks.models import Network, TerminalToken
from realtime import log
from realtime.events import Progress
from realtime.feeds import Denied
from tests.people import Work, html_of

pytestmark = pytest.mark.django_db(transaction=True)


def opened_by(person: Any, network: Network, query: str = "cells=4") -> WallFeed:
    scope = {
        "user": person,
        "url_route": {"kwargs": {"slug": network.slug}},
        "query_string": query.encode(),
    }
    return async_to_sync(WallFeed.open)(scope)


def over(run: Run) -> None:
    """It was stopped, and its last work has been looked at in peace."""
    runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
    Run.objects.update(ended_at=timezone.now() - IDLE_FOR - timedelta(seconds=5))


def test_with_nothing_to_do_the_page_performs_the_archive(
    stranger: Client, public: Network, run: Run, work: Work
) -> None:
    work(run, "made before")
    page = f"/n/{public.slug}/wall/"

    assert "From the archive" not in html_of(stranger.get(page))
    over(run)
    replayed = html_of(stranger.get(page))

    assert "From the archive" in replayed
    assert "made before" in replayed


@pytest.mark.parametrize(
    ("query", "cells"), [("", 6), ("?rows=2&columns=2", 4), ("?rows=1&columns=1", 1)]
)
def test_what_follows_live_has_as_many_cells_as_the_page(
    stranger: Client, public: Network, query: str, cells: int
) -> None:
    page = html_of(stranger.get(f"/n/{public.slug}/wall/{query}"))

    assert f'/wall/?cells={cells}"' in page
    assert page.count('id="tile-') == cells


def test_time_alone_begins_the_archive_on_an_open_wall_and_a_curator_may_switch_it_off(
    public: Network, run: Run, work: Work
) -> None:
    work(run, "made before")
    feed = opened_by(AnonymousUser(), public)
    over(run)
    news = Progress(public.topic, WallStateChanged.type, {})

    assert "From the archive" in feed.render_progress(news)["screen-note"]
    Network.objects.filter(pk=public.pk).update(replay=False)
    assert "From the archive" not in feed.render_progress(news)["screen-note"]


def test_a_step_is_drawn_in_its_cell_and_new_words_clear_the_wall(
    public: Network, run: Run, work: Work
) -> None:
    feed = opened_by(AnonymousUser(), public)
    first = log.read_after(public.topic, None, 1)[0]
    before = log.position(public.topic)
    work(run, "the first")
    done = next(
        e for e in log.read_after(public.topic, before, 9) if e.type == "invocation.completed"
    )

    started, completed = feed.render(first), feed.render(done)

    assert started is not None
    over = {"wall-notice", "wall-caption", "wall-attract", "screen-note"}
    assert set(started.html) == {f"tile-{n}" for n in range(4)} | over
    assert completed is not None
    assert set(completed.html) == {"tile-0"}
    assert "the first" in completed.html["tile-0"]


def test_the_red_button_is_seen_even_where_nothing_ran(public: Network) -> None:
    feed = opened_by(AnonymousUser(), public)
    halts.stop_all(stopped_by=None, at=timezone.now())

    frame = feed.render(log.read_after("mission-control", None, 9)[-1])

    assert frame is not None
    assert "STOPPED" in frame.html["wall-notice"]


def test_a_private_wall_is_for_its_people_and_a_code_for_the_terminal_opens_it_to_nobody(
    network: Network, carol: User
) -> None:
    plain = TerminalToken.issue(network, at=timezone.now())[1]

    assert opened_by(carol, network).display.layout.cells == 4
    for query in ("cells=4", f"cells=4&view=terminal&token={plain}"):
        with pytest.raises(Denied):
            opened_by(AnonymousUser(), network, query)


def test_a_network_that_is_closed_sends_the_public_away_with_the_next_event(
    public: Network, run: Run
) -> None:
    feed = opened_by(AnonymousUser(), public)
    Network.objects.filter(pk=public.pk).update(public=False)

    with pytest.raises(Denied):
        feed.render(log.read_after(public.topic, None, 1)[0])
