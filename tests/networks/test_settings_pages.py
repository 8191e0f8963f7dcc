"""A network's settings, and what its owner does with it as a whole, in a browser without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from invocations.models import Run
from networks.models import Network
from tests.people import html_of


def _path(network: Network, page: str = "settings", **more: str) -> str:
    return reverse(f"networks:{page}", kwargs={"slug": network.slug, **more})


def _filled(page: Any, **changes: Any) -> dict[str, Any]:
    """What the form of the settings holds, as a browser would send it."""
    form = page.context["form"]
    given = {field.name: field.value() for field in form}
    return {
        name: value
        for name, value in {**given, **changes}.items()
        if value is not None and value is not False  # but 0
    }


EVERYTHING: dict[str, Any] = {
    "name": "Shouts",
    "slug": "shouts",
    "description": "*Loud*",
    "public": "on",
    "open_terminal": "on",
    "lockout_seconds": "5",
    "until_0": "2.5",
    "delay_0": "1",
    "until_1": "",
    "delay_1": "30",
    "usd_per_day": "1.5",
    "laps_per_run": "9",
    "refusal_policy": "stop",
    "replay": None,
    "caption": None,
    "prompt_max": "80",
    "attract_prompts": "one\n\n two ",
    "banned_words": "tram\ntime*",
    "language_hint": "In German, please.",
    "panic_key": "F13",
    "farm_tag": "gallery",
    "farm_patience_seconds": "90",
    "farm_priority": "80",
}


def test_what_is_shown_can_be_saved_as_it_is(owner: Client, network: Network) -> None:
    before = Network.objects.filter(pk=network.pk).values().get()

    answer = owner.post(_path(network), _filled(owner.get(_path(network))))

    assert answer.status_code == 302
    assert Network.objects.filter(pk=network.pk).values().get() == before | {
        "budgets": dict.fromkeys(before["budgets"])
        | dict.fromkeys(("usd_per_day", "calls_per_hour", "laps_per_run", "hours_per_run"))
    }


def test_every_rule_can_be_changed(owner: Client, network: Network) -> None:
    answer = owner.post(_path(network), _filled(owner.get(_path(network)), **EVERYTHING))

    found = Network.objects.get(pk=network.pk)
    assert answer.headers["Location"] == "/n/shouts/settings/"
    assert (found.name, found.slug, found.public, found.open_terminal) == (
        "Shouts",
        "shouts",
        True,
        True,
    )
    assert found.pacing == [
        {"until_seconds": 150, "delay_seconds": 1},
        {"until_seconds": None, "delay_seconds": 30},
    ]
    assert {name: found.budgets[name] for name in ("usd_per_day", "laps_per_run")} == {
        "usd_per_day": 1.5,
        "laps_per_run": 9,
    }
    assert (found.refusal_policy, found.replay, found.prompt_max) == ("stop", False, 80)
    assert not found.caption
    assert (found.attract_prompts, found.banned_words) == (["one", "two"], ["tram", "time*"])
    assert found.language_hint == "In German, please."


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "required"),
        ("slug", "Not an address", "small letters"),
        ("lockout_seconds", "-1", "greater than or equal to 0"),
        ("usd_per_day", "0", "More than nothing"),
        ("until_1", "3", "Pacing step"),
        ("prompt_max", "0", "greater than or equal to 1"),
        ("attract_prompts", "a tram at night", "which is banned here"),
        ("banned_words", "***", "is no word"),
        ("refusal_policy", "shrug", "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
    owner: Client, network: Network, field: str, value: str, sentence: str
) -> None:
    Network.objects.filter(pk=network.pk).update(banned_words=["tram"])
    given = _filled(owner.get(_path(network)), description="precious words", **{field: value})

    answer = owner.post(_path(network), given)

    assert answer.status_code == 422
    assert sentence in html_of(answer)
    assert "precious words</textarea>" in html_of(answer)
    assert Network.objects.get(pk=network.pk).description == ""


def test_the_hint_is_shown_where_visitors_type(stranger: Client, opened: Network) -> None:
    Network.objects.filter(pk=opened.pk).update(language_hint="In German, please.")

    assert "In German, please." in html_of(stranger.get(_path(opened, "terminal")))


def test_a_banned_word_keeps_the_visitors_words(stranger: Client, opened: Network) -> None:
    Network.objects.filter(pk=opened.pk).update(banned_words=["tram"])

    answer = stranger.post(_path(opened, "terminal"), {"prompt": "my tram, my joy"})

    assert answer.status_code == 422
    assert "my tram, my joy" in html_of(answer)
    assert "“tram” is not said here" in html_of(answer)


# Sharing


def test_a_network_is_shared_and_taken_back(owner: Client, network: Network) -> None:
    shared = owner.post(_path(network, "share"), {"email": "Dora@example.org"}, follow=True)
    share = network.shares.get()

    assert "dora@example.org is on the list." in html_of(shared)
    assert network.may_control(User.objects.create_user("dora@example.org"))

    path = _path(network, "unshare", share_id=share.public_id)
    assert "is off the list" in html_of(owner.post(path, follow=True))
    assert not network.may_control(User.objects.get(email="dora@example.org"))


def test_an_address_that_is_none_is_kept_to_be_put_right(owner: Client, network: Network) -> None:
    answer = owner.post(_path(network, "share"), {"email": "dora@"})

    assert answer.status_code == 422
    assert 'value="dora@"' in html_of(answer)
    assert "This is no e-mail address." in html_of(answer)


def test_a_collaborator_leaves(collaborator: Client, network: Network) -> None:
    page = html_of(collaborator.get(network.get_absolute_url()))

    answer = collaborator.post(_path(network, "leave"), follow=True)

    assert _path(network, "leave") in page
    assert "You no longer help with “Whispers”." in html_of(answer)
    assert collaborator.get(network.get_absolute_url()).status_code == 404


# As a whole


def test_a_copy_opens_with_its_settings(collaborator: Client, network: Network) -> None:
    answer = collaborator.post(_path(network, "duplicate"))

    assert answer.headers["Location"] == "/n/copy-of-whispers/settings/"
    assert collaborator.get(answer.headers["Location"]).status_code == 200


def test_a_network_is_put_away_and_taken_out_again(
    owner: Client, network: Network, run: Run
) -> None:
    put = owner.post(_path(network, "archive"), follow=True)
    listed = html_of(owner.get("/networks/"))
    run.refresh_from_db()
    page = html_of(owner.get(network.get_absolute_url()))

    assert "In the archive since" in html_of(put)
    assert (run.state, "Whispers" in listed) == ("stopped", False)
    assert "Whispers" in html_of(owner.get("/networks/?shelf=archived"))
    assert "in the archive" in page

    owner.post(_path(network, "archive"), {"out": "yes"})
    assert "Whispers" in html_of(owner.get("/networks/"))


def test_what_goes_is_shown_before_it_is_deleted(owner: Client, network: Network, run: Run) -> None:
    page = html_of(owner.get(_path(network, "delete")))

    assert "It is running." in page
    assert re.search(r"<dt>1</dt>\s*<dd>run</dd>", page)
    assert Network.objects.filter(pk=network.pk).exists()


@pytest.mark.parametrize("typed", ["", "Whispers", "yes"])
def test_a_network_is_deleted_only_once_its_address_was_typed(
    owner: Client, network: Network, typed: str
) -> None:
    refused = owner.post(_path(network, "delete"), {"address": typed})

    assert refused.status_code == 422
    assert Network.objects.filter(pk=network.pk).exists()


def test_a_deleted_network_is_gone(owner: Client, network: Network, run: Run) -> None:
    answer = owner.post(_path(network, "delete"), {"address": " whispers "}, follow=True)

    assert "“Whispers” is deleted." in html_of(answer)
    assert owner.get(network.get_absolute_url()).status_code == 404
    assert not Run.objects.exists()


def test_the_home_page_leads_to_nothing_that_was_put_away(
    stranger: Client, owner: Client, opened: Network
) -> None:
    Network.objects.filter(pk=opened.pk).update(featured=True)
    before = html_of(stranger.get("/"))

    owner.post(_path(opened, "archive"))

    assert opened.get_absolute_url() in before
    assert opened.get_absolute_url() not in html_of(stranger.get("/"))
    assert "Whispers" not in html_of(stranger.get("/networks/"))
