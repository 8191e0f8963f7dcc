"""`manage.py move` that is killed with SIGKILL in the middle, and run again: everything is there once, as it was."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.backups.installations import sums_of
from tests.fake_servers.s3 import Bucket
from tests.services.killed_moves import FILE, FILES_BEFORE, NOTE, ROWS
from tests.stack import MANAGE, ROOT, Stack

from .moved_installations import files_of, make_media, objects_of, s3_settings


def kill_move(stack: Stack, point: str, *arguments: str) -> None:
    code = f"from tests.services import killed_moves; killed_moves.run({point!r}, *{arguments!r})"
    ended = subprocess.run(
        [sys.executable, MANAGE, "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env=stack.environment,
        capture_output=True,
        timeout=600,  # the first one migrates a database
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


@pytest.mark.timeout(1500)  # fifteen processes and two migrations
def test_a_killed_move_goes_on_there_and_back(
    stack: Stack, database: str, bucket: Bucket, tmp_path: Path
) -> None:
    stack.environment |= {**s3_settings(bucket), "DATABASE_URL": ""}
    stack.seed()
    make_media(stack)
    before, files = sums_of(stack), files_of(stack.data_dir / "media")
    there = Stack(tmp_path / "there", DATABASE_URL=database)
    there.environment |= {**s3_settings(bucket), "S3_BUCKET": bucket.name}
    there.data_dir.mkdir()
    where = ("--to", database, "--media", f"s3://{bucket.name}")

    kill_move(stack, ROWS, *where)
    assert bucket.keys() == []
    with psycopg.connect(database) as rows:
        assert rows.execute("SELECT count(*) FROM networks_network").fetchall() == [(0,)]
    kill_move(stack, FILE, *where)
    assert len(bucket.keys()) == FILES_BEFORE
    kill_move(stack, NOTE, *where)
    assert len(bucket.keys()) == 2 * FILES_BEFORE + 1 < len(files)
    said = stack.manage("move", *where)

    assert "The rows are there already" in said
    assert f"{len(files)} media files are there and the same." in said
    assert sums_of(there) == before
    assert sorted(bucket.keys()) == sorted(files)
    assert objects_of(there) == files
    assert (sums_of(stack), files_of(stack.data_dir / "media")) == (before, files)
    must_come_back(there, tmp_path / "back", before, files)


def must_come_back(
    there: Stack, folder: Path, before: dict[str, list[object]], files: dict[str, str]
) -> None:
    folder.mkdir()
    media = folder / "media"
    where = ("--to", f"sqlite:///{folder}/panic.sqlite3", "--media", f"file://{media}")
    here = Stack(folder, DATABASE_URL="")

    kill_move(there, ROWS, *where)
    assert not media.exists()
    with closing(sqlite3.connect(folder / "panic.sqlite3")) as rows:
        assert rows.execute("SELECT count(*) FROM networks_network").fetchall() == [(0,)]
    kill_move(there, FILE, *where)
    assert len(files_of(media)) == FILES_BEFORE
    kill_move(there, NOTE, *where)
    assert len(files_of(media)) == 2 * FILES_BEFORE + 1
    there.manage("move", *where)

    assert sums_of(here) == before
    assert files_of(media) == files
