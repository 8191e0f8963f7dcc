"""Tells admins of packages that this installation runs on in a version with a hole that we know of.

Without a network: it knows what known_holes.txt of this version of the product knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from packaging.version import InvalidVersion, Version

from notifications import outbox
from notifications.models import Condition
from notifications.occasions import Occasion

LIST = Path(__file__).with_name("known_holes.txt")
PREFIX = "known-hole:"
ON = "@"  # before the name of a machine
GONE_AFTER = timedelta(days=3)  # each machine looks once a day


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


def watch_holes(holes: list[KnownHole], at: datetime, *, host: str) -> None:
    """Tell of each once, on however many machines it is, and forget those that are closed on all of them."""
    open_ones = {f"{PREFIX}{hole.package}:{hole.advisory}": hole for hole in holes}
    with transaction.atomic():
        _note_machine(open_ones, at, host)
        for key, hole in open_ones.items():
            if Condition.begin(key, at=at):
                facts: outbox.Facts = {
                    "package": hole.package,
                    "version": hole.version,
                    "closed_in": hole.closed_in,
                    "advisory": hole.advisory,
                }
                outbox.tell_admins(Occasion.KNOWN_HOLE, subject=hole.package, facts=facts, at=at)


def _note_machine(open_ones: Collection[str], at: datetime, host: str) -> None:
    """A row for each hole of this machine; what no machine has is forgotten."""
    known = Condition.objects.filter(key__startswith=PREFIX)
    of_machines = known.filter(key__contains=ON)
    of_machines.filter(Q(key__endswith=f"{ON}{host}") | Q(since__lt=at - GONE_AFTER)).delete()
    for key in open_ones:
        Condition.begin(f"{key}{ON}{host}", at=at)
    had = {key.partition(ON)[0] for key in of_machines.values_list("key", flat=True)}
    known.exclude(key__contains=ON).exclude(key__in=had).delete()
