"""Opening hours with real workers: nothing begins while it is closed, though workers are killed meanwhile,
and the run goes on at the opening."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.stack import Stack

HAVE_HOURS = """
from django.db import transaction
from displays.models import Installation
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
hours = [{{"days": days, "opens": o, "closes": c, "zone": "UTC"}} for o, c in {times}]
with transaction.atomic():
    Installation.lock(Installation.objects.get(public_id="{installation}").pk).change(opening_hours=hours)
"""


def have_hours(stack: Stack, installation: str, closing: datetime, opening: datetime) -> None:
    """With seconds, which people cannot type: open until `closing`, and from `opening` on."""
    hour = timedelta(hours=1)
    times = [(closing - hour, closing), (opening, opening + hour)]
    shown = [(f"{opens:%H:%M:%S}", f"{closes:%H:%M:%S}") for opens, closes in times]
    stack.manage("shell", "-c", HAVE_HOURS.format(times=shown, installation=installation))


def begun(api: httpx.Client, run: str) -> list[datetime]:
    """When each step began."""
    items = api.get(f"/api/v1/runs/{run}/invocations", params={"limit": 500}).json()["items"]
    return [datetime.fromisoformat(one["started_at"]) for one in items if one["started_at"]]


@pytest.fixture
def api(stack: Stack) -> Iterator[httpx.Client]:
    """An admin's client of a running stack with a network, a step of which takes a third of a second."""
    stack.start()
    slot = {"model": "dummy:text-to-text", "parameters": {"delay_seconds": 0.3}}
    pacing = [{"until_seconds": None, "delay_seconds": 0}]
    body = {"name": "Stage", "slots": [slot], "pacing": pacing}
    with stack.client(stack.token(admin=True)) as client:
        assert client.post("/api/v1/networks", json=body).status_code == 201
        yield client


def test_nothing_begins_while_it_is_closed_and_the_run_goes_on_at_the_opening(
    stack: Stack, api: httpx.Client
) -> None:
    hall = api.post("/api/v1/installations", json={"name": "Hall", "network": "stage"}).json()
    run = api.post("/api/v1/networks/stage/runs", json={"prompt": "a red kite"}).json()["id"]
    stack.wait_until(lambda: len(begun(api, run)) > 2, 30, "the run begins")

    closing = datetime.now(UTC).replace(microsecond=0) + timedelta(
        seconds=20
    )  # and the hours are there before it
    opening = closing + timedelta(seconds=20)
    have_hours(stack, hall["id"], closing, opening)
    closed = stack.wait_until(
        lambda: api.get("/api/v1/networks/stage").json()["opens_at"], 60, "it is closed"
    )
    refused = api.post("/api/v1/networks/stage/runs", json={"prompt": "a blue kite"})
    stack.kill("queue")

    stack.wait_until(lambda: begun(api, run)[-1] >= opening, 90, "the run goes on")
    assert datetime.fromisoformat(closed) == opening
    assert (refused.status_code, refused.json()["code"]) == (409, "closed")
    times = begun(api, run)
    assert [at for at in times if closing <= at < opening] == []
    assert sum(at < closing for at in times) > 5
    assert api.get(f"/api/v1/runs/{run}").json()["state"] == "running"
