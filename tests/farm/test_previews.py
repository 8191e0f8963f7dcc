"""Previews: decoded before anybody sees them, the newest wins, and no run keeps another waiting."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from redis import RedisError

from accounts.models import User
from farm import preview_store, previews
from farm.events import WorkPreviewed, log_key
from farm.feeds import FarmWorkerFeed
from farm.previews import Preview, PreviewQueue
from invocations.models import Run
from lib.token_buckets import Buckets
from realtime.events import LiveUpdate, Progress
from studio.events import InvocationPreviewed
from studio.feeds import NetworkFeed, NetworkView
from tests.assets import samples
from tests.people import html_of

from .conftest import WorkerProgram, newest, started


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.REDIS_URL = ""  # previews are files, also where the tests have a Redis


@pytest.fixture
def run(worker: WorkerProgram, alice: User) -> Run:
    return started(alice, "farm:shout")


PNG_BEGINS = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def token(worker: WorkerProgram, run: Run) -> str:
    return str(worker.claim()[0]["token"])


def put(worker: WorkerProgram, token: str, content: bytes, kind: str = "image/png") -> int:
    path = f"/api/farm/v1/attempts/{token}/preview"
    headers = {"Authorization": f"Bearer {worker.secret}"}
    status: int = worker.client.put(path, content, kind, headers=headers).status_code
    previews.queue.wait_until_empty()
    return status


def test_a_preview_is_drawn_anew_and_shown_to_admins(
    worker: WorkerProgram, token: str, run: Run, admin: Any
) -> None:
    assert put(worker, token, samples.image(seed=1)) == 202

    answer = admin.get(f"/invocations/{newest(run).public_id}/preview/")
    with Image.open(BytesIO(answer.getvalue())) as shown:
        assert (shown.format, max(shown.size) <= 960) == ("JPEG", True)
    page = FarmWorkerFeed(worker.row).render_progress(
        Progress("farm", WorkPreviewed.type, {"worker": worker.row.public_id})
    )
    assert "/preview/?" in page["worker-work"]
    worker.finish(token)
    assert "/preview/?" not in FarmWorkerFeed(worker.row).snapshot()["worker-work"]


def room(run: Run, *, can_control: bool) -> NetworkFeed:
    return NetworkFeed(run.network, NetworkView.ROOM, 6, can_control=can_control)


def test_who_controls_the_network_sees_the_newest_in_the_tile(
    worker: WorkerProgram,
    token: str,
    run: Run,
    owner: Any,
    other: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[str, LiveUpdate]] = []
    monkeypatch.setattr("farm.events.send", lambda topic, update: sent.append((topic, update)))
    address = f"/invocations/{newest(run).public_id}/preview/"
    assert 'id="tile-0-preview"></span>' in room(run, can_control=True).snapshot()["tile-0"]

    put(worker, token, samples.image(seed=1))

    (_, (topic, update)) = sent
    progress = Progress(topic, update.type, update.data)
    html = room(run, can_control=True).render_progress(progress)["tile-0-preview"]
    version = preview_store.version(log_key(token))
    assert f'src="{address}?{version}"' in html
    assert f'src="{address}?{version}"' in html_of(owner.get(run.network.get_absolute_url()))
    assert (owner.get(address).status_code, other.get(address).status_code) == (200, 404)
    os.utime(preview_store._path(log_key(token)), (1, 1))
    put(worker, token, samples.image(seed=2))
    assert html != room(run, can_control=True).render_progress(progress)["tile-0-preview"]
    worker.finish(token)
    assert room(run, can_control=True).render_progress(progress) == {}


def test_of_several_machines_each_shows_a_preview_whichever_was_sent_it(
    worker: WorkerProgram, token: str, run: Run, admin: Any, settings: Any, tmp_path: Path
) -> None:
    """They share Redis; here a cache in memory stands for it."""
    settings.REDIS_URL = "redis://shared.test"
    put(worker, token, samples.image(seed=1))
    address, shown = f"/invocations/{newest(run).public_id}/preview/", []

    settings.DATA_DIR = tmp_path / "another"
    for seed in (1, 2):
        shown.append((preview_store.version(log_key(token)), admin.get(address).content))
        put(worker, token, samples.image(seed=seed + 1))

    assert len({version for version, _ in shown}) == len({content for _, content in shown}) == 2
    assert not any(tmp_path.rglob("*.jpg"))


def test_pages_do_not_wait_for_a_redis_that_is_away(
    worker: WorkerProgram, token: str, run: Run, admin: Any, settings: Any, monkeypatch: Any
) -> None:
    asked: list[str] = []

    def fail(key: str) -> None:
        asked.append(key)
        raise RedisError

    settings.REDIS_URL = "redis://away.test"
    monkeypatch.setattr(preview_store, "_rests_until", 0.0)
    monkeypatch.setattr("farm.preview_store.cache.get", fail)

    for _ in range(3):
        assert preview_store.version(log_key(token)) == ""
    assert admin.get(f"/invocations/{newest(run).public_id}/preview/").status_code == 404
    assert len(asked) == 1


def test_everybody_else_sees_no_preview(worker: WorkerProgram, token: str, run: Run) -> None:
    put(worker, token, samples.image(seed=1))

    public, wall = (
        room(run, can_control=False),
        NetworkFeed(run.network, NetworkView.WALL, 6, can_control=False),
    )
    update = Progress(
        run.network.topic,
        InvocationPreviewed.type,
        {"invocation": newest(run).public_id},
    )
    for feed in (public, wall):
        assert feed.render_progress(update) == {}
        assert "preview" not in feed.snapshot()["tile-0"]


def test_what_does_not_decode_is_shown_to_nobody(
    worker: WorkerProgram, token: str, run: Run, admin: Any
) -> None:
    assert put(worker, token, samples.image(seed=1)[:-200]) == 202

    assert admin.get(f"/invocations/{newest(run).public_id}/preview/").status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x", "text/html", 415),
        (b"", "image/png", 415),
        (b"xx", "image/png", 415),
        (PNG_BEGINS, "image/jpeg", 415),
        (b"x" * 1_000_001, "image/jpeg", 413),
    ],
)
def test_what_is_no_preview_is_refused(
    worker: WorkerProgram, token: str, content: bytes, kind: str, status: int
) -> None:
    assert put(worker, token, content, kind) == status


def test_late_and_strange_ones_are_refused(worker: WorkerProgram, token: str) -> None:
    worker.finish(token)

    assert put(worker, token, PNG_BEGINS) == 409
    assert put(worker, "nobody", PNG_BEGINS) == 409


def test_one_attempt_sends_no_more_than_sixty_a_minute(
    worker: WorkerProgram, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "_sent", Buckets(clock=lambda: 0.0))
    answers = {put(worker, token, PNG_BEGINS) for _ in range(previews.PER_MINUTE + 2)}

    assert answers == {202, 429}


class Standing(PreviewQueue):
    """One whose thread takes nothing."""

    def _run(self) -> None:
        return


def test_the_newest_wins_and_runs_take_turns() -> None:
    queue = Standing()
    for run, name, content in ((1, "a", b"old"), (1, "b", b"1"), (2, "c", b"2"), (1, "a", b"new")):
        queue.put(Preview(f"run {run}", name, "w", content, "network:1", "s"))

    taken = [queue.take() for _ in range(4)]

    assert [one and one.content for one in taken] == [
        b"new",
        b"2",
        b"1",
        None,
    ]  # of run 1, then 2, then 1


def test_a_full_queue_says_later_but_takes_newer_ones() -> None:
    queue = Standing()
    for number in range(previews.MAX_WAITING):
        queue.put(Preview(f"run {number}", "a", "w", PNG_BEGINS, "network:1", "s"))

    queue.put(Preview("run 0", "a", "w", b"newer", "network:1", "s"))
    with pytest.raises(previews.PreviewTooOften):
        queue.put(Preview("run 0", "b", "w", PNG_BEGINS, "network:1", "s"))
