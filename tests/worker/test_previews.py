"""Previews of work under way: the newest is sent, and neither the work nor its outcome waits for one."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import cast

import pytest

from panic_worker.api import FarmApi
from panic_worker.backoff import Backoff
from panic_worker.handlers import command
from panic_worker.handlers.base import Handler, Offer, Work, WorkResult
from panic_worker.previews import MAX_BYTES, PreviewSender
from tests.worker.conftest import StartWorker
from tests.worker.farm_server import PATIENCE_SECONDS, FarmServer

JPEG, PNG = b"\xff\xd8 a picture, end", b"\x89PNG another one, end"


class Painter(Handler):
    """Writes what the test says, until it says that it is done."""

    name = "painter"

    def __init__(self) -> None:
        self.done = threading.Event()
        self.path: Path | None = None
        self.began = threading.Event()

    def offers(self) -> list[Offer]:
        return [Offer("painter", "Painter", "text", "text")]

    def self_test(self, folder: Path) -> None:
        """Nothing to prove."""

    def run(self, work: Work) -> WorkResult:
        self.path = work.folder / "preview.jpg"
        work.watch_preview(self.path)
        self.began.set()
        assert self.done.wait(PATIENCE_SECONDS)
        return WorkResult(text="painted")

    def paint(self, content: bytes) -> None:
        assert self.began.wait(PATIENCE_SECONDS)
        assert self.path is not None
        part = self.path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(self.path)  # or the sender may see it empty first, and send it twice


def wait_for_renewals(farm: FarmServer) -> None:
    renewed = farm.count("renew")
    farm.wait_for(lambda: farm.count("renew") > renewed + 3)


@pytest.fixture
def painter(farm: FarmServer, start: StartWorker) -> Painter:
    painter = Painter()
    farm.offer_text("t1", "panic", model="painter")
    start(painter)
    return painter


def test_a_program_shows_what_it_is_at(
    farm: FarmServer, start: StartWorker, tmp_path: Path
) -> None:
    fifo, commands = tmp_path / "go", tmp_path / "commands"
    os.mkfifo(fifo)
    commands.mkdir()
    script = f'cat >/dev/null; printf "\\211PNG at work, end" >preview.png; cat "{fifo}"'
    (commands / "x.toml").write_text(
        'name = "x"\ninput = "text"\noutput = "text"\nstdin = true\nstdout = true\n'
        f"preview = \"preview.png\"\nprogram = ['sh', '-c', '''{script}''']\n"
    )
    farm.offer_text("t1", "panic", model="x")
    start(*command.load(commands, {}))

    farm.wait_for(lambda: farm.previews)
    fifo.write_text("done")

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.previews == {"t1": ("image/png", b"\x89PNG at work, end")}
    assert farm.outcomes["t1"]["outputs"] == [{"type": "text", "text": "done"}]


def test_the_newest_is_sent_once(farm: FarmServer, painter: Painter) -> None:
    painter.paint(JPEG)
    farm.wait_for(lambda: farm.previews.get("t1") == ("image/jpeg", JPEG))

    painter.paint(PNG)
    farm.wait_for(lambda: farm.previews.get("t1") == ("image/png", PNG))

    painter.done.set()
    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert [one["content"] for one in farm.bodies("preview") if one["content"] == JPEG] == [JPEG]


def test_a_half_written_one_is_followed_by_the_whole_one(
    farm: FarmServer, painter: Painter
) -> None:
    farm.script("preview", 415, {"code": "not_a_preview"})
    painter.paint(JPEG[:6])
    farm.wait_for(lambda: farm.count("preview"))

    painter.paint(JPEG)

    farm.wait_for(lambda: farm.previews.get("t1") == ("image/jpeg", JPEG))
    painter.done.set()
    farm.wait_for(lambda: farm.outcomes.get("t1", {}).get("outcome") == "succeeded")


def test_what_is_no_picture_and_what_is_too_large_is_not_sent(
    farm: FarmServer, painter: Painter
) -> None:
    for content in (JPEG + b"x" * MAX_BYTES, b"words"):
        painter.paint(content)
        wait_for_renewals(farm)
    painter.paint(JPEG)

    farm.wait_for(lambda: farm.previews)
    painter.done.set()
    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert {one["content"] for one in farm.bodies("preview")} == {JPEG}


def test_a_server_that_says_later_is_heeded_and_delays_nothing(
    farm: FarmServer, painter: Painter
) -> None:
    farm.script("preview", 429, Retry_After="3600")
    painter.paint(JPEG)
    farm.wait_for(lambda: farm.count("preview"))

    painter.paint(PNG)
    painter.done.set()

    farm.wait_for(lambda: "t1" in farm.outcomes)
    assert farm.outcomes["t1"]["outcome"] == "succeeded"
    assert farm.count("preview") == 1


class SlowApi:
    """A server that answers when the test says so."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.begun, self.answer = threading.Semaphore(0), threading.Semaphore(0)

    def put_preview(self, token: str, content: bytes, content_type: str) -> None:
        self.sent.append(content)
        self.begun.release()
        assert self.answer.acquire(timeout=PATIENCE_SECONDS)


@pytest.fixture
def slow() -> SlowApi:
    return SlowApi()


def test_those_that_come_while_one_is_sent_are_skipped_but_for_the_newest(
    slow: SlowApi, tmp_path: Path
) -> None:
    sender, path = _sender(slow), tmp_path / "preview.jpg"
    path.write_bytes(JPEG + b"1")
    sender.watch(path)
    assert slow.begun.acquire(timeout=PATIENCE_SECONDS)
    for number in range(2, 30):
        path.write_bytes(JPEG + b"." * number)

    slow.answer.release()

    assert slow.begun.acquire(timeout=PATIENCE_SECONDS)
    sender.close()
    slow.answer.release()
    assert slow.sent == [JPEG + b"1", JPEG + b"." * 29]


def _sender(api: SlowApi) -> PreviewSender:
    return PreviewSender("t1", cast("FarmApi", api), Backoff(0.01, 0.05), 0.01)
