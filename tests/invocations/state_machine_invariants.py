"""What must hold after every step of the machine, read from the rows alone."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from hypothesis.stateful import invariant

from invocations.models import Attempt, Invocation, Run
from invocations.states import LIVE_RUNS, OPEN_INVOCATIONS
from realtime.models import Event

from .state_machine_base import GIVES_PICTURES, TAKES_PICTURES, Stage

Row = dict[str, Any]
# What a late worker may still add to the record of a try that has ended, and what goes with rows
# that are deleted.
EVIDENCE = {"error_detail", "usd", "reference"}
LOOSE = {"branched_from_id", "usd"}  # a late answer may still have cost something


def rows(found: QuerySet[Any]) -> list[Row]:
    return [dict(row) for row in found.values()]


def by(rows: Iterable[Row], key: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


class Checks(Stage):
    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[tuple[str, int], Row] = {}
        self.rings: dict[int, object] = {}

    def read(self) -> None:
        self.runs = rows(Run.objects.order_by("id"))
        self.steps = rows(Invocation.objects.order_by("run", "sequence"))
        self.tries = rows(Attempt.objects.order_by("id"))
        self.steps_of = by(self.steps, "run_id")
        self.tries_of = by(self.tries, "invocation_id")

    @invariant()
    def everything_holds(self) -> None:
        self.read()
        self.runs_hold()
        for run in self.runs:
            self.chain_holds(run, self.steps_of[run["id"]])
        for step in self.steps:
            self.tries_hold(step, self.tries_of[step["id"]])
        self.what_has_ended_stays()
        self.gates_hold()
        self.events_tell_the_truth()

    def runs_hold(self) -> None:
        live = [run for run in self.runs if run["state"] in LIVE_RUNS]
        assert max(Counter(run["network_id"] for run in live).values(), default=0) <= 1
        assert not (self.halted and live)
        for run in self.runs:
            assert self.rings.setdefault(run["id"], run["ring"]) == run["ring"]
            over = run["state"] not in LIVE_RUNS
            assert over == (run["ended_at"] is not None) == bool(run["reason"])

    def chain_holds(self, run: Row, steps: list[Row]) -> None:
        assert [step["sequence"] for step in steps] == list(range(len(steps)))
        opened = [step for step in steps if step["state"] in OPEN_INVOCATIONS]
        assert opened == (steps[-1:] if run["state"] in LIVE_RUNS else [])
        for step in opened:
            held = step["state"] == "ready" and step["due_at"] is None
            assert not held or run["state"] == "paused"
            assert run["state"] == "running" or step["state"] == "invoking" or held
        for before, after in itertools.pairwise(steps):
            assert before["state"] in ("completed", "failed")
            given = "output" if before["state"] == "completed" else "input"
            assert after["input_text"] == before[f"{given}_text"]
            assert after["input_asset_id"] == before[f"{given}_asset_id"]

    def tries_hold(self, step: Row, tries: list[Row]) -> None:
        assert step["model"] in self.models_of(step)
        assert (step["input_asset_id"] is not None) == (step["model"] in TAKES_PICTURES)
        if step["state"] == "completed":
            assert (step["output_asset_id"] is not None) == (step["model"] in GIVES_PICTURES)
        assert [one["number"] for one in tries] == list(range(1, step["attempts_made"] + 1))
        live = [one for one in tries if not one["outcome"]]
        assert live in ([], tries[-1:])
        assert bool(live) or step["state"] != "invoking", "nobody will ever finish it"
        if live and step["state"] != "invoking":
            assert step["state"] == "cancelled"
            assert live[0]["cancel_requested_at"] is not None
        keys = [one["idempotency_key"] for one in tries]
        assert keys == sorted(keys, key=lambda key: int(key.rpartition("-")[2]))
        assert all(key.rpartition("-")[0] == step["public_id"] for key in keys)

    def models_of(self, step: Row) -> set[str]:
        run = next(run for run in self.runs if run["id"] == step["run_id"])
        slot = run["ring"][step["slot"]]
        return {slot["fallback"]} if step["fallen_back"] else {slot["model"]}

    def what_has_ended_stays(self) -> None:
        now: dict[tuple[str, int], Row] = {}
        for run in self.runs:
            if run["state"] not in LIVE_RUNS:
                now["run", run["id"]] = without(run, LOOSE)
        for step in self.steps:
            if step["state"] not in OPEN_INVOCATIONS:
                now["step", step["id"]] = step
        for one in self.tries:
            if one["outcome"]:
                now["try", one["id"]] = without(one, EVIDENCE)
        for key, row in self.ended.items():
            assert now.get(key, row) == row, f"{key} has changed after its end"
        alive = {("run", run["id"]) for run in self.runs}
        alive |= {("step", step["id"]) for step in self.steps}
        alive |= {("try", one["id"]) for one in self.tries}
        assert not (set(self.ended) & alive) - set(now), "what had ended lives again"
        self.ended = now

    def gates_hold(self) -> None:
        live = [one for one in self.tries if one["platform"] == "shelf" and not one["outcome"]]
        # A model that is gone has no price: its claim is only told so, and asks nobody.
        at_once = [one for one in live if one["reserved_usd"] is not None]
        assert len(at_once) <= self.shelf.limits.calls_at_once  # type: ignore[operator]

    def events_tell_the_truth(self) -> None:
        events = Event.objects.order_by("topic", "seq").values_list("topic", "seq", "type", "data")
        seqs: dict[int, list[int]] = defaultdict(list)
        told: dict[str, str] = {}
        for topic, seq, kind, data in events:
            seqs[topic].append(seq)
            if kind.startswith("run."):
                told[data["run"]] = data["state"]
            elif kind.startswith("invocation."):
                told[data["invocation"]] = data["state"]
        assert all(found == list(range(1, len(found) + 1)) for found in seqs.values())
        for row in [*self.runs, *self.steps]:
            assert told[row["public_id"]] == row["state"]


def without(row: Row, names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}
