"""The baselines write the same rows in as many commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.baselines import handwritten
from bench.in_process import chains, commits, filling, timing
from bench.in_process.hop_rows import HopRows, numbered
from bench.workloads import PROMPT
from invocations.engine import claims, outcomes
from invocations.models import Attempt, Invocation, Run
from networks.models import Network
from realtime.models import Event, Topic

pytestmark = pytest.mark.django_db(transaction=True)


def ours(pk: int) -> None:
    claim = claims.claim_step(pk, holder=claims.Holder("test:1:a"), at=timezone.now())
    assert claim is not None
    outcomes.complete(claim, outcomes.Result(text=PROMPT), at=timezone.now())


def theirs(pk: int) -> None:
    handwritten.run_hop(pk, hops=100)


def counts() -> Counter[str]:
    tables = {"steps": Invocation, "attempts": Attempt, "events": Event}
    return Counter({name: model._default_manager.count() for name, model in tables.items()})


def written(work: Callable[[int], object], pk: int) -> tuple[Counter[str], int]:
    """The rows that one hop adds, and its commits."""
    before = counts()
    with CaptureQueriesContext(connection) as captured:
        work(pk)
    commits = sum(query["sql"] == "COMMIT" for query in captured.captured_queries)
    return counts() - before, commits


def test_a_hop_by_hand_writes_the_same_rows_in_no_more_commits() -> None:
    first = Invocation.objects.get(run=chains.start_product_chain(hops=100)).pk
    by_hand = chains.create_run_by_hand()[1].pk
    ours(first)  # the first event of a topic makes the topic
    theirs(by_hand)

    mine, commits = written(ours, Invocation.objects.filter(state="ready").earliest("pk").pk)
    other, their_commits = written(theirs, Invocation.objects.filter(state="ready").latest("pk").pk)

    assert mine == other == {"steps": 1, "attempts": 1, "events": 3}
    assert their_commits == 2
    assert commits <= their_commits


def write_commit(rows: HopRows) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, values in rows.hop():
            cursor.execute(sql, values)


def follow(claim: claims.Claim) -> claims.Claim | None:
    result = outcomes.Result(text=PROMPT)
    return outcomes.complete(
        claim, result, at=timezone.now(), next_holder=claims.Holder("test:1:a")
    )


def rows_of_last_hop(network: int) -> dict[str, object]:
    """The last two steps, their attempts and the last events, without keys, times and names."""
    steps = Invocation.objects.filter(network=network).order_by("-sequence")[:2]
    attempts = Attempt.objects.filter(network=network).order_by("-invocation__sequence")[:2]
    topics = (Network.objects.get(pk=network).topic, f"network:{network}")  # ours, and by hand
    events = Event.objects.filter(topic__name__in=topics).order_by("-seq")[:3]
    return {
        "steps": [(one.state, one.model, one.input_text, one.output_text) for one in steps],
        "attempts": [(one.outcome, one.number, one.platform, one.parameters) for one in attempts],
        "events": [one.type for one in events],
    }


def test_a_bare_commit_has_the_rows_of_a_hop_of_the_engine() -> None:
    first = Invocation.objects.get(run=chains.start_product_chain(hops=100))
    claim = claims.claim_step(first.pk, holder=claims.Holder("test:1:a"), at=timezone.now())
    rows = HopRows()
    assert claim is not None

    mine, commits_of_mine = written(lambda _: follow(claim), 0)
    theirs_, commits_of_theirs = written(lambda _: write_commit(rows), 0)

    network = Invocation.objects.latest("pk").network_id
    assert mine == theirs_ == {"steps": 1, "attempts": 1, "events": 3}
    assert commits_of_mine == commits_of_theirs == 1
    assert rows_of_last_hop(first.network_id) == rows_of_last_hop(network)
    assert {one.run.state for one in Invocation.objects.filter(network=network)} == {"running"}


def test_bare_commits_follow_each_other() -> None:
    first, second = commits.time_commits(hops=3), commits.time_commits(hops=2)

    assert first > 0
    assert second > 0
    assert sorted(Invocation.objects.values_list("sequence", "state")) == [
        (0, "completed"),
        (0, "completed"),
        (1, "completed"),
        (1, "completed"),
        (2, "completed"),
        (2, "invoking"),
        (3, "invoking"),
    ]
    assert [topic.last_seq for topic in Topic.objects.order_by("pk")] == [1 + 3 * 3, 1 + 3 * 2]


def test_parameters_are_numbered_for_drivers_that_want_it() -> None:
    assert numbered("UPDATE a SET b = %s WHERE c = %s") == "UPDATE a SET b = $1 WHERE c = $2"


def test_a_chain_by_hand_ends_after_its_hops() -> None:
    run, step = chains.create_run_by_hand()
    following: int | None = step.pk

    for _ in range(3):
        assert following is not None
        following = handwritten.run_hop(following, hops=3)

    assert following is None
    assert Run.objects.get(pk=run.pk).state == "completed"
    assert chains.wait_for_chain(run.pk, 3) > 0


def test_a_filled_database_is_consistent() -> None:
    where = filling.fill_database([[5, 3, 0], [2, 4, 1], [1, 10, 1]])

    run = Run.objects.get(public_id=where["run"])
    steps = run.invocations.in_order()
    attempts = Attempt.objects.filter(invocation__run=run)
    assert Invocation.objects.filter(state="completed").count() == 1 + 5 * 3 + 2 * 4 + 10 - 1
    assert [step.sequence for step in steps] == list(range(10))
    assert {step.network_id for step in steps} == {run.network_id}
    assert set(attempts.values_list("network_id", flat=True)) == {run.network_id}
    assert attempts.count() == 10 - 1
    assert run.state == "running"
    assert steps[9].state == "ready"
    assert steps[0].created_at < steps[9].created_at < timezone.now()
    assert Run.objects.live().count() == 1 + filling.PAUSED
    assert Event.objects.filter(topic__name=where["topic"]).count() == 3 * (1 + 8 + 10)
    assert run.invocations.get(public_id=where["step"]).sequence == int(where["middle"])


@pytest.mark.parametrize("what", timing.PARTS)
def test_the_engine_can_be_timed_on_a_filled_database(what: str) -> None:
    where = filling.fill_database([[3, 3, 1]])

    found = timing.time_engine(what=what, slug=where["slug"], times=2)

    assert [one > 0 for one in found] == [True, True]
    assert Run.objects.filter(state="running").count() == 1


@pytest.mark.parametrize("path", ["/", "/n/{slug}/", "/runs/{run}/", "/api/v1/runs/{run}"])
def test_a_page_can_be_timed_on_a_filled_database(path: str) -> None:
    where = filling.fill_database([[3, 3, 1]])
    timing.sign_out()

    assert len(timing.time_page(path.format(**where), times=2)) == 2


def test_a_missing_page_is_not_measured() -> None:
    filling.fill_database([[3, 3, 1]])
    timing.sign_out()

    with pytest.raises(RuntimeError, match="/nowhere/ answers 404"):
        timing.time_page("/nowhere/", times=1)
