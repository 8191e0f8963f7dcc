"""The machine's rules for workers: claims, outcomes, deaths, and results that come too late."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from invocations import leases, runs
from invocations.engine import claims, outcomes, sweep
from invocations.engine.claims import Claim
from invocations.models import Attempt, Invocation, Run
from invocations.states import InvocationState, Outcome, RunState
from networks.models import Network

from .state_machine_base import FAR
from .state_machine_outcomes import LOSSES, STOPS, TROUBLES, Outcomes
from .state_machine_people import People, numbers

CUTS = ["stop", "pause", "start", "delete", "stop all"]
OFTEN = ["sensitive", "sensitive", "invalid", "no key"]
ENDINGS = [*["complete"] * 3, *["follow"] * 4, *TROUBLES, *OFTEN, *["keep"] * 4, *LOSSES, *CUTS]
LATE_ENDINGS = [
    "complete",
    "follow",
    "no key",
    *TROUBLES,
    *LOSSES,
    *STOPS,
    "learn",
    "beat",
    "take over",
]
SECONDS = [0.5, 5, 16, 31, 61, 301, 3_601, 90_000, -3_600]  # and one step back


endings = st.sampled_from(ENDINGS)


class Workers(People, Outcomes):
    @rule(number=numbers, known=st.booleans(), ending=endings)
    def turn(self, number: int, known: bool, ending: str) -> None:
        """The open step falls due, a worker of this host takes it, and something comes of it."""
        step = self._next_step(number)
        if step and step.due_at:
            self.now = max(self.now, step.due_at)
        self._turn(number, self.local, known=known, ending=ending)

    @rule(number=numbers, worker=st.sampled_from(FAR), ending=endings)
    def turn_elsewhere(self, number: int, worker: str, ending: str) -> None:
        """The same at another host's worker, which has found the way of all requests to adopt."""
        self._turn(number, worker, known=True, ending=ending)

    @rule(number=numbers, endings=st.lists(endings, min_size=2, max_size=4))
    def turn_and_turn(self, number: int, endings: list[str]) -> None:
        """Several steps, or several tries at one, without anybody in between."""
        for ending in endings:
            self.turn(number, False, ending)
            self.everything_holds()

    def _turn(self, number: int, worker: str, *, known: bool, ending: str) -> None:
        if self.live_run(number) is None:
            self.start(number, "a red balloon", "", True)
        taken = self._claim(number, worker)
        if taken is None:
            return
        self.turns += 1
        self.held.append(taken)
        if known:
            taken.attempt.remember(f"prediction-{taken.attempt.token[:6]}")
            assert Attempt.objects.get(pk=taken.attempt.pk).reference == taken.attempt.reference
        self.everything_holds()
        if ending in CUTS:
            self._interrupt(number, ending)
        elif ending != "keep":
            self.end(taken, ending)

    def _interrupt(self, number: int, cut: str) -> None:
        """A person does something while the call is under way."""
        if cut == "start":
            self.start(number, "a blue kite", "", True)
        elif cut == "delete":
            self.delete(-1)
        elif cut == "stop all":
            self.stop_all(True)
        else:
            self.control(number, cut)

    @precondition(lambda self: self.held)
    @rule(
        pick=st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 5, 8]),  # how many claims ago
        ending=st.sampled_from(LATE_ENDINGS),
    )
    def late(self, pick: int, ending: str) -> None:
        """Something comes of a claim, which may long be somebody else's."""
        self.end(self.held[-1 - pick % len(self.held)], ending)

    def _claim(self, number: int, worker: str) -> Claim | None:
        step = self._next_step(number)
        if step is None:
            return None
        free = self._is_free(step)
        taken = claims.claim_step(step.pk, holder=claims.Holder(worker), at=self.now)
        if taken is None:
            assert not (free and self._nothing_in_the_way(step)), "a due step was not to be had"
            return None
        assert free
        self.check_claim(taken)
        return taken

    def _next_step(self, number: int) -> Invocation | None:
        """The open step of the live run; without one the newest, which nobody may have."""
        steps = Invocation.objects.filter(network=self.networks[number]).order_by("-id")
        return steps.open().first() or steps.first()

    def _is_free(self, step: Invocation) -> bool:
        run = Run.objects.get(pk=step.run_id)
        due = step.due_at is not None and step.due_at <= self.now
        return step.state == InvocationState.READY and due and run.state == RunState.RUNNING

    def _nothing_in_the_way(self, step: Invocation) -> bool:
        """No limit of a platform, no budget: whoever asks must get it."""
        network = Network.objects.get(pk=step.network_id)
        suspect = step.losses >= leases.MAX_LOSSES - 1
        return step.model.startswith("dummy:") and not suspect and not self.spent(network)

    # Time and death

    @rule(seconds=st.sampled_from(SECONDS))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(dead=st.booleans())
    def sweep(self, dead: bool) -> None:
        if dead:
            self.kill_local()
        swept = sweep.sweep(self.now)

        left = Attempt.objects.live().exclude(token__in=swept.to_cancel)
        assert not left.expired(self.now).exists()
        assert {a.worker for a in left} <= {self.local, *FAR}
        assert sweep.repair(self.now) == 0
        for asked in Attempt.objects.of_tokens(swept.to_cancel):
            assert asked.reference, "there is nothing to cancel"
            assert asked.cancel_requested_at is not None
            assert self.now - asked.cancel_requested_at <= sweep.CANCEL_FOR
        for token in swept.to_cancel:
            self.hold(claims.adopt_stopped_call(token, worker=self.local, at=self.now))

    @precondition(lambda self: self.turns >= 5)
    @rule()
    def everybody_can_go_on(self) -> None:
        """Nothing is ever stuck: with time, money and models, every live run takes a step."""
        self.turns = 0
        self.shelf.gone = set()
        Network.objects.update(budgets={})
        self.now += timedelta(days=2)
        for token in sweep.sweep(self.now).to_cancel:
            taken = claims.adopt_stopped_call(token, worker=self.local, at=self.now)
            assert taken is not None
            outcomes.cancelled(taken, Outcome.UNCERTAIN, at=self.now)
        for run in Run.objects.live().filter(state=RunState.PAUSED):
            runs.resume_run(run=run, at=self.now)
        # Those that queue for a place at their platform come first: theirs is kept.
        open_steps = Invocation.objects.open().filter(run__in=Run.objects.live())
        for step in list(open_steps.order_by(F("queueing_since").asc(nulls_last=True))):
            taken = claims.claim_step(step.pk, holder=claims.Holder(self.local), at=self.now)
            self.made.append((step.network_id, self.now))
            assert taken is not None, f"step {step.sequence} ({step.model}) is stuck"
            outcomes.complete(taken, self.result_of(taken), at=self.now)
            assert step.run.invocations.count() == step.sequence + 2
