"""From SQLite with files to Postgres with a bucket, and back: everything is the same on the other side."""

from __future__ import annotations

from pathlib import Path

from tests.backups.installations import sums_of
from tests.fake_servers.s3 import Bucket
from tests.stack import Stack

from .moved_installations import files_of, make_media, objects_of, s3_settings


def test_there_and_back(stack: Stack, database: str, bucket: Bucket, tmp_path: Path) -> None:
    stack.environment |= {**s3_settings(bucket), "DATABASE_URL": ""}
    stack.seed()
    make_media(stack)
    before, files = sums_of(stack), files_of(stack.data_dir / "media")

    said = stack.manage("move", "--to", database, "--media", f"s3://{bucket.name}")
    there = Stack(tmp_path / "there", DATABASE_URL=database)
    there.environment |= {**s3_settings(bucket), "S3_BUCKET": bucket.name}
    there.data_dir.mkdir()

    assert f"{len(files)} media files are there and the same." in said
    assert sums_of(there) == before
    assert sorted(bucket.keys()) == sorted(files) != []
    assert objects_of(there) == files

    again = stack.manage("move", "--to", database, "--media", f"s3://{bucket.name}")
    assert "The rows are there already" in again

    back = tmp_path / "back"
    back.mkdir()
    there.manage(
        *("move", "--to", f"sqlite:///{back}/panic.sqlite3", "--media", f"file://{back}/media")
    )
    here = Stack(back)
    assert sums_of(here) == before
    assert files_of(back / "media") == files


def test_an_interrupted_move_goes_on(
    stack: Stack, database: str, bucket: Bucket, tmp_path: Path
) -> None:
    """A file that cannot be stored stops it; what was there by then is not sent again."""
    stack.environment |= {**s3_settings(bucket), "DATABASE_URL": ""}
    make_media(stack)
    files = files_of(stack.data_dir / "media")
    nowhere = {**stack.environment, "S3_ENDPOINT_URL": "http://127.0.0.1:9"}
    stack.environment, right = nowhere, stack.environment

    assert "goes on from here" in stack.refusal(
        "move", "--to", database, "--media", f"s3://{bucket.name}"
    )
    stack.environment = right
    said = stack.manage("move", "--to", database, "--media", f"s3://{bucket.name}")

    assert "The rows are there already" in said
    assert sorted(bucket.keys()) == sorted(files)


def test_another_installation_is_left_alone(stack: Stack, database: str, tmp_path: Path) -> None:
    stack.environment["DATABASE_URL"] = ""
    other = Stack(tmp_path / "other", DATABASE_URL=database)
    other.data_dir.mkdir()
    other.manage("migrate")
    other.token("somebody@example.org")
    before = sums_of(other)

    assert "another installation" in stack.refusal("move", "--to", database)

    assert sums_of(other) == before


def test_a_backup_fits_the_other_database(stack: Stack, database: str, tmp_path: Path) -> None:
    stack.environment["DATABASE_URL"] = ""
    stack.seed()
    there = Stack(tmp_path / "there", DATABASE_URL=database)
    there.data_dir.mkdir()
    back = Stack(tmp_path / "back", DATABASE_URL="")
    back.data_dir.mkdir()

    first = stack.manage("backup", "--to", str(tmp_path / "first")).splitlines()[-1]
    there.manage("restore", first)
    second = there.manage("backup", "--to", str(tmp_path / "second")).splitlines()[-1]
    back.manage("restore", second)

    assert sums_of(there) == sums_of(stack)
    assert sums_of(back) == sums_of(stack)
