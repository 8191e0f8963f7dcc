"""What displays of one network share: how it stands, the drawing, the bytes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from displays.events import WallStateChanged
from invocations.models import Run
from networks.models import Network
from realtime.events import Progress
from tests.people import Work

from .conftest import AddDisplay
from .test_feeds import feed_of, happened

pytestmark = pytest.mark.django_db(transaction=True)


def test_displays_of_a_network_draw_a_step_with_one_query_between_them(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    feeds = [feed_of(add_display(f"grid-{number}")) for number in range(5)]
    begun = happened(network.topic, "run.started")
    for feed in feeds:
        feed.render(begun)
    work(run, "a red kite")
    event = happened(network.topic, "invocation.completed")

    with CaptureQueriesContext(connection) as asked:
        frames = [feed.render(event) for feed in feeds]

    drawn = [frame.html["tile-0"] for frame in frames if frame is not None]
    assert len(asked) == 1
    assert len(drawn) == 5
    assert all(html is drawn[0] for html in drawn)
    assert "a red kite" in drawn[0]


def test_what_time_may_have_changed_is_asked_for_again(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display())
    feed.render(happened(network.topic, "run.started"))
    work(run, "a red kite")
    event = happened(network.topic, "invocation.completed")

    feed.render_progress(Progress(network.topic, WallStateChanged.type, {}))
    with CaptureQueriesContext(connection) as asked:
        feed.render(event)

    assert any("invocations_run" in query["sql"].split("WHERE")[0] for query in asked)
