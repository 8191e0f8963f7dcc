"""A live ring whose followers miss nothing."""

from __future__ import annotations

import time

from tests.stack import Stack

from .followers import Follower

CATCH_UP_SECONDS = 60.0  # at once, but for a busy machine
SOCKETS = 20


class Ring:
    """A run that goes on for ever, and those who follow it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        slot = {"model": "dummy:text-to-text", "parameters": {"delay_seconds": 0.1}}
        settings = {
            "name": "Cut",
            "public": True,
            "slots": [slot],
            "lockout_seconds": 0,
            "pacing": [{"until_seconds": None, "delay_seconds": 0}],
        }
        with stack.client(stack.token(admin=True)) as client:
            network = client.post("/api/v1/networks", json=settings).raise_for_status().json()
            path = f"/api/v1/networks/{network['slug']}/runs"
            client.post(path, json={"prompt": "a moth"}).raise_for_status()
        feed = f"{stack.socket_url}/ws/networks/{network['slug']}/"
        self.followers = [Follower(feed) for _ in range(SOCKETS)]
        assert all(one.connected.wait(60) for one in self.followers), stack.output()[-4000:]

    def leave(self) -> None:
        for follower in self.followers:
            follower.leave()

    def processes(self) -> set[int]:
        roles = ("web", "queue", "worker")
        return {process.pid for role in roles for process in self.stack.processes(role)}

    def last_step(self) -> int:
        """The newest step that anybody was told of; -1 before the first."""
        return max((one.completed[-1] for one in self.followers if one.completed), default=-1)

    def must_catch_up(self) -> float:
        """The ring goes on, everybody sees it, and nobody has missed a step; seconds until then."""
        began, reached = time.monotonic(), self.last_step() + 2

        def everybody_is_past() -> bool:
            return all(one.completed[-1:] > [reached] for one in self.followers)

        what = f"every socket is past step {reached}"
        self.stack.wait_until(everybody_is_past, CATCH_UP_SECONDS, what)
        assert [one.gaps() for one in self.followers] == [[]] * SOCKETS
        assert not any(one.resyncs for one in self.followers)
        return time.monotonic() - began
