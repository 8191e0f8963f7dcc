"""Secrets at rest: what a seal hides, and what opens it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.models import User
from panic import environment
from platforms import sealing
from platforms.models import Credential
from platforms.sealing import Secret, Unreadable

PLAIN = "r8_planted-secret-0042"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def key_file(settings: Settings, tmp_path: Path) -> Path:
    settings.CREDENTIAL_KEYS = []
    settings.CREDENTIAL_KEY_FILE = tmp_path / "credential_keys"
    return tmp_path / "credential_keys"


@pytest.fixture
def credential(db: None) -> Credential:
    owner = User.objects.create_user("alice@example.org")
    return Credential.store(owner=owner, platform="replicate", name="Studio", plain=PLAIN)


def test_what_was_sealed_can_be_opened_and_is_seen_nowhere_else() -> None:
    secret = Secret.seal(PLAIN)

    assert secret.reveal() == PLAIN
    assert "planted" not in f"{secret} {secret!r} {[secret]} {secret.sealed}"
    assert not hasattr(secret, "__dict__")


def test_nothing_is_sealed_as_nothing() -> None:
    assert not Secret.seal("")
    assert Secret.seal("").reveal() == ""


def test_the_key_is_made_once_and_is_private(key_file: Path) -> None:
    first, second = Secret.seal("one"), Secret.seal("two")

    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(key_file.read_text().split()) == 1
    assert (first.reveal(), second.reveal()) == ("one", "two")
    assert list(key_file.parent.iterdir()) == [key_file]


def test_those_who_make_the_first_key_at_the_same_time_share_one(key_file: Path) -> None:
    ready = threading.Barrier(8)
    sealed: list[Secret] = []

    def seal() -> None:
        ready.wait()
        sealed.append(Secret.seal(PLAIN))

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [secret.reveal() for secret in sealed] == [PLAIN] * 8
    assert len(key_file.read_text().split()) == 1


def test_a_key_that_another_process_put_first_seals_from_then_on(key_file: Path) -> None:
    old = Secret.seal(PLAIN)
    sealing.write_keys([sealing.new_key(), *sealing.keys()])

    new = Secret.seal(PLAIN)

    assert (old.is_of_newest_key, new.is_of_newest_key) == (False, True)
    assert (old.reveal(), new.reveal()) == (PLAIN, PLAIN)


def test_without_its_key_it_stays_shut_and_says_so(key_file: Path) -> None:
    secret = Secret.seal(PLAIN)
    sealing.write_keys([sealing.new_key()])

    with pytest.raises(Unreadable):
        secret.reveal()


def test_keys_of_the_settings_come_before_the_file(settings: Settings, key_file: Path) -> None:
    settings.CREDENTIAL_KEYS = [sealing.new_key()]

    assert Secret.seal(PLAIN).reveal() == PLAIN
    assert not key_file.exists()


@pytest.mark.parametrize("value", ["too-short", "x" * 44, "ß" * 44])
def test_a_setting_that_holds_no_key_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CREDENTIAL_KEYS", f"{sealing.new_key()},{value}")

    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS must hold") as caught:
        environment.sealing_keys("CREDENTIAL_KEYS")
    assert value not in str(caught.value)


def test_a_credential_is_sealed_in_the_database_and_in_what_is_dumped(
    credential: Credential,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM platforms_credential")
        row = str(cursor.fetchone())
    dumped = serializers.serialize("json", Credential.objects.all())

    assert "planted" not in row + dumped
    assert json.loads(dumped)[0]["fields"]["secret"] == credential.secret.sealed
    (loaded,) = serializers.deserialize("json", dumped)
    loaded.save()
    assert Credential.objects.get().secret.reveal() == PLAIN


def test_a_credential_tells_nobody_its_secret(credential: Credential) -> None:
    kept = Credential.objects.get()

    assert kept.ending == "0042"
    assert "planted" not in f"{kept} {kept!r} {vars(kept)} {vars(credential)}"


def test_the_end_of_a_short_key_is_not_shown(db: None) -> None:
    owner = User.objects.create_user("alice@example.org")

    stored = Credential.store(owner=owner, platform="openai", name="Short", plain="sk-12345678")

    assert stored.ending == ""


def test_an_unsealed_text_is_not_written(credential: Credential) -> None:
    credential.secret = PLAIN

    with pytest.raises(TypeError, match="Seal it first"):
        credential.save()


def test_a_replaced_key_is_another_one_of_which_nothing_is_known(credential: Credential) -> None:
    mark = credential.mark
    credential.note_refusal("Replicate answered 401.", at=NOON)

    credential.replace("r8_another-secret-4711", at=NOON)

    kept = Credential.objects.get()
    assert kept.secret.reveal() == "r8_another-secret-4711"
    assert (kept.ending, kept.refused, kept.replaced_at) == ("4711", False, NOON)
    assert kept.mark != mark


def test_what_is_learned_of_a_key_says_nothing_of_the_one_that_replaced_it(
    credential: Credential,
) -> None:
    in_use = Credential.objects.get()
    credential.replace("r8_another-secret-4711", at=NOON)

    in_use.note_refusal("Replicate answered 401.", at=NOON)

    assert not Credential.objects.get().refused


def test_a_good_test_clears_what_it_was_refused_for(credential: Credential) -> None:
    credential.note_refusal("Replicate answered 401.", at=NOON)

    credential.note_test("Replicate knows it.", passed=True, refused=False, at=NOON)

    kept = Credential.objects.get()
    assert (kept.refused, kept.passed, kept.verdict) == (False, True, "Replicate knows it.")
