"""Where a request comes from, also behind proxies: the address of its client, and the scheme it used.

A proxy says in headers whom it speaks for, and so can anybody. What is said is believed of the proxies
that the setting TRUSTED_PROXIES names, hop by hop from this machine outwards: the first address that is
none of theirs is the client's. Every other peer is the client itself, whatever its headers say.

`TrustedProxies` puts both into the scope, in front of everything; the rest of the product reads them by
`client_address` and `request.is_secure()`, and counts by `counted_address`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

logger = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Scope = dict[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

NO_ADDRESS = "0.0.0.0"  # noqa: S104  of a connection that has none; compared, not bound
UNKNOWN_PROXY_FILE = "unknown-proxy"  # in the folder of sockets and signs of life
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy says of whoever connected to it."""

    address: Address | None  # None: not said, or no address
    scheme: str | None


def client_address(request: HttpRequest) -> str:
    """The address a request comes from, as text; `NO_ADDRESS` where there is none."""
    return str(request.META.get("REMOTE_ADDR") or NO_ADDRESS)


def counted_address(request: HttpRequest) -> str:
    """The address that limits count by. A client of IPv6 has a whole /64 (RFC 6177) and may come from
    another address of it each time: the first address of that network stands for all of them."""
    return counted_address_of(client_address(request))


def counted_address_of(text: str) -> str:
    """The same, of a client's address as text."""
    found = parse_address(text)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False).network_address)
    return str(found or text or NO_ADDRESS)


def usual_netloc(scheme: str, netloc: str) -> str:
    """Host and port as browsers name them: without capitals, and without the port of the scheme."""
    return netloc.lower().removesuffix(":443" if scheme == "https" else ":80")


def parse_network(text: str) -> Network:
    """An address, or a network such as 10.0.0.0/8. Raises ValueError."""
    return ip_network(text)


class TrustedProxies:
    """ASGI middleware: sets `client` and `scheme` of the scope to the client's own."""

    def __init__(
        self, inner: Application, trusted: Sequence[Network], public_url: str, run_dir: Path
    ) -> None:
        self._inner = inner
        self._trusted = trusted
        self._public = urlsplit(public_url)
        self._unknown_proxies: set[Address] = set()
        self._own_headers: dict[Address, set[bytes]] = {}  # of a trusted peer: those it sets alone
        self._run_dir = run_dir

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in {"http", "websocket"}:
            scope = self._resolved(scope)
        await self._inner(scope, receive, send)

    def _resolved(self, scope: Scope) -> Scope:
        client, scheme = scope.get("client"), self._own_scheme(scope)
        peer = parse_address(client[0]) if client else None
        if peer is None:
            return {**scope, "scheme": scheme}
        if self._is_trusted(peer):
            hops = self._hops(scope, peer)
            count = next(
                (n for n, hop in enumerate(hops, 1) if not self._is_trusted(hop.address)), len(hops)
            )
            said = hops[count - 1] if hops else _Hop(None, None)
            known = [hop.address for hop in hops[:count] if hop.address] or [peer]
            if known[-1] != peer:
                client = (str(known[-1]), 0)
            scheme = said.scheme or scheme
        elif peer.is_private and _header(scope, b"x-forwarded-for", b"forwarded"):
            self._note_unknown_proxy(peer)
        if scope["type"] == "websocket":
            scheme = _SOCKET_SCHEMES.get(scheme, scheme)
        return {**scope, "client": client, "scheme": scheme}

    def _own_scheme(self, scope: Scope) -> str:
        """Whoever asks for the public address by its name has come by its scheme."""
        host = usual_netloc("https", _header(scope, b"host"))
        if self._public.scheme == "https" and host == self._public.netloc:
            return "https"
        return str(scope.get("scheme") or "http")

    def _hops(self, scope: Scope, peer: Address) -> list[_Hop]:
        """What the proxies say, the nearest first.

        Most set one of the two headers and pass the other one on as it came, from anybody. Where both
        are there and differ about the nearest hop, the one counts that this proxy has set where the
        other was missing; neither, where that is not known.
        """
        listed, standard = _x_forwarded(scope), _forwarded(scope)
        if listed and standard:
            own = self._own_headers.get(peer, set())
            if listed[0].address == standard[0].address or own == {b"x-forwarded-for"}:
                return listed
            return standard if own == {b"forwarded"} else []
        if (listed or standard) and (peer in self._own_headers or len(self._own_headers) < 64):
            name = b"x-forwarded-for" if listed else b"forwarded"
            self._own_headers.setdefault(peer, set()).add(name)
        return (
            listed or standard or [_Hop(None, scheme) for scheme in _x_forwarded_schemes(scope)[:1]]
        )

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)

    def _note_unknown_proxy(self, peer: Address) -> None:
        """For the operator: in the log, and for `manage.py doctor`."""
        if peer in self._unknown_proxies or len(self._unknown_proxies) >= 16:
            return
        self._unknown_proxies.add(peer)
        logger.warning("%s", unknown_proxy_sentence(str(peer)))
        try:
            (self._run_dir / UNKNOWN_PROXY_FILE).write_text(str(peer))
        except OSError:
            logger.warning("The address could not be kept for `manage.py doctor`.", exc_info=True)


def unknown_proxy_sentence(address: str) -> str:
    return (
        f"{address} says whom it speaks for, as a proxy does. If it is one of yours, set "
        f"TRUSTED_PROXIES={address}: until then all its visitors count as one."
    )


def parse_address(text: str) -> Address | None:
    """An address with or without brackets, port and zone; IPv4 inside of IPv6 is IPv4."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found


def _x_forwarded(scope: Scope) -> list[_Hop]:
    addresses = _entries(_header(scope, b"x-forwarded-for"))
    schemes = _x_forwarded_schemes(scope)
    # One scheme for several hops is what the outermost proxy saw, passed on.
    return [
        _Hop(parse_address(address), schemes[min(n, len(schemes) - 1)] if schemes else None)
        for n, address in enumerate(addresses)
    ]


def _x_forwarded_schemes(scope: Scope) -> list[str]:
    return [
        scheme
        for entry in _entries(_header(scope, b"x-forwarded-proto"))
        if (scheme := entry.lower()) in _SOCKET_SCHEMES
    ]


def _forwarded(scope: Scope) -> list[_Hop]:
    """RFC 7239, whose elements are in the same order."""
    hops = []
    for element in _entries(_header(scope, b"forwarded")):
        pairs = dict[str, str]()
        for pair in element.split(";"):
            name, _, value = pair.partition("=")
            pairs[name.strip().lower()] = value.strip().strip('"')
        scheme = pairs.get("proto", "").lower()
        scheme_or_none = scheme if scheme in _SOCKET_SCHEMES else None
        hops.append(_Hop(parse_address(pairs.get("for", "")), scheme_or_none))
    return hops


def _entries(header: str) -> list[str]:
    return [entry.strip() for entry in reversed(header.split(","))] if header else []


def _header(scope: Scope, *names: bytes) -> str:
    """The values of all headers of these names, in their order."""
    found = (value.decode("latin1") for name, value in scope["headers"] if name in names)
    return ",".join(found)
