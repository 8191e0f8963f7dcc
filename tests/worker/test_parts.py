"""The parts of the worker on their own, and that it imports nothing of the product."""

from __future__ import annotations

import ast
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from panic_worker import logs
from panic_worker import outbox as outbox_file
from panic_worker.backoff import Backoff
from panic_worker.logs import AttemptLog
from panic_worker.outbox import BLOB, FINISH, LOG, Outbox, OutboxFile

WORKER = Path(__file__).resolve().parents[2] / "worker"


def imported_packages(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


def test_it_needs_the_standard_library_alone() -> None:
    allowed = sys.stdlib_module_names | {"panic_worker"}
    paths = sorted(WORKER.rglob("*.py"))

    foreign = {path.name: imported_packages(path) - allowed for path in paths}

    assert len(paths) > 20
    assert not {name: found for name, found in foreign.items() if found}


def test_the_outbox_keeps_the_order_of_an_attempt(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.sqlite3", tmp_path / "blobs")) as outbox:
        (tmp_path / "a").write_bytes(b"a")
        outbox.add_log("t1", "é\n")
        outbox.add_log("t1", "two\n")
        outbox.add_log("t2", "other\n")
        outbox.finish("t1", {"outcome": "succeeded"}, [OutboxFile("a" * 64, tmp_path / "a", "x/y")])

        sent = []
        while entry := outbox.next_entry("t1"):
            sent.append((entry.kind, entry.body))
            outbox.remove(entry)

        assert sent == [
            (LOG, {"offset": 0, "text": "é\n"}),
            (LOG, {"offset": 2, "text": "two\n"}),
            (BLOB, {"sha256": "a" * 64, "content_type": "x/y"}),
            (FINISH, {"outcome": "succeeded"}),
        ]
        assert outbox.unfinished_tokens() == {"t1", "t2"}


def test_a_file_of_two_attempts_stays_until_both_have_handed_it_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_file, "MAX_RECENT_BYTES", 0)
    with closing(Outbox(tmp_path / "o.sqlite3", tmp_path / "blobs")) as outbox:
        for token in ("t1", "t2"):
            (tmp_path / "a").write_bytes(b"a")
            outbox.finish(token, {}, [OutboxFile("a" * 64, tmp_path / "a", "x/y")])

        outbox.drop("t1")
        assert outbox.blob_path("a" * 64).exists()

        outbox.drop("t2")
        assert not outbox.blob_path("a" * 64).exists()


def test_a_log_without_an_end_keeps_its_head_and_its_tail() -> None:
    log = AttemptLog()
    for number in range(200_000):
        log.add(f"line {number}")

    text = "".join([*log.take(), *log.take(at_end=True)])

    assert text.startswith("line 0\n")
    assert text.endswith("line 199999\n")
    assert " bytes left out]\n" in text
    assert len(text) < logs.MAX_HEAD_BYTES + logs.MAX_TAIL_BYTES + 100


def test_a_long_log_is_sent_in_parts() -> None:
    log = AttemptLog()
    log.add("x" * 250_000)

    parts = log.take()

    assert all(len(part) <= logs.MAX_PART for part in parts)
    assert "".join(parts).replace("\n", "") == "x" * 250_000


def test_what_cannot_be_text_is_logged_all_the_same() -> None:
    log = AttemptLog()

    log.add("lone \udc80 surrogate\nand a second line")

    assert log.take() == ["lone ? surrogate\nand a second line\n"]


def test_waits_grow_with_jitter_up_to_their_most_and_heed_the_server() -> None:
    backoff = Backoff(first=1.0, most=30.0)

    waits = [backoff.next_wait() for _ in range(50)]

    assert 0.25 <= waits[0] <= 1.0
    assert all(7.5 <= wait <= 30.0 for wait in waits[5:])
    assert 120.0 <= backoff.next_wait(120.0) <= 132.0
    backoff.succeeded()
    assert backoff.next_wait() <= 1.0


def test_the_newest_files_that_were_handed_in_stay_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_file, "MAX_RECENT_BYTES", 2)
    with closing(Outbox(tmp_path / "o.sqlite3", tmp_path / "blobs")) as outbox:
        for name in "abc":
            (tmp_path / name).write_bytes(b"1")
            outbox.finish(name, {}, [OutboxFile(name * 64, tmp_path / name, "x/y")])
            os.utime(outbox.blob_path(name * 64), (ord(name), ord(name)))
            outbox.drop(name)

        assert [bool(outbox.recent_file(name * 64)) for name in "abc"] == [False, True, True]
        assert outbox.recent_file("../enrolment.json") is None
