"""Opening hours over HTTP: what is stored, what is refused, and a network that is closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from invocations.models import Attempt, Run
from networks.models import Network
from networks.opening_hours import DAYS

from .conftest import ApiClient, code

PERIOD: dict[str, Any] = {
    "days": ["mon", "tue"],
    "opens": "10:00",
    "closes": "18:00",
    "zone": "Europe/Zurich",
}
START = "networks/whispers/runs"


def closed_now() -> list[dict[str, Any]]:
    other = DAYS[(timezone.now() + timedelta(days=3)).weekday()]
    return [{"days": [other], "opens": "10:00", "closes": "10:01", "zone": "UTC"}]


def installation(owner: ApiClient, **fields: Any) -> Any:
    return owner.post("installations", {"name": "Foyer", "network": "whispers", **fields})


def test_hours_are_made_read_changed_and_sent_back(owner: ApiClient, network: Network) -> None:
    made = installation(owner, opening_hours=[PERIOD], closed_on=["2026-12-25"])
    body = made.json()
    path = f"installations/{body['id']}"

    assert made.status_code == 201
    assert (body["opening_hours"], body["closed_on"]) == ([PERIOD], ["2026-12-25"])
    assert owner.patch(path, body).status_code == 200
    changed = owner.patch(path, {"opening_hours": [PERIOD | {"days": [7, "Saturday"]}]}).json()
    assert changed["opening_hours"][0]["days"] == ["sat", "sun"]
    assert changed["closed_on"] == ["2026-12-25"]
    assert owner.patch(path, {"opening_hours": [], "closed_on": []}).json()["opens_at"] is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"opening_hours": [PERIOD | {"zone": "Mars/Olympus"}]}, "Line 1: “Mars/Olympus” is no"),
        ({"opening_hours": [PERIOD, PERIOD | {"opens": "25:00"}]}, "Line 2: it opens at a time"),
        ({"opening_hours": [PERIOD] * 31}, "At most 30 lines"),
        ({"closed_on": ["2026-02-30"]}, "“2026-02-30” is no date"),
    ],
)
def test_what_is_wrong_with_hours_is_said_in_words(
    owner: ApiClient, network: Network, wrong: dict[str, Any], sentence: str
) -> None:
    answer = installation(owner, **wrong)

    assert code(answer) == (422, "invalid")
    (said,) = answer.json()["errors"].values()
    assert said.startswith(sentence)
    assert not network.installations.exists()


@pytest.mark.parametrize("period", [{**PERIOD, "shift": 1}, {"days": ["mon"]}, "always", None])
def test_what_is_no_period_is_refused(owner: ApiClient, network: Network, period: object) -> None:
    assert installation(owner, opening_hours=[period]).status_code == 422


def test_a_closed_network_says_until_when_and_spends_nothing(
    owner: ApiClient, network: Network
) -> None:
    made = installation(owner, opening_hours=closed_now()).json()

    answer = owner.post(START, {"prompt": "a lighthouse"})

    assert code(answer) == (409, "closed")
    opens_at = datetime.fromisoformat(answer.json()["opens_at"])
    assert opens_at > timezone.now()
    assert made["opens_at"] == answer.json()["opens_at"]
    assert owner.get("networks/whispers").json()["opens_at"] == answer.json()["opens_at"]
    assert not Run.objects.exists()
    assert not Attempt.objects.exists()


def test_only_those_who_run_the_network_waive_its_hours(
    owner: ApiClient, collaborator: ApiClient, guest: ApiClient
) -> None:
    installation(owner, opening_hours=closed_now())
    body = {"prompt": "a lighthouse", "waive_hours": True}

    assert code(guest.post(START, body)) == (409, "closed")
    assert collaborator.post(START, body).status_code == 201


def test_with_one_installation_open_the_network_is(owner: ApiClient, network: Network) -> None:
    installation(owner, opening_hours=closed_now())
    installation(owner)

    assert owner.get("networks/whispers").json()["opens_at"] is None
    assert owner.post(START, {"prompt": "a lighthouse"}).status_code == 201
