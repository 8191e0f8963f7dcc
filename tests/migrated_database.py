"""An empty SQLite database that has been migrated, kept from one session of tests to the next.

To migrate one takes every process of a session ten seconds; to copy one, none. It is found by what all
migrations say, so that another one is made when one of them changes.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from tests.stack import ROOT

FOLDER = Path(sys.prefix) / "migrated-databases"
MAX_KEPT = 4  # of several checkouts that share an environment
DECIDE = ("*/migrations/*.py", "invocations/run_list.py", "requirements.txt")


def copy_kept(target: Path) -> bool:
    """Put a migrated database there; False: none is kept for these migrations."""
    try:
        shutil.copyfile(_kept(), target)
    except OSError:
        return False
    return True


def keep(source: Path) -> None:
    """Keep a copy of this one, which nobody writes to. Where there is no room for it, it is not kept."""
    with suppress(OSError, sqlite3.Error):
        FOLDER.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            copy = Path(folder, "copy")
            with closing(sqlite3.connect(source)) as connection:
                connection.execute("VACUUM INTO ?", [str(copy)])
            copy.replace(_kept())
        newest_first = sorted(FOLDER.glob("*.sqlite3"), key=lambda path: -path.stat().st_mtime)
        for path in newest_first[MAX_KEPT:]:
            path.unlink()


def _kept() -> Path:
    found = hashlib.sha256()
    for pattern in DECIDE:
        for path in sorted(ROOT.glob(pattern)):
            found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return FOLDER / f"{found.hexdigest()[:32]}.sqlite3"
