"""Backup and restore of whole installations, while they work."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backups import unpacking
from tests.configured import must_work
from tests.services.followers import BEGIN_ANEW
from tests.services.rings import Ring
from tests.stack import MANAGE, ROOT, Stack

PASSPHRASE = "a moth in the lamp"
SUMS = "from tests.backups import dumps; print(dumps.sums())"


def back_up(stack: Stack, *arguments: str) -> Path:
    return Path(stack.manage("backup", *arguments).splitlines()[-1])


def sums_of(stack: Stack) -> dict[str, list[object]]:
    text = stack.manage("shell", "--no-imports", "-c", SUMS)
    found: dict[str, list[object]] = json.loads(text.splitlines()[-1])
    return found


def media_of(stack: Stack) -> dict[str, str]:
    root = stack.data_dir / "media"
    files = (path for path in root.glob("??/??/*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def refusal(stack: Stack, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, MANAGE, *arguments],
        cwd=ROOT,
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr, result.stderr
    return result.stderr


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Stack]:
    """Another machine, on which nothing is yet."""
    stack = Stack(tmp_path / "elsewhere")
    stack.data_dir.mkdir()
    yield stack
    stack.destroy()


def test_a_restored_installation_is_the_same(
    stack: Stack, elsewhere: Stack, tmp_path: Path
) -> None:
    words = tmp_path / "passphrase"
    words.write_text(PASSPHRASE)
    stack.start()
    address = must_work(stack)
    with stack.client(stack.token(admin=True)) as client:
        key = client.post(
            "/api/v1/credentials",
            json={"platform": "openai", "secret": "sk-a-key-of-adas", "name": "x"},
        )
    assert key.status_code == 201, key.text
    stack.stop()
    (stack.data_dir / "secret_key").chmod(0o600)

    file = back_up(stack, "--to", str(tmp_path / "kept"), "--passphrase-file", str(words))
    elsewhere.manage("restore", str(file), "--passphrase-file", str(words))

    assert sums_of(elsewhere) == sums_of(stack)
    assert media_of(elsewhere) == media_of(stack) != {}
    for name in ("credential_keys", "secret_key"):
        assert (elsewhere.data_dir / name).read_text() == (stack.data_dir / name).read_text()
    elsewhere.manage("prepare", "--without-weights")
    elsewhere.start()
    with elsewhere.client(elsewhere.token(admin=True)) as client:
        assert client.get(address).status_code == 200
    must_work(elsewhere)


def test_what_is_there_is_not_replaced_unasked(stack: Stack, tmp_path: Path) -> None:
    file = back_up(stack, "--to", str(tmp_path))
    before = sums_of(stack)
    cut, newer = tmp_path / "cut.tar", tmp_path / "newer.tar"
    cut.write_bytes(file.read_bytes()[:-5000])
    newer.write_bytes(
        file.read_bytes().replace(b'"backups",\n   "0001', b'"backups",\n   "9001', 1)
    )

    assert "--replace" in refusal(stack, "restore", str(file))
    assert "damaged or cut short" in refusal(stack, "restore", str(cut), "--replace")
    assert "newer version of PANIC!" in refusal(stack, "restore", str(newer), "--replace")
    assert "There is no file" in refusal(stack, "restore", str(tmp_path / "none"), "--replace")
    assert sums_of(stack) == before
    assert not list(stack.data_dir.glob(".restoring-*"))


def test_a_backup_of_a_running_ring_is_of_one_moment(stack: Stack, tmp_path: Path) -> None:
    stack.start()
    ring = Ring(stack)
    try:
        files = [back_up(stack, "--to", str(tmp_path / str(each))) for each in range(3)]
        ring.must_catch_up()
    finally:
        ring.leave()

    for number, file in enumerate(files):
        folder = tmp_path / f"unpacked{number}"
        folder.mkdir()
        found = unpacking.unpack(file, unpacking.read_manifest(file), folder)
        with closing(sqlite3.connect(found.database)) as database:
            (steps,) = database.execute(
                "SELECT count(*), max(sequence) + 1 FROM invocations_invocation GROUP BY run_id"
            ).fetchall()
            open_steps = database.execute(
                "SELECT count(*) FROM invocations_invocation WHERE state IN ('ready', 'invoking')"
            ).fetchone()
            ahead = database.execute(
                "SELECT t.name FROM realtime_topic t WHERE t.last_seq <> "
                "(SELECT coalesce(max(seq), 0) FROM realtime_event e WHERE e.topic_id = t.id)"
            ).fetchall()
        assert steps[0] == steps[1]
        assert open_steps == (1,)
        assert ahead == []


def test_connected_sockets_begin_anew_by_themselves_after_a_restore(
    stack: Stack, tmp_path: Path
) -> None:
    stack.start()
    ring = Ring(stack)
    try:
        ring.must_catch_up()
        file = back_up(stack, "--to", str(tmp_path))
        until = ring.last_step()
        ring.must_catch_up()
        before = ring.processes()

        stack.manage("restore", str(file), "--replace")

        def all_begin_anew() -> bool:
            return all(BEGIN_ANEW in one.closes or one.resyncs for one in ring.followers)

        stack.wait_until(all_begin_anew, 60, "every socket begins anew")
        for follower in ring.followers:
            follower.completed.clear()
        stack.wait_until(
            lambda: all(len(one.completed) > 3 for one in ring.followers), 60, "the ring goes on"
        )
        assert [one.gaps() for one in ring.followers] == [[]] * len(ring.followers)
        assert ring.processes() == before
        assert until > 0
    finally:
        ring.leave()


def test_the_database_is_copied_before_it_is_migrated(stack: Stack) -> None:
    stack.manage("migrate", "assets", "0002")

    shown = stack.manage("prepare", "--without-weights")
    again = stack.manage("prepare", "--without-weights")

    (file,) = (stack.data_dir / "backups").glob("*-before-migration.tar")
    assert str(file) in shown
    assert "before its migration" not in again
    manifest = unpacking.read_manifest(file)
    assert ["assets", "0003_retention_hold"] not in manifest.migrations
    stack.manage("restore", str(file), "--replace")
    stack.manage("migrate", "--check")
