"""Who can reach an address, by its looks: nobody is asked."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

NEAR = {"local", "localhost", "internal", "lan", "home", "arpa"}  # last parts of names


def is_outside(url: str) -> bool:
    """Whether it could be reached from anywhere: no address or name of a house's own network."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name, _, last = host.rpartition(".")
        return bool(name) and last not in NEAR
