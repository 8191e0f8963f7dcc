"""A new key for everything that is sealed, whenever it is interrupted."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from credentials import rotation
from credentials.models import Credential
from lib import encryption
from lib.encryption import EncryptedSecret
from panic.doctor import stored_keys

pytestmark = pytest.mark.django_db
PLAINS = [f"r8_planted-secret-{number:04}" for number in range(5)]


@pytest.fixture(autouse=True)
def key_file(settings: Settings, tmp_path: Path) -> Path:
    settings.CREDENTIAL_KEYS = []
    settings.CREDENTIAL_KEY_FILE = tmp_path / "credential_keys"
    return tmp_path / "credential_keys"


@pytest.fixture
def stored(key_file: Path) -> list[Credential]:
    owner = User.objects.create_user("alice@example.org")
    return [
        Credential.store(owner=owner, platform="replicate", name=plain[-4:], plain=plain)
        for plain in PLAINS
    ]


def revealed() -> list[str]:
    return [one.secret.decrypt() for one in Credential.objects.order_by("pk")]


def test_everything_is_sealed_with_a_new_key_and_the_old_one_is_gone(
    stored: list[Credential], key_file: Path
) -> None:
    (old,) = key_file.read_text().split()

    done = rotation.rotate()

    (new,) = key_file.read_text().split()
    assert (done.encrypted, done.unreadable, old == new) == (5, [], False)
    assert revealed() == PLAINS
    assert all(one.secret.is_of_newest_key for one in Credential.objects.all())
    assert [one.fingerprint for one in Credential.objects.order_by("pk")] == [
        s.fingerprint for s in stored
    ]


@pytest.mark.parametrize("done", [0, 2, 5])
def test_an_interrupted_rotation_is_carried_on_with_the_key_it_had_made(
    stored: list[Credential], key_file: Path, done: int
) -> None:
    new = encryption.new_key()
    encryption.write_keys([new, *encryption.keys()])
    for one in stored[:done]:
        Credential.objects.filter(pk=one.pk).update(
            secret=EncryptedSecret.encrypt(one.secret.decrypt())
        )
    assert rotation.unfinished()

    found = rotation.rotate()

    assert found.encrypted == 5 - done
    assert key_file.read_text().split() == [new]
    assert revealed() == PLAINS
    assert not rotation.unfinished()


def test_it_can_be_repeated_as_often_as_one_likes(stored: list[Credential]) -> None:
    for _ in range(3):
        assert rotation.rotate().encrypted == 5

    assert revealed() == PLAINS


def test_with_keys_of_the_settings_the_first_one_seals_everything(
    stored: list[Credential], settings: Settings, key_file: Path
) -> None:
    before = key_file.read_text()
    new = encryption.new_key()
    settings.CREDENTIAL_KEYS = [new, *before.split()]
    out = io.StringIO()

    call_command("rotate_credentials", stdout=out)

    settings.CREDENTIAL_KEYS = [new]
    assert revealed() == PLAINS
    assert key_file.read_text() == before
    assert "Only the first of CREDENTIAL_KEYS" in out.getvalue()


def test_what_cannot_be_opened_is_named_by_the_command_and_by_the_doctor(
    stored: list[Credential], key_file: Path
) -> None:
    Credential.objects.filter(pk=stored[0].pk).update(secret=EncryptedSecret("gAAAAnonsense"))
    out = io.StringIO()

    with pytest.raises(SystemExit, match=r"1 could not be decrypted: 0000 \(replicate\)"):
        call_command("rotate_credentials", stdout=out)
    (finding,) = stored_keys()

    assert "4 stored secrets" in out.getvalue()
    assert finding.wrong
    assert "0000 (replicate)" in finding.sentence
    assert "planted" not in out.getvalue() + finding.sentence


def test_the_doctor_is_content_with_what_can_be_opened(stored: list[Credential]) -> None:
    assert [finding.wrong for finding in stored_keys()] == [False]


def test_the_doctor_sees_an_interrupted_rotation(stored: list[Credential]) -> None:
    encryption.write_keys([encryption.new_key(), *encryption.keys()])

    assert [finding.wrong for finding in stored_keys()] == [True, False]
