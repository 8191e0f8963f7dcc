"""Below the floor nothing new begins; everybody is told in their own words, and it goes on by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from films import intermediates
from films.models import Film
from films.states import FilmState
from invocations import halts
from invocations.engine import claims
from invocations.models import Invocation, Run
from invocations.waiting import why_waiting
from lib import disk_space
from networks.models import Network
from notifications.models import Channel, Condition, Notification
from panic import disk_room, disk_watch, doctor, health, installation_metrics
from tests.people import html_of

MORE_THAN_THERE_IS = 10_000_000  # MB


@pytest.fixture
def full_disk(settings: LazySettings) -> None:
    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS


def claim(step: Invocation) -> claims.Claim | None:
    return claims.claim_step(step.pk, holder=claims.Holder("w"), at=timezone.now())


def test_no_step_begins_and_it_goes_on_by_itself(run: Run, settings: LazySettings) -> None:
    step = run.invocations.get()

    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS
    refused, reason = claim(step), why_waiting(step, timezone.now())
    settings.RUNS_DISK_FLOOR_MB = 0

    assert refused is None
    assert reason.code == "storage"
    assert claim(step) is not None


def test_what_was_asked_for_already_is_collected(run: Run, full_disk: None) -> None:
    run.invocations.update(reference="prediction-1")

    assert claim(run.invocations.get()) is not None


def test_the_api_refuses_a_start(network: Network, owner: Client, full_disk: None) -> None:
    path = f"/api/v1/networks/{network.slug}/runs"

    answer = owner.post(path, {"prompt": "a moth"}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
    assert answer["Retry-After"] == "60"
    assert not network.runs.exists()


def test_runs_that_a_resume_brings_back_wait_for_room(run: Run, full_disk: None) -> None:
    halts.stop_all(stopped_by=None, at=timezone.now())

    resumed = halts.resume_all(lifted_by=None, at=timezone.now())

    (again,) = resumed.runs
    assert claim(again.invocations.get()) is None


def test_a_visitor_reads_it_in_words_of_theirs(
    opened: Network, stranger: Client, full_disk: None
) -> None:
    page = stranger.get(opened.get_terminal_url())
    answer = stranger.post(opened.get_terminal_url(), {"prompt": "a moth", "client_key": "k"})

    assert "There is no room for new pictures and words just now" in html_of(page)
    assert answer.status_code == 409  # the page's script takes a 5xx for a server that is away
    assert "Yours are kept" in html_of(answer)
    assert "disk" not in html_of(answer)


def test_curators_and_admins_are_told_on_their_pages(
    network: Network, owner: Client, admin: Client, full_disk: None
) -> None:
    banner = "no run starts and no step begins until there is room again"

    assert "The disk is full." in html_of(owner.get(network.get_absolute_url()))
    assert banner in html_of(admin.get("/networks/"))
    assert banner not in html_of(owner.get("/networks/"))
    assert "nothing begins until there is room" in html_of(admin.get("/mission-control/"))


def test_open_pages_of_admins_ask_for_the_banner(admin: Client, settings: LazySettings) -> None:
    settings.RUNS_DISK_FLOOR_MB = 0
    page, room = html_of(admin.get("/networks/")), html_of(admin.get("/mission-control/disk/"))
    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS
    full = html_of(admin.get("/mission-control/disk/"))

    assert 'data-refresh="/mission-control/disk/"' in page
    assert room.strip() == ""
    assert "The disk is full." in full


def test_a_step_that_waits_for_room_does_not_wait_for_workers(
    run: Run, owner: Client, settings: LazySettings
) -> None:
    run.invocations.update(due_at=timezone.now() - timedelta(minutes=1))

    before = html_of(owner.get(run.network.get_absolute_url()))
    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS
    full = html_of(owner.get(run.network.get_absolute_url()))

    assert "are the workers running?" in before
    assert "are the workers running?" not in full


def test_readiness_the_doctor_and_metrics_say_so(db: None, settings: LazySettings) -> None:
    def said() -> tuple[bool, str, float]:
        (finding,) = doctor.disk()
        full = next(m for m in installation_metrics.disk() if m.name == "panic_disk_full")
        return health.disk().ok, finding.mark, full.samples[0].value

    settings.RUNS_DISK_FLOOR_MB = 0
    assert said() == (True, "ok", 0.0)
    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS
    assert said() == (False, "bad", 1.0)


def test_admins_who_listen_are_told_once_each_time(root: User, settings: LazySettings) -> None:
    Channel.add(
        root, name="Mine", address="json://example.org", occasions=["disk-full"], everything=True
    )
    now = timezone.now()

    def look() -> int:
        for free in disk_watch.due_disk(now):
            disk_watch.watch_disk(free, now)
        return Notification.objects.filter(occasion="disk-full").count()

    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS
    assert [look(), look()] == [1, 1]
    settings.RUNS_DISK_FLOOR_MB = 0
    assert look() == 1
    assert not Condition.objects.filter(key__startswith="disk-full").exists()
    settings.RUNS_DISK_FLOOR_MB = MORE_THAN_THERE_IS
    assert look() == 2


def test_what_may_go_first_makes_room(
    alice: User, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR, settings.FILM_FRAMES_DAYS = tmp_path, 2
    film = ended_film(alice, timezone.now() - timedelta(minutes=1))
    frames = intermediates.folder_of_film(film) / "chunk.mkv"
    frames.parent.mkdir(parents=True)
    frames.write_bytes(b"x")
    monkeypatch.setattr(disk_space, "free_bytes", lambda: 0 if frames.exists() else 10**12)

    removed = disk_room.make_room(timezone.now())

    assert not frames.exists()
    assert removed[-1] == "frames_of_ended_films"  # and no log after it
    assert disk_watch.due_room(timezone.now()) == []


def ended_film(owner: User, at: datetime) -> Film:
    return Film.objects.create(
        owner=owner, state=FilmState.COMPLETED, ended_at=at, bytes_used=1, recipe="interpolate"
    )
