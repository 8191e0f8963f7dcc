"""Tells admins of packages that this installation runs on in a version with a hole that we know of.

Without a network: it knows what known_holes.txt of this version of the product knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.db import transaction
from packaging.version import InvalidVersion, Version

from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion

LIST = Path(__file__).with_name("known_holes.txt")
PREFIX = "known-hole:"


@dataclass(frozen=True, slots=True)
class KnownHole:
    """`closed_in`: the least version without it."""

    package: str
    version: str
    closed_in: str
    advisory: str


def installed_packages() -> dict[str, str]:
    """The version of each package of the list that this process could import."""
    found = {}
    for name, _, _ in _listed():
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _listed() -> list[list[str]]:
    return [line.split() for line in LIST.read_text().splitlines() if line and line[0] != "#"]


def known_holes(installed: Mapping[str, str]) -> list[KnownHole]:
    return [
        KnownHole(name, installed[name], least, advisory)
        for name, least, advisory in _listed()
        if name in installed and _is_older(installed[name], least)
    ]


def _is_older(installed: str, least: str) -> bool:
    try:
        return Version(installed) < Version(least)
    except InvalidVersion:
        return False


def watch_holes(holes: list[KnownHole], at: datetime) -> None:
    """Tell of each once, and forget those that are closed."""
    with transaction.atomic():
        open_ones = [f"{PREFIX}{hole.package}:{hole.advisory}" for hole in holes]
        Condition.objects.filter(key__startswith=PREFIX).exclude(key__in=open_ones).delete()
        for key, hole in zip(open_ones, holes, strict=True):
            if Condition.begin(key, at=at):
                facts: outbox.Facts = {
                    "package": hole.package,
                    "version": hole.version,
                    "closed_in": hole.closed_in,
                    "advisory": hole.advisory,
                }
                outbox.tell_admins(Occasion.KNOWN_HOLE, subject=hole.package, facts=facts, at=at)
