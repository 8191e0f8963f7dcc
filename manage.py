#!/usr/bin/env python
"""Django's command line, with configuration mistakes told in one sentence."""

from __future__ import annotations

import os
import sys

from panic.supervisor.children import taken_from_environment


def main() -> None:
    if plan := taken_from_environment():  # `up` has checked everything and become this process
        from panic.supervisor.loop import supervise

        sys.exit(supervise(plan))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"PANIC! cannot start: {error}")


if __name__ == "__main__":
    main()
