"""Curator and admin: who changes that, and that somebody is always left who can."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from accounts import members
from accounts.models import AuditEntry, User
from tests.people import PASSWORD

PEOPLE = "/account/people/"


@pytest.fixture
def as_admin(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def _role(client: Client, person: User, role: str) -> str:
    answer = client.post(f"{PEOPLE}{person.public_id}/role/", {"role": role}, follow=True)
    return str(answer.content.decode())


def test_an_admin_makes_an_admin_and_a_curator_again(as_admin: Client, alice: User) -> None:
    assert "alice@example.org is an admin now." in _role(as_admin, alice, "admin")
    alice.refresh_from_db()
    assert (alice.is_admin, alice.is_staff) == (True, True)

    assert "alice@example.org is a curator now." in _role(as_admin, alice, "curator")
    alice.refresh_from_db()
    assert (alice.is_admin, alice.is_staff) == (False, False)


def test_nobody_makes_themselves_an_admin(signed_in: Client, alice: User) -> None:
    path = f"{PEOPLE}{alice.public_id}/role/"

    assert signed_in.post(path, {"role": "admin"}).status_code == 403
    assert Client().post(path, {"role": "admin"}).status_code == 302
    alice.refresh_from_db()
    assert not alice.is_admin


def test_not_even_with_all_of_djangos_permissions(signed_in: Client, alice: User) -> None:
    from django.contrib.auth.models import Permission

    User.objects.filter(pk=alice.pk).update(is_staff=True)
    alice.user_permissions.set(Permission.objects.all())
    path = f"/admin/accounts/user/{alice.pk}/change/"

    answer = signed_in.post(path, {"email": alice.email, "is_superuser": "on", "is_active": "on"})

    alice.refresh_from_db()
    assert (answer.status_code, alice.is_superuser) == (403, False)


def test_the_last_admin_stays_one(as_admin: Client, root: User, alice: User) -> None:
    assert "This is the last admin" in _role(as_admin, root, "curator")
    root.refresh_from_db()
    assert root.is_admin

    _role(as_admin, alice, "admin")
    _role(as_admin, root, "curator")
    root.refresh_from_db()
    assert not root.is_admin


def test_an_admin_who_is_shut_out_does_not_count(root: User, alice: User) -> None:
    members.change_role(alice, admin=True, by=root)
    members.close(alice, by=root)

    with pytest.raises(members.LastAdmin):
        members.change_role(root, admin=False, by=root)
    with pytest.raises(members.LastAdmin):
        members.close(root, by=alice)


@pytest.mark.parametrize("field", ["is_superuser", "is_active"])
def test_djangos_own_page_keeps_the_last_admin_too(
    as_admin: Client, root: User, field: str
) -> None:
    given = {"email": root.email, "is_superuser": "on", "is_active": "on", "is_staff": "on"}
    del given[field]

    answer = as_admin.post(f"/admin/accounts/user/{root.pk}/change/", given)

    root.refresh_from_db()
    assert "This is the last admin" in answer.content.decode()
    assert root.is_admin


def test_accounts_are_not_deleted(as_admin: Client, alice: User) -> None:
    answer = as_admin.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    assert User.objects.filter(pk=alice.pk).exists()


# The log


def test_the_log_says_who_did_what(as_admin: Client, root: User, alice: User) -> None:
    alice_at = Client()
    alice_at.post("/account/sign-in/", {"username": alice.email, "password": PASSWORD})
    alice_at.post("/account/tokens/", {"name": "a lamp", "scopes": ["read"]})
    alice_at.post(f"/account/tokens/{alice.api_tokens.get().public_id}/revoke/")
    as_admin.post(f"{PEOPLE}invite/", {"email": "dora@example.org"})
    _role(as_admin, alice, "admin")
    members.close(alice, by=root)

    page = as_admin.get("/account/log/").content.decode()

    recorded = [(entry.who, entry.action) for entry in AuditEntry.objects.order_by("id")]
    assert recorded == [
        ("alice@example.org", "person.signed_in"),
        ("alice@example.org", "token.made"),
        ("alice@example.org", "token.revoked"),
        ("root@example.org", "person.invited"),
        ("root@example.org", "role.changed"),
        ("root@example.org", "person.shut_out"),
    ]
    for words in ("person signed in", "a lamp: read", "dora@example.org", "is an admin"):
        assert words in page


def test_a_door_that_was_shut_is_on_record_once(client: Client, alice: User) -> None:
    for _ in range(13):
        client.post("/account/sign-in/", {"username": alice.email, "password": "wrong"})

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.about) == ("sign_in.locked", "alice@example.org from 127.0.0.1")


def test_the_log_comes_in_pages(as_admin: Client, root: User) -> None:
    for number in range(120):
        AuditEntry.record(root, "token.made", f"entry-{number}-")

    first = as_admin.get("/account/log/").content.decode()
    older = first.partition("?before=")[2].partition('"')[0]
    second = as_admin.get(f"/account/log/?before={older}").content.decode()

    assert ("entry-119-" in first, "entry-70-" in first, "entry-69-" in first) == (
        True,
        True,
        False,
    )
    assert ("entry-70-" in second, "entry-69-" in second) == (False, True)
    assert as_admin.get("/account/log/?before=x'").status_code == 200


def test_the_log_is_for_admins(signed_in: Client) -> None:
    assert signed_in.get("/account/log/").status_code == 403
    assert Client().get("/account/log/").status_code == 302


def test_locked_sign_ins_of_before_keep_their_place_in_the_log(db: None) -> None:
    migration = import_module("accounts.migrations.0002_name_locked_sign_ins")
    AuditEntry.record(None, "door.shut", "alice@example.org from 127.0.0.1")

    migration.rename(apps, migration.OLD, migration.NEW)

    assert AuditEntry.objects.get().action == "sign_in.locked"
