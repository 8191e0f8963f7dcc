"""One hop written by hand, without the product's engine.

It commits the same rows in the same two transactions: claim (step, attempt, event) and finish
(attempt, step, next step, two events). It has no fence, no lease, no budgets, no pause and no stop,
so it reads less and checks nothing: a baseline that is as fast as the rows allow.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from invocations.models import Attempt, Invocation, Run
from realtime.models import Event

LEASE = timedelta(seconds=15)


def run_hop(pk: int, hops: int) -> int | None:
    """Do step `pk`; returns the key of the next one, None after the last."""
    taken = claim_step(pk)
    if taken is None:
        return None
    step, attempt = taken
    return _finish(step, attempt, output=step.input_text, hops=hops)


def claim_step(pk: int) -> tuple[Invocation, Attempt] | None:
    """The step with its new attempt; None where somebody else has it."""
    now = timezone.now()
    with transaction.atomic():
        taken = Invocation.objects.filter(pk=pk, state="ready").update(
            state="invoking", attempts_made=1, started_at=now
        )
        if not taken:
            return None
        step = Invocation.objects.get(pk=pk)
        attempt = Attempt.objects.create(
            invocation=step,
            network_id=step.network_id,
            number=1,
            platform="dummy",
            lease_until=now + LEASE,
            worker="baseline:1:0123abcd",
            idempotency_key=f"{step.public_id}-1",
            parameters={"noop": True},
            started_at=now,
        )
        _append_events(step, "invocation.started")
    return step, attempt


def _finish(step: Invocation, attempt: Attempt, *, output: str, hops: int) -> int | None:
    now = timezone.now()
    seconds = (now - attempt.started_at).total_seconds()
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk, outcome="").update(
            outcome="completed", ended_at=now, seconds=seconds
        )
        Invocation.objects.filter(pk=step.pk, state="invoking").update(
            state="completed", output_text=output, seconds=seconds, ended_at=now
        )
        if step.sequence + 1 >= hops:
            Run.objects.filter(pk=step.run_id).update(state="completed", ended_at=now)
            _append_events(step, "invocation.completed", "run.completed")
            return None
        following = Invocation.objects.create(
            run_id=step.run_id,
            network_id=step.network_id,
            sequence=step.sequence + 1,
            slot=0,
            model=step.model,
            input_text=output,
            created_at=now,
            due_at=now,
        )
        _append_events(step, "invocation.completed", "invocation.created")
    return following.pk


def _append_events(step: Invocation, *kinds: str) -> None:
    topic = f"network:{step.network_id}"
    numbers: tuple[int, str] = (len(kinds), topic)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE realtime_topic SET last_seq = last_seq + %s WHERE name = %s"
            " RETURNING id, last_seq",
            numbers,
        )
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "INSERT INTO realtime_topic (last_seq, name, epoch) VALUES (%s, %s, 'bench')"
                " RETURNING id, last_seq",
                numbers,
            )
            row = cursor.fetchone()
    topic_id, last = row
    data = {
        "run": "0123456789abcdef",
        "invocation": step.public_id,
        "sequence": step.sequence,
        "slot": step.slot,
        "state": step.state,
        "model": step.model,
    }
    first = last - len(kinds) + 1
    Event.objects.bulk_create(
        Event(topic_id=topic_id, seq=seq, type=kind, data=data)
        for seq, kind in enumerate(kinds, start=first)
    )
