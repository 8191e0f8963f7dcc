"""A worker may be killed at any instant: what it shared with the others goes on working."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

import pytest

from invocations.engine.cluster import MAX_MESSAGE_BYTES, DatagramQueue, SharedNumber

fork = multiprocessing.get_context("fork")


def reader(queue: DatagramQueue, reading: Connection) -> None:
    """Says that it is there, and then everything it gets."""
    reading.send("ready")
    for message in iter(queue.get, "STOP"):
        reading.send(message)


@pytest.fixture
def queue() -> Iterator[DatagramQueue]:
    one = DatagramQueue()
    yield one
    one.close()


def read_by_a_child(
    queue: DatagramQueue,
) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=reader, args=(queue, there), daemon=True)
    child.start()
    assert here.recv() == "ready"
    return child, here


def test_messages_arrive_in_order_and_whole(queue: DatagramQueue) -> None:
    messages = [{"func": "tasks.look", "args": (number,)} for number in range(5)]
    for message in messages:
        queue.put(message)

    assert [queue.get() for _ in messages] == messages


def test_readers_that_are_killed_while_they_wait_take_nothing_along(queue: DatagramQueue) -> None:
    for _ in range(5):
        victim, _ = read_by_a_child(queue)
        assert victim.pid is not None
        os.kill(victim.pid, signal.SIGKILL)
        victim.join(60)
    survivor, received = read_by_a_child(queue)

    for number in range(20):
        queue.put(number)
    queue.put("STOP")

    survivor.join(60)
    assert [received.recv() for _ in range(20)] == list(range(20))


def test_each_message_goes_to_one_reader(queue: DatagramQueue) -> None:
    readers = [read_by_a_child(queue) for _ in range(3)]

    for number in range(30):
        queue.put(number)
    for _ in readers:
        queue.put("STOP")

    got = []
    for child, received in readers:
        child.join(60)
        with suppress(EOFError):
            while True:
                got.append(received.recv())
    assert sorted(got) == list(range(30))


def test_what_waits_can_be_read_after_the_sender_has_closed(queue: DatagramQueue) -> None:
    child, received = read_by_a_child(queue)
    queue.put("last words")
    queue.put("STOP")
    queue.close()

    child.join(60)
    assert received.recv() == "last words"


def test_it_knows_whether_something_waits(queue: DatagramQueue) -> None:
    assert queue.empty()
    queue.put("something")
    assert (queue.empty(), queue.qsize()) == (False, 1)
    queue.get()
    assert queue.empty()
    queue.put("something")
    queue.close()
    assert queue.empty()  # django-q2 writes down its state once more when it has stopped


def test_a_message_that_does_not_fit_is_refused_in_words(queue: DatagramQueue) -> None:
    queue.put("x" * (MAX_MESSAGE_BYTES - 100))
    with pytest.raises(ValueError, match="at most 150,000 fit"):
        queue.put("x" * MAX_MESSAGE_BYTES)


def test_a_worker_killed_in_the_hold_of_its_timer_does_not_stop_the_guard() -> None:
    timer = SharedNumber("f", -1)
    holding, told = fork.Pipe(duplex=False)

    def hold() -> None:
        with timer.get_lock():
            timer.value = 7.0
            told.send("held")
            signal.pause()

    worker = fork.Process(target=hold, daemon=True)
    worker.start()
    holding.recv()
    worker.kill()
    worker.join(60)

    with timer.get_lock():
        assert timer.value == 7.0
