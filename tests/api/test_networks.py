from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from networks.models import Network

from .conftest import ApiClient, code

PATH = "networks/whispers"
PACING = [
    {"until_seconds": 600, "delay_seconds": 1},
    {"until_seconds": 3600, "delay_seconds": 15},
    {"until_seconds": None, "delay_seconds": 600},
]
OF_FARM = {"farm_tag": "", "farm_patience_seconds": 60, "farm_priority": 50}
NEVER_PERTURBED = {"perturbation": "never", "perturbation_sentences": []}
NO_BUDGETS = dict.fromkeys(("usd_per_day", "calls_per_hour", "laps_per_run", "hours_per_run"))


def test_a_network_shows_everything_about_itself(owner: ApiClient, network: Network) -> None:
    body = owner.get(PATH).json()

    assert body == {
        "id": network.public_id,
        "slug": "whispers",
        "name": "Whispers",
        "description": "",
        "public": False,
        "open_terminal": False,
        "archived": False,
        "slots": [
            {"model": "dummy:text-to-image", "parameters": {}, "fallback": None},
            {"model": "dummy:image-to-text", "parameters": {}, "fallback": None},
        ],
        "model_ids": ["dummy:text-to-image", "dummy:image-to-text"],
        "lockout_seconds": 30,
        "pacing": PACING,
        "pace_to_closing": False,
        "start_at_opening": False,
        "warm_up_minutes": 5,
        "budgets": NO_BUDGETS,
        "refusal_policy": "substitute",
        **NEVER_PERTURBED,
        "replay": True,
        "caption": True,
        "prompt_max": 2000,
        "attract_prompts": [],
        "banned_words": [],
        "language_hint": "",
        "terminal_language": "",
        "panic_key": "",
        **OF_FARM,
        "runnable": True,
        "problems": [],
        "running": False,
        "viewers": 0,
        "opens_at": None,
        "created_at": body["created_at"],
    }


def test_a_new_network_without_slots_is_empty(owner: ApiClient) -> None:
    answer = owner.post("networks", {"name": "  Später mehr "})

    body = answer.json()
    assert answer.status_code == 201
    assert (body["name"], body["slug"], body["slots"]) == ("Später mehr", "spater-mehr", [])
    assert (body["runnable"], len(body["problems"])) == (False, 1)


EVERYTHING: dict[str, Any] = {
    "name": "Everything",
    "description": "All of it.",
    "slug": "all-of-it",
    "public": True,
    "open_terminal": True,
    "archived": True,
    "slots": [
        {
            "model": "dummy:text-to-text",
            "parameters": {"delay_seconds": 0.5, "fail": ["Unavailable", None]},
            "fallback": "dummy:text-to-text",
        }
    ],
    "lockout_seconds": 0,
    "pacing": [{"until_seconds": None, "delay_seconds": 0}],
    "budgets": {"usd_per_day": 2.5, "calls_per_hour": 100},
    "refusal_policy": "skip",
    "perturbation": "sentences",
    "perturbation_sentences": ["It begins to snow."],
    "replay": False,
    "caption": False,
    "prompt_max": 10_000,
    "attract_prompts": ["a whale in a typewriter"],
    "banned_words": ["tram", "last words", "timeta*"],
    "language_hint": "In any language.",
    "terminal_language": "fr",
    "panic_key": "F13",
    "farm_tag": "gallery",
    "farm_patience_seconds": 90,
    "farm_priority": 80,
}


def test_a_new_network_takes_everything_that_can_be_set(owner: ApiClient) -> None:
    answer = owner.post("networks", EVERYTHING)

    body = answer.json()
    assert answer.status_code == 201
    assert body["budgets"] == {
        "usd_per_day": 2.5,
        "calls_per_hour": 100,
        "laps_per_run": None,
        "hours_per_run": None,
    }
    assert {name: body[name] for name in EVERYTHING if name != "budgets"} == {
        name: value for name, value in EVERYTHING.items() if name != "budgets"
    }
    assert owner.get(f"networks/{body['slug']}").json() == body


def test_what_was_read_can_be_sent_back(owner: ApiClient, network: Network) -> None:
    before = owner.get(PATH).json()

    answer = owner.patch(PATH, before)

    assert (answer.status_code, answer.json()) == (200, before)


