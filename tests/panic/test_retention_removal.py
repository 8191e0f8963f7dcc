"""What goes of runs, when it goes, and that nothing goes that somebody keeps or that is under way."""

from __future__ import annotations

import zipfile
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from archive.models import ContactSheet
from assets.models import RemovalTurn
from films.models import Film
from films.states import FilmState
from invocations import runs
from invocations.engine import worker_locks
from invocations.models import Run
from invocations.states import Reason, RetentionClass
from lib import disk_space
from networks.models import Network
from observatory.models import RunPair
from panic import removal_turns, retention_process, retention_removal, run_retention
from panic.retention import RetainedKind
from panic.retention_removal import RemovalOrder
from tests.people import html_of

pytestmark = pytest.mark.django_db
ADDRESS = "/mission-control/storage/"


@pytest.fixture(autouse=True)
def thirty_days(settings: LazySettings) -> None:
    settings.RUNS_KEPT_DAYS = 30


def ended_run(network: Network, days: int, **fields: object) -> Run:
    """One that was stopped so many days ago."""
    now = timezone.now()
    run = runs.start_run(network=network, prompt=f"a moth of {days}", at=now).run
    runs.stop_run(run=run, reason=Reason.PERSON, at=now)
    fields = {"ended_at": now - timedelta(days=days), "lockout_until": now, **fields}
    Run.objects.filter(pk=run.pk).update(**fields)
    run.refresh_from_db()
    return run


def remove(*kinds: RetainedKind, days: int = 0, **order: Any) -> None:
    now = timezone.now()
    asked = RemovalOrder(at=now + timedelta(days=days), now=now, **order)
    retention_removal.remove(asked, kinds, go_on=lambda: True)


def left() -> set[int]:
    return set(Run.objects.values_list("pk", flat=True))


def test_a_run_goes_when_its_time_is_over(network: Network) -> None:
    _old, younger = ended_run(network, 31), ended_run(network, 29)

    remove(RetainedKind.RUNS)
    remove(RetainedKind.RUNS)

    assert left() == {younger.pk}
    assert [one.about for one in AuditEntry.objects.filter(action="retention.applied")] == [
        "runs: 1, 0.0 MB"
    ]


def test_without_a_setting_no_run_goes(network: Network, settings: LazySettings) -> None:
    settings.RUNS_KEPT_DAYS = 0
    run = ended_run(network, 4000)

    remove(RetainedKind.RUNS, days=4000)

    assert left() == {run.pk}


def test_what_is_needed_or_kept_stays(network: Network, alice: User) -> None:
    kept = ended_run(network, 99, kept_at=timezone.now())
    on_a_sheet, filmed, companion = (ended_run(network, 99) for _ in range(3))
    ContactSheet.objects.create(run=on_a_sheet, sequences=[0])
    film = Film.objects.create(owner=alice, run=filmed, recipe="of-run", state=FilmState.PAUSED)
    with_twin = ended_run(network, 99)
    RunPair.objects.create(run=with_twin, companion=companion)
    companion.keep(RetentionClass.KEPT, at=timezone.now())
    live = runs.start_run(network=network, prompt="on and on", at=timezone.now()).run

    remove(RetainedKind.RUNS, days=400)
    all_there = left()
    Film.objects.filter(pk=film.pk).update(state=FilmState.CANCELLED)
    companion.keep(RetentionClass.NORMAL, at=timezone.now())
    remove(RetainedKind.RUNS)

    assert all_there == {one.pk for one in (kept, on_a_sheet, filmed, with_twin, companion, live)}
    assert left() == {kept.pk, on_a_sheet.pk, live.pk}


def test_interrupted_it_goes_on_where_it_was(network: Network) -> None:
    for days in (50, 40):
        ended_run(network, days)
    now = timezone.now()
    order = RemovalOrder(at=now, now=now)
    answers = iter([True, False])

    (first,) = retention_removal.remove(order, [RetainedKind.RUNS], go_on=lambda: next(answers))
    (second,) = retention_removal.remove(order, [RetainedKind.RUNS], go_on=lambda: True)

    assert (first.count, first.finished) == (1, False)
    assert (second.count, second.finished) == (1, True)


def test_the_command_writes_bundles_first(network: Network, tmp_path: Path) -> None:
    run = ended_run(network, 31)
    said = StringIO()

    call_command(
        "retention", "--apply", "--only", "runs", "--bundles", str(tmp_path / "kept"), stdout=said
    )

    with zipfile.ZipFile(tmp_path / "kept" / f"panic-{run.public_id}.zip") as bundle:
        assert "run.json" in bundle.namelist()
    assert left() == set()
    assert "1 gone" in said.getvalue()


def test_a_run_stays_whose_bundle_cannot_be_written(network: Network, tmp_path: Path) -> None:
    run = ended_run(network, 31)
    nowhere = run_retention.bundles_into(tmp_path / "missing", at=timezone.now())

    with pytest.raises(FileNotFoundError):
        remove(RetainedKind.RUNS, before_run=nowhere)

    assert left() == {run.pk}


