"""What a hop costs the database: every statement of it, and why it is there.

A step that is due at once is taken in the commit that finishes the one before: `FOLLOW` is a whole
hop then. Where pacing or a gate is in between, a hop is a `CLAIM` and a `FINISH`.

A change that adds a statement fails here and has to say what it is good for; one that saves a
statement shortens the list. How long they take is measured by `make bench ONLY=B1`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations import runs
from invocations.engine import claims, outcomes
from invocations.engine.claims import Claim
from networks.models import Network
from networks.opening_hours import DAYS

pytestmark = pytest.mark.django_db(transaction=True)  # a commit is only one outside a test's own

Statement = tuple[str, str]

CLAIM: list[tuple[Statement, str]] = [
    (("SELECT", "invocations_invocation"), "is it still due, and whose run is it? before any lock"),
    (("BEGIN", ""), "on SQLite the only writer from here on"),
    (
        ("SELECT", "invocations_run"),
        "the run is held; its network and owner come along in the join",
    ),
    (("SELECT", "invocations_invocation"), "the step as it is now that nobody else can change it"),
    (("UPDATE", "invocations_invocation"), "ready to invoking, compared and set"),
    (
        ("INSERT", "invocations_attempt"),
        "lease, fence and idempotency key, before anybody is asked",
    ),
    (("UPDATE", "realtime_topic"), "the event's number: the topic's row makes it commit order"),
    (("INSERT", "realtime_event"), "invocation.started"),
    (("INSERT", "invocations_spending"), "one more call in the ledger: budgets outlive the runs"),
    (("COMMIT", ""), "the one wait for the disk"),
]
FINISH: list[tuple[Statement, str]] = [
    (("BEGIN", ""), "on SQLite the only writer from here on"),
    (
        ("SELECT", "invocations_run"),
        "the run is held; its network and owner come along in the join",
    ),
    (("UPDATE", "invocations_invocation"), "invoking to completed, with the output"),
    (("INSERT", "invocations_invocation"), "the next step, due when pacing says"),
    (("UPDATE", "realtime_topic"), "the numbers of both events at once"),
    (("INSERT", "realtime_event"), "invocation.completed and invocation.created in one statement"),
    (("UPDATE", "invocations_attempt"), "outcome and cost, only while the fence holds"),
    (("COMMIT", ""), "the one wait for the disk"),
]
FOLLOW: list[tuple[Statement, str]] = [
    *FINISH[:4],  # up to the next step
    (("UPDATE", "invocations_attempt"), "outcome and cost, only while the fence holds"),
    (("UPDATE", "invocations_invocation"), "the next step: ready to invoking, compared and set"),
    (
        ("INSERT", "invocations_attempt"),
        "lease, fence and idempotency key, before anybody is asked",
    ),
    (("UPDATE", "realtime_topic"), "the numbers of three events at once"),
    (("INSERT", "realtime_event"), "completed, created and started in one statement"),
    (("INSERT", "invocations_spending"), "one more call in the ledger: budgets outlive the runs"),
    (("COMMIT", ""), "the one wait for the disk of the whole hop"),
]
START: list[tuple[Statement, str]] = [
    (("BEGIN", ""), "on SQLite the only writer from here on"),
    (("SELECT", "invocations_halt"), "the latch is held: no start crosses a stop-all"),
    (("SELECT", "networks_network"), "was it archived or deleted meanwhile?"),
    (("SELECT", "invocations_run"), "is the network locked by an earlier prompt?"),
    (("SELECT", "invocations_run"), "which run does this one supersede?"),
    (("SELECT", "invocations_run"), "that one is held"),
    (("UPDATE", "invocations_run"), "and stopped"),
    (("SELECT", "invocations_invocation"), "its open step"),
    (("UPDATE", "invocations_invocation"), "is cancelled"),
    (("SELECT", "invocations_attempt"), "is somebody at work on it, to be told?"),
    (("INSERT", "invocations_run"), "the new run"),
    (("INSERT", "invocations_invocation"), "its first step, due at once"),
    (("UPDATE", "realtime_topic"), "the numbers of four events at once"),
    (("INSERT", "realtime_event"), "stopped, cancelled, started and created in one statement"),
    (("COMMIT", ""), "the one wait for the disk"),
]


def statements(captured: CaptureQueriesContext) -> list[Statement]:
    """Verb and table of what was sent. On Postgres a doorbell is a query too; those are left out."""
    found = []
    for query in captured.captured_queries:
        sql = query["sql"]
        if "pg_notify" in sql:
            continue
        verb = sql.split()[0]
        table = re.search(r'(?:FROM|UPDATE|INTO) "?(\w+)"?', sql)
        found.append((verb, table[1] if table and verb not in {"BEGIN", "COMMIT"} else ""))
    return found


def wanted(table: list[tuple[Statement, str]]) -> list[Statement]:
    return [statement for statement, _ in table]


def started(network: Network, at: datetime) -> int:
    """The key of a run's first step; the topic and everything else exists already."""
    for _ in range(2):  # the first run makes the topic, which costs a statement once
        run = runs.start_run(network=network, prompt="a moth", at=at, waive_lockout=True).run
    return run.invocations.get().pk


