"""Starts a private stack with its fake provider, its patches and, where possible, a small disk."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .machines import MachinesStack
from .plan import Plan
from .provider import Provider, run_fake_provider
from .shared import SharedServices
from .small_disk import FLOOR_MB, small_disk
from .stack import RehearsalStack

PATCHES = Path(__file__).parent / "patches"
CLOCK = PATCHES / "shifted_clock.py"
WORTH_KEEPING = ("panic.sqlite3", "panic.sqlite3-wal", "logs", "up.log", "second.log")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where stacks are put, what they are copied from, and the patches that are applied to them."""

    folder: Path
    template: Path
    patches: Sequence[Path] = ()
    machines: int = 1
    services: SharedServices | None = None  # what several machines share


@contextlib.contextmanager
def running_stack(workspace: Workspace, plan: Plan) -> Iterator[RehearsalStack]:
    """A running stack for this plan; its processes end with the block, its logs are kept."""
    folder = workspace.folder / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    patches = [*workspace.patches, *([CLOCK] if plan.shifted_clock else [])]
    with contextlib.ExitStack() as closing:
        reason = closing.enter_context(small_disk(data)) if plan.small_disk else ""
        provider = closing.enter_context(run_fake_provider(folder / "journal.jsonl"))
        stack = closing.enter_context(new_stack(workspace, data, provider))
        for each in stack.data_dirs:
            closing.callback(keep_evidence, each, folder / f"kept-of-{each.name}")
        closing.callback(stack.destroy)
        stack.prepare(workspace.template)
        if plan.small_disk:
            stack.environment["RUNS_DISK_FLOOR_MB"] = FLOOR_MB
        token = stack.token(admin=True)
        if patches:
            stack.environment["PYTHONPATH"] = str(copy_patches(folder / "patches", patches))
        stack.start()
        stack.api = closing.enter_context(stack.client(token))
        stack.steady_clock, stack.why_no_small_disk = not plan.shifted_clock, reason
        yield stack


@contextlib.contextmanager
def new_stack(workspace: Workspace, data: Path, provider: Provider) -> Iterator[RehearsalStack]:
    """A stack that is yet to be prepared; where several machines share services, with a share of these."""
    if workspace.services is None:
        yield RehearsalStack(data, provider)
        return
    with workspace.services.settings_of_plan() as environment:
        yield MachinesStack(data, provider, environment, workspace.machines)


def copy_patches(folder: Path, patches: Sequence[Path]) -> Path:
    """A folder for PYTHONPATH that applies these patches to every process started with it."""
    folder.mkdir(parents=True)
    for file in (PATCHES / "sitecustomize.py", *patches):
        shutil.copy(file, folder)
    return folder.resolve()


def keep_evidence(data: Path, kept: Path) -> None:
    """Keep logs and database, delete the rest. Copies, because a small disk is unmounted."""
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
