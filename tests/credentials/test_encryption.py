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
from credentials.models import Credential
from lib import encryption
from lib.encryption import EncryptedSecret, Unreadable
from panic import environment

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
    secret = EncryptedSecret.encrypt(PLAIN)

    assert secret.decrypt() == PLAIN
    assert "planted" not in f"{secret} {secret!r} {[secret]} {secret.ciphertext}"
    assert not hasattr(secret, "__dict__")


def test_nothing_is_sealed_as_nothing() -> None:
    assert not EncryptedSecret.encrypt("")
    assert EncryptedSecret.encrypt("").decrypt() == ""


def test_the_key_is_made_once_and_is_private(key_file: Path) -> None:
    first, second = EncryptedSecret.encrypt("one"), EncryptedSecret.encrypt("two")

    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(key_file.read_text().split()) == 1
    assert (first.decrypt(), second.decrypt()) == ("one", "two")
    assert list(key_file.parent.iterdir()) == [key_file]


def test_those_who_make_the_first_key_at_the_same_time_share_one(key_file: Path) -> None:
    ready = threading.Barrier(8)
    sealed: list[EncryptedSecret] = []

    def seal() -> None:
        ready.wait()
        sealed.append(EncryptedSecret.encrypt(PLAIN))

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [secret.decrypt() for secret in sealed] == [PLAIN] * 8
    assert len(key_file.read_text().split()) == 1


def test_a_key_that_another_process_put_first_seals_from_then_on(key_file: Path) -> None:
    old = EncryptedSecret.encrypt(PLAIN)
    encryption.write_keys([encryption.new_key(), *encryption.keys()])

    new = EncryptedSecret.encrypt(PLAIN)

    assert (old.is_of_newest_key, new.is_of_newest_key) == (False, True)
    assert (old.decrypt(), new.decrypt()) == (PLAIN, PLAIN)


def test_without_its_key_it_stays_shut_and_says_so(key_file: Path) -> None:
    secret = EncryptedSecret.encrypt(PLAIN)
    encryption.write_keys([encryption.new_key()])

    with pytest.raises(Unreadable):
        secret.decrypt()


def test_keys_of_the_settings_come_before_the_file(settings: Settings, key_file: Path) -> None:
    settings.CREDENTIAL_KEYS = [encryption.new_key()]

    assert EncryptedSecret.encrypt(PLAIN).decrypt() == PLAIN
    assert not key_file.exists()


@pytest.mark.parametrize("value", ["too-short", "x" * 44, "ß" * 44])
def test_a_setting_that_holds_no_key_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CREDENTIAL_KEYS", f"{encryption.new_key()},{value}")

    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS must hold") as caught:
        environment.encryption_keys("CREDENTIAL_KEYS")
    assert value not in str(caught.value)


def test_a_credential_is_sealed_in_the_database_and_in_what_is_dumped(
    credential: Credential,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM credentials_credential")
        row = str(cursor.fetchone())
    dumped = serializers.serialize("json", Credential.objects.all())

    assert "planted" not in row + dumped
    assert json.loads(dumped)[0]["fields"]["secret"] == credential.secret.ciphertext
    (loaded,) = serializers.deserialize("json", dumped)
    loaded.save()
    assert Credential.objects.get().secret.decrypt() == PLAIN


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

    with pytest.raises(TypeError, match="Encrypt it first"):
        credential.save()


def test_a_replaced_key_is_another_one_of_which_nothing_is_known(credential: Credential) -> None:
    fingerprint = credential.fingerprint
    credential.note_refusal("Replicate answered 401.", at=NOON)

    credential.replace("r8_another-secret-4711", at=NOON)

    kept = Credential.objects.get()
    assert kept.secret.decrypt() == "r8_another-secret-4711"
    assert (kept.ending, kept.refused, kept.replaced_at) == ("4711", False, NOON)
    assert kept.fingerprint != fingerprint


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
