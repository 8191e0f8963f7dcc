"""A provider rings: through the real view and the real doorbell to the call that waits for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from invocations.engine import webhooks
from invocations.engine.runner import Runner
from invocations.models import Attempt, Run, WebhookSecret
from lib import encryption
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.errors import Unavailable
from platforms.registry import registered_temporarily
from tests.fake_servers.webhooks import SECRET, signed

from .test_runner import run_of, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
BODY = json.dumps({"id": "p1", "status": "succeeded"}).encode()
STRANGER = "whsec_c29tZWJvZHkgZWxzZQ=="


class Ringer(Platform):
    """Works for as long as it takes, looks only when it gets a webhook, and calls one wherever it can."""

    slug, label, key_settings = "ringer", "Ringer", ("RINGER_KEY",)

    def __init__(self) -> None:
        self.secret: str | Unavailable = SECRET
        self.asked_for_secret = self.looks = 0
        self.calls: list[Call] = []
        self.done = threading.Event()

    def models(self) -> list[Model]:
        return [Model("ringer:words", "Words", input=Modality.TEXT, output=Modality.TEXT)]

    async def callback_secret(self, address: str, credentials: Mapping[str, str]) -> str:
        self.asked_for_secret += 1
        if isinstance(self.secret, Unavailable):
            raise self.secret
        return self.secret

    async def invoke(self, call: Call) -> Output:
        self.calls.append(call)
        while not self.done.is_set():
            self.looks += await call.pause(3_600 if call.callback else 0.01)
        return Output(text="in")


@pytest.fixture
def ringer(settings: Settings) -> Iterator[Ringer]:
    settings.PUBLIC_URL = "https://panic.example"
    settings.ALLOWED_HOSTS = ["*"]
    settings.PLATFORM_KEYS = {"RINGER_KEY": "secret"}
    webhooks._known.clear()
    with registered_temporarily(one := Ringer()):
        yield one


@pytest.fixture
def runner(ringer: Ringer) -> Iterator[Runner]:
    one = Runner(4)
    yield one
    ringer.done.set()
    for call in ringer.calls:
        one._loop.call_soon_threadsafe(call.webhook_received.set)
    one.drain(5)
    one.close()


@pytest.fixture
def admin(alice: User) -> User:
    alice.is_superuser = alice.is_staff = True
    alice.save()
    return alice


def begin(runner: Runner, ringer: Ringer, owner: User, name: str = "Ring") -> tuple[Run, Call]:
    """A run whose one step waits for a webhook."""
    run = run_of(owner, "ringer:words", laps=1, name=name)
    known = len(ringer.calls)
    assert runner.start_step(run.invocations.get().pk)
    wait_until(lambda: len(ringer.calls) > known)
    return run, ringer.calls[-1]


def deliver(call: Call, headers: Mapping[str, str], body: bytes = BODY) -> int:
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    path = urlsplit(call.callback).path
    return Client().generic("POST", path, body, "application/json", **named).status_code  # type: ignore[arg-type]


def proper(body: bytes = BODY, *, message: str = "msg_1", secret: str = SECRET) -> dict[str, str]:
    return signed(message, int(time.time()), body, secret)


def test_a_ring_ends_a_wait_of_an_hour(runner: Runner, ringer: Ringer, admin: User) -> None:
    run, call = begin(runner, ringer, admin)

    ringer.done.set()
    assert deliver(call, proper()) == 204

    wait_until(lambda: Run.objects.filter(pk=run.pk, state="completed").exists())


def test_duplicates_and_stragglers_after_the_first_ring_change_nothing(
    runner: Runner, ringer: Ringer, admin: User
) -> None:
    run, call = begin(runner, ringer, admin)
    ringer.done.set()
    headers = proper()
    deliver(call, headers)
    wait_until(lambda: Run.objects.filter(pk=run.pk, state="completed").exists())
    before = list(Attempt.objects.values()), list(run.invocations.values())

    late = json.dumps({"id": "p1", "status": "starting"}).encode()
    answers = [deliver(call, headers), deliver(call, headers)]
    answers.append(deliver(call, proper(late, message="msg_0"), late))

    assert answers == [204, 204, 204]
    assert (list(Attempt.objects.values()), list(run.invocations.values())) == before


def test_a_forged_or_replayed_ring_is_refused_and_wakes_nobody(
    runner: Runner, ringer: Ringer, admin: User
) -> None:
    _, call = begin(runner, ringer, admin)
    old = signed("msg_1", int(time.time()) - 3_600, BODY)

    refused = [
        deliver(call, proper(secret=STRANGER)),
        deliver(call, old),
        deliver(call, {}),
        deliver(call, proper(), BODY + b" "),
    ]
    assert refused == [401] * 4
    assert ringer.looks == 0

    deliver(call, proper())  # ... while a proper one does
    wait_until(lambda: ringer.looks == 1)


def test_a_ring_wakes_the_call_it_names_and_no_other(
    runner: Runner, ringer: Ringer, admin: User
) -> None:
    _, first = begin(runner, ringer, admin)
    _, second = begin(runner, ringer, admin, "Another")
    assert first.callback != second.callback

    deliver(second, proper())

    wait_until(lambda: ringer.looks == 1)
    assert not first.webhook_received.is_set()


def test_an_address_that_names_nothing_answers_like_any_other(
    runner: Runner, ringer: Ringer, admin: User
) -> None:
    begin(runner, ringer, admin)
    stray = Call(ringer.models()[0], "", {}, {}, "k", callback="/webhooks/ringer/nobody/nothing/")

    assert deliver(stray, proper()) == 401
    assert Client().get("/webhooks/ringer/nobody/nothing/").status_code == 405


def test_a_body_without_an_end_is_not_read(runner: Runner, ringer: Ringer, admin: User) -> None:
    _, call = begin(runner, ringer, admin)
    body = b" " * 8_000_001

    assert deliver(call, proper(body), body) == 413


def test_what_the_provider_signs_with_is_asked_for_once_and_kept_encrypted(
    runner: Runner, ringer: Ringer, admin: User
) -> None:
    begin(runner, ringer, admin)
    begin(runner, ringer, admin, "Another")
    webhooks._known.clear()  # another process
    begin(runner, ringer, admin, "A third")

    kept = WebhookSecret.objects.get()
    assert ringer.asked_for_secret == 1
    assert kept.secret == SECRET
    assert SECRET not in kept.encrypted.ciphertext


def test_a_secret_encrypted_with_another_key_is_asked_for_again(
    runner: Runner, ringer: Ringer, admin: User, settings: Settings
) -> None:
    begin(runner, ringer, admin)
    settings.CREDENTIAL_KEYS = [encryption.new_key()]
    webhooks._known.clear()
    assert WebhookSecret.objects.get().secret == ""

    begin(runner, ringer, admin, "Another")

    assert ringer.asked_for_secret == 2
    assert WebhookSecret.objects.get().secret == SECRET


@pytest.mark.parametrize("answer", ["", Unavailable("down")])
def test_who_does_not_say_how_it_signs_is_polled(
    runner: Runner, ringer: Ringer, admin: User, answer: str | Unavailable
) -> None:
    ringer.secret = answer
    run, call = begin(runner, ringer, admin)
    ringer.done.set()

    wait_until(lambda: Run.objects.filter(pk=run.pk, state="completed").exists())
    assert call.callback == ""


def test_without_a_public_address_nobody_is_told_to_ring(
    runner: Runner, ringer: Ringer, admin: User, settings: Settings
) -> None:
    settings.PUBLIC_URL = ""

    _, call = begin(runner, ringer, admin)

    assert call.callback == ""
    assert ringer.asked_for_secret == 0


def test_a_retry_under_the_same_key_names_the_same_address(
    runner: Runner, ringer: Ringer, admin: User
) -> None:
    run, call = begin(runner, ringer, admin)
    attempt = Attempt.objects.get(invocation__run=run)
    heir = Attempt(invocation=attempt.invocation, idempotency_key=attempt.idempotency_key)

    held = runner._held[attempt.token].claim
    keys = {webhooks.webhook_key_of(held)}
    held.attempt.token = heir.token
    keys.add(webhooks.webhook_key_of(held))

    assert len(keys) == 1
    assert keys.pop() in call.callback
    assert attempt.token not in call.callback
