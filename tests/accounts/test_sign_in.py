from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import known_devices, members
from accounts.middleware import RENEWED
from accounts.models import User
from tests.people import PASSWORD

SIGN_IN = "/account/sign-in/"


def test_a_curator_signs_in_whatever_the_capitals_of_the_address(
    client: Client, alice: User
) -> None:
    response = client.post(SIGN_IN, {"username": "Alice@Example.org", "password": PASSWORD})

    assert response.status_code == 302
    assert response["Location"] == reverse("networks:list")


def test_signing_in_leads_back_to_the_page_that_was_wanted(client: Client, alice: User) -> None:
    asked = client.get("/account/")

    response = client.post(
        asked["Location"],
        {"username": alice.email, "password": PASSWORD, "next": "/account/"},
    )

    assert asked["Location"] == "/account/sign-in/?next=/account/"
    assert response["Location"] == "/account/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:1"])
def test_signing_in_never_leads_to_another_site(
    client: Client, alice: User, elsewhere: str
) -> None:
    response = client.post(
        SIGN_IN, {"username": alice.email, "password": PASSWORD, "next": elsewhere}
    )

    assert response["Location"] == reverse("networks:list")


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_a_failure_says_the_same_about_known_and_unknown_addresses(
    client: Client, alice: User, email: str
) -> None:
    response = client.post(SIGN_IN, {"username": email, "password": "wrong"})

    assert response.status_code == 200
    assert "do not go together" in response.content.decode()


def test_a_disabled_account_cannot_sign_in(client: Client, alice: User) -> None:
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    response = client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})

    assert response.status_code == 200
    assert "_auth_user_id" not in client.session


def test_somebody_signed_in_is_led_past_the_sign_in_page(signed_in: Client) -> None:
    response = signed_in.get(SIGN_IN)

    assert response.status_code == 302


def test_signing_out_needs_a_post(signed_in: Client) -> None:
    refused = signed_in.get("/account/sign-out/")
    response = signed_in.post("/account/sign-out/")

    assert refused.status_code == 405
    assert response["Location"] == reverse("home")
    assert "_auth_user_id" not in signed_in.session


def test_the_password_can_be_changed_and_the_session_survives(
    signed_in: Client, alice: User
) -> None:
    new = "another-horse-in-the-snow"

    response = signed_in.post(
        "/account/password/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
        follow=True,
    )

    alice.refresh_from_db()
    assert alice.check_password(new)
    assert "Your password is changed." in response.content.decode()


def test_the_present_password_is_asked_for(signed_in: Client, alice: User) -> None:
    new = "another-horse-in-the-snow"

    response = signed_in.post(
        "/account/password/",
        {"old_password": "wrong", "new_password1": new, "new_password2": new},
    )

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert "not your present password" in response.content.decode()


def test_who_fails_ten_times_has_to_wait_and_nobody_else(
    client: Client, alice: User, bob: User
) -> None:
    for tries in range(10):
        name = alice.email.upper() if tries % 2 else alice.email
        answer = client.post(SIGN_IN, {"username": name, "password": "wrong"})

    assert answer.status_code == 429
    assert "try again in 15 minutes" in answer.content.decode()
    right = {"username": alice.email, "password": PASSWORD}
    assert client.post(SIGN_IN, right).status_code == 429
    assert client.post(SIGN_IN, {**right, "username": bob.email}).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert elsewhere.post(SIGN_IN, right).status_code == 302


def wrong(client: Client, email: str) -> int:
    return client.post(SIGN_IN, {"username": email, "password": "wrong"}).status_code


def sign_out(client: Client) -> None:
    """As a browser does, which keeps its other cookies."""
    client.post("/account/sign-out/")


def test_a_stranger_at_the_same_address_does_not_lock_out_a_known_device(
    client: Client, alice: User
) -> None:
    right = {"username": alice.email.upper(), "password": PASSWORD}
    client.post(SIGN_IN, right)
    sign_out(client)
    stranger = Client()
    assert [wrong(stranger, alice.email) for _ in range(10)][-1] == 429

    assert stranger.post(SIGN_IN, right).status_code == 429
    assert client.post(SIGN_IN, right).status_code == 302