def test_an_admin_removes_what_the_page_has_shown(admin: Client, network: Network) -> None:
    run, ready = ended_run(network, 31), ended_run(network, 3)
    page = html_of(admin.get(ADDRESS, {"days": "30"}))
    seen = page.split('name="seen" value="')[1].split('"')[0]
    later = ended_run(network, 0)
    Run.objects.filter(pk=later.pk).update(ended_at=timezone.now())

    answer = admin.post(ADDRESS, {"seen": seen, "days": "30", "kind": ["runs"]}, follow=True)

    assert run.prompt in page
    assert ready.prompt in page
    assert left() == {later.pk}
    assert "Removed, runs: 2" in html_of(answer)
    assert "runs: 2, 0.0 MB" in html_of(answer)


@pytest.mark.parametrize("seen", ["", "yesterday", "2020-01-01T00:00:00+00:00", "2026-01-01"])
def test_an_old_page_removes_nothing(admin: Client, network: Network, seen: str) -> None:
    run = ended_run(network, 31)

    answer = admin.post(ADDRESS, {"seen": seen, "days": "0", "kind": ["runs"]}, follow=True)

    assert left() == {run.pk}
    assert "look at it again" in html_of(answer)


def test_the_bundles_of_what_goes_are_one_download(admin: Client, network: Network) -> None:
    ended_run(network, 31)

    answer = admin.get(f"{ADDRESS}bundles/")

    assert answer["Content-Type"] == "application/zip"
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]


def test_a_nearly_full_disk_takes_the_oldest_that_nobody_keeps(
    network: Network, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RUNS_KEPT_DAYS, settings.FULL_DISK_REMOVES_AFTER_DAYS = 0, 7
    ended_run(network, 20)
    second, third, young = (ended_run(network, days) for days in (15, 10, 3))
    before = Run.objects.count()
    monkeypatch.setattr(disk_space, "is_near_floor", lambda: Run.objects.count() == before)

    asked = retention_process.due_removal(timezone.now())
    retention_process.make_room(
        timezone.now(), ended_before=timezone.now() - timedelta(days=7), go_on=lambda: True
    )

    assert asked == [0]
    assert left() == {second.pk, third.pk, young.pk}
    assert retention_process.due_removal(timezone.now()) == []


def taken_elsewhere(*, until: datetime) -> None:
    RemovalTurn.objects.update_or_create(pk=1, defaults={"holder": "another:1", "until": until})


@pytest.fixture
def no_signals_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no child of a worker here."""
    monkeypatch.setattr(retention_process, "end_with_parent", lambda: None)
    monkeypatch.setattr("os.nice", lambda _: None)


@pytest.mark.usefixtures("no_signals_of_the_system")
def test_while_another_machine_removes_nobody_else_does(admin: Client, network: Network) -> None:
    run = ended_run(network, 31)
    seen = timezone.now().isoformat()
    taken_elsewhere(until=timezone.now() + timedelta(minutes=1))

    retention_process.carry_out(timezone.now())
    answer = admin.post(ADDRESS, {"seen": seen, "days": "0", "kind": ["runs"]}, follow=True)
    waited_for = left()
    taken_elsewhere(until=timezone.now())
    retention_process.carry_out(timezone.now())

    assert waited_for == {run.pk}
    assert "Something is being removed just now" in html_of(answer)
    assert left() == set()


def test_the_command_goes_on_after_another_machine(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended_run(network, 31)
    taken_elsewhere(until=timezone.now() + timedelta(minutes=1))
    monkeypatch.setattr(
        "panic.removal_turns.time.sleep", lambda _: taken_elsewhere(until=timezone.now())
    )
    said = StringIO()

    call_command("retention", "--apply", "--only", "runs", stdout=said)

    assert said.getvalue().splitlines()[0].endswith("This goes on after it.")
    assert left() == set()


def test_a_turn_ends_when_somebody_else_has_taken_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal_turns, "RENEW_SECONDS", 0.0)

    with removal_turns.removal_turn() as go_on:
        first = go_on()
        taken_elsewhere(until=timezone.now() + timedelta(minutes=1))
        second = go_on()

    assert (first, second) == (True, False)
    assert RemovalTurn.objects.get().holder == "another:1"


def test_nobody_waits_for_one_of_this_machine_that_was_killed(network: Network) -> None:
    ended_run(network, 31)
    dead = f"{worker_locks.host_name()}:99999:dead"
    until = timezone.now() + RemovalTurn.LEASE
    RemovalTurn.objects.create(pk=1, holder=dead, until=until)

    call_command("retention", "--apply", "--only", "runs", stdout=StringIO())

    assert left() == set()


def test_its_page_keeps_a_run_and_lets_it_go(owner: Client, network: Network) -> None:
    run = ended_run(network, 3)

    owner.post(f"/runs/{run.public_id}/keep/", {"keep": "1"})
    run.refresh_from_db()
    kept = run.retention
    page = html_of(owner.get(run.get_absolute_url()))
    owner.post(f"/runs/{run.public_id}/keep/", {"keep": "0"})
    run.refresh_from_db()

    assert (kept, run.retention) == (RetentionClass.KEPT, RetentionClass.NORMAL)
    assert "Let it expire" in page
