"""A channel is sent on by RTMP to a real nginx, which goes away and comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import pytest

from streams.encoder.protocol import Picture
from tests.fake_servers.rtmp import RtmpServer
from tests.stack import ROOT

AWAY_SECONDS = float(os.environ.get("PANIC_TEST_RTMP_AWAY_SECONDS", "5"))


class Program:
    """A process of ours that says JSON, one object a line; `said`: the newest."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        environment = {**os.environ, "PANIC_DATA_DIR": str(data_dir)}
        environment["DJANGO_SETTINGS_MODULE"] = "panic.settings"
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: dict[str, Any] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said = json.loads(line)


@pytest.fixture
def encoder(tmp_path: Path) -> Iterator[Program]:
    one = Program(tmp_path, "streams.encoder", "trial")
    one.tell(Picture("a", "text", text="A horse in the snow").to_line())
    yield one
    one.end()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RtmpServer]:
    (tmp_path / "nginx").mkdir()
    one = RtmpServer(tmp_path / "nginx")
    one.start()
    yield one
    one.kill()


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def is_received(address: str) -> bool:
    """Whether somebody who plays it from the server sees pictures and hears sound."""
    with suppress(av.FFmpegError), av.open(address, timeout=20) as played:
        kinds = set()
        for packet in played.demux():
            kinds |= {packet.stream.type} if packet.decode() else set()
            if kinds == {"video", "audio"}:
                return True
    return False


def test_a_sender_goes_on_after_its_server_was_away_and_the_encoder_does_not_wait(
    tmp_path: Path, encoder: Program, server: RtmpServer
) -> None:
    sender = Program(tmp_path, "streams.push")
    address = f"{server.address}/secret-key"
    given = {"folder": "trial", "destination": address, "private_allowed": True}
    sender.tell(json.dumps(given) + "\n")
    try:
        wait_for(lambda: sender.said.get("state") == "sending", "it sends")
        wait_for(lambda: is_received(address), "what it sends can be played")

        server.kill()
        wait_for(lambda: sender.said.get("state") == "waiting", "it has noticed")
        before = encoder.said["segment_at"]
        time.sleep(AWAY_SECONDS)
        wait_for(lambda: encoder.said["segment_at"] > before, "the encoder goes on")
        assert sender.said["error"].startswith("The server")
        assert "secret-key" not in str(sender.said)

        server.start()
        wait_for(lambda: sender.said.get("state") == "sending", "it sends again")
        wait_for(lambda: is_received(address), "what it sends can be played again")
    finally:
        sender.end()
