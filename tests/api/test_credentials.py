"""Keys over HTTP: they go in and never come out, and nobody but their owner handles them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry, User
from credentials.models import Credential
from networks.models import Network
from tests.fake_servers.process import running_server

from .conftest import ApiClient, code, problem

PLAIN = "r8_planted-secret-0042"
NEW = {"platform": "replicate", "name": "Studio", "secret": PLAIN}


@pytest.fixture
def key(owner: ApiClient) -> str:
    """Alice's, lent to Carol."""
    made = str(owner.post("credentials", NEW).json()["id"])
    owner.patch(f"credentials/{made}", {"lent_to": ["carol@example.org"]})
    return made


def hosted_text() -> str:
    """A model of Replicate from text to text, whatever the catalogue calls it."""
    from platforms.base import Modality
    from platforms.registry import get_platform

    models = get_platform("replicate").models()
    return next(m.id for m in models if m.input is Modality.TEXT and m.output is Modality.TEXT)


def test_a_new_key_shows_its_end_and_nothing_more(owner: ApiClient, alice: User) -> None:
    answer = owner.post("credentials", NEW)

    assert answer.status_code == 201
    assert "planted" not in answer.content.decode()
    shown = answer.json()
    assert (shown["ends_in"], shown["name"], shown["mine"], shown["usable"]) == (
        "0042",
        "Studio",
        True,
        True,
    )
    assert Credential.objects.get().secret.decrypt() == PLAIN


def test_no_answer_no_log_and_no_entry_repeats_the_secret(
    owner: ApiClient, key: str, callers: Mapping[str, ApiClient], caplog: pytest.LogCaptureFixture
) -> None:
    said = []
    with caplog.at_level(logging.DEBUG):
        for caller in callers.values():
            for path in ("credentials", f"credentials/{key}", "house-keys", "models?all=1"):
                said.append(caller.get(path).content.decode())
        said.append(
            owner.patch(f"credentials/{key}", {"secret": PLAIN, "name": ""}).content.decode()
        )
        said.append(owner.post("credentials", {**NEW, "secret": PLAIN + " é"}).content.decode())
        said.append(owner.post("credentials", {**NEW, "sekret": PLAIN}).content.decode())

    assert "planted" not in "".join(said) + caplog.text
    assert "planted" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("stranger", (401, 401, 401, 401, 401)),
        ("guest", (403, 403, 403, 403, 403)),
        ("other", (404, 404, 404, 404, 404)),
        ("collaborator", (200, 403, 403, 403, 403)),
        ("admin", (404, 404, 404, 404, 404)),
    ],
)
def test_nobody_but_its_owner_handles_a_key(
    callers: Mapping[str, ApiClient], key: str, who: str, expected: tuple[int, ...]
) -> None:
    """Carol, to whom it is lent, sees that she may use it; an admin sees nothing of it."""
    caller, path = callers[who], f"credentials/{key}"

    answers = (
        caller.get(path),
        caller.patch(path, {"name": "Mine"}),
        caller.patch(path, {"secret": "r8_of-somebody-else-0000"}),
        caller.post(f"{path}/test"),
        caller.delete(path),
    )

    assert tuple(answer.status_code for answer in answers) == expected
    kept = Credential.objects.get()
    assert (kept.name, kept.secret.decrypt()) == ("Studio", PLAIN)


def test_whoever_it_is_lent_to_sees_that_it_is_there_and_whose_it_is(
    collaborator: ApiClient, other: ApiClient, key: str
) -> None:
    (lent,) = collaborator.get("credentials").json()["items"]

    hidden = ("ends_in", "refused", "trial", "created_at", "replaced_at", "last_used_at")
    assert (lent["id"], lent["mine"], lent["owner"]) == (key, False, "alice@example.org")
    assert [lent[field] for field in hidden] == [None] * 6
    assert lent["lent_to"] == []
    assert other.get("credentials").json()["items"] == []


def test_a_key_is_changed_as_a_whole_or_not_at_all(owner: ApiClient, key: str) -> None:
    path = f"credentials/{key}"

    wrong = owner.patch(path, {"name": "Hall", "lent_to": ["nobody"]})
    right = owner.patch(path, {"name": "Hall", "secret": "r8_another-secret-4711"})

    assert code(wrong) == (422, "invalid")
    assert problem(wrong)["errors"] == {"lent_to": "This is no e-mail address."}
    assert (right.json()["name"], right.json()["ends_in"]) == ("Hall", "4711")
    assert right.json()["lent_to"] == ["carol@example.org"]
    assert right.json()["replaced_at"]


