"""What is missing or wrong, in plain words."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from panic.doctor import examine


class Command(BaseCommand):
    help = "Say what is missing or wrong; the exit status is 1 if something is."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine()
        for finding in findings:
            self.stdout.write(f"{finding.mark:4} {finding.subject}: {finding.sentence}")
        if any(finding.wrong for finding in findings):
            raise SystemExit(1)
