"""What the process that sends does, and what it may not do."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from notifications import sender
from notifications.models import Channel, DeliveryReport, DeliveryState
from notifications.occasions import Level, Occasion
from notifications.texts import MessageText
from tests.fake_servers.process import FakeServer

from .conftest import AddChannel, deliver

TEXT = MessageText("PANIC!: A test", "5 < 6 *really*\nsecond line", Level.FAILURE)
FAILED, SENT, UNCERTAIN = DeliveryState.FAILED, DeliveryState.SENT, DeliveryState.UNCERTAIN


def send(address: str, *, private_allowed: bool = True) -> DeliveryReport:
    prepared = sender.prepare_address(address, TEXT, private_allowed=private_allowed)
    return prepared if isinstance(prepared, DeliveryReport) else prepared.send()


def host_of(server: FakeServer) -> str:
    return server.url.removeprefix("http://")


def test_a_webhook_gets_title_message_and_type(receiver: FakeServer) -> None:
    assert send(f"json://{host_of(receiver)}/hook?-token=abc") == DeliveryReport(SENT)

    (received,) = receiver.entries("received")
    assert received["path"] == "/hook?token=abc"
    content = received["content"]
    assert content["title"] == TEXT.title
    assert content["message"] == TEXT.body
    assert content["type"] == "failure"


def test_without_the_word_nothing_is_sent(receiver: FakeServer) -> None:
    prepared = sender.prepare_address(
        f"json://{host_of(receiver)}/hook", TEXT, private_allowed=True
    )
    assert not isinstance(prepared, DeliveryReport)

    prepared.discard()

    assert receiver.entries("received") == []


def test_an_address_is_on_no_command_line_and_in_no_environment() -> None:
    prepared = sender.prepare_address("json://127.0.0.1:9/very-secret", TEXT, private_allowed=True)
    assert not isinstance(prepared, DeliveryReport)
    pid = prepared._process.pid  # type: ignore[attr-defined]

    shown = b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    prepared.discard()

    assert b"send_process" in shown
    assert b"very-secret" not in shown


@pytest.mark.django_db
def test_mail_to_oneself_goes_the_way_of_all_mail(
    add_channel: AddChannel, settings: Settings
) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    channel = add_channel(address="", service="own-email")
    channel.put(Occasion.TEST, at=channel.created_at)

    deliver(channel, sender.prepare)

    (letter,) = mail.outbox
    assert letter.to == ["alice@example.org"]
    assert letter.subject == "PANIC!: A test"


@pytest.mark.django_db
def test_without_a_mail_server_it_says_so(add_channel: AddChannel, settings: Settings) -> None:
    settings.EMAIL_URL = ""
    channel = add_channel(address="", service="own-email")
    channel.put(Occasion.TEST, at=channel.created_at)

    deliver(channel, sender.prepare)

    assert channel.deliveries.get().problem == "no-mail"


@pytest.mark.django_db
def test_an_address_that_cannot_be_decrypted_is_said_to_be_so(
    add_channel: AddChannel, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    channel = add_channel()
    channel.put(Occasion.TEST, at=channel.created_at)
    settings.CREDENTIAL_KEYS = ["MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]

    deliver(Channel.objects.get(pk=channel.pk), sender.prepare)

    assert channel.deliveries.get().problem == "unreadable"
