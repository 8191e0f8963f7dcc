from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

from .conftest import PASSWORD

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


def test_there_is_one_door(client: Client, signed_in: Client, admin: User) -> None:
    asked = client.get("/admin/accounts/user/", follow=True)
    refused = signed_in.get("/admin/", follow=True)
    tried = client.post("/admin/login/", {"username": admin.email, "password": PASSWORD})

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
