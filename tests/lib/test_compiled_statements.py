"""Statements that are compiled once do what the querysets do that they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from invocations.engine.claims import Holder
from invocations.leases import WorkOffer
from invocations.models import Attempt, Invocation, Run
from invocations.models.run import READ_WITH_LOCK
from invocations.states import InvocationState, Outcome, sources
from lib.compiled_statements import CompiledGet, CompiledInsert, CompiledSelect, CompiledUpdate
from networks.models import Network
from panic.environment import PREPARE_THRESHOLD
from realtime.models import Event, Topic

pytestmark = pytest.mark.django_db


@contextmanager
def captured() -> Iterator[list[str]]:
    """What is given to the cursor: its statements, with the values in their places."""
    found: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append(sql % tuple("NULL" if one is None else repr(one) for one in params or ()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def statement(queries: list[str]) -> str:
    """The only one, without what Django adds to `get` to notice a second row."""
    (found,) = [sql for sql in queries if not sql.startswith(("SAVEPOINT", "RELEASE"))]
    return re.sub(r" LIMIT 21(?= FOR UPDATE|$)", "", found)


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.fixture
def step(network: Network) -> Invocation:
    now = timezone.now()
    run = Run.objects.create(
        network=network, prompt="a", ring=network.slots, created_at=now, lockout_until=now
    )
    return Invocation.objects.create(
        run=run, network=network, sequence=0, slot=0, model="dummy:text-to-text", due_at=now
    )


def test_a_run_is_locked_with_its_network_and_its_owner(step: Invocation) -> None:
    whole = Run.objects.select_for_update(of=("self",)).select_related("network__owner")
    read = whole.only("network_id", "network__owner_id", *READ_WITH_LOCK)
    Run.lock(step.run_id)  # compiled now, or before
    with captured() as django:
        expected = read.get(pk=step.run_id)

    with captured() as ours:
        run = Run.lock(step.run_id)
        rows = (run, run.network, run.network.owner)

    assert statement(ours) == statement(django)
    assert [columns(row) for row in rows] == [
        columns(row) for row in (expected, expected.network, expected.network.owner)
    ]
    assert not any(row._state.adding for row in rows)


@pytest.mark.django_db(transaction=True)
def test_postgres_keeps_the_plan_of_a_statement_for_its_connection(step: Invocation) -> None:
    connection.close()

    for _ in range(PREPARE_THRESHOLD + 2):
        with transaction.atomic():
            Run.lock(step.run_id)

    assert kept_plans() == (["FOR UPDATE"] if connection.vendor == "postgresql" else [])


def kept_plans() -> list[str]:
    """How the statements end that the database keeps for this connection."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [re.sub(r".*(FOR UPDATE).*", r"\1", row[0]) for row in cursor.fetchall()]


def test_a_row_that_is_not_there_is_said_as_django_says_it() -> None:
    with pytest.raises(Run.DoesNotExist):
        Run.lock(4711)


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction(step: Invocation) -> None:
    if not connection.features.has_select_for_update:
        assert Run.lock(step.run_id) == step.run
        return
    with transaction.atomic():
        assert Run.lock(step.run_id) == step.run
    with pytest.raises(TransactionManagementError):
        Run.lock(step.run_id)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": InvocationState.INVOKING, "attempts_made": 3, "queueing_since": None},
        {"state": InvocationState.INVOKING, "seconds": 0.25, "started_at": timezone.now()},
        {"state": InvocationState.INVOKING, "output_asset": None, "output_text": "100 % “sure”"},
    ],
)
def test_an_update_is_the_one_of_its_queryset(step: Invocation, fields: dict[str, Any]) -> None:
    ready = Invocation.objects.filter(state__in=sources(InvocationState.INVOKING))
    compiled: CompiledUpdate[Invocation] = CompiledUpdate(lambda: ready.all())
    with captured() as django:
        assert ready.filter(pk=step.pk).update(**fields) == 1
    expected = columns(Invocation.objects.get(pk=step.pk))
    Invocation.objects.filter(pk=step.pk).update(**columns(step))

    for _ in range(2):
        Invocation.objects.filter(pk=step.pk).update(**columns(step))
        with captured() as ours:
            assert compiled.update(step.pk, fields) == 1
        assert sorted_condition(statement(ours)) == sorted_condition(statement(django))
        assert columns(Invocation.objects.get(pk=step.pk)) == expected
    assert compiled.update(step.pk, fields) == 0  # it is not ready any more


def sorted_condition(sql: str) -> str:
    """Conditions in an order of their own."""
    head, _, condition = sql.partition(" WHERE ")
    return f"{head} WHERE {sorted(condition.strip('()').split(' AND '))}"


def test_each_set_of_fields_has_a_statement_of_its_own(step: Invocation) -> None:
    compiled: CompiledUpdate[Invocation] = CompiledUpdate(Invocation.objects.all)

    compiled.update(step.pk, {"losses": 1, "charge": 2})
    compiled.update(step.pk, {"charge": 3, "losses": 4})
    compiled.update(step.pk, {"losses": 5})

    step.refresh_from_db()
    assert (step.losses, step.charge) == (5, 3)


