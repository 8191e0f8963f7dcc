"""Whose key pays, which of several, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from platforms import sealing
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.discretion import fit_for_people
from platforms.keyring import Grant, Keyring, house_key, house_keys
from platforms.models import Credential, HouseKey
from platforms.registry import get_platform, registered_temporarily

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MODEL = Model("acme:words", "Words", Modality.TEXT, Modality.TEXT)


class Acme(Platform):
    slug, label = "acme", "Acme"
    key_settings: ClassVar[Sequence[str]] = ("ACME_API_KEY",)

    def models(self) -> list[Model]:
        return [MODEL]

    async def invoke(self, call: Call) -> Output:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def acme() -> Iterator[None]:
    with registered_temporarily(Acme()):
        yield


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.org")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.org")


def store(owner: User, name: str, *, days: int = 0) -> Credential:
    """A key whose text is its name, made so many days after the others."""
    made = Credential.store(owner=owner, platform="acme", name=name, plain=f"secret-of-{name}")
    Credential.objects.filter(pk=made.pk).update(created_at=NOON + timedelta(days=days))
    return Credential.objects.get(pk=made.pk)


def granted(owner: User, *chosen: Credential, house: bool = False) -> Grant:
    keys = Keyring(owner.pk, house=house, chosen=lambda: [one.pk for one in chosen])
    return keys.grant("acme")


def secret(grant: Grant) -> str:
    return dict(grant.credentials()).get("ACME_API_KEY", "")


def test_the_newest_of_ones_own_keys_is_used(alice: User) -> None:
    store(alice, "new", days=2)
    store(alice, "old", days=1)

    assert secret(granted(alice)) == "secret-of-new"


def test_a_key_that_was_refused_is_passed_over_for_one_that_works(alice: User) -> None:
    store(alice, "old")
    store(alice, "new", days=1).note_refusal("Acme answered 401.", at=NOON)

    assert secret(granted(alice)) == "secret-of-old"


def test_the_one_that_was_chosen_comes_first_and_has_no_stand_in(alice: User) -> None:
    old = store(alice, "old")
    store(alice, "new", days=1)

    assert secret(granted(alice, old)) == "secret-of-old"
    old.note_refusal("Acme answered 401.", at=NOON)
    assert granted(alice, old).problem.startswith("Acme refused the key")


def test_a_lent_key_is_used_where_one_has_none_of_ones_own(alice: User, bob: User) -> None:
    lent = store(bob, "lent", days=9)
    lent.loans.create(email=alice.email)

    assert secret(granted(alice)) == "secret-of-lent"
    store(alice, "own")
    assert secret(granted(alice)) == "secret-of-own"
    assert secret(granted(bob)) == "secret-of-lent"


def test_a_lent_key_ends_when_it_is_taken_back_or_its_owner_is_shut_out(
    alice: User, bob: User
) -> None:
    lent = store(bob, "lent")
    lent.loans.create(email=alice.email)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    shut_out = granted(alice)
    User.objects.filter(pk=bob.pk).update(is_active=True)
    lent.loans.all().delete()

    assert shut_out.key is None
    assert granted(alice).key is None


def test_the_houses_keys_are_for_those_who_may(alice: User, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-house"}

    assert secret(granted(alice, house=True)) == "of-the-house"
    assert granted(alice).key is None


def test_a_refused_key_of_ones_own_gives_way_to_the_houses(alice: User, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-house"}
    store(alice, "own").note_refusal("Acme answered 401.", at=NOON)

    assert secret(granted(alice, house=True)) == "of-the-house"


def test_a_refusal_of_the_houses_key_is_remembered_until_it_is_another_one(
    settings: Settings,
) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-house"}
    key = house_key(get_platform("acme"))
    assert key
    key.note_refusal("Acme answered 401.", at=NOON)

    refused = Keyring(None, house=True).availability(MODEL)
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "another-of-the-house"}
    replaced = Keyring(None, house=True).availability(MODEL)

    assert refused.reason == (
        "Acme refused the house's key: an admin has to replace ACME_API_KEY, or test it again."
    )
    assert replaced.available
    assert "of-the-house" not in str(HouseKey.objects.values())


def test_the_house_lists_the_keys_it_has_with_what_is_known_of_them(settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-house", "OPENAI_API_KEY": ""}
    (key,) = house_keys()
    key.note_test("Acme takes this key.", passed=True, refused=False, at=NOON)

    (known,) = house_keys()

    assert (known.platform, known.passed) == ("acme", True)


def test_every_lack_is_said_in_words(alice: User, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {}

    reasons = [
        Keyring(alice.pk, house=False).availability(MODEL).reason,
        Keyring(alice.pk, house=True).availability(MODEL).reason,
        Keyring(None, house=False).availability(MODEL).reason,
    ]

    assert reasons == [
        "Acme needs a key (ACME_API_KEY): add one under Account, Keys.",
        "Acme needs a key: add one under Account, Keys, or set ACME_API_KEY.",
        "Acme needs ACME_API_KEY to be set.",
    ]


def test_a_key_that_cannot_be_decrypted_is_a_reason_and_not_a_crash(
    alice: User, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = [sealing.new_key()]
    store(alice, "own")
    settings.CREDENTIAL_KEYS = [sealing.new_key()]

    found = Keyring(alice.pk, house=False).availability(MODEL)

    assert not found.available
    assert "cannot be decrypted" in found.reason


def test_an_earlier_try_is_taken_up_with_its_own_key_or_not_at_all(alice: User, bob: User) -> None:
    first = store(bob, "first")
    first.loans.create(email=alice.email)
    store(alice, "second", days=1)
    keys = Keyring(alice.pk, house=False)

    assert secret(keys.grant_again("acme", first.mark, begun=True)) == "secret-of-first"
    mark = first.mark
    first.replace("secret-of-another", at=NOON)
    lost = Keyring(alice.pk, house=False).grant_again("acme", mark, begun=True)

    assert lost.key is None
    assert "has been replaced or taken away since" in lost.problem


def test_a_key_that_was_taken_back_collects_what_it_began_but_begins_nothing(
    alice: User, bob: User
) -> None:
    lent = store(bob, "lent")
    keys = Keyring(alice.pk, house=False)

    assert keys.grant_again("acme", lent.mark, begun=True).problem == ""
    assert keys.grant_again("acme", lent.mark, begun=False).key is None


def test_a_sentence_for_its_users_names_the_key_and_repeats_no_secret(alice: User) -> None:
    store(alice, "Studio")

    told = granted(alice).in_words("401: no such key secret-of-Studio. Check ACME_API_KEY.")

    assert told == "401: no such key ••••. Check the key “Studio”."


def test_parts_of_a_secret_that_holds_several_keys_are_left_out_too() -> None:
    assert fit_for_people("box said: bad key abcdefgh", ["box=abcdefgh,rack=ijklmnop"]) == (
        "box said: bad key ••••"
    )


def test_a_key_that_the_provider_shortens_itself_is_left_out_too() -> None:
    said = "Incorrect API key provided: sk-ab******************yz12. Find yours at example.org."

    assert fit_for_people(said, []) == (
        "Incorrect API key provided: ••••. Find yours at example.org."
    )


def test_nothing_is_read_for_a_platform_without_keys(
    alice: User, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert Keyring(alice.pk, house=True).grant("dummy") == Grant("dummy")
