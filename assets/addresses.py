"""Which addresses of the outside world may be asked for media: those that everybody can reach."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from httpx import URL

DEFAULT_PORTS = {"http": 80, "https": 443}
# An IPv4 address is inside, in the last 32 bits: NAT64 twice, and the two old ways of mixed networks.
_WRAPPING = tuple(
    IPv6Network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")
)
_NOT_OUTSIDE = tuple(
    ip_network(one)
    for one in (
        "fec0::/10",  # site-local, deprecated but routed by some
        "5f00::/16",  # segment routing
        "3fff::/20",  # documentation; newer than some versions of the library below
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
    )
)


def origin_of(url: str | URL) -> str:
    """Scheme, host and port, spelt in one way: `https://example.org`, `http://10.0.0.2:9000`."""
    parts = URL(url)
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    plain = parts.port in {None, DEFAULT_PORTS.get(parts.scheme)}
    return f"{parts.scheme}://{host}" + ("" if plain else f":{parts.port}")


def is_allowed_origin(url: URL, origins: Collection[str]) -> bool:
    return origin_of(url) in {origin_of(origin) for origin in origins}


def is_public(address: str) -> bool:
    """False for this machine, its networks, and whatever wraps one of their addresses."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        wrapped = _wrapped(ip)
        if wrapped is not None:
            return is_public(str(wrapped))
    return (
        ip.is_global
        and not ip.is_multicast
        and not any(ip.version == net.version and ip in net for net in _NOT_OUTSIDE)
    )


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if any(ip in net for net in _WRAPPING):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


async def resolve(host: str, port: int) -> list[str]:
    """Every address of the host, best first. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
