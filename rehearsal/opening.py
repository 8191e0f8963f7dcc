"""Opening a stage: a private installation, its pretend provider, and what it is dressed with."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.stack import Stack

from .mounted import small_disk
from .programme import Bill
from .provider import pretending
from .stage import Stage

OVERLAY = Path(__file__).parent / "overlay"
CLOCK = OVERLAY / "shifted_clock.py"
WORTH_KEEPING = ("panic.sqlite3", "panic.sqlite3-wal", "logs", "up.log", "second.log")


@dataclass(frozen=True, slots=True)
class House:
    """Where it is played, from what, and with which promises broken on purpose."""

    folder: Path
    template: Path
    patches: Sequence[Path] = ()


@contextlib.contextmanager
def opened(house: House, bill: Bill) -> Iterator[Stage]:
    """A running stage for this bill; whatever it started is gone afterwards, its logs stay."""
    folder = house.folder / bill.name
    data = folder / "data"
    patches = [*house.patches, *([CLOCK] if bill.shifted_clock else [])]
    with contextlib.ExitStack() as closing:
        reason = closing.enter_context(small_disk(data)) if bill.small_disk else ""
        stack = Stack(data, workers=2)
        closing.callback(keep_little, data, folder / "kept")
        closing.callback(stack.destroy)
        stack.prepare(house.template)
        provider = closing.enter_context(pretending(folder / "journal.jsonl"))
        address = {"REPLICATE_BASE_URL": provider.url, "REPLICATE_API_TOKEN": "stand-in"}
        stack.environment |= address
        token = stack.token(admin=True)
        if patches:
            stack.environment["PYTHONPATH"] = str(dressed(folder / "overlay", patches))
        stack.start()
        stage = Stage(stack, provider, closing.enter_context(stack.client(token)))
        stage.steady_clock, stage.why_no_small_disk = not bill.shifted_clock, reason
        yield stage


def dressed(folder: Path, patches: Sequence[Path]) -> Path:
    """A folder for PYTHONPATH that applies these patches to whoever starts with it."""
    folder.mkdir(parents=True)
    for file in (OVERLAY / "sitecustomize.py", *patches):
        shutil.copy(file, folder)
    return folder.resolve()


def keep_little(data: Path, kept: Path) -> None:
    """Logs and database are kept; the rest goes, as it may be on a disk that goes as well."""
    kept.mkdir()
    for name in WORTH_KEEPING:
        source = data / name
        if source.is_dir():
            shutil.copytree(source, kept / name)
        elif source.exists():
            shutil.copy(source, kept / name)
    if data.is_mount():
        return
    shutil.rmtree(data, ignore_errors=True)
