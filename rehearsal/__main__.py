"""`python -m rehearsal [--long] [--only kills]`: play, check, print the card, say pass or fail."""

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
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from tests.stack import ROOT, Stack

from . import programme
from .card import Card
from .opening import House
from .playing import play

LINE = "%(asctime)s %(name)s: %(message)s"
KEPT = 10  # rehearsals whose logs are kept


def main(arguments: Sequence[str] | None = None) -> int:
    options = parsed(arguments)
    lanes = programme.chosen(programme.long() if options.long else programme.quick(), options.only)
    if not lanes:
        sys.stderr.write(f"There is no act {' '.join(options.only)}.\n")
        return 2
    signal.signal(signal.SIGTERM, _leave)
    folder = kept_folder(options.into or data_dir() / "rehearsal")
    logging.basicConfig(filename=folder / "rehearsal.log", level=logging.INFO, format=LINE)
    card = Card(surroundings(), tell)
    began = time.monotonic()
    template = folder / "prepared"
    Stack(template).prepare()
    try:
        play(House(folder, template, options.sabotage), lanes, card)
    finally:
        shutil.rmtree(template, ignore_errors=True)
        card.surroundings["seconds"] = round(time.monotonic() - began)
        card.keep(folder)
    sys.stdout.write(f"{card.as_text()}\n{folder}\n")
    return 0 if card.passed else 1


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument("--long", action="store_true", help="200 kills over 5,000 steps instead")
    parser.add_argument("--only", nargs="*", default=[], help="acts, or the beginnings of names")
    parser.add_argument(
        "--sabotage", nargs="*", type=Path, default=[], help="patches that break a promise"
    )
    parser.add_argument("--into", type=Path, help="where the card and the logs are kept")
    return parser.parse_args(arguments)


def data_dir() -> Path:
    """The data folder of this checkout."""
    named = os.environ.get("PANIC_DATA_DIR", "").strip()
    return (Path(named).expanduser() if named else ROOT / "var").resolve()


def kept_folder(parent: Path) -> Path:
    """A new folder for this rehearsal; the oldest ones go."""
    parent.mkdir(parents=True, exist_ok=True)
    older = sorted(path for path in parent.iterdir() if path.is_dir())
    for path in older[: -KEPT + 1]:
        shutil.rmtree(path, ignore_errors=True)
    began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folder = Path(tempfile.mkdtemp(prefix=f"{began}-", dir=parent))  # two may begin at once
    return folder.resolve()


def surroundings() -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def tell(line: str) -> None:
    logging.getLogger("rehearsal").info(line)
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)  # so that every installation is taken down


if __name__ == "__main__":
    sys.exit(main())