def test_a_row_is_written_as_create_writes_it(step: Invocation) -> None:
    compiled = CompiledInsert(Attempt)
    fields: dict[str, Any] = {
        "invocation": step,
        "network": step.network,
        "platform": "dummy",
        "idempotency_key": "k",
        "parameters": {"a": [1, "é"]},
        "lease_until": timezone.now(),
        "lease_length": timedelta(seconds=15),
        "started_at": timezone.now(),
        "token": "t" * 32,
    }
    with captured() as django:
        expected = Attempt.objects.create(number=1, outcome=Outcome.LOST, **fields)
    Attempt.objects.all().delete()

    with captured() as ours:
        attempt = compiled.create(number=1, outcome=Outcome.LOST, **fields)

    assert statement(ours) == statement(django)
    assert columns(attempt) == {**columns(expected), "id": attempt.pk}
    assert columns(Attempt.objects.get()) == columns(attempt)
    attempt.number = 2
    attempt.save()  # it knows that it is there
    assert Attempt.objects.get().number == 2


def test_many_rows_are_written_as_one_statement() -> None:
    topic = Topic.objects.create(name="network:x")
    events = [
        {
            "topic_id": topic.pk,
            "seq": seq,
            "type": "run.started",
            "data": {"run": seq},
            "created_at": timezone.now(),
        }
        for seq in (1, 2, 3)
    ]

    with captured() as ours:
        CompiledInsert(Event).create_many(events)

    assert len(ours) == 1
    found = list(Event.objects.order_by("seq"))
    assert [{**columns(one), "id": None} for one in found] == [
        {**one, "id": None} for one in events
    ]


def test_a_primary_key_has_to_be_asked_for_once() -> None:
    wrong = CompiledGet(lambda: Run.objects.exclude(pk=-2_000_000_011))

    with pytest.raises(ValueError, match="too many values"):
        wrong.get(1)


@pytest.mark.django_db(transaction=True)
def test_after_a_row_that_could_not_be_written_the_transaction_is_rolled_back(
    step: Invocation,
) -> None:
    fields = {name: getattr(step, name) for name in ("run", "network", "sequence", "slot", "model")}

    with transaction.atomic():
        Run.objects.filter(pk=step.run_id).update(prompt="another")
        with pytest.raises(IntegrityError):
            CompiledInsert(Invocation).create(**fields)

    assert Run.objects.get(pk=step.run_id).prompt == "a"


# By another field than the key, and of many rows


def test_a_row_is_found_by_a_unique_text(step: Invocation) -> None:
    queryset = Invocation.objects.select_related("network")
    compiled = CompiledGet(lambda: queryset.all(), by="public_id")
    compiled.get(step.public_id)
    with captured() as django:
        expected = queryset.get(public_id=step.public_id)

    with captured() as ours:
        found = compiled.get(step.public_id)

    assert statement(ours) == statement(django)
    assert columns(found) == columns(expected)
    with pytest.raises(Invocation.DoesNotExist):
        compiled.get("nobody")


def steps_of(*, run: int, models: tuple[str, ...], at: datetime) -> QuerySet[Invocation]:
    found = Invocation.objects.filter(run=run, model__in=models, due_at__lte=at)
    return found.select_related("run__network", "input_asset").order_by("due_at", "id")[:5]


def test_rows_are_those_of_the_queryset_with_its_values(step: Invocation) -> None:
    compiled = CompiledSelect(steps_of)
    at = step.due_at or timezone.now()
    other = Invocation.objects.create(
        run=step.run, network=step.network, sequence=1, slot=0, model="a:b", due_at=at
    )
    for models, expected in (
        ((step.model,), [step]),
        ((step.model, "a:b"), [step, other]),
        (("a:b", "c:d"), [other]),
        ((), []),
    ):
        asked: dict[str, Any] = {"run": step.run_id, "models": models, "at": at}
        with captured() as django:
            rows = list(steps_of(**asked))
        assert rows == expected
        for _ in range(2):  # compiled now, and before
            with captured() as ours:
                found = compiled.rows(**asked)
            assert ours == django
            assert [columns(row) for row in found] == [columns(row) for row in rows]
            assert [columns(row.run.network) for row in found] == [
                columns(row.run.network) for row in rows
            ]
    assert compiled.rows(run=step.run_id, models=(step.model,), at=at - timedelta(days=1)) == []


def test_a_value_that_is_part_of_a_pattern_is_not_compiled() -> None:
    wrong: CompiledSelect[Run] = CompiledSelect(
        lambda *, begins: Run.objects.filter(prompt__startswith=begins)
    )

    with pytest.raises(ValueError, match="not a parameter"):
        wrong.rows(begins="a")


@pytest.mark.parametrize(
    "holder",
    [
        Holder("all"),
        Holder("some", WorkOffer(platforms=frozenset({"dummy"}))),
        Holder("others", WorkOffer(platforms=frozenset({"dummy"}), inverted=True)),
        Holder("few", WorkOffer(models=frozenset({"dummy:text-to-text", "a:b"}))),
        Holder("far", WorkOffer(models=frozenset({"a:b"}), inverted=True)),
        Holder("none", WorkOffer()),
    ],
    ids=lambda one: one.worker,
)
def test_a_claim_looks_at_the_steps_that_its_holder_may_be_given(
    step: Invocation, holder: Holder
) -> None:
    at = step.due_at or timezone.now()

    expected = list(holder.due_steps(at))

    assert holder.first_due_steps(at) == expected
    assert holder.due_step(step.pk, at) == (expected[0] if expected else None)
    assert holder.due_step(step.pk, at - timedelta(seconds=1)) is None
