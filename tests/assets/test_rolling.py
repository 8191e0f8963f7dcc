"""The latest segments of a stream: bounded, in order, and never half of one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from assets import rolling
from assets.errors import TooLarge
from assets.rolling import RollingChannel, RollingLimits, Segment

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def append(channel: RollingChannel, data: bytes = b"x", *, at: datetime = AT) -> Segment:
    return channel.append([data], seconds=2.0, extension="ts", at=at)


def sequences(channel: RollingChannel) -> list[int]:
    return [one.sequence for one in channel.segments()]


def test_segments_are_listed_in_order_and_read_as_they_were_written() -> None:
    channel = RollingChannel("wall")

    for n in range(12):
        append(channel, b"%d" % n, at=AT + timedelta(seconds=n))

    assert sequences(channel) == list(range(12))
    assert [b"".join(channel.read(n)) for n in (0, 9, 11)] == [b"0", b"9", b"11"]
    newest = channel.segments()[-1]
    assert (newest.seconds, newest.bytes, newest.created_at) == (2.0, 2, AT + timedelta(seconds=11))


@pytest.mark.parametrize(
    "limits",
    [
        RollingLimits(max_segments=3),
        RollingLimits(max_bytes=30),
        RollingLimits(max_age=timedelta(seconds=2)),
    ],
    ids=["count", "bytes", "age"],
)
def test_what_is_over_a_limit_expires_oldest_first(limits: RollingLimits) -> None:
    channel = RollingChannel("wall", limits)

    for n in range(10):
        append(channel, b"0123456789", at=AT + timedelta(seconds=n))

    assert sequences(channel) == [7, 8, 9]
    with pytest.raises(FileNotFoundError):
        b"".join(channel.read(6))


def test_numbers_rise_after_everything_has_expired_or_was_removed() -> None:
    channel = RollingChannel("wall", RollingLimits(max_age=timedelta(seconds=5)))
    append(channel)
    append(channel)

    assert channel.expire(AT + timedelta(minutes=1)) == 2
    assert sequences(channel) == []
    assert append(RollingChannel("wall")).sequence == 2  # another process, later
    channel.clear()
    assert append(channel).sequence == 3


def test_a_kill_before_publishing_leaves_what_was_there_and_a_file_that_is_swept() -> None:
    channel = RollingChannel("wall")
    append(channel, b"whole")
    script = f"""
import os, sys, time, django
from django.conf import settings
settings.configure(DATA_DIR={str(channel.folder.parent.parent)!r})
from datetime import UTC, datetime
from assets.rolling import RollingChannel

def pieces():
    yield b"half"
    os.kill(os.getpid(), 9)

RollingChannel("wall").append(pieces(), seconds=1, extension="ts", at=datetime.now(UTC))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=Path.cwd(), check=False)

    assert done.returncode == -9
    assert sequences(channel) == [0]
    assert append(channel).sequence == 1
    assert rolling.sweep() == 0  # not old enough: it may be in use
    assert rolling.sweep(timedelta(seconds=-1)) == 1
    assert sequences(channel) == [0, 1]


def test_a_writer_that_starts_again_removes_what_it_left() -> None:
    channel = RollingChannel("wall")
    append(channel)
    left = channel.folder / ".incoming-dead"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 90,) * 2)

    append(RollingChannel("wall"))

    assert not left.exists()


def test_a_kill_while_expiring_leaves_no_gap_and_repeats_no_number() -> None:
    channel = RollingChannel("wall")
    for _ in range(5):
        append(channel)

    channel.segments()[2].path.unlink()  # as where some were removed, and some not yet

    assert sequences(channel) == [3, 4]
    assert append(channel).sequence == 5


def test_a_segment_that_is_too_large_or_breaks_off_is_not_published() -> None:
    channel = RollingChannel("wall", RollingLimits(max_segment_bytes=10))

    def broken() -> Iterator[bytes]:
        yield b"1"
        raise ConnectionResetError

    with pytest.raises(TooLarge):
        append(channel, b"x" * 11)
    with pytest.raises(ConnectionResetError):
        channel.append(broken(), seconds=1, extension="ts", at=AT)

    assert sequences(channel) == []
    assert [path.name for path in channel.folder.iterdir() if path.name != ".lock"] == []


def test_two_writers_never_share_a_number() -> None:
    def write(_: int) -> int:
        return append(RollingChannel("wall")).sequence

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(write, range(40)))

    assert sorted(numbers) == list(range(40))


def test_channels_do_not_mix_and_names_are_no_paths() -> None:
    append(RollingChannel("one"))

    assert RollingChannel("two").segments() == []
    for name in ("", "..", "a/b", "A"):
        with pytest.raises(ValueError, match="channel"):
            RollingChannel(name)
