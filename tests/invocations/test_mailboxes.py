"""A worker may be killed at any instant: what it shared with the others goes on working."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

import pytest

from invocations.engine.mailboxes import MESSAGE_MAX, Mailbox, Timer

fork = multiprocessing.get_context("fork")


def reader(mailbox: Mailbox, reading: Connection) -> None:
    """Says that it is there, and then everything it gets."""
    reading.send("ready")
    for message in iter(mailbox.get, "STOP"):
        reading.send(message)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    one = Mailbox()
    yield one
    one.close()


def read_by_a_child(mailbox: Mailbox) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=reader, args=(mailbox, there), daemon=True)
    child.start()
    assert here.recv() == "ready"
    return child, here


def test_messages_arrive_in_order_and_whole(mailbox: Mailbox) -> None:
    messages = [{"func": "tasks.look", "args": (number,)} for number in range(5)]
    for message in messages:
        mailbox.put(message)

    assert [mailbox.get() for _ in messages] == messages


def test_readers_that_are_killed_while_they_wait_take_nothing_along(mailbox: Mailbox) -> None:
    for _ in range(5):
        victim, _ = read_by_a_child(mailbox)
        assert victim.pid is not None
        os.kill(victim.pid, signal.SIGKILL)
        victim.join(10)
    survivor, heard = read_by_a_child(mailbox)

    for number in range(20):
        mailbox.put(number)
    mailbox.put("STOP")

    survivor.join(10)
    assert [heard.recv() for _ in range(20)] == list(range(20))


def test_each_message_goes_to_one_reader(mailbox: Mailbox) -> None:
    readers = [read_by_a_child(mailbox) for _ in range(3)]

    for number in range(30):
        mailbox.put(number)
    for _ in readers:
        mailbox.put("STOP")

    got = []
    for child, heard in readers:
        child.join(10)
        with suppress(EOFError):
            while True:
                got.append(heard.recv())
    assert sorted(got) == list(range(30))


def test_what_waits_can_be_read_after_the_sender_has_closed(mailbox: Mailbox) -> None:
    child, heard = read_by_a_child(mailbox)
    mailbox.put("last words")
    mailbox.put("STOP")
    mailbox.close()

    child.join(10)
    assert heard.recv() == "last words"


def test_it_knows_whether_something_waits(mailbox: Mailbox) -> None:
    assert mailbox.empty()
    mailbox.put("something")
    assert (mailbox.empty(), mailbox.qsize()) == (False, 1)
    mailbox.get()
    assert mailbox.empty()
    mailbox.put("something")
    mailbox.close()
    assert mailbox.empty()  # django-q2 writes down its state once more when it has stopped


def test_a_message_that_does_not_fit_is_refused_in_words(mailbox: Mailbox) -> None:
    mailbox.put("x" * (MESSAGE_MAX - 100))
    with pytest.raises(ValueError, match="at most 150,000 fit"):
        mailbox.put("x" * MESSAGE_MAX)


def test_a_worker_killed_in_the_hold_of_its_timer_does_not_stop_the_guard() -> None:
    timer = Timer("f", -1)
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
    worker.join(10)

    with timer.get_lock():
        assert timer.value == 7.0
