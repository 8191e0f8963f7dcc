"""What the pages of the farm are sent, and what workers write to the log: changes, and nothing while they idle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from farm import status_watch, workers
from farm.events import FARM, MAX_NAMED, WorkBatched
from farm.feeds import FarmFeed, FarmWorkerFeed
from farm.models import FarmWorker
from farm.stamp import stamp
from invocations import runs
from invocations.events import InvocationProgressed
from invocations.states import Reason
from networks.opening_hours import DAYS
from realtime import log
from realtime.cursors import Cursor, Positions
from realtime.events import LiveUpdate, Progress
from realtime.feeds import Denied
from realtime.models import Event
from realtime.streams import Stream
from studio.mission_control import MissionControlFeed

from .conftest import SHOUT, WorkerProgram, enrolled, started


def events_after(before: Cursor, topic: str = FARM) -> list[Event]:
    return list(log.read_after(topic, before, 100))


def types_after(before: Cursor) -> list[str]:
    return [event.type for event in events_after(before)]


# What is written


def test_a_change_is_one_event_with_the_worker(worker: WorkerProgram, admin: Any) -> None:
    before = log.position(FARM)

    worker.row.request("asleep", lazy=False)
    worker.call("claim")

    (asked, confirmed) = events_after(before)
    assert {asked.type, confirmed.type} == {"farm_worker.changed"}
    assert asked.data == {"workers": [worker.row.public_id]}


def test_a_worker_that_idles_writes_nothing(worker: WorkerProgram) -> None:
    before = log.position(FARM)

    for seconds in (0, 20, 40):
        worker.row.note_seen(timezone.now() + timedelta(seconds=seconds))
        worker.call("claim")

    assert types_after(before) == []


def test_a_new_machine_and_one_that_leaves_are_told(worker: WorkerProgram, root: User) -> None:
    before = log.position(FARM)

    other = enrolled(root, "Attic")
    workers.archive(other.row, by=root, at=timezone.now())

    assert types_after(before) == ["farm_worker.enrolled", "farm_worker.archived"]


def test_many_that_change_together_are_one_event(root: User) -> None:
    for number in range(MAX_NAMED + 1):
        FarmWorker.enrol(name=f"Machine {number}", platform="", version="", at=timezone.now())
    before = log.position(FARM)

    count = FarmWorker.objects.kept().request("asleep", lazy=True)

    (event,) = events_after(before)
    assert (count, event.data) == (MAX_NAMED + 1, {"workers": None})
    assert set(FarmWorker.objects.values_list("requested_status", "lazy")) == {("asleep", True)}


def test_one_that_is_so_already_is_asked_nothing(worker: WorkerProgram, root: User) -> None:
    FarmWorker.objects.kept().request("awake", lazy=False)

    assert worker.row.requested_status == ""


def test_one_that_falls_silent_is_told_and_when_it_is_back(
    worker: WorkerProgram,
) -> None:
    stamp.path.touch()
    before, at = log.position(FARM), timezone.now()
    silent = at + timedelta(seconds=65)

    assert not status_watch.changed_by_time(at)
    assert status_watch.changed_by_time(silent)
    status_watch.tell(silent)
    assert types_after(before) == ["farm_worker.changed"]

    worker.row.note_seen(silent)
    assert types_after(before) == ["farm_worker.changed"] * 2
    assert not status_watch.changed_by_time(silent)


def test_a_sleep_window_that_begins_is_told(worker: WorkerProgram) -> None:
    at = timezone.now().replace(hour=21, minute=59, second=58)
    night = {"days": list(DAYS), "opens": "22:00", "closes": "08:00", "zone": "UTC"}
    worker.row.change(sleep_windows=[night])
    FarmWorker.objects.update(last_seen_at=at)
    before, begun = log.position(FARM), at + timedelta(seconds=4)
    stamp.path.touch()

    assert not status_watch.changed_by_time(at)
    assert status_watch.changed_by_time(begun)
    status_watch.tell(begun)

    assert types_after(before) == ["farm_worker.changed"]


def test_one_that_has_been_silent_for_long_is_told_no_more(worker: WorkerProgram) -> None:
    assert not status_watch.changed_by_time(timezone.now() + timedelta(hours=1))


# What is shown


@pytest.mark.parametrize("feed", [FarmFeed, FarmWorkerFeed])
def test_the_farm_is_followed_by_admins_alone(
    feed: type[FarmFeed] | type[FarmWorkerFeed], alice: User
) -> None:
    for person in (alice, AnonymousUser()):
        with pytest.raises(Denied) as refusal:
            async_to_sync(feed.open)({"user": person, "url_route": {"kwargs": {"worker": "x"}}})
        assert refusal.value.code == 4401


def test_a_change_draws_the_row_of_its_worker(worker: WorkerProgram, root: User) -> None:
    enrolled(root, "Attic")
    before, feed = log.position(FARM), FarmFeed()

    worker.row.request("asleep", lazy=True)

    (event,) = events_after(before)
    frame = feed.render(event)
    assert frame is not None
    assert list(frame.html) == [f"farm-worker-{worker.row.public_id}"]
    assert "is to be asleep once its work is done" in next(iter(frame.html.values()))


def test_a_new_machine_draws_the_table(worker: WorkerProgram, root: User) -> None:
    before, feed = log.position(FARM), FarmFeed()
    enrolled(root, "Attic")

    (event,) = events_after(before)

    frame = feed.render(event)
    assert frame is not None
    assert "Attic" in frame.html["farm-workers"]


def test_a_step_is_in_the_row_of_its_worker_and_gone_when_it_ends(
    worker: WorkerProgram, root: User, alice: User
) -> None:
    run = started(alice, "farm:shout")
    before, feed = log.position(run.network.topic), FarmFeed()
    page = FarmWorkerFeed(worker.row)

    (work,) = worker.claim()
    begun = [
        (feed.render(one), page.render(one)) for one in events_after(before, run.network.topic)
    ]
    before = log.position(run.network.topic)
    worker.finish(work["token"])
    ended = [
        (feed.render(one), page.render(one)) for one in events_after(before, run.network.topic)
    ]

    ((row, whole),) = [one for one in begun if one[0]]
    assert row is not None
    assert whole is not None
    assert "Far, 1" in next(iter(row.html.values()))
    assert "at work" in whole.html["worker-work"]
    ((row, whole),) = [one for one in ended if one[0]]
    assert row is not None
    assert whole is not None
    assert "Far, 1" not in next(iter(row.html.values()))
    assert "at work" not in whole.html["worker-work"]


def test_how_far_a_step_is_is_drawn_on_the_page_of_its_worker(
    worker: WorkerProgram, root: User, alice: User
) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()
    mine, others = FarmWorkerFeed(worker.row), FarmWorkerFeed(enrolled(root, "Attic").row)
    mine.snapshot()

    worker.call(f"attempts/{work['token']}/renew", {"progress": 0.4, "phase": "drawing"})

    step = run.invocations.get().public_id
    told = Progress(run.network.topic, InvocationProgressed.type, {"invocation": step})
    assert "at work, 40% (drawing)" in mine.render_progress(told)["worker-work"]
    assert others.render_progress(told) == {}


def test_a_step_that_was_stopped_leaves_the_row(worker: WorkerProgram, alice: User) -> None:
    run = started(alice, "farm:shout")
    worker.claim()
    feed = FarmFeed()
    feed.snapshot()
    before = log.position(run.network.topic)

    runs.stop_run(run=run, reason=Reason.PERSON, by=alice, at=timezone.now())

    assert any(feed.render(one) for one in events_after(before, run.network.topic))


def test_steps_of_other_platforms_are_no_matter_of_the_farm(
    alice: User, django_assert_num_queries: Any
) -> None:
    run = started(alice, "dummy:text-to-text")
    events = events_after(Cursor(log.position(run.network.topic).epoch, 0), run.network.topic)
    feed = FarmFeed()

    with django_assert_num_queries(0):
        assert [one for one in events if feed.render(one)] == []


def test_many_changes_at_once_are_drawn_once(worker: WorkerProgram, root: User) -> None:
    before = log.position(FARM)
    for lazy in (True, False, True):
        worker.row.request("asleep", lazy=lazy)
    stream = Stream(FarmFeed(), Positions(()))

    frames = stream.prepare(events_after(before)).frames

    assert ['"html":{"farm' in frame.text for frame in frames] == [False, False, True]


def test_mission_control_passes_over_the_farm(worker: WorkerProgram) -> None:
    before = log.position(FARM)
    worker.row.request("asleep", lazy=True)

    assert [MissionControlFeed().render(one) for one in events_after(before)] == [None]


def test_the_log_of_the_farm_is_for_admins(worker: WorkerProgram, admin: Any, client: Any) -> None:
    found = admin.get("/api/v1/events?topic=farm").json()["items"]

    assert [one["event"] for one in found] == ["farm_worker.enrolled", "farm_worker.changed"]
    assert client.get("/api/v1/events?topic=farm").status_code == 401


def test_an_offer_is_on_the_page_of_the_worker(worker: WorkerProgram) -> None:
    page = FarmWorkerFeed(worker.row)
    worker.sign_on(SHOUT | {"title": "Shout louder"})

    assert "Shout louder" in page.snapshot()["worker-offers"]


def test_what_batches_saved_is_shown_at_once(
    worker: WorkerProgram, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, LiveUpdate]] = []
    monkeypatch.setattr("farm.events.send", lambda topic, update: sent.append((topic, update)))
    worker.sign_on(SHOUT | {"batch": 2})
    for person in (alice, bob):
        started(person, "farm:shout")
    feed = FarmFeed()
    assert "hidden" in feed.snapshot()["farm-saved"]

    assert len(worker.claim()) == 2

    assert (FARM, WorkBatched(worker.row.public_id, 2)) in sent
    html = feed.render_progress(Progress(FARM, WorkBatched.type, {}))["farm-saved"]
    assert "hidden" not in html
    assert "2" in html
