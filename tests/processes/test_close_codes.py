"""Every close code of docs/events.md, sent by the real server and received by a real client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.browser.test_socket_client import LiveServer
from tests.stack import ROOT


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[LiveServer]:
    one = LiveServer(tmp_path_factory.mktemp("close") / "data", stack_template)
    one.start()
    yield one
    one.kill()


Do = Callable[[LiveServer, ClientConnection], None]


def nothing(server: LiveServer, client: ClientConnection) -> None:
    """It is closed without anything being done."""


def say_what_is_no_frame(server: LiveServer, client: ClientConnection) -> None:
    client.send("hello")


def say_too_much(server: LiveServer, client: ClientConnection) -> None:
    client.send("x" * 5000)


def acknowledge_nothing(server: LiveServer, client: ClientConnection) -> None:
    server.append_events(1, 70)


def begin_anew(server: LiveServer, client: ClientConnection) -> None:
    server.begin_anew(1)


CLOSES: dict[int, tuple[str, str | None, Do]] = {
    4400: ("stage", None, say_what_is_no_frame),
    4401: ("private", None, nothing),
    4403: ("stage", "https://elsewhere.example", nothing),
    4404: ("gone", None, nothing),
    4408: ("stage", None, say_too_much),
    4410: ("stage", None, begin_anew),
    4429: ("stage", None, acknowledge_nothing),
    4500: ("broken", None, nothing),
}


@pytest.mark.parametrize("code", CLOSES)
def test_the_code_arrives(server: LiveServer, code: int) -> None:
    path, origin, do = CLOSES[code]
    address = f"ws://127.0.0.1:{server.port}/ws/{path}/"
    headers = {"Origin": origin} if origin else None
    with connect(address, additional_headers=headers, open_timeout=60) as client:
        if do is not nothing:
            assert "welcome" in client.recv(timeout=60)
        do(server, client)

        with pytest.raises(ConnectionClosed) as closed:
            list(client)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_every_documented_code_is_tried() -> None:
    table = (ROOT / "docs" / "events.md").read_text()

    assert {int(code) for code in re.findall(r"^\| (\d{4}) \|", table, re.MULTILINE)} == set(CLOSES)