def test_a_change_changes_what_it_names_and_nothing_else(
    owner: ApiClient, network: Network
) -> None:
    before = owner.get(PATH).json()

    after = owner.patch(PATH, {"name": "Shouts", "budgets": {"usd_per_day": 1}}).json()
    again = owner.patch(PATH, {"budgets": {"calls_per_hour": 9}}).json()

    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"name", "budgets"}
    assert (again["budgets"]["usd_per_day"], again["budgets"]["calls_per_hour"]) == (1, 9)


def test_the_same_name_twice_gives_two_addresses(owner: ApiClient) -> None:
    slugs = {owner.post("networks", {"name": "Twin"}).json()["slug"] for _ in range(3)}

    assert len(slugs) == 3


def test_a_network_that_needs_a_key_can_be_saved_and_says_so(
    owner: ApiClient, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {}
    offered = owner.get("models", all=1, limit=500).json()["items"]
    locked = [m for m in offered if not m["available"] and m["input"] == m["output"] == "text"]

    answer = owner.post("networks", {"name": "Later", "model_ids": [locked[0]["id"]]})

    assert answer.status_code == 201
    assert answer.json()["runnable"] is False
    assert locked[0]["reason"] in answer.json()["problems"][0]


def test_running_says_whether_it_runs(owner: ApiClient, network: Network) -> None:
    owner.post(f"{PATH}/runs", {"prompt": "hello"})
    during = owner.get(PATH).json()["running"]
    owner.post(f"{PATH}/stop")

    assert (during, owner.get(PATH).json()["running"]) == (True, False)


def test_a_deleted_network_is_gone_with_what_runs_on_it(owner: ApiClient, network: Network) -> None:
    run = owner.post(f"{PATH}/runs", {"prompt": "hello"}).json()["id"]

    answer = owner.delete(PATH)

    assert answer.status_code == 204
    assert code(owner.get(PATH)) == (404, "not_found")
    assert code(owner.get(f"runs/{run}")) == (404, "not_found")


def test_a_terminal_token_comes_with_its_address(owner: ApiClient, network: Network) -> None:
    answer = owner.post(f"{PATH}/terminal-tokens")

    body = answer.json()
    url = urlsplit(body["url"])
    left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert answer.status_code == 201
    assert (url.netloc, url.path) == ("testserver", "/n/whispers/terminal/")
    assert parse_qs(url.query)["token"] == [body["token"]]
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_behind_a_public_address_that_is_the_one_given(
    owner: ApiClient, network: Network, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://panic.example.org"

    url = owner.post(f"{PATH}/terminal-tokens").json()["url"]

    assert url.startswith("https://panic.example.org/n/whispers/terminal/?token=")


def test_a_token_of_another_network_cannot_be_revoked_here(
    owner: ApiClient, network: Network
) -> None:
    owner.post("networks", {"name": "Else"})
    token = owner.post("networks/else/terminal-tokens").json()["id"]

    assert owner.delete(f"{PATH}/terminal-tokens/{token}").status_code == 404
    assert owner.delete(f"networks/else/terminal-tokens/{token}").status_code == 204


def test_lists_of_networks_do_not_ask_per_network(
    alice: User, owner: ApiClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        Network.create(alice, name=f"Net {number}", slots=[{"model": "dummy:text-to-text"}])

    with django_assert_max_num_queries(5):
        page = owner.get("networks", limit=10).json()

    assert [item["name"] for item in page["items"]][:2] == ["Net 11", "Net 10"]
    rest = owner.get("networks", limit=10, after=page["next"]).json()
    assert ([item["name"] for item in rest["items"]], rest["next"]) == (["Net 1", "Net 0"], None)


def test_a_cursor_says_nothing_and_fits_its_own_list_only(alice: User, owner: ApiClient) -> None:
    for number in range(3):
        Network.create(alice, name=f"Net {number}")
    cursor = owner.get("networks", limit=1).json()["next"]

    assert re.fullmatch(r"[\w=-]{32}", cursor)
    for wrong in (cursor[:-4], "1", "x" * 32, "\x00", "é", ""):
        expected = 200 if wrong == "" else 422
        assert owner.get("networks", after=wrong).status_code == expected
    assert code(owner.get("runs", after=cursor)) == (422, "invalid")


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (-1, 422), ("x", 422), (10**30, 200)])
def test_a_limit_is_a_number_of_things(limit: object, status: int, owner: ApiClient) -> None:
    assert owner.get("networks", limit=limit).status_code == status
