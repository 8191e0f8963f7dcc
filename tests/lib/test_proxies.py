from __future__ import annotations

import asyncio
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from lib.proxies import (
    NO_ADDRESS,
    UNKNOWN_PROXY_FILE,
    TrustedProxies,
    counted_address,
    parse_address,
)

TRUSTED = [ip_network(name) for name in ("127.0.0.1", "10.0.0.0/8", "fd00::/8")]
Headers = list[tuple[str, str]]


def resolve_all(run_dir: Path, *requests: tuple[str, Headers]) -> list[str]:
    """The client's address of each request (its peer and headers), all through one middleware."""
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])

    async def send_all() -> None:
        middleware = TrustedProxies(application, TRUSTED, "", run_dir)
        for peer, headers in requests:
            await middleware(scope_of(peer, headers), None, None)

    asyncio.run(send_all())
    return seen


def scope_of(peer: str, headers: Headers, kind: str = "http") -> dict[str, Any]:
    return {
        "type": kind,
        "client": (peer, 50000),
        "scheme": "http" if kind == "http" else "ws",
        "headers": [(name.lower().encode(), value.encode("latin1")) for name, value in headers],
    }


def resolve(
    run_dir: Path,
    peer: str,
    *headers: tuple[str, str],
    kind: str = "http",
    public_url: str = "",
    trusted: Any = TRUSTED,
) -> tuple[str, str]:
    """The client's address and the scheme, as the application behind the middleware sees them."""
    seen: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)

    middleware = TrustedProxies(application, trusted, public_url, run_dir)
    asyncio.run(middleware(scope_of(peer, list(headers), kind), None, None))
    return seen["client"][0], seen["scheme"]


FOR, PROTO, FORWARDED = "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"

CASES: dict[str, tuple[str, Headers, tuple[str, str]]] = {
    "one proxy": (
        "127.0.0.1",
        [(FOR, "203.0.113.7"), (PROTO, "https")],
        ("203.0.113.7", "https"),
    ),
    "a stranger is not believed": (
        "198.51.100.9",
        [(FOR, "203.0.113.7"), (PROTO, "https"), (FORWARDED, "for=203.0.113.7;proto=https")],
        ("198.51.100.9", "http"),
    ),
    "what a client made up stands on the left": (
        "127.0.0.1",
        [(FOR, "1.1.1.1, 127.0.0.1, 203.0.113.7")],
        ("203.0.113.7", "http"),
    ),
    "two proxies": (
        "127.0.0.1",
        [(FOR, "1.1.1.1, 203.0.113.7, 10.1.2.3"), (PROTO, "https")],
        ("203.0.113.7", "https"),
    ),
    "two proxies, each with a scheme": (
        "127.0.0.1",
        [(FOR, "203.0.113.7, 10.1.2.3"), (PROTO, "https, http")],
        ("203.0.113.7", "https"),
    ),
    "a made-up scheme stands on the left": (
        "127.0.0.1",
        [(FOR, "203.0.113.7"), (PROTO, "https, http")],
        ("203.0.113.7", "http"),
    ),
    "headers in several lines": (
        "127.0.0.1",
        [(FOR, "1.1.1.1"), (FOR, "203.0.113.7"), (FOR, "10.1.2.3")],
        ("203.0.113.7", "http"),
    ),
    "nothing but trusted hops": ("127.0.0.1", [(FOR, "10.0.0.5, 10.0.0.6")], ("10.0.0.5", "http")),
    "a hop that is no address": (
        "127.0.0.1",
        [(FOR, "203.0.113.7, unknown, 10.0.0.6")],
        ("10.0.0.6", "http"),
    ),
    "nothing that is an address": ("127.0.0.1", [(FOR, "unknown")], ("127.0.0.1", "http")),
    "with a port": ("127.0.0.1", [(FOR, "203.0.113.7:49152")], ("203.0.113.7", "http")),
    "IPv6": ("fd00::1", [(FOR, "2001:db8::7")], ("2001:db8::7", "http")),
    "IPv4 in IPv6": ("::ffff:127.0.0.1", [(FOR, "::ffff:203.0.113.7")], ("203.0.113.7", "http")),
    "the standard header": (
        "127.0.0.1",
        [(FORWARDED, 'for=1.1.1.1, For="[2001:db8::7]:4711";Proto=https;by=10.0.0.1')],
        ("2001:db8::7", "https"),
    ),
    "the standard header through two proxies": (
        "127.0.0.1",
        [(FORWARDED, "for=203.0.113.7;proto=https"), (FORWARDED, "for=10.0.0.9;proto=http")],
        ("203.0.113.7", "https"),
    ),
    "a hidden client": ("127.0.0.1", [(FORWARDED, "for=_hidden")], ("127.0.0.1", "http")),
    "both headers of one mind": (
        "127.0.0.1",
        [(FORWARDED, "for=203.0.113.7;proto=https"), (FOR, "203.0.113.7")],
        ("203.0.113.7", "http"),
    ),
    "one of two headers passed on from anybody": (
        "127.0.0.1",
        [(FORWARDED, "for=1.1.1.1;proto=https"), (FOR, "203.0.113.7")],
        ("127.0.0.1", "http"),
    ),
    "only a scheme": ("127.0.0.1", [(PROTO, "HTTPS")], ("127.0.0.1", "https")),
    "a scheme that is none": (
        "127.0.0.1",
        [(FOR, "203.0.113.7"), (PROTO, "gopher")],
        ("203.0.113.7", "http"),
    ),
    "no header": ("127.0.0.1", [], ("127.0.0.1", "http")),
}


