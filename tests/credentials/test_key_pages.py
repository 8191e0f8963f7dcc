"""Keys as their owner handles them: what the pages show, what they never show, and whom they let in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry, User
from credentials.models import Credential
from networks.models import Network
from platforms.base import Modality
from platforms.registry import get_platform
from tests.fake_servers.process import running_server
from tests.people import html_of

PLAIN = "r8_planted-secret-0042"
NEW = {"platform": "replicate", "name": "Studio", "secret": PLAIN}
LIST = "/account/keys/"


def hosted() -> str:
    models = get_platform("replicate").models()
    return next(m.id for m in models if m.input is Modality.TEXT and m.output is Modality.TEXT)


@pytest.fixture
def key(alice: User, carol: User) -> Credential:
    """Alice's, lent to Carol."""
    made = Credential.store(owner=alice, platform="replicate", name="Studio", plain=PLAIN)
    made.loans.create(email=carol.email)
    return made


@pytest.fixture
def ring(network: Network) -> Network:
    """Asks Replicate alone."""
    Network.objects.filter(pk=network.pk).update(slots=[{"model": hosted()}])
    return Network.objects.get(pk=network.pk)


def page(key: Credential, of: str = "") -> str:
    return f"{LIST}{key.public_id}/{of}"


def test_a_key_is_stored_and_only_its_end_is_shown(owner: Client) -> None:
    answer = owner.post(LIST, NEW, follow=True)

    assert "…0042" in html_of(answer)
    assert "planted" not in html_of(answer)
    assert Credential.objects.get().secret.decrypt() == PLAIN
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_key_that_was_typed_is_not_sent_back_with_what_was_wrong(owner: Client) -> None:
    answer = owner.post(LIST, {**NEW, "name": "", "secret": f"{PLAIN} and more"})

    assert answer.status_code == 422
    assert "planted" not in html_of(answer)
    assert "has to be typed again" in html_of(answer)


def test_no_page_shows_the_secret(
    clients: Mapping[str, Client], key: Credential, ring: Network
) -> None:
    paths = [LIST, page(key), page(key, "delete/"), f"/n/{ring.slug}/keys/", "/account/log/"]
    paths += ["/account/", f"/n/{ring.slug}/", "/admin/", "/account/keys/house/"]

    shown = "".join(html_of(client.get(path)) for client in clients.values() for path in paths)

    assert "planted" not in shown
    assert shown.count("…0042") == 2  # its owner's list and its own page


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 302), ("other", 404), ("collaborator", 403), ("admin", 404)]
)
def test_nobody_but_its_owner_gets_near_it(
    clients: Mapping[str, Client], key: Credential, who: str, status: int
) -> None:
    """The collaborator may use it; an admin does not even see it."""
    client, loan = clients[who], key.loans.get()
    posts = ("", "replace/", "lend/", f"lend/{loan.public_id}/end/", "test/", "delete/")

    asked = [client.get(page(key, of)).status_code for of in ("", "delete/")]
    done = [client.post(page(key, of), {"name": "Mine"}).status_code for of in posts]

    assert {*asked, *done} == {status}
    kept = Credential.objects.get()
    assert (kept.name, kept.secret.decrypt(), kept.loans.count()) == ("Studio", PLAIN, 1)


def test_whoever_it_is_lent_to_sees_its_name_and_whose_it_is(
    collaborator: Client, key: Credential
) -> None:
    shown = html_of(collaborator.get(LIST))

    assert "Studio" in shown
    assert "of alice@example.org" in shown
    assert "0042" not in shown


def test_it_is_renamed_replaced_lent_and_taken_back(owner: Client, key: Credential) -> None:
    loan = key.loans.get()

    owner.post(page(key), {"name": "Hall"})
    owner.post(page(key, "replace/"), {"secret": "r8_another-secret-4711"})
    owner.post(page(key, "lend/"), {"email": "Bob@example.org"})
    owner.post(page(key, f"lend/{loan.public_id}/end/"))

    kept = Credential.objects.get()
    assert (kept.name, kept.ending) == ("Hall", "4711")
    assert [one.email for one in kept.loans.all()] == ["bob@example.org"]
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"key.replaced", "key.lent", "key.taken_back"} <= actions


