from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from assets.backpressure import Backpressure

pytestmark = pytest.mark.asyncio

SCOPE: Any = {"type": "http"}


class SlowReader:
    """Stands in for Twisted's request: its buffer is full after every piece."""

    def __init__(self) -> None:
        self.channel: object | None = object()
        self.producer: Any = None
        self.received: list[bytes] = []
        self.ended_with_producer: bool | None = None

    def registerProducer(self, producer: Any, streaming: bool) -> None:  # noqa: N802
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:  # noqa: N802
        self.producer = None

    async def write(self, message: Any) -> None:
        if message["type"] != "http.response.body":
            return
        self.received.append(message["body"])
        if not message["more_body"]:
            self.ended_with_producer = self.producer is not None
        elif self.producer:
            self.producer.pauseProducing()


async def three_pieces(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in (b"a", b"b", b"c"):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def handle_reply(reader: SlowReader, message: Any) -> None:
    await reader.write(message)


def answering(reader: SlowReader, app: Any = three_pieces) -> asyncio.Task[None]:
    receive: Any = None
    call: Any = Backpressure(app)(SCOPE, receive, partial(handle_reply, reader))
    return asyncio.create_task(call)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_an_answer_waits_until_the_reader_took_the_last_piece() -> None:
    reader = SlowReader()

    answer = answering(reader)
    await settled()
    after_one = list(reader.received)
    reader.producer.resumeProducing()
    await settled()
    after_two = list(reader.received)
    for _ in range(2):
        reader.producer.resumeProducing()
        await settled()
    await answer

    assert (after_one, after_two) == ([b"a"], [b"a", b"b"])
    assert reader.received == [b"a", b"b", b"c", b""]
    assert reader.ended_with_producer is False


async def test_a_reader_who_leaves_does_not_keep_the_answer_waiting() -> None:
    reader = SlowReader()

    answer = answering(reader)
    await settled()
    producer = reader.producer
    reader.channel = None
    for _ in range(3):
        producer.stopProducing()
        await settled()
    await asyncio.wait_for(answer, 60)

    assert answer.done()


async def test_an_answer_that_fails_lets_go_of_the_connection() -> None:
    async def fails(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise RuntimeError("the disk is gone")

    reader = SlowReader()

    answer = answering(reader, fails)
    await settled()
    reader.producer.resumeProducing()
    with pytest.raises(RuntimeError):
        await answer

    assert reader.producer is None


async def test_other_servers_are_left_alone() -> None:
    received: list[Any] = []

    async def send(message: Any) -> None:
        received.append(message)

    receive: Any = None
    await Backpressure(three_pieces)(SCOPE, receive, send)

    assert len(received) == 5
