"""Whose key pays, which of several, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from credentials.models import Credential, OperatorKey
from credentials.operator_keys import key_in_environment, operator_keys
from credentials.resolution import CredentialResolver, ResolvedCredential
from lib import encryption
from lib.redaction import redact_provider_text
from platforms.base import Call, Modality, Model, Output, Platform
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


def store(owner: User, name: str, *, days: int = 0) -> Credential:
    """A key whose text is its name, made so many days after the others."""
    made = Credential.store(owner=owner, platform="acme", name=name, plain=f"secret-of-{name}")
    Credential.objects.filter(pk=made.pk).update(created_at=NOON + timedelta(days=days))
    return Credential.objects.get(pk=made.pk)


def granted(owner: User, *chosen: Credential, operator: bool = False) -> ResolvedCredential:
    keys = CredentialResolver(
        owner.pk, operator_keys=operator, selected=lambda: [one.pk for one in chosen]
    )
    return keys.resolve("acme")


def secret(resolved: ResolvedCredential) -> str:
    return dict(resolved.secrets()).get("ACME_API_KEY", "")


def test_the_newest_of_ones_own_keys_is_used(alice: User) -> None:
    store(alice, "new", days=2)
    store(alice, "old", days=1)

    assert secret(granted(alice)) == "secret-of-new"


def test_a_key_that_was_refused_is_passed_over_for_one_that_works(alice: User) -> None:
    store(alice, "old")
    store(alice, "new", days=1).note_refusal("Acme answered 401.", at=NOON)

    assert secret(granted(alice)) == "secret-of-old"


def test_the_one_that_was_chosen_comes_first_and_has_no_replacement(alice: User) -> None:
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


def test_the_operators_keys_are_for_those_who_may(alice: User, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-operator"}

    assert secret(granted(alice, operator=True)) == "of-the-operator"
    assert granted(alice).key is None


def test_a_refused_key_of_ones_own_gives_way_to_the_houses(alice: User, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-operator"}
    store(alice, "own").note_refusal("Acme answered 401.", at=NOON)

    assert secret(granted(alice, operator=True)) == "of-the-operator"


def test_a_refusal_of_the_operators_key_is_remembered_until_it_is_another_one(
    settings: Settings,
) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-operator"}
    key = key_in_environment(get_platform("acme"))
    assert key
    key.note_refusal("Acme answered 401.", at=NOON)

    refused = CredentialResolver(None, operator_keys=True).availability(MODEL)
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "another-of-the-operator"}
    replaced = CredentialResolver(None, operator_keys=True).availability(MODEL)

    assert refused.reason == (
        "Acme refused the operator's key: an admin has to replace ACME_API_KEY, or test it again."
    )
    assert replaced.available
    assert "of-the-operator" not in str(OperatorKey.objects.values())


def test_the_operator_lists_the_keys_it_has_with_what_is_known_of_them(settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"ACME_API_KEY": "of-the-operator", "OPENAI_API_KEY": ""}
    (key,) = operator_keys()
    key.note_test("Acme takes this key.", passed=True, refused=False, at=NOON)

    (known,) = operator_keys()

    assert (known.platform, known.passed) == ("acme", True)


def test_every_lack_is_said_in_words(alice: User, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {}

    reasons = [
        CredentialResolver(alice.pk, operator_keys=False).availability(MODEL).reason,
        CredentialResolver(alice.pk, operator_keys=True).availability(MODEL).reason,
        CredentialResolver(None, operator_keys=False).availability(MODEL).reason,
    ]

    assert reasons == [
        "Acme needs a key (ACME_API_KEY): add one under Account, Keys.",
        "Acme needs a key: add one under Account, Keys, or set ACME_API_KEY.",
        "Acme needs ACME_API_KEY to be set.",
    ]


def test_a_key_that_cannot_be_decrypted_is_a_reason_and_not_a_crash(
    alice: User, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = [encryption.new_key()]
    store(alice, "own")
    settings.CREDENTIAL_KEYS = [encryption.new_key()]

    found = CredentialResolver(alice.pk, operator_keys=False).availability(MODEL)

    assert not found.available
    assert "cannot be decrypted" in found.reason


def test_an_earlier_try_is_taken_up_with_its_own_key_or_not_at_all(alice: User, bob: User) -> None:
    first = store(bob, "first")
    first.loans.create(email=alice.email)
    store(alice, "second", days=1)
    keys = CredentialResolver(alice.pk, operator_keys=False)

    assert secret(keys.resolve_earlier("acme", first.fingerprint, begun=True)) == "secret-of-first"
    fingerprint = first.fingerprint
    first.replace("secret-of-another", at=NOON)
    lost = CredentialResolver(alice.pk, operator_keys=False).resolve_earlier(
        "acme", fingerprint, begun=True
    )

    assert lost.key is None
    assert "has been replaced or taken away since" in lost.problem


def test_a_key_that_was_taken_back_collects_what_it_began_but_begins_nothing(
    alice: User, bob: User
) -> None:
    lent = store(bob, "lent")
    keys = CredentialResolver(alice.pk, operator_keys=False)

    assert keys.resolve_earlier("acme", lent.fingerprint, begun=True).problem == ""
    assert keys.resolve_earlier("acme", lent.fingerprint, begun=False).key is None


def test_a_sentence_for_its_users_names_the_key_and_repeats_no_secret(alice: User) -> None:
    store(alice, "Studio")

    redacted = granted(alice).redact("401: no such key secret-of-Studio. Check ACME_API_KEY.")

    assert redacted == "401: no such key ••••. Check the key “Studio”."


def test_parts_of_a_secret_that_holds_several_keys_are_left_out_too() -> None:
    assert redact_provider_text("box said: bad key abcdefgh", ["box=abcdefgh,rack=ijklmnop"]) == (
        "box said: bad key ••••"
    )


def test_a_key_that_the_provider_shortens_itself_is_left_out_too() -> None:
    said = "Incorrect API key provided: sk-ab******************yz12. Find yours at example.org."

    assert redact_provider_text(said, []) == (
        "Incorrect API key provided: ••••. Find yours at example.org."
    )


def test_nothing_is_read_for_a_platform_without_keys(
    alice: User, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert CredentialResolver(alice.pk, operator_keys=True).resolve(
            "dummy"
        ) == ResolvedCredential("dummy")
