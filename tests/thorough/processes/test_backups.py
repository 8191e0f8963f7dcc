"""Backup and restore of whole installations, while they work."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from backups import unpacking
from tests.backups.installations import back_up, sums_of
from tests.services.followers import BEGIN_ANEW
from tests.services.rings import Ring
from tests.stack import Stack


def test_what_is_there_is_not_replaced_unasked(stack: Stack, tmp_path: Path) -> None:
    file = back_up(stack, "--to", str(tmp_path))
    before = sums_of(stack)
    cut, newer = tmp_path / "cut.tar", tmp_path / "newer.tar"
    cut.write_bytes(file.read_bytes()[:-5000])
    newer.write_bytes(
        file.read_bytes().replace(b'"backups",\n   "0001', b'"backups",\n   "9001', 1)
    )

    assert "--replace" in stack.refusal("restore", str(file))
    assert "damaged or cut short" in stack.refusal("restore", str(cut), "--replace")
    assert "newer version of PANIC!" in stack.refusal("restore", str(newer), "--replace")
    assert "There is no file" in stack.refusal("restore", str(tmp_path / "none"), "--replace")
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
