"""Invited by a link, let back in by a link, shut out at once; and who may do that."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts import members, password_mails
from accounts.models import ApiToken, User
from tests.people import PASSWORD

PEOPLE = "/account/people/"


@pytest.fixture
def as_admin(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def link_in(page: bytes, base: str = "http://testserver") -> str:
    found = re.search(rf"{base}(/account/password/[^<\s]+)", page.decode())
    assert found
    return found[1]


def set_password(client: Client, link: str, password: str = PASSWORD) -> int:
    form = client.get(link, follow=True)
    path = form.request["PATH_INFO"]
    answer = client.post(path, {"new_password1": password, "new_password2": password})
    return answer.status_code


def test_somebody_who_is_invited_sets_a_password_and_is_in(as_admin: Client) -> None:
    made = as_admin.post(f"{PEOPLE}invite/", {"email": "Carol@Example.org"})
    carol = User.objects.get(email="carol@example.org")
    visitor = Client()

    assert set_password(visitor, link_in(made.content)) == 302

    assert visitor.get("/account/").status_code == 200
    assert (carol.is_admin, "no-store" in made["Cache-Control"]) == (False, True)
    given = {"username": "carol@example.org", "password": PASSWORD}
    assert Client().post("/account/sign-in/", given).status_code == 302


def test_an_admin_is_invited_the_same_way(as_admin: Client) -> None:
    as_admin.post(f"{PEOPLE}invite/", {"email": "dora@example.org", "admin": "on"})

    assert User.objects.get(email="dora@example.org").is_admin


@pytest.mark.parametrize(
    ("email", "sentence"),
    [("ALICE@example.org", "has an account already"), ("nobody", "valid email")],
)
def test_an_invitation_that_cannot_be_says_why(
    as_admin: Client, alice: User, email: str, sentence: str
) -> None:
    answer = as_admin.post(f"{PEOPLE}invite/", {"email": email})

    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_a_link_works_once(alice: User) -> None:
    link = members.link_path(alice)

    assert set_password(Client(), link) == 302

    assert "This link has been used" in Client().get(link).content.decode()


def test_a_link_is_worth_nothing_after_a_week(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = members.link_path(alice)
    now = default_token_generator._now()
    week = settings.PASSWORD_RESET_TIMEOUT

    monkeypatch.setattr(default_token_generator, "_now", lambda: now + timedelta(seconds=week + 1))

    assert "This link has been used" in Client().get(link).content.decode()


def test_somebody_who_is_shut_out_is_out_at_once(as_admin: Client, alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    _, token = ApiToken.issue(alice)
    link = members.link_path(alice)

    as_admin.post(f"{PEOPLE}{alice.public_id}/close/")

    assert browser.get("/account/").status_code == 302
    assert ApiToken.user_from_text(token) is None
    assert "This link has been used" in Client().get(link).content.decode()
    assert as_admin.post(f"{PEOPLE}{alice.public_id}/link/").status_code == 404
    as_admin.post(f"{PEOPLE}{alice.public_id}/reopen/")
    assert browser.get("/account/").status_code == 200


def test_an_admin_does_not_shut_out_themselves(as_admin: Client, root: User) -> None:
    answer = as_admin.post(f"{PEOPLE}{root.public_id}/close/", follow=True)

    assert "Another admin has to close your account." in answer.content.decode()
    assert as_admin.get(PEOPLE).status_code == 200


@pytest.mark.parametrize("what", ["", "invite/", "{id}/link/", "{id}/close/", "{id}/reopen/"])
def test_people_are_for_admins(signed_in: Client, bob: User, what: str) -> None:
    path = PEOPLE + what.format(id=bob.public_id)
    given = {"email": "mallory@example.org", "admin": "on"}

    for client, status in ((signed_in, 403), (Client(), 302)):
        answer = client.post(path, given) if what else client.get(path)
        assert answer.status_code == status

    bob.refresh_from_db()
    assert bob.is_active
    assert not User.objects.filter(email="mallory@example.org").exists()


def test_nothing_is_done_by_following_a_link(as_admin: Client, bob: User) -> None:
    for what in ("invite/", f"{bob.public_id}/link/", f"{bob.public_id}/close/"):
        assert as_admin.get(PEOPLE + what).status_code == 405


def test_the_machine_gives_a_way_back_in(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("password_link", "ALICE@example.org")

    link = capsys.readouterr().out.strip().removeprefix("http://localhost:8000")
    assert set_password(Client(), link, "another-long-one") == 302
    with pytest.raises(CommandError, match="no open account"):
        call_command("password_link", "nobody@example.org")


# Forgotten


FORGOTTEN = "/account/password/forgotten/"


@pytest.fixture
def with_mail(settings: Settings) -> None:
    cache.clear()  # other tests have mailed to people of the same numbers
    settings.EMAIL_URL = "smtp://localhost"
    settings.PUBLIC_URL = "https://panic.example"
    settings.ALLOWED_HOSTS = ["*"]


def ask_for_link(client: Client, email: str, **headers: str) -> str:
    """The page that answers; mails are sent when this returns."""
    answer = client.post(FORGOTTEN, {"email": email}, follow=True, headers=headers)
    password_mails.sender.wait_until_idle()
    return answer.content.decode()


@pytest.mark.parametrize("missing", ["EMAIL_URL", "PUBLIC_URL"])
def test_where_no_mail_can_be_sent_it_says_whom_to_ask(
    client: Client,
    alice: User,
    with_mail: None,
    settings: Settings,
    mailoutbox: list[EmailMessage],
    missing: str,
) -> None:
    setattr(settings, missing, "")

    page = client.get(FORGOTTEN).content.decode()
    answer = ask_for_link(client, alice.email, host="evil.example")

    assert "This installation sends no mail" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    assert "This installation sends no mail" in answer
    assert mailoutbox == []


@pytest.mark.parametrize(("email", "letters"), [("Alice@example.org", 1), ("x@example.org", 0)])
def test_with_mail_a_link_is_sent_and_nobody_learns_who_has_an_account(
    client: Client,
    alice: User,
    with_mail: None,
    mailoutbox: list[EmailMessage],
    email: str,
    letters: int,
) -> None:
    answer = ask_for_link(client, email, host="evil.example")

    assert "If there is an account with this address" in answer
    assert [mail.to for mail in mailoutbox] == [[alice.email]] * letters
    for mail in mailoutbox:
        body = str(mail.body)
        assert "evil.example" not in body
        assert set_password(Client(), link_in(body.encode(), "https://panic.example")) == 302


def test_an_account_gets_one_mail_in_a_while(
    client: Client, alice: User, bob: User, with_mail: None, mailoutbox: list[EmailMessage]
) -> None:
    answers = {ask_for_link(client, email) for email in (alice.email, alice.email.upper())}
    ask_for_link(client, bob.email)

    assert all("If there is an account with this address" in answer for answer in answers)
    assert [mail.to for mail in mailoutbox] == [[alice.email], [bob.email]]


def test_mails_that_nobody_takes_are_few(
    alice: User, bob: User, with_mail: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread sends, as many wait as there is room for, and whoever finds none may ask again."""
    taken, go_on = threading.Semaphore(0), threading.Event()
    sent: list[str] = []

    def send(mail: EmailMessage) -> None:
        taken.release()
        go_on.wait(30)
        sent.extend(mail.to)

    monkeypatch.setattr(EmailMessage, "send", send)
    monkeypatch.setattr(password_mails, "sender", password_mails.MailSender(max_waiting=1))
    carol, dora = (members.invite(f"{name}@example.org", admin=False) for name in ("carol", "dora"))

    password_mails.send_link(alice.email)
    assert taken.acquire(timeout=30)
    for person in (bob, carol, dora):
        password_mails.send_link(person.email)
    go_on.set()
    password_mails.sender.wait_until_idle()
    password_mails.send_link(dora.email)
    password_mails.sender.wait_until_idle()

    assert sent == [alice.email, bob.email, dora.email]


def test_a_mail_that_fails_does_not_keep_the_next_one(
    alice: User,
    bob: User,
    with_mail: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[str] = []

    def send(mail: EmailMessage) -> None:
        if mail.to == [alice.email]:
            raise OSError("no server")
        sent.extend(mail.to)

    monkeypatch.setattr(EmailMessage, "send", send)

    for person in (alice, bob):
        password_mails.send_link(person.email)
    password_mails.sender.wait_until_idle()

    assert sent == [bob.email]
    assert "A link to set a password could not be sent." in caplog.text
