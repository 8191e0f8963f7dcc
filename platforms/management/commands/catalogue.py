"""`manage.py catalogue check`: is what the catalogue says still so at the providers?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from platforms import registry
from platforms.base import Platform
from platforms.inspection import CatalogueFinding, CatalogueVerdict, inspect_all

Found = Iterable[tuple[Platform, list[CatalogueFinding]]]


class Command(BaseCommand):
    """Asks only what costs nothing. The exit status is 1 where something is wrong."""

    help = "Compare the catalogue with the providers whose key is set: what is gone, what changed."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("action", choices=["check"])
        parser.add_argument("--platform", help="only this one, such as replicate")
        parser.add_argument("--json", action="store_true", help="for a program to read")

    def handle(self, *, platform: str | None, json: bool, **options: object) -> None:
        try:
            asked = [registry.get_platform(platform)] if platform else registry.all_platforms()
        except registry.UnknownModel as unknown:
            slugs = ", ".join(one.slug for one in registry.all_platforms())
            raise CommandError(f"{str(unknown).capitalize()}; there are {slugs}.") from None
        found = inspect_all(asked, settings.PLATFORM_KEYS)
        self.stdout.write(as_json(found) if json else as_table(found))
        if any(one.is_wrong for _, findings in found for one in findings):
            sys.exit(1)


def as_json(found: Found) -> str:
    findings = [{"platform": p.slug, **one.as_json()} for p, every in found for one in every]
    wrong = sum(bool(one["wrong"]) for one in findings)
    return json.dumps({"wrong": wrong, "findings": findings}, indent=2)


def as_table(found: Found) -> str:
    """What is fine is counted; the rest is reported, a line each."""
    lines = []
    for platform, findings in found:
        fine = sum(one.verdict is CatalogueVerdict.FINE for one in findings)
        reported = [one for one in findings if one.verdict is not CatalogueVerdict.FINE]
        count = f"{fine} of {len(findings)} models are as the catalogue says"
        whole = reported[0] if len(reported) == 1 and reported[0].subject == platform.slug else None
        lines.append(f"{platform.label}: {_in_words(whole) if whole else count}.")
        width = max((len(one.subject) for one in reported), default=0)
        lines += [
            f"  {one.subject:{width}}  {_in_words(one)}" for one in reported if one is not whole
        ]
    return "\n".join(lines)


def _in_words(one: CatalogueFinding) -> str:
    known = " (and marked as deprecated)" if one.known else ""
    return f"{one.verdict}{known}: {one.detail}".rstrip(".: ")
