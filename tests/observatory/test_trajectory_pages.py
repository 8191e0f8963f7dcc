"""Where a run is going, on its page, in the control room and as a report."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invocations.models import Run
from networks.models import Network
from observatory.events import OutputsEmbedded
from observatory.recent_trajectories import drawn_trajectory
from realtime.events import Progress
from studio.feeds import NetworkFeed, NetworkView
from tests.observatory.embedding_host import Embed
from tests.people import Work, html_of


def embedded(run: Run) -> Progress:
    return Progress(run.network.topic, OutputsEmbedded.type, {"run": run.public_id})


def test_the_part_of_a_runs_page_has_picture_numbers_method_and_table(
    owner: Client, run: Run, work: Work, embed: Embed
) -> None:
    work(run, "a kite over the sea")
    work(run, "a sea, grey")
    embed()

    page = html_of(owner.get(f"/runs/{run.public_id}/"))
    part = html_of(owner.get(f"/runs/{run.public_id}/trajectory/"))

    assert f'data-source="/runs/{run.public_id}/trajectory/"' in page
    for name in ("sentence", "picture", "numbers", "marks", "method", "table"):
        assert f'id="trajectory-{name}"' in part
    assert part.count("<circle") == 3  # two texts and the prompt
    assert '<td dir="auto">a sea, grey</td>' in part


def test_a_trajectory_is_calculated_once_while_nothing_is_embedded(
    run: Run, work: Work, embed: Embed
) -> None:
    work(run, "a kite")
    embed()
    first = drawn_trajectory(run)

    with CaptureQueriesContext(connection) as captured:
        again = drawn_trajectory(run)
    work(run, "a sea")
    embed()

    assert len(captured) == 1
    assert again.found is first.found
    assert drawn_trajectory(run).count == 2


def test_the_control_room_gets_it_when_outputs_were_embedded(
    network: Network, run: Run, work: Work, embed: Embed
) -> None:
    room, wall, terminal = (
        NetworkFeed(network, view, 6, can_control=False)
        for view in (NetworkView.ROOM, NetworkView.WALL, NetworkView.TERMINAL)
    )
    work(run, "a kite over the sea")
    embed()

    html = room.render_progress(embedded(run))

    assert list(html) == ["trajectory"]
    assert "a kite over the sea" in html["trajectory"]
    assert "trajectory" in room.snapshot()
    assert (
        room.render_progress(Progress(network.topic, OutputsEmbedded.type, {"run": "other"})) == {}
    )
    assert wall.render_progress(embedded(run)) == {}
    assert terminal.render_progress(embedded(run)) == {}


def test_a_report_is_of_runs_that_one_may_see(owner: Client, stranger: Client, run: Run) -> None:
    address = f"/observatory/report/?run={run.public_id}"

    assert owner.get(address).status_code == 200
    assert stranger.get(address).status_code == 404
    assert owner.get(f"{address}&run=nobody").status_code == 404
    assert owner.get("/observatory/report/").status_code == 404
