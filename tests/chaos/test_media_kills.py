"""A process that dies while it takes media in: real processes, really killed."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.assets import samples

CHILD = textwrap.dedent(
    """
    import io, os, signal, sys
    import django
    django.setup()
    from django.db import connection
    from assets.ingest import store
    from assets.models import Asset

    moment, source = sys.argv[1:]
    if Asset._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Asset)

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    class Fragile(io.FileIO):
        def read(self, size=-1):
            if moment == "while receiving" and self.tell():
                die()
            return super().read(2_000)

    def watch(execute, sql, params, many, context):
        if moment == "before the row" and sql.startswith("INSERT"):
            die()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        print(store(Fragile(source), kind="image"))
    """
)


@pytest.mark.parametrize("moment", ["while receiving", "before the row"])
def test_a_kill_leaves_the_whole_asset_or_none_of_it(moment: str, tmp_path: Path) -> None:
    data = samples.image(size=(300, 200))
    source = tmp_path / "source.png"
    source.write_bytes(data)
    name = f"{hashlib.sha256(data).hexdigest()}.png"

    killed = _store_in_a_child(moment, source, tmp_path / "data")

    assert killed.returncode == -signal.SIGKILL
    assert _rows(tmp_path / "data") == 0
    published = list((tmp_path / "data" / "media").glob("??/??/*.png"))
    assert all(path.read_bytes() == data for path in published)
    again = _store_in_a_child("never", source, tmp_path / "data")
    assert again.stdout.strip() == name
    assert _rows(tmp_path / "data") == 1


def _store_in_a_child(
    moment: str, source: Path, data_dir: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, moment, str(source)],
        env={
            **os.environ,
            "PANIC_DATA_DIR": str(data_dir),
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "panic.settings",
        },
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _rows(data_dir: Path) -> int:
    with sqlite3.connect(data_dir / "panic.sqlite3") as database:
        (count,) = database.execute("SELECT count(*) FROM assets_asset").fetchone()
    database.close()
    return int(count)
