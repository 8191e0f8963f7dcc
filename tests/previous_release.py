"""An installation that an earlier version has left behind: its database, with a run in flight and displays connected.

`tests/fixtures/previous_release.sqlite3.gz` is one. With each release it is made anew, by the version before it:

    git worktree add ../before v1.2.0
    python -m tests.previous_release ../before

That starts `up` of this checkout on a folder of its own, and kills it in the middle of a step.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from tests import stack as stacks
from tests.services.followers import Follower
from tests.stack import Stack

FOLDER = Path(__file__).parent / "fixtures"
DATABASE, FACTS = FOLDER / "previous_release.sqlite3.gz", FOLDER / "previous_release.json"
STEPS_BEFORE = 5
RING = [{"model": "dummy:text-to-text", "parameters": {"delay_seconds": 0.2}}]


@dataclass(frozen=True)
class LeftBehind:
    """`run` was under way; `cursor`: how far a socket of its network had come, and `completed`: its last step."""

    network: str
    run: str
    display_path: str
    cursor: str
    completed: int


def put_in(stack: Stack) -> LeftBehind:
    """Make this stack's folder the one that was left behind: not migrated yet."""
    stack.data_dir.mkdir(parents=True, exist_ok=True)
    with gzip.open(DATABASE) as source, (stack.data_dir / "panic.sqlite3").open("wb") as target:
        shutil.copyfileobj(source, target)
    return LeftBehind(**json.loads(FACTS.read_text()))


def make(checkout: Path) -> LeftBehind:
    stacks.ROOT, stacks.MANAGE = checkout, str(checkout / "manage.py")
    with tempfile.TemporaryDirectory(prefix="panic-before-") as folder:
        stack = Stack(Path(folder) / "data")
        try:
            stack.prepare()
            stack.start()
            return _leave_behind(stack)
        finally:
            stack.destroy()


def _leave_behind(stack: Stack) -> LeftBehind:
    given = {"name": "Left behind", "public": True, "slots": RING, "lockout_seconds": 0}
    given |= {"pacing": [{"until_seconds": None, "delay_seconds": 0}]}
    with stack.client(stack.token(admin=True)) as client:

        def post(path: str, body: dict[str, object]) -> dict[str, str]:
            made: dict[str, str] = (
                client.post(f"/api/v1/{path}", json=body).raise_for_status().json()
            )
            return made

        slug = post("networks", given)["slug"]
        hall = post("installations", {"name": "Hall", "network": slug})["id"]
        grid = {"type": "grid", "name": "left", "rows": 2, "columns": 2}
        display = post(f"installations/{hall}/displays", grid)
        run = post(f"networks/{slug}/runs", {"prompt": "a moth that was there before"})["id"]
    follower = Follower(f"{stack.socket_url}/ws/networks/{slug}/")
    stack.wait_until(lambda: len(follower.completed) > STEPS_BEFORE, 60, "some steps are done")
    follower.leave()
    stack.destroy()
    _keep(stack.data_dir / "panic.sqlite3")
    return LeftBehind(slug, run, _path_of(display), follower.cursor, follower.completed[-1])


def _path_of(display: dict[str, str]) -> str:
    address = display.get("url") or display["path"]
    return "/" + address.split("/", 3)[3] if "://" in address else address


def _keep(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM django_session")
        connection.execute("DELETE FROM accounts_apitoken")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
    FOLDER.mkdir(exist_ok=True)
    DATABASE.write_bytes(gzip.compress(database.read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    left = make(Path(sys.argv[1]).resolve())
    FACTS.write_text(json.dumps(asdict(left), indent=1) + "\n")