@pytest.mark.parametrize(
    ("of", "given", "said"),
    [
        ("", {"name": " "}, "This field is required"),
        ("replace/", {"secret": "two words"}, "no blanks"),
        ("lend/", {"email": "nobody"}, "valid email"),
        ("lend/", {"email": "alice@example.org"}, "theirs already"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(
    owner: Client, key: Credential, of: str, given: dict[str, str], said: str
) -> None:
    answer = owner.post(page(key, of), given)

    assert answer.status_code == 422
    assert said in html_of(answer)
    assert Credential.objects.get().secret.decrypt() == PLAIN


@pytest.mark.enable_socket
def test_the_test_button_says_what_the_platform_says(
    owner: Client, key: Credential, settings: Settings, tmp_path: Path
) -> None:
    with running_server("replicate", tmp_path / "journal.jsonl") as provider:
        settings.PLATFORM_URLS = {"REPLICATE_BASE_URL": provider.url}
        good = html_of(owner.post(page(key, "test/"), follow=True))
        owner.post(page(key, "replace/"), {"secret": "wrong"})
        bad = html_of(owner.post(page(key, "test/"), follow=True))

    assert "It belongs to the account “acme”." in good
    assert "Replicate answered 401" in bad
    assert "Nothing is started with it until" in bad


def test_before_it_is_deleted_the_networks_that_would_miss_it_are_named(
    owner: Client, key: Credential, ring: Network, carol: User, alice: User
) -> None:
    Network.create(carol, name="Carol's secret ring", slots=[{"model": hosted()}])
    alone = html_of(owner.get(page(key, "delete/")))
    Credential.store(owner=alice, platform="replicate", name="Second", plain=PLAIN)
    Network.objects.get(pk=ring.pk).selected_credentials.create(
        platform="replicate", credential=key
    )
    replaced = html_of(owner.get(page(key, "delete/")))

    assert "Whispers" in alone
    assert "cannot run without it" in alone
    assert "a network of carol@example.org" in alone
    assert "secret ring" not in alone
    assert "goes on with the key “Second”" in replaced

    owner.post(page(key, "delete/"))

    assert [one.name for one in Credential.objects.all()] == ["Second"]


def test_a_network_says_who_pays_and_its_owner_picks(
    owner: Client, collaborator: Client, key: Credential, ring: Network, alice: User
) -> None:
    Credential.store(owner=alice, platform="replicate", name="Second", plain=PLAIN)
    path = f"/n/{ring.slug}/keys/"
    before = html_of(owner.get(path))

    owner.post(path, {"replicate": key.public_id})

    assert "<span>Second</span>" in before
    assert "<span>Studio</span>" in html_of(owner.get(path))
    assert collaborator.get(path).status_code == 403
    assert owner.post(path, {"replicate": "another"}).status_code == 422


def test_a_refused_key_shows_on_the_network_before_anybody_starts_it(
    owner: Client, key: Credential, ring: Network
) -> None:
    key.note_refusal("Replicate answered 401: planted words.", at=timezone.now())

    for_owner = html_of(owner.get(f"/n/{ring.slug}/"))

    assert "Replicate refused the key" in for_owner
    assert "planted words" not in for_owner


def test_an_admin_lets_a_curator_spend_on_the_operators_keys(
    admin: Client, owner: Client, alice: User, ring: Network, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": PLAIN}
    path = f"/account/keys/house/people/{alice.public_id}/"
    refused = owner.post(path, {"may": "yes"}).status_code
    before = Network.objects.get(pk=ring.pk).problems()

    admin.post(path, {"may": "yes"})
    during = Network.objects.get(pk=ring.pk).problems()
    admin.post(path, {"may": "no"})

    assert (refused, bool(before), during) == (403, True, [])
    assert Network.objects.get(pk=ring.pk).problems() == before
    page = html_of(admin.get("/account/keys/house/"))
    assert "REPLICATE_API_TOKEN" in page
    assert "planted" not in page
