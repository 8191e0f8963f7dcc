"""What `manage.py up` prints when it starts: where to go, and, once, how to get in."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from networks.models import Network


def first_admin_file() -> Path:
    """Holds the first admin's name and password until they have been shown once."""
    return Path(settings.DATA_DIR) / "first-admin.json"


def greeting(host: str, port: int) -> str:
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
        Network.objects.listed().filter(public=True).order_by("-featured", "-open_terminal", "pk")
    )
    try:
        network = shown.first()
    except DatabaseError:  # a greeting is no reason to stop the show
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
