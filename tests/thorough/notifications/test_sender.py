"""What the process that sends reaches, and what it may not do."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from notifications import send_process, sender
from notifications.models import DeliveryReport, DeliveryState
from notifications.occasions import Level
from notifications.sandbox import Sandbox
from notifications.texts import MessageText
from tests.fake_servers.process import FakeServer, running_server

TEXT = MessageText("PANIC!: A test", "5 < 6 *really*\nsecond line", Level.FAILURE)
FAILED, SENT, UNCERTAIN = DeliveryState.FAILED, DeliveryState.SENT, DeliveryState.UNCERTAIN


def send(address: str, *, private_allowed: bool = True) -> DeliveryReport:
    prepared = sender.prepare_address(address, TEXT, private_allowed=private_allowed)
    return prepared if isinstance(prepared, DeliveryReport) else prepared.send()


def host_of(server: FakeServer) -> str:
    return server.url.removeprefix("http://")


@pytest.mark.parametrize(
    "address", ["ntfy://{}/topic", "gotify://{}/abcdefghijklmno", "signal://{}/+436641234567"]
)
def test_other_services_are_reached(receiver: FakeServer, address: str) -> None:
    assert send(address.format(host_of(receiver))) == DeliveryReport(SENT)

    assert len(receiver.entries("received")) == 1


@pytest.mark.parametrize(
    ("knobs", "report"),
    [
        ({"error": "403"}, DeliveryReport(FAILED, "refused", 403)),
        ({"error": "502"}, DeliveryReport(FAILED, "refused", 502)),
        ({"error": "drop"}, DeliveryReport(UNCERTAIN, "no-answer")),
    ],
)
def test_what_a_service_answers_is_told_apart(
    receiver: FakeServer, knobs: dict[str, str], report: DeliveryReport
) -> None:
    receiver.reset(**knobs)

    assert send(f"json://{host_of(receiver)}/hook") == report

    assert len(receiver.entries("received")) == 1


def test_a_service_that_nothing_answers_at_is_tried_again() -> None:
    assert send("json://127.0.0.1:9/hook") == DeliveryReport(FAILED, "unreachable")


def test_one_of_several_receivers_that_refuses_does_not_have_the_others_told_twice() -> None:
    log = send_process._LogReader()
    for level, text in (
        (logging.INFO, "Sent ntfy notification to 'https://ntfy.example'."),
        (logging.WARNING, "Failed to send ntfy notification: Forbidden, error=403."),
    ):
        log.emit(logging.LogRecord("apprise", level, "", 1, text, None, None))

    report = send_process._judge(False, log, Sandbox(private_allowed=True))

    assert report == {"outcome": "sent", "problem": "partly", "status": 403}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
def test_an_address_of_this_machine_is_not_connected_to(receiver: FakeServer, host: str) -> None:
    port = receiver.url.rpartition(":")[2]

    report = send(f"json://{host}:{port}/hook", private_allowed=False)

    assert report.state == FAILED
    assert report.problem in {"private", "not-understood", "unreachable"}
    assert receiver.entries("received") == []


SEND_TO_NAME = """
import socket, sys
public = socket.getaddrinfo
def rebound(host, port, *more, **also):
    asked.append(host)
    address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
    return public(address, port, *more, **also)
asked = []
socket.getaddrinfo = rebound
from notifications import send_process
send_process.main(sys.stdin, sys.stdout)
"""


def test_a_name_that_leads_elsewhere_once_it_was_checked_is_not_followed(
    receiver: FakeServer,
) -> None:
    port = receiver.url.rpartition(":")[2]
    request = {
        "address": f"json://rebound.example:{port}/hook",
        "title": "",
        "body": "x",
        "level": "info",
        "private_allowed": False,
        "certificates": [],
    }

    done = subprocess.run(
        [sys.executable, "-c", SEND_TO_NAME],
        input=f"{json.dumps(request)}\ngo\n",
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    ready, report = map(json.loads, done.stdout.splitlines())
    assert ready == {"ready": True}
    assert report == {"outcome": "failed", "problem": "private", "status": None}
    assert receiver.entries("received") == []


SANDBOXED = """
import os, socket, subprocess, sys
from notifications.sandbox import Sandbox
Sandbox(private_allowed={private}).enter()
try:
    {attempt}
except PermissionError as error:
    print("refused")
else:
    print("done")
"""


@pytest.mark.parametrize(
    "attempt",
    [
        "subprocess.run(['true'])",
        "os.system('true')",
        "open('written', 'w')",
        "os.open('written', os.O_CREAT | os.O_WRONLY)",
        "open('/etc/passwd').read()",
        "open('.env').read()",
        "os.remove('written')",
        "socket.socket().bind(('127.0.0.1', 0))",
        "socket.socket(socket.AF_UNIX).connect('/tmp/x')",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "socket.socket().connect(('127.0.0.1', 9))",
        "socket.socket().connect(('localhost', 9))",
    ],
)
def test_the_process_may_do_nothing_else(attempt: str, tmp_path: Path) -> None:
    code = SANDBOXED.format(attempt=attempt, private=False)
    (tmp_path / ".env").write_text("SECRET_KEY=x")

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(django_settings.BASE_DIR)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "refused\n"


@pytest.fixture(scope="module")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with running_server("smtp", tmp_path_factory.mktemp("smtp") / "journal.jsonl") as one:
        yield one


def test_mail_goes_by_the_server_in_the_address(post_office: FakeServer) -> None:
    port = post_office.url.rpartition(":")[2]

    report = send(
        f"mailto://127.0.0.1:{port}?from=panic@example.org&to=alice@example.org&mode=insecure"
    )

    assert report == DeliveryReport(SENT)
    (letter,) = post_office.entries("mail")
    assert "alice@example.org" in letter["to"]
    assert letter["subject"] == TEXT.title
    assert "second line" in letter["body"]
