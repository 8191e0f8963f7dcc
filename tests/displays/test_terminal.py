"""The terminal: who may type, what is refused and how, and that words and presses are not lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from invocations import halts, visitor_limits
from invocations.models import Run
from lib.token_buckets import Buckets
from networks.models import Network, TerminalToken
from tests.people import Work, html_of


def _path(network: Network, token: str = "") -> str:
    return reverse("networks:terminal", args=[network.slug]) + (f"?token={token}" if token else "")


@pytest.fixture
def token(network: Network) -> str:
    return TerminalToken.issue(network, at=timezone.now())[1]


def test_an_open_terminal_is_for_everybody(clients: Mapping[str, Client], opened: Network) -> None:
    assert {client.get(_path(opened)).status_code for client in clients.values()} == {200}


def test_else_only_its_people_may_type(clients: Mapping[str, Client], public: Network) -> None:
    found = {who: client.get(_path(public)).status_code for who, client in clients.items()}

    assert found == {"stranger": 403, "other": 403, "collaborator": 200, "owner": 200, "admin": 200}


def test_whoever_has_no_code_is_told_how_to_get_one(stranger: Client, public: Network) -> None:
    answer = stranger.get(_path(public))

    assert "Scan the code" in html_of(answer)
    assert public.get_absolute_url() in html_of(answer)


def test_an_open_terminal_of_a_private_network_is_closed(stranger: Client, opened: Network) -> None:
    Network.objects.filter(pk=opened.pk).update(public=False)

    assert stranger.get(_path(opened)).status_code == 404


def test_a_code_opens_a_private_network_for_an_hour(
    stranger: Client, network: Network, token: str
) -> None:
    assert stranger.get(_path(network, token)).status_code == 200
    assert stranger.post(_path(network, token), {"prompt": "hello"}).status_code == 302

    TerminalToken.objects.update(expires_at=timezone.now())
    late = stranger.get(_path(network, token))

    assert late.status_code == 403
    assert "no longer good" in html_of(late)
    assert network.name not in html_of(late)
    assert stranger.post(_path(network, token), {"prompt": "again"}).status_code == 403


def test_a_wrong_code_looks_the_same_whether_or_not_the_network_exists(
    stranger: Client, network: Network
) -> None:
    there = stranger.get(_path(network, "guess"))
    nowhere = stranger.get("/n/nowhere/terminal/?token=guess")

    assert (there.status_code, nowhere.status_code) == (403, 403)
    assert html_of(there).replace(network.slug, "") == html_of(nowhere).replace("nowhere", "")


def test_a_code_opens_its_own_network_alone(stranger: Client, network: Network, token: str) -> None:
    elsewhere = Network.create(network.owner, name="Elsewhere", slots=network.slots)

    assert stranger.get(_path(elsewhere, token)).status_code == 403


def test_words_start_a_run_and_the_way_back_keeps_the_code(
    stranger: Client, network: Network, token: str
) -> None:
    answer = stranger.post(_path(network, token), {"prompt": "  a red balloon "})

    assert answer.headers["Location"] == _path(network, token)
    assert network.runs.get().prompt == "a red balloon"


def test_enter_pressed_twice_makes_one_run(stranger: Client, opened: Network) -> None:
    typed = {"prompt": "a red balloon", "client_key": "one page"}

    answers = [stranger.post(_path(opened), typed).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert opened.runs.count() == 1


def test_the_button_without_words_starts_one_of_its_own(stranger: Client, opened: Network) -> None:
    presses = [stranger.post(_path(opened), {"prompt": "", "client_key": "k"}) for _ in range(2)]

    assert [press.status_code for press in presses] == [302, 302]
    assert opened.runs.get().prompt == "a bell under water"


def test_without_words_of_its_own_it_asks_for_some(stranger: Client, opened: Network) -> None:
    Network.objects.filter(pk=opened.pk).update(attract_prompts=[])

    answer = stranger.post(_path(opened), {"prompt": " "})

    assert answer.status_code == 422
    assert "Type a few words first." in html_of(answer)


@pytest.mark.parametrize("sign", ["\x00", "\x1b[2J", "\x07"])
def test_control_characters_are_refused_and_the_rest_is_kept(
    stranger: Client, opened: Network, sign: str
) -> None:
    answer = stranger.post(_path(opened), {"prompt": f"hello{sign}"})

    assert answer.status_code == 422
    assert "control characters" in html_of(answer)


def test_too_many_words_are_refused_and_kept(stranger: Client, opened: Network) -> None:
    long = "very long " * 400

    answer = stranger.post(_path(opened), {"prompt": long})

    assert answer.status_code == 422
    assert "at most 2,000 fit" in html_of(answer)
    assert long.strip() in html_of(answer)


def test_during_the_lockout_words_are_kept_and_the_wait_is_told(
    stranger: Client, opened: Network
) -> None:
    stranger.post(_path(opened), {"prompt": "first"})

    answer = stranger.post(_path(opened), {"prompt": "<b>second</b>", "client_key": "k2"})
    text = html_of(answer)

    assert answer.status_code == 409
    assert "&lt;b&gt;second&lt;/b&gt;</textarea>" in text
    assert 'value="k2"' in text
    assert "wait for your turn" in text
    assert "data-locked=" in text
    assert opened.runs.count() == 1


def test_the_lockout_holds_for_its_owner_too(owner: Client, opened: Network) -> None:
    owner.post(_path(opened), {"prompt": "first"})

    assert owner.post(_path(opened), {"prompt": "second"}).status_code == 409


def test_a_key_that_comes_back_with_other_words_is_replaced(
    stranger: Client, opened: Network, run: Run
) -> None:
    stranger.post(_path(opened), {"prompt": "first", "client_key": "k"})

    answer = stranger.post(_path(opened), {"prompt": "other", "client_key": "k"})

    assert answer.status_code == 409
    assert "other</textarea>" in html_of(answer)
    assert 'name="client_key" value="k"' not in html_of(answer)


def test_where_nothing_runs_an_earlier_run_is_offered(
    stranger: Client, owner: Client, opened: Network, run: Run, work: Work
) -> None:
    work(run)
    halts.stop_all(stopped_by=None, at=timezone.now())

    answer = stranger.post(_path(opened), {"prompt": "hello"})

    assert answer.status_code == 409
    assert "Everything is stopped" in html_of(answer)
    assert run.get_absolute_url() in html_of(answer)


def test_a_resting_terminal_leads_to_an_earlier_run_at_once(
    stranger: Client, opened: Network, run: Run, work: Work
) -> None:
    work(run)
    halts.stop_all(stopped_by=None, at=timezone.now())

    answer = stranger.get(_path(opened))

    assert answer.status_code == 200
    assert run.get_absolute_url() in html_of(answer)


def test_visitors_are_not_told_what_is_wrong_inside(
    stranger: Client, owner: Client, opened: Network
) -> None:
    Network.objects.filter(pk=opened.pk).update(slots=[{"model": "gone:away"}])

    visitor, curator = (c.post(_path(opened), {"prompt": "hello"}) for c in (stranger, owner))

    assert (visitor.status_code, curator.status_code) == (422, 422)
    assert "gone:away" not in html_of(visitor)
    assert "resting" in html_of(visitor)
    assert "gone:away" in html_of(curator)


def test_a_spent_budget_is_told_without_sums(
    stranger: Client, opened: Network, run: Run, work: Work
) -> None:
    work(run, usd=9.0)
    Network.objects.filter(pk=opened.pk).update(budgets={"usd_per_day": 5.0})

    answer = stranger.post(_path(opened), {"prompt": "hello"})

    assert answer.status_code == 409
    assert "has had enough for now" in html_of(answer)
    assert "5.00" not in html_of(answer)


def test_a_guest_cannot_waive_the_lockout(stranger: Client, opened: Network) -> None:
    stranger.post(_path(opened), {"prompt": "first"})

    answer = stranger.post(_path(opened), {"prompt": "second", "waive_lockout": "on"})

    assert answer.status_code == 409


def test_the_code_page_makes_a_fresh_code_that_works(
    owner: Client, stranger: Client, network: Network
) -> None:
    text = html_of(owner.get(reverse("networks:qr", args=[network.slug])))

    made = TerminalToken.objects.get()
    plain = text.partition("?token=")[2].partition('"')[0]
    assert "<svg" in text
    assert made.expires_at - made.created_at == timedelta(hours=1)
    assert stranger.get(_path(network, plain)).status_code == 200


def test_an_open_terminal_needs_no_code(stranger: Client, opened: Network) -> None:
    text = html_of(stranger.get(reverse("networks:qr", args=[opened.slug])))

    assert "token=" not in text
    assert not TerminalToken.objects.exists()


def test_who_presses_too_often_is_asked_to_wait_and_keeps_the_words(
    stranger: Client, opened: Network, settings: Settings
) -> None:
    settings.VISITOR_PRESSES_PER_MINUTE = 2
    stranger.get(_path(opened))  # a cookie tells one visitor from others at the same address
    for _ in range(2):
        stranger.post(_path(opened), {"prompt": "\x07"})

    refused = stranger.post(_path(opened), {"prompt": "a red kite"})
    other = Client()
    other.get(_path(opened))

    assert refused.status_code == 429
    assert "That was a lot at once." in html_of(refused)
    assert ">a red kite</textarea>" in html_of(refused)
    assert other.post(_path(opened), {"prompt": "a bell"}).status_code == 302


def test_without_cookies_an_address_is_counted(
    opened: Network, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VISITOR_PRESSES_PER_MINUTE = 1
    monkeypatch.setattr(visitor_limits, "_presses", Buckets())
    answers = [Client().post(_path(opened), {"prompt": "\x07"}) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [422] * 10 + [429]


def test_those_who_look_after_the_network_are_not_counted(
    owner: Client, opened: Network, settings: Settings
) -> None:
    settings.VISITOR_PRESSES_PER_MINUTE = 1
    for _ in range(3):
        answer = owner.post(_path(opened), {"prompt": "\x07"})

    assert answer.status_code == 422


def test_a_guest_of_the_api_is_counted_too(
    stranger: Client, network: Network, token: str, settings: Settings
) -> None:
    settings.VISITOR_PRESSES_PER_MINUTE = 1
    path = f"/api/v1/networks/{network.slug}/runs"
    answers = [
        stranger.post(
            path,
            {"prompt": "\x07"},
            content_type="application/json",
            headers={"Authorization": f"{scheme} {token}"},
        )
        for scheme in ("Terminal", "terminal")
    ]

    assert [answer.status_code for answer in answers] == [422, 429]
    assert int(answers[1]["Retry-After"]) > 0
