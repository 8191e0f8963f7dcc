"""Backups of whole installations, made and looked into."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stack import Stack

SUMS = "from tests.backups import dumps; print(dumps.sums())"


def back_up(stack: Stack, *arguments: str) -> Path:
    return Path(stack.manage("backup", *arguments).splitlines()[-1])


def sums_of(stack: Stack) -> dict[str, list[object]]:
    text = stack.manage("shell", "--no-imports", "-c", SUMS)
    found: dict[str, list[object]] = json.loads(text.splitlines()[-1])
    return found
