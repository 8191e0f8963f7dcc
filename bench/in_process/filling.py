"""Fills a database in seconds: runs, steps, attempts and events of twenty networks."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from bench.workloads import PROMPT
from displays.models import Installation
from invocations import runs
from invocations.models import Attempt, Invocation, Run, Spending
from invocations.models.spending import slice_of
from networks.models import Network
from realtime.models import Event, Topic

from . import chains
from .copying import NUMBER, copy, moment, settle, text

SECONDS_APART = 10  # between two steps of any run; a million make four months
NETWORKS = 20
PAUSED = 3  # live runs, for mission control
USD = 0.001  # what a step cost
EVENTS_PER_STEP = 3
EVENTS_KEPT = 100_000  # of a topic; older ones are pruned
LIMITS = {"calls_per_hour": 1_000_000, "usd_per_day": 1_000_000}


def fill_database(parts: list[list[int]]) -> dict[str, str]:
    """Write parts of `[runs, steps a run, 1 for the busy network or 0 for the quiet ones]`, the
    oldest first. Returns names and addresses for the measures."""
    networks = [
        chains.create_network(name=f"Bench {number}", public=True, budgets=LIMITS)
        for number in range(NETWORKS)
    ]
    left = sum(count * steps for count, steps, _ in parts)
    with transaction.atomic():
        filler = Filler(networks[0], timezone.now() - timedelta(seconds=(left + 1) * SECONDS_APART))
        for count, steps, busy in parts:
            began = timezone.now() - timedelta(seconds=left * SECONDS_APART)
            filler.write(count, steps, began, busy=bool(busy))
            left -= count * steps
        filler.write_events()
        _write_spending()
    _revive(Run.objects.filter(network=networks[0]).latest("pk"))
    settle([Run, Invocation, Attempt, Spending, Event, Topic])
    for network in networks[1 : 1 + PAUSED]:
        started = runs.start_run(network=network, prompt=PROMPT, at=timezone.now())
        runs.pause_run(run=started.run)
    return _locations(networks[0])


def _write_spending() -> None:
    """The spending that the claims of the last day would have added."""
    rows = Attempt.objects.filter(started_at__gt=timezone.now() - timedelta(days=1))
    slices: dict[tuple[int, datetime], Spending] = {}
    made = rows.values_list("network", "network__owner", "started_at")
    for network, owner, at in made.iterator():
        key = network, slice_of(at)
        fresh = Spending(network_id=network, owner_id=owner, began_at=key[1])
        row = slices.setdefault(key, fresh)
        row.calls, row.usd = row.calls + 1, row.usd + USD
    Spending.objects.bulk_create(slices.values())


def _revive(run: Run) -> None:
    """Make a copied run live again: its last step is due."""
    Run.objects.filter(pk=run.pk).update(state="running", ended_at=None)
    last = run.invocations.latest("sequence")
    last.attempts.all().delete()
    nothing = dict.fromkeys(("started_at", "ended_at", "seconds", "usd"))
    Invocation.objects.filter(pk=last.pk).update(
        state="ready", attempts_made=0, output_text="", **nothing
    )


def _locations(busy: Network) -> dict[str, str]:
    """The busy network with a display, its newest run, and a step in the middle of that."""
    run = Run.objects.filter(network=busy).latest("pk")
    last = run.invocations.aggregate(last=models.Max("sequence"))["last"]
    step = run.invocations.get(sequence=last // 2)
    installation = Installation.objects.create(network=busy, name="Hall")
    return {
        "slug": busy.slug,
        "installation": installation.public_id,
        "display": installation.add("wall", "grid", rows=4, columns=6).name,
        "topic": busy.topic,
        "run": run.public_id,
        "step": step.public_id,
        "model": step.model,
        "middle": str(step.sequence),
    }


class Filler:
    """Creates one real run of one step, and copies it."""

    def __init__(self, busy: Network, at: datetime) -> None:
        self.busy = busy
        over = {"state": "completed", "ended_at": at}
        self.run = Run.objects.create(
            network=busy, prompt=PROMPT, ring=busy.slots, lockout_until=at, created_at=at, **over
        )
        done = {"started_at": at, "ended_at": at, "seconds": 0.05, "usd": USD}
        self.step = Invocation.objects.create(
            **{"run": self.run, "network": busy, "sequence": 0, "slot": 0, "due_at": at, **done},
            model="dummy:text-to-text",
            state="completed",
            input_text=PROMPT,
            output_text=PROMPT,
            attempts_made=1,
        )
        self.attempt = Attempt.objects.create(
            **{"invocation": self.step, "network": busy, "number": 1, "lease_until": at, **done},
            platform="dummy",
            worker="bench:1:0123abcd",
            idempotency_key="0123456789abcdef-1",
            parameters={"noop": True},
            outcome="completed",
        )

    def write(self, count: int, steps: int, began: datetime, *, busy: bool) -> None:
        """`count` runs of `steps` steps each."""
        run_number = f"{NUMBER} / {steps}"
        first_run, first_step = _last(Run) + 1, _last(Invocation) + 1
        self._write_runs(count, steps, first_run, began, busy=busy)
        at = moment(began, f"{NUMBER} * {SECONDS_APART}")
        keys = {
            "id": f"{first_step} + {NUMBER}",
            "public_id": text("s", f"{first_step} + {NUMBER}"),
            "run_id": f"{first_run} + {run_number}",
            "network_id": self._network(run_number, busy=busy),
            "sequence": f"{NUMBER} % {steps}".replace("%", "%%"),
        }
        times = dict.fromkeys(("created_at", "due_at", "started_at", "ended_at"), at)
        copy(self.step, count * steps, keys | times)
        first_attempt = _last(Attempt) + 1
        keys = {
            "id": f"{first_attempt} + {NUMBER}",
            "invocation_id": f"{first_step} + {NUMBER}",
            "network_id": self._network(run_number, busy=busy),
            "token": text("t", f"{first_attempt} + {NUMBER}"),
        }
        times = dict.fromkeys(("lease_until", "started_at", "ended_at"), at)
        copy(self.attempt, count * steps, keys | times)

    def _write_runs(
        self, count: int, steps: int, first: int, began: datetime, *, busy: bool
    ) -> None:
        at = moment(began, f"{NUMBER} * {steps * SECONDS_APART}")
        keys = {
            "id": f"{first} + {NUMBER}",
            "public_id": text("r", f"{first} + {NUMBER}"),
            "network_id": self._network(NUMBER, busy=busy),
            "usd": f"{steps} * {USD}",
        }
        times = dict.fromkeys(("created_at", "lockout_until", "ended_at"), at)
        copy(self.run, count, keys | times)

    def _network(self, run: str, *, busy: bool) -> str:
        first = self.busy.pk
        return str(first) if busy else f"{first + 1} + ({run}) %% {NETWORKS - 1}"

    def write_events(self) -> None:
        made = Invocation.objects.filter(network=self.busy).count() * EVENTS_PER_STEP
        kept = min(made, EVENTS_KEPT)
        topic, _ = Topic.objects.get_or_create(name=self.busy.topic)
        data = {"run": "r0", "invocation": "s0", "sequence": 0, "slot": 0, "state": "completed"}
        first = Event.objects.create(topic=topic, seq=1, type="invocation.completed", data=data)
        following = {"id": f"{first.pk + 1} + {NUMBER}", "seq": f"2 + {NUMBER}"}
        copy(first, kept - 1, following)
        Topic.objects.filter(pk=topic.pk).update(last_seq=kept)


def _last(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(last=models.Max("pk"))["last"])