def taken(network: Network, at: datetime) -> Claim:
    claim = claims.claim_step(started(network, at), holder=claims.Holder("test:1:a"), at=at)
    assert claim is not None
    return claim


def follow(claim: Claim, at: datetime) -> Claim | None:
    result = outcomes.Result(text="a flame")
    return outcomes.complete(claim, result, at=at, next_holder=claims.Holder("test:1:a"))


def test_a_start_costs_these_statements_and_one_commit(network: Network, at: datetime) -> None:
    started(network, at)
    later = at + timedelta(seconds=network.lockout_seconds)

    with CaptureQueriesContext(connection) as captured:
        runs.start_run(network=network, prompt="a flame", at=later)

    assert statements(captured) == wanted(START)


def test_a_claim_costs_these_statements_and_one_commit(network: Network, at: datetime) -> None:
    pk = started(network, at)

    with CaptureQueriesContext(connection) as captured:
        claim = claims.claim_step(pk, holder=claims.Holder("test:1:a"), at=at)

    assert claim is not None
    assert statements(captured) == wanted(CLAIM)


def test_a_finish_costs_these_statements_and_one_commit(network: Network, at: datetime) -> None:
    claim = taken(network, at)

    with CaptureQueriesContext(connection) as captured:
        outcomes.complete(claim, outcomes.Result(text="a flame"), at=at)

    assert statements(captured) == wanted(FINISH)


def test_a_hop_without_pacing_costs_these_statements_and_one_commit(
    network: Network, at: datetime
) -> None:
    claim = taken(network, at)

    with CaptureQueriesContext(connection) as captured:
        following = follow(claim, at)

    assert following is not None
    assert statements(captured) == wanted(FOLLOW)


def test_a_claim_that_comes_too_late_costs_one_look(network: Network, at: datetime) -> None:
    claim = taken(network, at)

    with CaptureQueriesContext(connection) as captured:
        again = claims.claim_step(claim.invocation.pk, holder=claims.Holder("test:2:b"), at=at)

    assert again is None
    assert statements(captured) == [("SELECT", "invocations_invocation")]


HOURS = {"days": list(DAYS), "opens": "00:00", "closes": "23:59", "zone": "UTC"}


def test_opening_hours_cost_no_statement(network: Network, at: datetime) -> None:
    network.set_opening_hours([HOURS])
    claim = taken(network, at)

    with CaptureQueriesContext(connection) as captured:
        following = follow(claim, at)

    assert following is not None
    assert statements(captured) == wanted(FOLLOW)


def test_closing_time_pacing_costs_one_statement_more(network: Network, at: datetime) -> None:
    network.set_opening_hours([HOURS])
    network.pace_to_closing, network.budgets = True, {"usd_per_day": 8.0}
    network.save(update_fields=["pace_to_closing", "budgets"])
    claim = taken(network, at)

    with CaptureQueriesContext(connection) as captured:
        outcomes.complete(claim, outcomes.Result(text="a flame"), at=at)

    ledger = ("SELECT", "invocations_spending")
    assert statements(captured) == [*wanted(FINISH)[:3], ledger, *wanted(FINISH)[3:]]


@pytest.mark.parametrize("limit", ["calls_per_hour", "usd_per_day"])
def test_a_budget_costs_one_statement_more(network: Network, at: datetime, limit: str) -> None:
    network.budgets = {limit: 1000}
    network.save(update_fields=["budgets"])
    pk = started(network, at)

    with CaptureQueriesContext(connection) as captured:
        claims.claim_step(pk, holder=claims.Holder("test:1:a"), at=at)

    assert len(statements(captured)) == len(CLAIM) + 1


def test_what_a_hop_costs_does_not_grow_with_the_run(network: Network, at: datetime) -> None:
    claim: Claim | None = taken(network, at)
    counts = []
    for number in range(1, 6):
        assert claim is not None
        with CaptureQueriesContext(connection) as captured:
            claim = follow(claim, at + timedelta(seconds=number))
        counts.append(len(statements(captured)))

    assert len(set(counts)) == 1
