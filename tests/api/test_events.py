from __future__ import annotations

from collections.abc import Callable

import pytest

from invocations.models import Invocation, Run
from networks.models import Network
from realtime import log
from realtime.models import Event, Topic

from .conftest import ApiClient, code, problem


def topic_of(network: Network) -> str:
    return f"network:{network.public_id}"


def test_events_are_told_from_the_oldest_kept(owner: ApiClient, run: Run) -> None:
    body = owner.get("events", topic=topic_of(run.network)).json()

    first, second = body["items"]
    assert (first["event"], second["event"]) == ("run.started", "invocation.created")
    assert first["data"] == {"run": run.public_id, "state": "running", "reason": None}
    assert first["at"].endswith("Z")
    assert first["cursor"].endswith(":1")
    assert body["next"] is None


def test_events_are_read_on_from_a_cursor(
    owner: ApiClient, run: Run, work: Callable[..., Invocation]
) -> None:
    work(run)
    topic = topic_of(run.network)

    seen: list[str] = []
    cursor = None
    while True:
        after = f"&after={cursor}" if cursor else ""
        page = owner.get(f"events?topic={topic}&limit=2{after}").json()
        seen += [item["cursor"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert [int(one.partition(":")[2]) for one in seen] == list(range(1, len(seen) + 1))
    assert len(seen) == Event.objects.count()
    assert owner.get("events", topic=topic, after=seen[-1]).json() == {"items": [], "next": None}


def test_a_cursor_that_leads_nowhere_asks_for_a_fresh_look(owner: ApiClient, run: Run) -> None:
    topic = topic_of(run.network)
    epoch = Topic.objects.get(name=topic).epoch
    Event.objects.filter(seq=1).delete()

    for after in ("", "x", "\x00", "other:1", f"{epoch}:99", f"{epoch}:0", f"{epoch}:-1"):
        answer = owner.get("events", topic=topic, after=after)
        assert code(answer) == (410, "resync")
        detail = problem(answer)["detail"]
        assert detail.endswith("Read how things are now, and ask without a cursor.")
        assert topic not in detail


def test_a_topic_must_be_named(owner: ApiClient) -> None:
    assert code(owner.get("events")) == (422, "invalid")


def test_mission_control_is_for_admins(
    admin: ApiClient, owner: ApiClient, stranger: ApiClient, guest: ApiClient
) -> None:
    admin.post("stop-all")

    topic = "mission-control"
    events = admin.get("events", topic=topic).json()["items"]

    assert [item["event"] for item in events] == ["panic.pressed"]
    assert code(owner.get("events", topic=topic)) == (403, "not_allowed")
    assert code(guest.get("events", topic=topic)) == (403, "not_allowed")
    assert code(stranger.get("events", topic=topic)) == (401, "not_signed_in")


@pytest.mark.django_db
def test_asking_about_somebody_elses_topic_makes_none(other: ApiClient, network: Network) -> None:
    other.get("events", topic=topic_of(network))

    assert not Topic.objects.exists()
    assert str(log.position(topic_of(network))).endswith(":0")