def test_on_a_known_device_wrong_passwords_slow_down_and_do_not_lock(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = {"username": alice.email, "password": PASSWORD}
    client.post(SIGN_IN, right)
    sign_out(client)
    monkeypatch.setattr(known_devices, "wait_after", lambda failures: 600 * (failures >= 3))

    assert [wrong(client, alice.email) for _ in range(4)] == [200, 200, 200, 429]
    answer = client.post(SIGN_IN, right)
    assert answer.status_code == 429
    assert re.search(r"try again in \d+ seconds", answer.content.decode())
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    monkeypatch.setattr(known_devices, "wait_after", lambda failures: 0)
    cache.clear()  # as after these seconds
    assert [wrong(client, alice.email) for _ in range(20)] == [200] * 20
    assert client.post(SIGN_IN, right).status_code == 302


@pytest.mark.parametrize("letter", ["\uff41", "\U0001d41a", "A", " a"])
def test_another_spelling_of_an_address_is_no_way_around_the_wait(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    """Wide and bold letters are plain ones to the form that signs in."""
    spelled = letter + alice.email.removeprefix("a")
    client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
    sign_out(client)
    monkeypatch.setattr(known_devices, "wait_after", lambda failures: 600 * (failures >= 3))

    assert [wrong(client, spelled) for _ in range(4)] == [200, 200, 200, 429]
    assert client.post(SIGN_IN, {"username": spelled, "password": PASSWORD}).status_code == 429
    assert wrong(client, alice.email) == 429


@pytest.mark.parametrize("spelling", ["\uff21LICE@example.org", "al\u0131ce@EXAMPLE.org "])
def test_spellings_that_a_database_takes_for_one_address_are_counted_as_one(
    rf: RequestFactory, spelling: str
) -> None:
    """Postgres compares what both are in capitals, and the dotless i has that of the other one."""
    request = rf.post(SIGN_IN, {"username": spelling})

    assert members.sign_in_address(request, None) == "alice@example.org"
    assert members.sign_in_address(request, {"username": spelling}) == "alice@example.org"


def test_tries_at_the_same_moment_do_not_slip_through(
    client: Client, alice: User, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
    request = rf.post(SIGN_IN, {"username": alice.email})
    request.COOKIES["panic_device"] = client.cookies["panic_device"].value
    monkeypatch.setattr(cache, "get", lambda key: None)  # nobody has seen the others yet

    waits = [known_devices.seconds_to_wait(request) for _ in range(5)]

    assert waits[:3] == [0, 0, 0]
    assert all(waits[3:])


def test_a_device_is_known_for_those_who_signed_in_there_and_nobody_else(
    client: Client, alice: User, bob: User
) -> None:
    client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
    sign_out(client)

    assert [wrong(client, bob.email) for _ in range(10)][-1] == 429
    client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
    sign_out(client)
    assert wrong(client, alice.email) == 200


@pytest.mark.parametrize("cookie", ["", "x", "eyJpZCI6MX0:1tVYzC:forged"])
def test_a_cookie_that_is_not_ours_makes_no_device_known(
    client: Client, alice: User, cookie: str
) -> None:
    client.cookies["panic_device"] = cookie

    assert [wrong(client, alice.email) for _ in range(10)][-1] == 429


def test_the_cookie_of_a_device_opens_and_tells_nothing(client: Client, alice: User) -> None:
    client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
    cookie = client.cookies["panic_device"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    value = signing.loads(cookie.value, salt="accounts.known_devices")
    assert alice.email not in str(value)
    assert alice.public_id not in str(value)
    other = Client()
    other.cookies["panic_device"] = cookie.value
    assert other.get("/account/").status_code == 302


def test_it_takes_longer_with_every_failure_but_never_long() -> None:
    waits = [known_devices.wait_after(failures) for failures in range(60)]

    assert waits[:6] == [0, 0, 0, 2, 4, 8]
    assert waits == sorted(waits)
    assert waits[-1] == 60


def test_an_unknown_account_is_looked_at_as_long_as_a_known_one(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time is the hash of the password: it is made once for either."""
    hashed: list[str] = []
    original = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda self, password, salt: hashed.append(password) or original(self, password, salt),  # type: ignore[func-returns-value]
    )
    counts = []
    for email in (alice.email, "nobody@example.org"):
        hashed.clear()
        wrong(client, email)
        counts.append(len(hashed))

    assert counts == [1, 1]


def test_a_session_lives_from_the_last_visit_and_is_written_once_a_day(
    client: Client, alice: User
) -> None:
    client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
    session = client.session
    session[RENEWED] = "2001-01-01"
    session.save()
    soon = timezone.now() + timedelta(days=1)
    Session.objects.update(expire_date=soon)

    renewed = client.get("/account/")
    with CaptureQueriesContext(connection) as queries:
        again = client.get("/account/")

    assert renewed.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE
    assert Session.objects.get().expire_date > soon + timedelta(days=20)
    assert "sessionid" not in again.cookies
    assert not [q for q in queries if q["sql"].startswith(("UPDATE", "INSERT"))]


def test_signing_in_forgets_the_failures(client: Client, alice: User) -> None:
    for _ in range(2):
        for _ in range(9):
            client.post(SIGN_IN, {"username": alice.email, "password": "wrong"})
        answer = client.post(SIGN_IN, {"username": alice.email, "password": PASSWORD})
        assert answer.status_code == 302
        client.logout()


def test_a_new_password_signs_out_everywhere_else(signed_in: Client, alice: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    new = "another-horse-in-the-snow"

    signed_in.post(
        "/account/password/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert signed_in.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_there_is_one_door(client: Client, signed_in: Client, root: User) -> None:
    asked = client.get("/admin/accounts/user/", follow=True)
    refused = signed_in.get("/admin/", follow=True)
    tried = client.post("/admin/login/", {"username": root.email, "password": PASSWORD})

    assert asked.redirect_chain[-1][0] == "/account/sign-in/?next=/admin/accounts/user/"
    assert refused.status_code == 403
    assert "_auth_user_id" not in client.session
    assert tried.headers["Location"].startswith("/account/sign-in/")


def test_a_page_that_is_not_there_leads_to_signing_in_and_back(client: Client, alice: User) -> None:
    page = client.get("/n/a-private-one/?rows=2").content.decode()

    assert 'href="/account/sign-in/?next=%2Fn%2Fa-private-one%2F%3Frows%3D2"' in page
    client.force_login(alice)
    assert "/account/sign-in/" not in client.get("/n/nowhere/").content.decode()


def test_whoever_signs_in_from_a_page_comes_back_to_it(client: Client, db: None) -> None:
    looked_at = client.get("/about/").content.decode()
    signing_in = client.get(SIGN_IN).content.decode()

    assert 'href="/account/sign-in/?next=%2Fabout%2F"' in looked_at
    assert 'href="/account/sign-in/"' in signing_in
