"""WebSocket viewers follow a run while the web server, and then the queue, is killed."""

from __future__ import annotations

from functools import partial

from rehearsal.stack import TEXT, Broken, RehearsalStack
from rehearsal.viewers import Viewer, connected_viewers

from .base import Scenario

VIEWERS, KILLS = 12, 3
CATCH_UP_SECONDS = 10.0  # seconds after the last event


def kill_web_under_viewers(stack: RehearsalStack) -> str:
    slug = stack.create_network("Followed by viewers", TEXT)
    topic = f"network:{stack.request('GET', f'networks/{slug}').json()['id']}"
    url = f"{stack.socket_url}/ws/networks/{slug}/"
    with connected_viewers(VIEWERS, url, stack.api.headers["Authorization"]) as watching:
        stack.await_condition(
            lambda: all(viewer.connections for viewer in watching), 20, "all are connected"
        )
        run = stack.start_run(slug)
        for kill in range(1, KILLS + 1):
            stack.await_condition(partial(_connected_times, watching, kill), 20, "all are back")
            stack.await_progress(run)
            stack.kill_role("web")
        stack.kill_queue()
        stack.await_progress(run)
        stack.stop_run(run)
        last = stack.records.last_seqs()[topic]
        stack.await_condition(
            lambda: min(viewer.position for viewer in watching) >= last,
            CATCH_UP_SECONDS,
            "all have seen all",
        )
    return _judge(watching, last)


def _connected_times(watching: list[Viewer], times: int) -> bool:
    return all(viewer.connections >= times for viewer in watching)


def _judge(watching: list[Viewer], last: int) -> str:
    if faults := [fault for viewer in watching for fault in viewer.faults]:
        raise Broken(f"{len(faults)} gaps or repeats: {'; '.join(faults[:3])}")
    cuts = sum(viewer.connections - 1 for viewer in watching)
    resyncs = sum(viewer.resyncs for viewer in watching)
    return f"{VIEWERS} viewers, {cuts} cuts: each saw all {last} events in order, {resyncs} resyncs"


SCENARIOS = (
    Scenario(
        "viewers", "The web server is killed under the viewers", (3, 5), 90, kill_web_under_viewers
    ),
)
