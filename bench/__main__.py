"""`python -m bench [--only B1]`: measure, draw the table, keep latest.json, say pass or fail."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

from . import plan
from .rows import Row
from .table import draw
from .workshop import Workshop, data_dir


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help="a group (B1) or a row (B1.celery)")
    only = parser.parse_args(arguments).only.strip()
    signal.signal(signal.SIGTERM, _ended)
    chosen = [one for one in plan.measures() if not only or one.is_of(only)]
    if not chosen:
        known = sorted({row_id for one in plan.measures() for row_id in one.bars})
        sys.stderr.write(f"There is no {only}. There are {', '.join(known)}.\n")
        return 2
    began = time.monotonic()
    surroundings = machine()
    rows: list[Row] = []
    seconds: dict[str, float] = {}  # by group, so that what takes too long is found
    with Workshop.opened() as workshop:
        for one in chosen:
            before = time.monotonic()
            rows += plan.take(workshop, one)
            took = time.monotonic() - before
            seconds[one.group] = round(seconds.get(one.group, 0.0) + took, 1)
    surroundings["seconds_by_group"] = seconds
    surroundings["seconds"] = round(time.monotonic() - began, 1)
    report(rows, surroundings, data_dir() / "bench" / "latest.json")
    return 0 if all(row.passed for row in rows) else 1


def _ended(number: int, _: object) -> None:
    """Leave by the way out, which takes down everything that was started."""
    sys.exit(128 + number)


def report(rows: Sequence[Row], surroundings: dict[str, Any], path: Path) -> None:
    """The table on standard output, everything in the file."""
    content = {"rows": [row.as_json() for row in rows], "machine": surroundings}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{draw(rows)}\n{described(surroundings)}\n{path}\n")


def machine() -> dict[str, Any]:
    """What else decides about absolute numbers."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "python": platform.python_version(),
        "django": django.get_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def described(surroundings: dict[str, Any]) -> str:
    by_group: dict[str, float] = surroundings.get("seconds_by_group", {})
    return (
        f"{surroundings['cores']} cores, load {surroundings['load'][0]:g} at the start, "
        f"Python {surroundings['python']}, Django {surroundings['django']}, "
        f"{surroundings['seconds']:.0f} s in all"
        + "".join(f", {group} {took:.0f}" for group, took in by_group.items())
    )


if __name__ == "__main__":
    sys.exit(main())