@pytest.mark.parametrize("case", CASES)
def test_the_client_is_the_nearest_hop_that_is_no_trusted_proxy(tmp_path: Path, case: str) -> None:
    peer, headers, expected = CASES[case]

    assert resolve(tmp_path, peer, *headers) == expected


@pytest.mark.parametrize(
    ("own", "forged"),
    [
        ((FOR, "203.0.113.7"), (FORWARDED, "for=127.0.0.1")),
        ((FORWARDED, "for=203.0.113.7"), (FOR, "127.0.0.1")),
    ],
)
def test_the_header_that_a_proxy_sets_by_itself_is_believed_against_the_other_one(
    tmp_path: Path, own: tuple[str, str], forged: tuple[str, str]
) -> None:
    proxy = "127.0.0.1"

    found = resolve_all(tmp_path, (proxy, [own, forged]), (proxy, [own]), (proxy, [forged, own]))

    assert found == [proxy, "203.0.113.7", "203.0.113.7"]


def test_where_a_proxy_has_set_either_header_by_itself_neither_is_preferred(tmp_path: Path) -> None:
    listed, standard = (FOR, "203.0.113.7"), (FORWARDED, "for=203.0.113.8")

    proxy = "127.0.0.1"

    found = resolve_all(
        tmp_path, (proxy, [listed]), (proxy, [standard]), (proxy, [listed, standard])
    )

    assert found == ["203.0.113.7", "203.0.113.8", proxy]


def test_what_one_proxy_sets_says_nothing_about_another(tmp_path: Path) -> None:
    listed, standard = (FOR, "203.0.113.7"), (FORWARDED, "for=203.0.113.8")

    found = resolve_all(tmp_path, ("127.0.0.1", [listed]), ("10.0.0.1", [listed, standard]))

    assert found == ["203.0.113.7", "10.0.0.1"]


def test_a_socket_has_the_scheme_of_sockets(tmp_path: Path) -> None:
    headers = [(FOR, "203.0.113.7"), (PROTO, "https")]

    found = resolve(tmp_path, "127.0.0.1", *headers, kind="websocket")

    assert found == ("203.0.113.7", "wss")


def test_who_asks_for_the_public_address_came_by_its_scheme(tmp_path: Path) -> None:
    public = "https://wall.example"

    by_name = resolve(tmp_path, "198.51.100.9", ("Host", "wall.example"), public_url=public)
    by_number = resolve(tmp_path, "198.51.100.9", ("Host", "10.0.0.5"), public_url=public)

    assert by_name == ("198.51.100.9", "https")
    assert by_number == ("198.51.100.9", "http")


@pytest.mark.parametrize("host", ["wall.example", "Wall.Example", "wall.example:443"])
def test_the_public_address_is_known_in_every_spelling(tmp_path: Path, host: str) -> None:
    public = "https://wall.example"

    found = resolve(tmp_path, "198.51.100.9", ("Host", host), public_url=public)

    assert found == ("198.51.100.9", "https")


@pytest.mark.parametrize(
    "host", ["wall.example:80", "wall.example:8443", "wall.example.org", "[::1"]
)
def test_another_host_or_port_is_not_the_public_address(tmp_path: Path, host: str) -> None:
    public = "https://wall.example"

    found = resolve(tmp_path, "198.51.100.9", ("Host", host), public_url=public)

    assert found == ("198.51.100.9", "http")


def test_a_proxy_that_is_not_known_is_named_once_to_the_operator(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    resolve(tmp_path, "192.168.1.5", (FOR, "203.0.113.7"))

    assert "set TRUSTED_PROXIES=192.168.1.5" in caplog.text
    assert (tmp_path / UNKNOWN_PROXY_FILE).read_text() == "192.168.1.5"


def test_a_stranger_who_pretends_to_be_a_proxy_is_not_suggested(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    resolve(tmp_path, "8.8.8.8", (FOR, "203.0.113.7"))

    assert caplog.text == ""
    assert not (tmp_path / UNKNOWN_PROXY_FILE).exists()


@pytest.mark.parametrize("text", ["", "unknown", "1.2.3", "1.2.3.4.5", "::1::", "a" * 9000])
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("", NO_ADDRESS),
    ],
)
def test_limits_count_all_addresses_of_a_household_as_one(
    rf: RequestFactory, address: str, counted: str
) -> None:
    assert counted_address(rf.get("/", REMOTE_ADDR=address)) == counted
