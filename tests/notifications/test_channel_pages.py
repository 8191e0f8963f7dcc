"""Channels in pages and over the API: whose they are, what is said of them, and never their address."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry, User
from notifications import channels, sender
from notifications.models import Channel, DeliveryReport, DeliveryState
from notifications.occasions import SELECTABLE
from notifications.status import status_of
from tests.fake_servers.process import FakeServer
from tests.people import html_of

from .conftest import AddChannel, Recorder, deliver

pytestmark = pytest.mark.django_db

PAGE, API = "/account/notifications/", "/api/v1/notification-channels"
SECRET = "gotify://93.184.216.34/a-very-secret-token"
FORM: dict[str, Any] = {
    "name": "Night watch",
    "address": SECRET,
    "occasions": ["run-failed", "screen-gone"],
    "digest_minutes": "30",
    "language": "en",
}


def send(client: Client, path: str, body: Mapping[str, object], method: str = "post") -> Any:
    call = getattr(client, method)
    return call(path, json.dumps(body), content_type="application/json")


def test_a_channel_is_made_and_its_address_never_shown(owner: Client, alice: User) -> None:
    answer = owner.post(f"{PAGE}new/", FORM, follow=True)

    channel = Channel.objects.get()
    assert channel.address.decrypt() == SECRET
    assert (channel.owner, channel.service, channel.digest_minutes) == (alice, "Gotify", 30)
    assert channel.occasions == ["screen-gone", "run-failed"]
    one = f"{PAGE}{channel.public_id}/"
    pages = [
        html_of(answer),
        *(html_of(owner.get(path)) for path in (PAGE, one, f"{one}deliveries/")),
    ]
    pages += [owner.get(f"{API}{path}").content.decode() for path in ("", f"/{channel.public_id}")]
    assert all("Night watch" in page or "Nothing has been sent" in page for page in pages)
    assert not any("secret" in page or "93.184" in page for page in pages)


def test_an_address_is_in_no_dump_no_log_and_no_audit_entry(
    owner: Client, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    with caplog.at_level(logging.DEBUG):
        owner.post(f"{PAGE}new/", FORM)
        channel = Channel.objects.get()
        owner.post(f"{PAGE}{channel.public_id}/test/")
        deliver(channel, lambda message, text: DeliveryReport(DeliveryState.FAILED, "refused", 500))
    dumped = io.StringIO()
    call_command("dumpdata", "notifications", "accounts.auditentry", stdout=dumped)

    assert "Night watch" in dumped.getvalue()
    assert "secret" not in dumped.getvalue()
    assert "a-very-secret-token" not in caplog.text
    assert AuditEntry.objects.filter(action="channel.added", about="Night watch").exists()


def test_what_is_wrong_is_said_and_an_address_is_not_sent_back(owner: Client) -> None:
    answer = owner.post(f"{PAGE}new/", {**FORM, "occasions": [], "digest_minutes": "0"})

    assert answer.status_code == 422
    page = html_of(answer)
    assert "Choose at least one of" in page or "digest" in page
    assert "secret" not in page
    assert Channel.objects.count() == 0


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("dbus://", "are not allowed"),
        ("slack://T1/B2/c3?template=/etc/passwd", "“template” is not allowed"),
        ("json://127.0.0.1/hook", "which an admin has not allowed"),
        ("http://localhost:8000/hook", "which an admin has not allowed"),
        ("gotify://93.184.216.34/", "incomplete or wrong"),
        ("", "sends no e-mail"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_a_reason(
    owner: Client, settings: Settings, address: str, said: str
) -> None:
    settings.EMAIL_URL = ""

    answer = send(owner, API, {"name": "Watch", "address": address})

    assert answer.status_code == 422
    assert said in answer.json()["errors"]["address"]


def test_a_name_that_leads_to_this_machine_is_refused_when_it_is_put_in(
    owner: Client, receiver: FakeServer
) -> None:
    port = receiver.url.rpartition(":")[2]

    answer = send(owner, API, {"name": "Watch", "address": f"json://localhost.localdomain:{port}/"})

    assert answer.status_code == 422 or Channel.objects.get().private_allowed is False
    assert receiver.entries("received") == []


def test_only_an_admin_allows_private_addresses_and_another_address_ends_it(
    owner: Client, admin: Client, receiver: FakeServer
) -> None:
    private = f"{receiver.url}/hook"
    refused = send(owner, API, {"name": "W", "address": private, "private_allowed": True})
    assert refused.json()["errors"]["private_allowed"] == "Only an admin may allow this."
    made = send(owner, API, {"name": "W", "address": SECRET}).json()
    one = f"{API}/{made['id']}"

    allowed = send(admin, one, {"private_allowed": True}, "patch")
    assert allowed.json()["private_allowed"] is True
    send(owner, one, {"name": "Still"}, "patch")
    assert Channel.objects.get().private_allowed
    inside = send(owner, one, {"address": private}, "patch")

    assert inside.status_code == 422
    assert send(admin, one, {"address": private}, "patch").status_code == 200
    channel = Channel.objects.get()
    owner.post(f"{PAGE}{channel.public_id}/test/")
    deliver(channel, sender.prepare)
    assert len(receiver.entries("received")) == 1
    assert send(owner, one, {"address": SECRET}, "patch").json()["private_allowed"] is False


def test_mail_to_oneself_needs_no_address(owner: Client, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://localhost"

    made = send(owner, API, {"name": "Me"}).json()

    assert made["service"] == "own-email"
    assert made["occasions"] == [one.value for one in SELECTABLE]
    assert "E-mail to alice@example.org" in html_of(owner.get(PAGE))


def test_only_admins_hear_of_everything(owner: Client, admin: Client) -> None:
    refused = send(owner, API, {"name": "W", "address": SECRET, "everything": True})
    assert refused.json()["errors"]["everything"] == "Only admins hear of everything."

    assert send(admin, API, {"name": "W", "address": SECRET, "everything": True}).status_code == 201
    assert "All networks and installations" in html_of(admin.get(f"{PAGE}new/"))
    assert "All networks and installations" not in html_of(owner.get(f"{PAGE}new/"))


def test_a_form_leaves_the_address_that_it_is_not_given(owner: Client) -> None:
    owner.post(f"{PAGE}new/", FORM)
    channel = Channel.objects.get()
    page = f"{PAGE}{channel.public_id}/"
    changed = {**FORM, "address": "", "name": "Day watch", "enabled": ""}

    owner.post(page, {**changed, "enabled": "on", "digest_minutes": "5"})

    channel.refresh_from_db()
    assert (channel.name, channel.digest_minutes, channel.enabled) == ("Day watch", 5, True)
    assert channel.address.decrypt() == SECRET
    owner.post(page, {name: value for name, value in changed.items() if name != "enabled"})
    channel.refresh_from_db()
    assert not channel.enabled
    assert "switched off" in html_of(owner.get(PAGE))


def test_a_test_is_on_its_way_and_then_what_became_of_it(
    owner: Client, add_channel: AddChannel, recorder: Recorder
) -> None:
    channel = add_channel()
    page = f"{PAGE}{channel.public_id}/"

    answer = owner.post(f"{page}test/", follow=True)
    owner.post(f"{page}test/")

    assert "A test is about to be sent." in html_of(answer)
    assert channel.notifications.count() == 1
    recorder.report = DeliveryReport(DeliveryState.FAILED, "refused", 404)
    deliver(channel, recorder.prepare)
    assert "The service refused it. (404)" in html_of(owner.get(f"{page}deliveries/"))
    last = owner.get(f"{API}/{channel.public_id}").json()["last_delivery"]
    assert (last["state"], last["problem"], last["test"]) == (
        "failed",
        "The service refused it. (404)",
        True,
    )


def test_a_channel_that_is_off_is_not_tested(owner: Client, add_channel: AddChannel) -> None:
    channel = add_channel(enabled=False)

    answer = owner.post(f"{PAGE}{channel.public_id}/test/", follow=True)

    assert "switch it on first" in html_of(answer)
    assert send(owner, f"{API}/{channel.public_id}/test", {}).status_code == 422


def test_a_deleted_channel_takes_its_address_and_what_waits_along(
    owner: Client, add_channel: AddChannel
) -> None:
    channel = add_channel()
    channels.send_test(channel)

    owner.post(f"{PAGE}{channel.public_id}/delete/")

    assert Channel.objects.count() == 0
    assert AuditEntry.objects.filter(action="channel.deleted").exists()


def test_nobody_has_more_than_twenty(owner: Client, add_channel: AddChannel) -> None:
    for _ in range(channels.MAX_CHANNELS):
        add_channel()

    answer = send(owner, API, {"name": "W", "address": SECRET})

    assert "delete one first" in answer.json()["errors"]["name"]


def test_an_admin_sees_whose_a_channel_is_and_a_long_failure(
    admin: Client, add_channel: AddChannel
) -> None:
    channel = add_channel()
    Channel.objects.update(failing_since=datetime(2026, 1, 1, tzinfo=timezone.now().tzinfo))

    page = html_of(admin.get(PAGE))

    assert "alice@example.org" in page
    assert "has failed for more than a day" in page
    assert status_of(Channel.objects.get(pk=channel.pk)).code == "failing"


def test_a_channel_has_one_of_the_languages_that_there_are(
    owner: Client, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fr", "Français")]
    made = send(owner, API, {"name": "W", "address": SECRET}).json()
    one = f"{API}/{made['id']}"

    refused = send(owner, one, {"language": "tlh"}, "patch")

    assert made["language"] == "en"
    assert refused.json()["errors"]["language"] == "One of: en, fr."
    assert send(owner, one, {"language": "fr"}, "patch").json()["language"] == "fr"
