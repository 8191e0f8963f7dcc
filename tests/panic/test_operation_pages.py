"""Mission control in full: what is under way, how platforms are, what went wrong, and what can be done about many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from assets.errors import AssetError
from invocations import runs
from invocations.engine import outcomes
from invocations.models import Attempt, RateLimiter, Run, Spending
from networks.models import Network
from panic.live_work import UnderWay, live_work
from panic.platform_health import errors_of_last_day, platform_health
from platforms.errors import PlatformError, Unavailable
from studio.state_texts import advice
from studio.tiles import describe_model
from tests.people import html_of

pytestmark = pytest.mark.django_db
ADDRESS = "/mission-control/under-way/"


def error_codes(error: type[PlatformError | AssetError]) -> set[str]:
    """Of all that may come of a try, but the words that stand for any of them."""
    below = {code for one in error.__subclasses__() for code in error_codes(one)}
    return below | {one.code for one in error.__subclasses__()}


def test_every_error_comes_with_something_to_do() -> None:
    codes = error_codes(PlatformError) | error_codes(AssetError)

    assert {code for code in codes - {"cancelled"} if not advice(code)} == set()


def test_times_are_not_called_utc_where_a_script_writes_them_in_the_readers_zone() -> None:
    wrong = [
        f"{file.name}: {line.strip()[:80]}"
        for file in (settings.BASE_DIR / "templates").rglob("*.html")
        for line in file.read_text().splitlines()
        if "|moment" in line and "UTC" in line
    ]

    assert wrong == []


def started(owner: User, name: str) -> Run:
    network = Network.create(
        owner, name=name, slots=[{"model": "dummy:text-to-text"}, {"model": "dummy:text-to-text"}]
    )
    return runs.start_run(network=network, prompt="a moth", at=timezone.now()).run


def only_row() -> UnderWay:
    (row,) = live_work(timezone.now())
    return row


def test_a_run_that_waits_says_what_comes_next(run: Run) -> None:
    step = run.invocations.get()

    row = only_row()

    assert (row.then, row.due_at, row.where) == (describe_model(step.model)[0], step.due_at, "")
    assert row.who == f"a visitor ({run.network.owner})"


def test_a_run_at_work_says_where(run: Run, take: Any) -> None:
    claim = take(run)

    row = only_row()

    assert claim.attempt.worker in row.where
    assert describe_model(claim.invocation.model)[0] in row.where
    following = run.ring_slot((claim.invocation.slot + 1) % len(run.ring))
    assert (row.then, row.due_at) == (describe_model(following.model)[0], None)


def test_a_process_of_the_queue_is_told_by_its_machine(run: Run, take: Any) -> None:
    claim = take(run)
    tries = Attempt.objects.filter(pk=claim.attempt.pk)

    tries.update(worker="hall~1a2b:4711:9f")
    of_queue = only_row().where
    tries.update(worker="farm:abcd")

    assert of_queue.endswith(" at hall~1a2b")
    assert only_row().where.endswith(" at farm:abcd")


def test_what_a_run_costs_a_minute_is_what_it_has_cost_so_far(run: Run) -> None:
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(usd=0.5, created_at=now - timedelta(minutes=5))

    (row,) = live_work(now)

    assert row.usd_per_minute == pytest.approx(0.1)


def test_one_page_says_how_the_whole_is(admin: Client, run: Run) -> None:
    spent = {"owner": run.network.owner, "began_at": timezone.now(), "usd": 3.0}
    Spending.objects.create(network=run.network, **spent)

    shown = html_of(admin.get(ADDRESS))
    french = html_of(admin.get(f"{ADDRESS}now/", headers={"Accept-Language": "fr"}))

    for words in ("steps due", "$0.05", "GB free on the disk", "seconds that events are late"):
        assert words in shown
    assert run.network.name in shown
    assert "Go sont libres dans le dossier de données." in french


@pytest.mark.parametrize(
    ("action", "state"), [("stop", "stopped"), ("pause", "paused"), ("resume", "running")]
)
def test_chosen_runs_are_changed_and_others_are_not(
    admin: Client, alice: User, action: str, state: str
) -> None:
    chosen, other = started(alice, "Chosen"), started(alice, "Other")
    if action == "resume":
        runs.pause_run(run=chosen)

    given = {"chosen": [chosen.public_id], "action": action}
    admin.post(f"{ADDRESS}act/", given)

    chosen.refresh_from_db()
    other.refresh_from_db()
    assert (chosen.state, other.state) == (state, "running")


def test_those_that_it_does_not_fit_are_counted(admin: Client, run: Run) -> None:
    given = {"chosen": [run.public_id], "action": "resume"}
    answer = admin.post(f"{ADDRESS}act/", given, follow=True)

    assert "1 run is in another state" in html_of(answer)


def test_a_platform_that_rests_says_so(run: Run, take: Any) -> None:
    now = timezone.now()
    outcomes.fail(take(run), Unavailable("the line is dead"), at=now)
    RateLimiter.objects.create(
        key="dummy:text-to-text", failures=5, open_until=now + timedelta(minutes=1)
    )

    (found,) = platform_health(now)

    assert (found.calls, found.failed, found.is_well) == (1, 1, False)
    assert found.troubles[0].startswith("text-to-text failed 5 times in a row")


def test_errors_are_put_together_with_what_to_do(admin: Client, run: Run, take: Any) -> None:
    outcomes.fail(take(run), Unavailable("the line is dead"), at=timezone.now())

    (found,) = errors_of_last_day(timezone.now())
    page = html_of(admin.get("/mission-control/errors/"))

    assert (found.code, found.times, found.step.run_id) == (Unavailable.code, 1, run.pk)
    assert found.advice in page
    assert "the line is dead" in page


def test_what_failed_two_days_ago_is_no_error_of_the_last_day(run: Run, take: Any) -> None:
    outcomes.fail(take(run), Unavailable("the line is dead"), at=timezone.now())
    Attempt.objects.update(started_at=timezone.now() - timedelta(days=2))

    assert errors_of_last_day(timezone.now()) == []


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("?who=ALICE", ["token.made", "run.deleted"]),
        ("?action=run.deleted", ["run.deleted"]),
        ("?about=lamp", ["run.deleted"]),
        ("?who=nobody", []),
    ],
)
def test_the_log_is_filtered(
    admin: Client, alice: User, root: User, asked: str, seen: list[str]
) -> None:
    AuditEntry.objects.all().delete()
    AuditEntry.record(alice, "token.made", "a token")
    AuditEntry.record(alice, "run.deleted", "a lamp")
    AuditEntry.record(root, "role.changed", "a person")

    answer = admin.get(f"/account/log/{asked}")

    found = [entry.action for entry in answer.context["entries"]]
    assert sorted(found) == sorted(seen)


def test_the_way_to_earlier_entries_keeps_the_filter(admin: Client, alice: User) -> None:
    for number in range(60):
        AuditEntry.record(alice, "token.made", f"token {number}")

    answer = admin.get("/account/log/?action=token.made")

    assert "action=token.made&amp;before=" in answer.content.decode()
