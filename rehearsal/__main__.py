"""`python -m rehearsal [--long] [--only kills]`: run scenarios, check histories, print the report."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from tests.stack import ROOT, Stack

from . import plan
from .report import Report
from .runner import run_groups
from .shared import SharedServices, shared_services
from .startup import Workspace

LOG_FORMAT = "%(asctime)s %(name)s: %(message)s"
MAX_KEPT = 10  # rehearsals whose logs are kept


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    scenarios = plan.long() if options.long else plan.quick(options.machines)
    groups = plan.select(scenarios, options.only)
    if not groups:
        sys.stderr.write(f"There is no scenario {' '.join(options.only)}.\n")
        return 2
    signal.signal(signal.SIGTERM, _exit)
    folder = make_folder(options.into or data_dir() / "rehearsal")
    logging.basicConfig(filename=folder / "rehearsal.log", level=logging.INFO, format=LOG_FORMAT)
    report = Report({**describe_machine(), "machines": options.machines}, print_line)
    began = time.monotonic()
    template = folder / "prepared"
    try:
        with prepared(template, options) as services:
            workspace = Workspace(folder, template, options.sabotage, options.machines, services)
            run_groups(workspace, groups, report)
    finally:
        shutil.rmtree(template, ignore_errors=True)
        report.machine["seconds"] = round(time.monotonic() - began)
        report.write(folder)
    sys.stdout.write(f"{report.as_text()}\n{folder}\n")
    return 0 if report.passed else 1


@contextmanager
def prepared(template: Path, options: argparse.Namespace) -> Iterator[SharedServices | None]:
    """A data folder to copy; of several machines also what they share, for as long as the block."""
    if options.machines == 1:
        Stack(template).prepare()
        yield None
        return
    with shared_services(template, postgres=options.postgres, redis=options.redis) as services:
        yield services


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument("--long", action="store_true", help="200 kills over 5,000 steps instead")
    parser.add_argument(
        "--only", nargs="*", default=[], help="names of scenarios, or their first words"
    )
    parser.add_argument(
        "--sabotage", nargs="*", type=Path, default=[], help="patches that break a promise"
    )
    parser.add_argument("--into", type=Path, help="where the report and the logs are written")
    several = parser.add_argument_group("several machines, each with an `up` of its own")
    several.add_argument("--machines", type=int, default=1, choices=range(1, 9), metavar="N")
    several.add_argument(
        "--postgres", default=os.environ.get("DATABASE_URL", ""), help="else DATABASE_URL"
    )
    several.add_argument("--redis", default=os.environ.get("REDIS_URL", ""), help="else REDIS_URL")
    options = parser.parse_args(arguments)
    if options.machines > 1 and not (options.postgres and options.redis):
        parser.error("several machines share a Postgres and a Redis: give --postgres and --redis")
    return options


def data_dir() -> Path:
    """The data folder of this checkout."""
    named = os.environ.get("PANIC_DATA_DIR", "").strip()
    return (Path(named).expanduser() if named else ROOT / "var").resolve()


def make_folder(parent: Path) -> Path:
    """A new folder for this rehearsal; the oldest ones go."""
    parent.mkdir(parents=True, exist_ok=True)
    older = sorted(path for path in parent.iterdir() if path.is_dir())
    for path in older[: -MAX_KEPT + 1]:
        shutil.rmtree(path, ignore_errors=True)
    began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folder = Path(tempfile.mkdtemp(prefix=f"{began}-", dir=parent))  # two may begin at once
    return folder.resolve()


def describe_machine() -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def print_line(line: str) -> None:
    logging.getLogger("rehearsal").info(line)
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)  # so that the blocks that end every stack are left


if __name__ == "__main__":
    sys.exit(main())
