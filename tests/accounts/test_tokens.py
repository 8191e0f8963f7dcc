from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User

TOKENS = "/account/tokens/"
GIVEN = {"name": "the wall", "scopes": ["read", "start"], "days": "30"}


def test_a_new_token_is_shown_once_and_works(signed_in: Client, alice: User) -> None:
    made = signed_in.post(TOKENS, GIVEN)
    later = signed_in.get("/account/")

    shown = re.search(r"panic_[\w-]{40,}", made.content.decode())
    assert shown
    assert ApiToken.user_from_text(shown[0]) == alice
    assert "the wall" in later.content.decode()
    assert shown[0] not in later.content.decode()


def test_the_answer_that_shows_a_token_is_kept_by_no_cache(signed_in: Client) -> None:
    response = signed_in.post(TOKENS, GIVEN)

    assert "no-store" in response["Cache-Control"]


def test_a_token_must_say_what_it_is_for(signed_in: Client) -> None:
    response = signed_in.post(TOKENS, {**GIVEN, "name": " "})

    assert response.status_code == 400
    assert not ApiToken.objects.exists()


def test_the_use_of_a_token_is_noted_at_most_once_an_hour(alice: User) -> None:
    token, plain = ApiToken.issue(alice)

    ApiToken.user_from_text(plain)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    token.note_use(first + timedelta(minutes=59))
    token.refresh_from_db()
    assert token.last_used_at == first
    token.note_use(first + timedelta(minutes=61))
    token.refresh_from_db()

    assert token.last_used_at == first + timedelta(minutes=61)


def test_a_revoked_token_opens_nothing(signed_in: Client, alice: User) -> None:
    token, plain = ApiToken.issue(alice, name="old")

    response = signed_in.post(f"{TOKENS}{token.public_id}/revoke/", follow=True)

    assert ApiToken.user_from_text(plain) is None
    assert "“old” no longer opens anything." in response.content.decode()


def test_nobody_revokes_the_token_of_another(signed_in: Client, bob: User) -> None:
    token, plain = ApiToken.issue(bob, name="his")

    response = signed_in.post(f"{TOKENS}{token.public_id}/revoke/")

    assert response.status_code == 404
    assert ApiToken.user_from_text(plain) == bob


def test_tokens_are_neither_made_nor_revoked_by_a_link(signed_in: Client, alice: User) -> None:
    token, _ = ApiToken.issue(alice, name="mine")

    assert signed_in.get(TOKENS).status_code == 405
    assert signed_in.get(f"{TOKENS}{token.public_id}/revoke/").status_code == 405


def test_a_stranger_is_sent_to_the_sign_in_page(client: Client, db: None) -> None:
    for address in ("/account/", "/account/password/"):
        assert "/account/sign-in/" in client.get(address)["Location"]
    assert "/account/sign-in/" in client.post(TOKENS, {"name": "x"})["Location"]
    assert not ApiToken.objects.exists()


def test_a_name_is_shown_as_text_never_as_markup(signed_in: Client) -> None:
    response = signed_in.post(TOKENS, {**GIVEN, "name": "<b onclick=x>"})

    assert "<b onclick" not in response.content.decode()


def test_a_token_may_do_what_was_ticked_and_for_as_long_as_was_picked(
    signed_in: Client, alice: User
) -> None:
    signed_in.post(TOKENS, GIVEN)
    signed_in.post(TOKENS, {"name": "for ever", "scopes": ["control"], "days": "0"})

    lasting, dated = alice.api_tokens.order_by("-id")
    assert (lasting.scopes, lasting.expires_at) == (["control"], None)
    assert dated.scopes == ["read", "start"]
    assert dated.expires_at is not None
    left = dated.expires_at - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_a_valid_token_is_never_called_revoked(signed_in: Client) -> None:
    signed_in.post(TOKENS, {"name": "for ever", "scopes": ["control"], "days": "0"})

    row = re.search(
        r"for ever</th>.*?</td>.*?<td>(.*?)</td>", signed_in.get("/account/").text, re.S
    )

    assert row
    assert row[1] == "no end date"


def test_a_token_that_may_do_nothing_is_not_made(signed_in: Client) -> None:
    answer = signed_in.post(TOKENS, {"name": "idle"})

    assert answer.status_code == 400
    assert "Pick at least one" in answer.content.decode()
    assert 'value="idle"' in answer.content.decode()


def test_only_admins_are_offered_what_is_for_admins(signed_in: Client, root: User) -> None:
    client = Client()
    client.force_login(root)

    refused = signed_in.post(TOKENS, {"name": "x", "scopes": ["admin"]})
    made = client.post(TOKENS, {"name": "x", "scopes": ["admin"]})

    assert (refused.status_code, made.status_code) == (400, 200)
    assert 'value="admin"' not in signed_in.get("/account/").content.decode()
    assert ApiToken.objects.get().user == root


def test_an_expired_token_says_so(signed_in: Client, alice: User) -> None:
    ApiToken.issue(alice, name="old", expires_at=timezone.now() - timedelta(days=1))

    assert ">over</span>" in signed_in.get("/account/").content.decode()


def test_chosen_tokens_are_revoked_and_nobody_elses(signed_in: Client, alice: User) -> None:
    bob = User.objects.create_user("bob@example.org")
    mine = [ApiToken.issue(alice, name=name)[0] for name in ("one", "two", "kept")]
    theirs, _ = ApiToken.issue(bob, name="theirs")
    chosen = [token.public_id for token in (*mine[:2], theirs)]

    listed = signed_in.get("/account/").content.decode()
    answer = signed_in.post(f"{TOKENS}revoke/", {"chosen": [*chosen, "\0"]}, follow=True)

    assert all(f'value="{token.public_id}"' in listed for token in mine)
    assert "2 tokens no longer open anything" in answer.content.decode()
    assert set(ApiToken.objects.values_list("name", flat=True)) == {"kept", "theirs"}


def test_no_token_chosen_changes_nothing(signed_in: Client, alice: User) -> None:
    ApiToken.issue(alice)

    answer = signed_in.post(f"{TOKENS}revoke/", follow=True)

    assert "Choose at least one" in answer.content.decode()
    assert ApiToken.objects.count() == 1


def test_the_account_page_says_who_may_spend_on_the_operators_keys(
    signed_in: Client, alice: User
) -> None:
    before = signed_in.get("/account/").content.decode()
    User.objects.filter(pk=alice.pk).update(may_use_house_keys=True)
    after = signed_in.get("/account/").content.decode()

    assert "Your networks use your own keys" in before
    assert "Your networks may spend" in after
