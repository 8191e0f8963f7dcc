"""The machine's rules for people: visitors, owners, admins and curators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from invocations import halts, refusals, removal, runs
from invocations.models import Halt, Invocation, Run, StopAll
from invocations.prompts import BadPrompt
from invocations.states import IllegalMove, InvocationState, Reason, RunState
from networks.models import Network
from realtime.models import Event

from .changing_platform import CAPTION, PICTURE, WORDS
from .state_machine_base import RINGS, Stage

numbers = st.integers(0, 2)
prompts = st.sampled_from(["a red balloon", "a blue kite"])
client_keys = st.sampled_from(["", "", "k1", "k2"])
CHANGES: list[dict[str, object]] = [
    *[dict[str, object](slots=slots) for slots in RINGS],
    {"refusal_policy": "substitute"},
    {"refusal_policy": "skip"},
    {"refusal_policy": "stop"},
    {"budgets": {}},
    {"budgets": {"calls_per_hour": 3}},
    {"budgets": {"laps_per_run": 1}},
    {"lockout_seconds": 0},
    {"lockout_seconds": 30},
    {"prompt_max": 5},
    {"prompt_max": 2_000},
]


def footprint() -> tuple[int, int, int]:
    return Run.objects.count(), Invocation.objects.count(), Event.objects.count()


class People(Stage):
    # Visitors

    @initialize()
    def open_the_doors(self) -> None:
        """Every network has a run before anything else happens."""
        for number in range(len(self.networks)):
            self.start(number, "a red balloon", "k1", False)

    @rule(number=numbers, prompt=prompts, key=client_keys, waive=st.booleans())
    def start(self, number: int, prompt: str, key: str, waive: bool) -> None:
        network, before = self.network(number), footprint()
        known = Run.objects.filter(network=network, client_key=key).first() if key else None
        older = self.live_run(number)
        refusal = self._refusal(network, known, prompt, waive=waive)

        def attempt() -> runs.Started:
            return runs.start_run(
                network=network, prompt=prompt, at=self.now, client_key=key, waive_lockout=waive
            )

        if refusal is not None:
            with pytest.raises(refusal):
                attempt()
            assert footprint() == before
            return
        started = attempt()
        assert started.created == (known is None)
        if known is not None:
            assert (started.run.pk, footprint()) == (known.pk, before)
            return
        self._born(started.run, older)

    def _refusal(
        self, network: Network, known: Run | None, prompt: str, *, waive: bool
    ) -> type[Exception] | None:
        """What a start must answer, worked out by hand."""
        if len(prompt) > network.prompt_max:
            return BadPrompt
        if known is not None:
            return refusals.KeyReused if known.prompt != prompt else None
        if self.halted:
            return refusals.Halted
        if network.problems():
            return refusals.NotRunnable
        setting = timedelta(seconds=network.lockout_seconds)
        mine = Run.objects.filter(network=network)
        locks = [min(self.locks[run.pk], run.created_at + setting) for run in mine]
        if not waive and any(lock > self.now for lock in locks):
            return refusals.Lockout
        return refusals.BudgetSpent if self.spent(network) else None

    def _born(self, run: Run, older: Run | None) -> None:
        self.locks[run.pk] = self.now + timedelta(seconds=run.network.lockout_seconds)
        if older is not None:
            older.refresh_from_db()
            assert (older.state, older.reason) == ("stopped", "superseded")

    # Owners

    @rule(number=numbers, act=st.sampled_from(["pause", "resume", "stop"]))
    def control(self, number: int, act: str) -> None:
        run = self.newest_run(number)
        if run is None:
            return
        allowed = {
            "pause": run.state == RunState.RUNNING,
            "resume": run.state == RunState.PAUSED,
            "stop": run.live,
        }
        acts: dict[str, Callable[[], Run]] = {
            "pause": lambda: runs.pause_run(run=run),
            "resume": lambda: runs.resume_run(run=run, at=self.now),
            "stop": lambda: runs.stop_run(run=run, reason=Reason.PERSON, at=self.now),
        }
        if allowed[act]:
            acts[act]()
        if act != "resume" or not allowed[act]:
            with pytest.raises(IllegalMove):  # a second time, or where it leads nowhere
                acts[act]()

    @rule(pick=st.integers(0, 9), elsewhere=st.none() | numbers)
    def branch(self, pick: int, elsewhere: int | None) -> None:
        done = list(Invocation.objects.filter(state=InvocationState.COMPLETED).order_by("-id"))
        if not done:
            return
        source = done[pick % len(done)]
        target = None if elsewhere is None else self.network(elsewhere)
        older = Run.objects.live().filter(network=target or source.network).first()
        before = footprint()
        try:
            run = runs.branch_run(source=source, at=self.now, network=target)
        except refusals.StartRefused:
            assert footprint() == before
            return
        assert not self.halted
        self._born(run, older)
        step = run.invocations.get()
        assert (step.input_text, step.input_asset) == (source.output_text, source.output_asset)

    def delete(self, pick: int) -> None:
        if found := list(Run.objects.order_by("id")):
            removal.delete_run(run=found[pick % len(found)], at=self.now)

    # Admins

    @rule(lift=st.sampled_from([True, True, True, True, False]))
    def stop_all(self, lift: bool) -> None:
        in_force = Halt.current()
        live = set(Run.objects.live().values_list("pk", flat=True))

        made = halts.stop_all(stopped_by=None, at=self.now)

        assert in_force is None or made == in_force
        if in_force is None:
            assert set(made.runs.values_list("pk", flat=True)) == live
        assert halts.receipt(made, at=made.committed_at + halts.MAX_RECEIPT_DELAY).complete
        if lift:
            self.everything_holds()
            self._lift(made)

    def _lift(self, stop_all: StopAll) -> None:
        answer = halts.resume_all(lifted_by=None, at=self.now)
        resumed = [*answer.runs, *answer.paused]

        for run in resumed:
            self._born(run, None)
        assert not self.halted
        alive = {run.network_id for run in resumed}
        for old in stop_all.runs.select_related("network__owner"):
            network = old.network
            refused = network.problems() or self.spent(network) or network.prompt_max < 10
            assert network.pk in alive or refused

    # Curators

    @rule(number=numbers, change=st.sampled_from(CHANGES))
    def edit(self, number: int, change: dict[str, object]) -> None:
        Network.objects.filter(pk=self.networks[number]).update(**change)

    @rule(gone=st.sampled_from([set(), {WORDS.id}, {PICTURE.id, CAPTION.id}]))
    def change_catalogue(self, gone: set[str]) -> None:
        self.shelf.gone = set() if self.shelf.gone else gone
