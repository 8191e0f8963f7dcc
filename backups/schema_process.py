"""Migrating a database that is not the installation's own, in a process whose default one it is.

Migrations call functions that know no database but the default one; in the process that serves the
installation they would change its rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from .refusals import BackupRefused

Node = tuple[str, str]  # an app and a migration


def migrate(config: Mapping[str, Any], targets: Sequence[Node] | None = None) -> None:
    """Bring the database of this configuration to the newest migrations, or an empty one to exactly
    `targets`. Takes some seconds. Raises BackupRefused."""
    request = {"database": {**config, "NAME": str(config["NAME"])}, "targets": targets}
    done = subprocess.run(
        [sys.executable, "-B", "-m", "backups.schema_process"],
        cwd=settings.BASE_DIR,
        input=json.dumps(request, default=str),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise BackupRefused(f"The database could not be migrated: {' '.join(reason)}")


def _main() -> None:
    request = json.load(sys.stdin)
    import django

    from lib.parent_process import end_with_parent

    end_with_parent()
    settings.DATABASES["default"] = request["database"]
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    if request["targets"] is None:
        call_command("migrate", interactive=False, verbosity=0)
    else:
        MigrationExecutor(connection).migrate([tuple(node) for node in request["targets"]])


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
    _main()
