"""Whose address counts, at a real web process behind a proxy: as a stranger would try it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.web_server import WebServer

SIGN_IN = "/account/sign-in/"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[WebServer]:
    folder = tmp_path_factory.mktemp("address")
    one = WebServer(folder / "data", stack_template, TRUSTED_PROXIES="127.0.0.1")
    one.start()
    yield one
    one.destroy()


def try_password(web: WebServer, email: str, **headers: str) -> int:
    """A wrong one; the status of the answer."""
    with httpx.Client(base_url=web.url, headers=headers, timeout=30) as client:
        page = client.get(SIGN_IN).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        fields = {"username": email, "password": "wrong", "csrfmiddlewaretoken": token[1]}
        return client.post(SIGN_IN, data=fields).status_code


def test_a_stranger_behind_the_same_proxy_locks_out_themselves_alone(web: WebServer) -> None:
    # What they make up stands to the left of what the proxy adds, another one each time.
    tries = [
        try_password(web, "ada@example.org", **{"X-Forwarded-For": f"192.0.2.{n}, 203.0.113.7"})
        for n in range(10)
    ]

    assert tries == [200] * 9 + [429]
    spoofed = {"X-Forwarded-For": "203.0.113.8, 203.0.113.7"}
    assert try_password(web, "ada@example.org", **spoofed) == 429
    assert try_password(web, "ada@example.org", **{"X-Forwarded-For": "203.0.113.8"}) == 200
    assert try_password(web, "bob@example.org", **{"X-Forwarded-For": "203.0.113.7"}) == 200


def test_the_standard_header_does_as_well(web: WebServer) -> None:
    origin = {"Origin": web.url.replace("http:", "https:")}  # as browsers send it
    mine = {"Forwarded": 'for="[2001:db8::7]:4711";proto=https', **origin}

    assert [try_password(web, "eve@example.org", **mine) for _ in range(10)][-1] == 429
    others = {"Forwarded": 'for="[2001:db8:0:1::8]:4711";proto=https', **origin}
    assert try_password(web, "eve@example.org", **others) == 200


def test_what_a_peer_says_that_is_no_trusted_proxy_is_worth_nothing(web: WebServer) -> None:
    web.kill()
    web.environment["TRUSTED_PROXIES"] = "192.0.2.1"
    web.start()
    try:
        tries = [
            try_password(web, "carol@example.org", **{"X-Forwarded-For": f"198.51.100.{n}"})
            for n in range(10)
        ]
    finally:
        web.kill()
        web.environment["TRUSTED_PROXIES"] = "127.0.0.1"
        web.start()

    assert tries[-1] == 429


def test_metrics_are_not_for_whom_a_proxy_on_this_machine_speaks_for(web: WebServer) -> None:
    own = httpx.get(f"{web.url}/metrics", timeout=30)
    through = httpx.get(f"{web.url}/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, timeout=30)

    assert own.status_code == 200
    assert through.status_code == 403
