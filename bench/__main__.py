"""`python -m bench [--only B1]`: measure, print the table, write latest.json."""

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
from .environment import Environment, data_dir
from .rows import Row
from .table import format_table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help="a group (B1) or a row (B1.celery)")
    only = parser.parse_args(arguments).only.strip()
    signal.signal(signal.SIGTERM, _exit)
    chosen = [one for one in plan.measures() if not only or one.is_selected(only)]
    if not chosen:
        known = sorted({row_id for one in plan.measures() for row_id in one.bars})
        sys.stderr.write(f"There is no {only}. There are {', '.join(known)}.\n")
        return 2
    began = time.monotonic()
    machine_facts = describe_machine()
    rows: list[Row] = []
    seconds: dict[str, float] = {}  # by group
    with Environment.create() as environment:
        for one in chosen:
            before = time.monotonic()
            rows += plan.run_measure(environment, one)
            took = time.monotonic() - before
            seconds[one.group] = round(seconds.get(one.group, 0.0) + took, 1)
    machine_facts["seconds_by_group"] = seconds
    machine_facts["seconds"] = round(time.monotonic() - began, 1)
    report(rows, machine_facts, data_dir() / "bench" / "latest.json")
    return 0 if all(row.passed for row in rows) else 1


def _exit(number: int, _: object) -> None:
    """Exit through SystemExit, so that every process that was started is ended."""
    sys.exit(128 + number)


def report(rows: Sequence[Row], machine_facts: dict[str, Any], path: Path) -> None:
    """The table on standard output, everything in the file."""
    content = {"rows": [row.as_json() for row in rows], "machine": machine_facts}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{format_table(rows)}\n{describe_facts(machine_facts)}\n{path}\n")


def describe_machine() -> dict[str, Any]:
    """What absolute numbers depend on besides the code."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "python": platform.python_version(),
        "django": django.get_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def describe_facts(machine_facts: dict[str, Any]) -> str:
    by_group: dict[str, float] = machine_facts.get("seconds_by_group", {})
    return (
        f"{machine_facts['cores']} cores, load {machine_facts['load'][0]:g} at the start, "
        f"Python {machine_facts['python']}, Django {machine_facts['django']}, "
        f"{machine_facts['seconds']:.0f} s in all"
        + "".join(f", {group} {took:.0f}" for group, took in by_group.items())
    )


if __name__ == "__main__":
    sys.exit(main())
