"""Before the start: whether the database is migrated; and what `manage.py up` prints when it starts."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from networks.models import Network


def refuse_missing_migrations() -> None:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {error}") from None
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} migrations: run `make setup` (or `python manage.py prepare`), "
            "which copies it first."
        )


class TablesCommand(BaseCommand):
    """A command that needs them all."""

    requires_migrations_checks = True

    def check_migrations(self) -> None:
        refuse_missing_migrations()


def first_admin_file() -> Path:
    """Holds the first admin's name and password until they have been shown once."""
    return Path(settings.DATA_DIR) / "first-admin.json"


def startup_message(host: str, port: int) -> str:
    base = settings.PUBLIC_URL or f"http://{_reachable(host)}:{port}"
    lines = ["", f"  PANIC!      {base}/"]
    if not settings.PUBLIC_URL and host in {"0.0.0.0", "::"} and (address := _lan_address()):  # noqa: S104
        lines.append(f"  on the LAN  http://{address}:{port}/")
    if terminal := _terminal_path():
        lines.append(f"  terminal    {base}{terminal}")
    lines += _first_admin()
    return "\n".join([*lines, "  Ctrl-C      stops it", ""])


def _first_admin() -> list[str]:
    """Shown once: the file with the password is gone afterwards."""
    path = first_admin_file()
    try:
        admin = json.loads(path.read_text())
    except FileNotFoundError:
        return []
    path.unlink()
    return [
        f"  admin       {admin['email']}",
        f"  password    {admin['password']}   (shown only now: change it under /account/)",
    ]


def _terminal_path() -> str:
    """The terminal of the network that the home page's button leads to."""
    shown = (
        Network.objects.not_archived()
        .filter(public=True)
        .order_by("-featured", "-open_terminal", "pk")
    )
    try:
        network = shown.first()
    except DatabaseError:  # a message is no reason not to start
        return ""
    return network.get_terminal_url() if network else ""


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::", "127.0.0.1", "::1"}:  # noqa: S104
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _lan_address() -> str:
    """This machine's address on its network; asking for a route sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            address = str(probe.getsockname()[0])
    except OSError:
        return ""
    return "" if address.startswith("127.") else address
