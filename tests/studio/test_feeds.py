"""What sockets are sent: the same fragments as the page's, for those who may have them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, User
from invocations import runs
from invocations.engine.claims import Claim
from invocations.models import Run
from invocations.states import Reason
from lib.database_thread import close_connection
from networks.models import Network, Person, TerminalToken
from panic.asgi import application
from realtime import hub, log
from realtime.cursors import Cursor, Positions
from realtime.events import Progress
from realtime.feeds import Denied
from realtime.streams import Stream
from studio.feeds import NetworkFeed
from studio.mission_control import MissionControlFeed
from tests.people import Work, html_of
from tests.realtime.fixtures import PatientCommunicator

# Opening a feed gives its thread's connection back, and with it a test's transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def _open(network: Network | str, person: Person | None = None, query: str = "") -> NetworkFeed:
    slug = network if isinstance(network, str) else network.slug
    scope = {
        "user": person or AnonymousUser(),
        "url_route": {"kwargs": {"slug": slug}},
        "query_string": query.encode(),
    }
    return async_to_sync(NetworkFeed.open)(scope)


def _denied(*args: Any) -> int:
    with pytest.raises(Denied) as refusal:
        _open(*args)
    return refusal.value.code


def _news(feed: NetworkFeed, before: Cursor) -> list[tuple[str, dict[str, str]]]:
    found = []
    for event in log.read_after(feed.topics[0], before, 100):
        frame = feed.render(event)
        assert frame is not None
        found.append((event.type, dict(frame.html)))
    return found


# Who


def test_a_public_network_is_followed_by_anybody(public: Network) -> None:
    assert _open(public).can_control is False


def test_a_private_one_by_its_people_alone(
    network: Network, alice: User, bob: User, carol: User, root: User
) -> None:
    assert [_open(network, person).can_control for person in (alice, carol, root)] == [True] * 3
    assert [_denied(network, person) for person in (None, bob)] == [4401, 4401]
    assert _denied("nowhere") == 4401


def test_a_code_opens_the_terminals_view_and_no_other(network: Network) -> None:
    token = TerminalToken.issue(network, at=timezone.now())[1]

    assert _open(network, None, f"view=terminal&token={token}").view == "terminal"
    assert _denied(network, None, f"view=room&token={token}") == 4401
    assert _denied(network, None, "view=terminal&token=guess") == 4401


def test_what_the_public_and_the_curator_see_are_two_streams(public: Network, alice: User) -> None:
    assert _open(public).key == _open(public).key
    assert _open(public).key != _open(public, alice).key
    assert _open(public, alice, "view=wall").key == _open(public, None, "view=wall").key
    assert _open(public, None, "cells=4").key != _open(public).key


@pytest.mark.parametrize(
    ("query", "cells"), [("cells=12", 12), ("cells=0", 1), ("cells=x", 6), ("cells=999", 144)]
)
def test_the_number_of_cells_is_asked_for_within_limits(
    public: Network, query: str, cells: int
) -> None:
    assert _open(public, None, query).cells == cells


def test_mission_control_is_followed_by_admins_alone(alice: User) -> None:
    with pytest.raises(Denied) as refusal:
        async_to_sync(MissionControlFeed.open)({"user": alice})

    assert refusal.value.code == 4401


# What


def test_the_snapshot_is_what_the_page_shows(
    stranger: Client, public: Network, run: Run, work: Work
) -> None:
    work(run, "words of a machine")

    page = html_of(stranger.get(reverse("networks:detail", args=[public.slug])))

    snapshot = dict(_open(public).snapshot())
    assert 'id="trajectory"' in snapshot.pop("trajectory")  # for which the page has a place
    for name, html in snapshot.items():
        assert html.split() == [] or html.split()[0] in page, name
        assert "".join(html.split()) in "".join(page.split()), name


def test_a_new_run_clears_the_grid_and_shows_its_first_step_at_once(
    public: Network, run: Run, work: Work
) -> None:
    work(run)
    feed = _open(public)
    before = log.position(public.topic)
    runs.start_run(network=public, prompt="anew", at=timezone.now())

    news = dict(_news(feed, before))

    html = news["run.started"]
    assert [
        f'data-state="{"ready" if n == 0 else "empty"}"' in html[f"tile-{n}"] for n in range(6)
    ] == [True] * 6
    assert "anew" in html["network-now"]


def test_a_step_is_drawn_in_its_cell(public: Network, run: Run, work: Work) -> None:
    for n in range(6):
        work(run, f"step {n}")
    feed, wall = _open(public), _open(public, None, "view=wall&cells=4")
    before = log.position(public.topic)
    work(run, "the seventh")

    drawn, on_wall = dict(_news(feed, before)), dict(_news(wall, before))

    assert "the seventh" in drawn["invocation.completed"]["tile-0"]
    assert "the seventh" in on_wall["invocation.completed"]["tile-2"]
    assert set(on_wall["invocation.completed"]) == {"tile-2"}
    assert "<a " not in on_wall["invocation.completed"]["tile-2"]


def test_a_stop_reaches_the_wall(public: Network, run: Run) -> None:
    wall = _open(public, None, "view=wall")
    before = log.position(public.topic)
    runs.stop_run(run=run, reason=Reason.PANIC, at=timezone.now())

    assert "STOPPED" in dict(_news(wall, before))["run.stopped"]["wall-notice"]


def test_the_buttons_are_pushed_to_those_who_control_alone(
    public: Network, alice: User, run: Run
) -> None:
    assert "network-controls" in _open(public, alice).snapshot()
    assert "network-controls" not in _open(public).snapshot()
    assert "csrf" not in "".join(_open(public, alice).snapshot().values())


def test_one_event_costs_the_same_few_queries_for_any_number_of_feeds(
    public: Network, run: Run, work: Work, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    walls = [_open(public, None, f"view=wall&cells={n}") for n in range(1, 21)]
    before = log.position(public.topic)
    work(run)
    event = next(
        e for e in log.read_after(public.topic, before, 9) if e.type == "invocation.completed"
    )

    with django_assert_max_num_queries(2):  # which step it is, and that step
        for wall in walls:
            wall.render(event)


def test_who_follows_is_asked_anew_once_a_network_is_no_longer_public(
    public: Network, run: Run, work: Work
) -> None:
    feeds = [_open(public, None, f"view={view}") for view in ("room", "wall", "terminal")]
    before = log.position(public.topic)
    Network.objects.filter(pk=public.pk).update(public=False)
    work(run)
    event = log.read_after(public.topic, before, 1)[0]

    for feed in feeds:
        event.notes.clear()
        with pytest.raises(Denied):
            feed.render(event)


def test_a_providers_words_are_shown_while_it_works(
    public: Network, run: Run, take: Callable[[Run], Claim]
) -> None:
    step = take(run).invocation
    data = {"invocation": step.public_id, "status": "<b>starting</b>"}
    news = Progress(public.topic, "invocation.progressed", data)
    feed = _open(public)

    assert feed.render_progress(news) == {
        "tile-0-status": '<span class="tile-status" id="tile-0-status">'
        "&lt;b&gt;starting&lt;/b&gt;</span>\n"
    }
    assert 'id="tile-0-status"' in feed.snapshot()["tile-0"]

    runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
    assert feed.render_progress(news) == {}


# Over the wire


async def _first_frame(path: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    socket = PatientCommunicator(application, path, headers=list(headers))
    connected, _ = await socket.connect()
    assert connected
    output = await socket.receive_output(timeout=30)
    await socket.disconnect()
    await hub.current().close()
    await sync_to_async(close_connection)()
    return (
        {"code": output["code"]}
        if output["type"] == "websocket.close"
        else dict(json.loads(output["text"]))
    )


def test_any_other_address_is_accepted_and_closed() -> None:
    assert asyncio.run(_first_frame("/ws/elsewhere/")) == {"code": 4404}


def test_a_bearer_token_opens_what_is_its_owners(network: Network, alice: User) -> None:
    plain = ApiToken.issue(alice)[1]
    path = f"/ws/networks/{network.slug}/"

    welcome = asyncio.run(_first_frame(path, (b"authorization", f"Bearer {plain}".encode())))

    assert welcome["type"] == "welcome"
    assert set(welcome["html"]) >= {"tile-0", "network-state", "network-controls"}
    assert asyncio.run(_first_frame(path)) == {"code": 4401}
    assert asyncio.run(_first_frame("/ws/mission-control/")) == {"code": 4401}


def test_mission_control_shows_every_running_network(root: User, run: Run) -> None:
    plain = ApiToken.issue(root)[1]
    bearer = (b"authorization", f"Bearer {plain}".encode())

    welcome = asyncio.run(_first_frame("/ws/mission-control/", bearer))

    assert run.prompt in welcome["html"]["mission-networks"]


def test_mission_control_draws_a_lane_once_for_all_that_came_at_once(
    run: Run, work: Work, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        work(run, "words of a machine")
    events = log.read_after(run.network.topic, None, 500)
    stream = Stream(MissionControlFeed(), Positions(()))

    with django_assert_max_num_queries(20):
        frames = [json.loads(frame.text) for frame in stream.prepare(events).frames]

    assert [frame["event"] for frame in frames] == [event.type for event in events]
    assert [frame["event"] for frame in frames if frame["html"]] == [
        "run.started",
        events[-1].type,
    ]
    assert list(frames[-1]["html"]) == [f"run-{run.public_id}"]
