"""A wall of screens follows a run while the web server, and then everything, is killed."""

from __future__ import annotations

from rehearsal.screens import Screen, screens
from rehearsal.stage import TEXT, Broken, Stage

from .base import Act

SCREENS, KILLS = 12, 3
CAUGHT_UP = 10.0  # seconds after the last event


def play(stage: Stage) -> str:
    slug = stage.network("On every screen", TEXT)
    topic = f"network:{stage.ask('GET', f'networks/{slug}').json()['id']}"
    url = f"{stage.stack.socket_url}/ws/networks/{slug}/"
    with screens(SCREENS, url, stage.api.headers["Authorization"]) as wall:
        stage.until(lambda: all(screen.connections for screen in wall), 20, "all are connected")
        run = stage.start(slug)
        for kill in range(1, KILLS + 1):
            stage.until(lambda n=kill: all(s.connections >= n for s in wall), 20, "all are back")  # type: ignore[misc]
            stage.goes_on(run)
            stage.kill("web")
        stage.kill_queue()
        stage.goes_on(run)
        stage.stop(run)
        last = stage.records.last_seqs()[topic]
        stage.until(
            lambda: min(screen.position for screen in wall) >= last, CAUGHT_UP, "all have seen all"
        )
    return _judge(wall, last)


def _judge(wall: list[Screen], last: int) -> str:
    if faults := [fault for screen in wall for fault in screen.faults]:
        raise Broken(f"{len(faults)} gaps or repeats: {'; '.join(faults[:3])}")
    cuts = sum(screen.connections - 1 for screen in wall)
    resyncs = sum(screen.resyncs for screen in wall)
    return f"{SCREENS} screens, {cuts} cuts: each saw all {last} events in order, {resyncs} resyncs"


ACTS = (Act("walls", "The web server is killed under the screens", (3, 5), 90, play),)