def test_a_key_is_lent_to_addresses_and_taken_back(
    owner: ApiClient, collaborator: ApiClient, key: str
) -> None:
    path = f"credentials/{key}"

    owner.patch(path, {"lent_to": ["Bob@Example.org", "later@example.org"]})

    assert owner.get(path).json()["lent_to"] == ["bob@example.org", "later@example.org"]
    assert collaborator.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"platform": "dummy"}, "platform", "takes no keys"),
        ({"platform": "nowhere"}, "platform", "no such platform"),
        ({"name": "  "}, "name", "Give it a name"),
        ({"name": "two\nlines"}, "name", "one line"),
        ({"secret": ""}, "secret", "is missing"),
        ({"secret": "two words"}, "secret", "no blanks"),
        ({"secret": "r8_\u00e9"}, "secret", "no blanks"),
        ({"secret": "x" * 1_001}, "secret", "at most 1,000"),
        ({"platform": "compatible"}, "secret", "name=key"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_by_field(
    owner: ApiClient, change: dict[str, str], field: str, words: str
) -> None:
    answer = owner.post("credentials", {**NEW, **change})

    assert code(answer) == (422, "invalid")
    assert words in problem(answer)["errors"][field]
    assert not Credential.objects.exists()


def test_nobody_has_keys_without_end(owner: ApiClient, alice: User) -> None:
    Credential.objects.bulk_create(
        Credential(owner=alice, platform="openai", name=f"{n}", secret="") for n in range(50)
    )

    assert problem(owner.post("credentials", NEW))["errors"] == {
        "name": "You have 50 keys; delete one first."
    }


@pytest.mark.enable_socket
def test_a_test_asks_the_platform_and_a_refusal_shows_before_a_run_is_started(
    owner: ApiClient, network: Network, settings: Settings, tmp_path: Path
) -> None:
    owner.patch("networks/whispers", {"model_ids": [hosted_text()]})
    made = owner.post("credentials", {**NEW, "secret": "wrong"}).json()["id"]
    before = owner.get("networks/whispers").json()["runnable"]
    with running_server("replicate", tmp_path / "journal.jsonl") as provider:
        settings.PLATFORM_URLS = {"REPLICATE_BASE_URL": provider.url}
        bad = owner.post(f"credentials/{made}/test").json()
        after = owner.get("networks/whispers").json()
        started = owner.post("networks/whispers/runs", {"prompt": "hello"})
        owner.patch(f"credentials/{made}", {"secret": PLAIN})
        good = owner.post(f"credentials/{made}/test").json()

    assert (before, bad["passed"], after["runnable"], good["passed"]) == (True, False, False, True)
    assert after["problems"] == [
        "Slot 1: Replicate refused the key: replace it, or test it again, under Account, Keys."
    ]
    assert code(started) == (422, "not_runnable")
    assert "It belongs to the account “acme”." in good["detail"]
    shown = owner.get(f"credentials/{made}").json()
    assert (shown["trial"]["passed"], shown["refused"]) == (True, None)
    assert owner.get("networks/whispers").json()["runnable"]


def test_a_network_says_who_pays_and_can_be_told_who_shall(
    owner: ApiClient,
    collaborator: ApiClient,
    other: ApiClient,
    admin: ApiClient,
    network: Network,
    key: str,
) -> None:
    owner.patch("networks/whispers", {"model_ids": [hosted_text()]})
    path = "networks/whispers/credentials"
    second = owner.post("credentials", {**NEW, "name": "Second"}).json()["id"]
    (best,) = owner.get(path).json()["items"]

    picked = owner.patch(path, {"picks": {"replicate": key}}).json()["items"]
    again = owner.patch(path, {"picks": {"replicate": None}}).json()["items"]

    assert best == {
        "platform": "replicate",
        "source": "own",
        "credential": None,
        "problem": None,
        "choices": [second, key],
    }
    assert (picked[0]["credential"], again[0]["credential"]) == (key, None)
    refused = [caller.patch(path, {"picks": {}}).status_code for caller in (collaborator, other)]
    assert refused == [403, 404]
    assert admin.get(path).status_code == 200


def test_a_network_spends_only_on_keys_of_its_owner(
    owner: ApiClient, other: ApiClient, network: Network
) -> None:
    foreign = other.post("credentials", NEW).json()["id"]
    path = "networks/whispers/credentials"

    wrong = owner.patch(path, {"picks": {"replicate": foreign}})
    nowhere = owner.patch(path, {"picks": {"dummy": None}})

    assert "has no such key" in problem(wrong)["errors"]["replicate"]
    assert "takes no keys" in problem(nowhere)["errors"]["dummy"]


def test_the_operators_keys_are_for_admins_to_see_and_to_grant(
    admin: ApiClient, owner: ApiClient, stranger: ApiClient, alice: User, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": PLAIN}
    calls = ("house-keys", "house-keys/people")
    refused = [(owner.get(path).status_code, stranger.get(path).status_code) for path in calls]
    grant = f"house-keys/people/{alice.public_id}"

    listed = admin.get("house-keys")
    assert owner.patch(grant, {"may_use_house_keys": True}).status_code == 403
    granted = admin.patch(grant, {"may_use_house_keys": True}).json()

    assert refused == [(403, 401)] * 2
    assert "planted" not in listed.content.decode()
    assert listed.json()["items"][0]["settings"] == ["REPLICATE_API_TOKEN"]
    assert granted["may_use_house_keys"] is True
    assert owner.get(f"models/{hosted_text()}").json()["available"] is True
    assert AuditEntry.objects.filter(action="house_keys.granted").exists()
    people = admin.get("house-keys/people").json()["items"]
    assert ("alice@example.org", True) in {(p["email"], p["may_use_house_keys"]) for p in people}


def test_an_admin_needs_no_grant(admin: ApiClient) -> None:
    root = User.objects.get(email="root@example.org")

    answer = admin.patch(f"house-keys/people/{root.public_id}", {"may_use_house_keys": False})

    assert code(answer) == (422, "invalid")


def test_many_networks_of_many_owners_are_listed_with_a_handful_of_questions(
    admin: ApiClient, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": PLAIN}
    for number in range(12):
        owner = User.objects.create_user(f"owner-{number}@example.org")
        Network.create(owner, name=f"Ring {number}", slots=[{"model": hosted_text()}])
        Credential.store(owner=owner, platform="replicate", name="Mine", plain=PLAIN)

    with CaptureQueriesContext(connection) as captured:
        listed = admin.get("networks").json()["items"]

    assert [network["runnable"] for network in listed] == [True] * 12
    assert len(captured) <= 15


def test_what_is_typed_at_the_wrong_place_is_not_repeated(owner: ApiClient) -> None:
    body: dict[str, Any] = {"platform": PLAIN, "name": 7, "secret": [PLAIN]}

    answer = owner.post("credentials", body)

    assert code(answer) == (422, "invalid")
    assert "planted" not in answer.content.decode()
