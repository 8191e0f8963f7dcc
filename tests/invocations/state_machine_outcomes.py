"""What can come of a claim, and what must hold of it, whether it is still the live one or not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from invocations import leases
from invocations.engine import claims, next_step, outcomes
from invocations.engine.claims import Claim
from invocations.engine.outcomes import Result
from invocations.models import Attempt, Invocation, Run
from invocations.states import Outcome, RunState, Stale
from networks.models import Network
from platforms.errors import (
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unusable,
)

from .state_machine_base import Before, Stage

# Every class of error, those that a provider has settled, and media that cannot be kept.
TROUBLES: dict[str, Callable[[], PlatformError]] = {
    "unavailable": lambda: Unavailable("Down."),
    "failed there": lambda: Unavailable("It failed there.").as_settled(),
    "damaged": lambda: Unusable("A damaged picture.").charged(0.125),
    "disk full": lambda: next_step.NotStored("The disk is full."),
    "slow down": lambda: RateLimited("Slow down."),
    "wait 40 s": lambda: RateLimited("Slow down.", retry_after=40),
    "timed out": lambda: TimedOut("It took too long."),
    "no key": lambda: NotConfigured("No key."),
    "sensitive": lambda: Refused("Not that.", kind="sensitive"),
    "invalid": lambda: Refused("Not understood."),
}
LOSSES = {"lost": Outcome.LOST, "handed over": Outcome.HANDED_OVER}
STOPS = {"cancelled": Outcome.CANCELLED, "uncertain": Outcome.UNCERTAIN}


class Outcomes(Stage):
    def end(self, claim: Claim, ending: str) -> None:
        before = self.before(claim)
        if ending in TROUBLES:
            self._fail(claim, before, TROUBLES[ending]())
        elif ending in LOSSES:
            self._give_back(claim, before, LOSSES[ending])
        elif ending in STOPS:
            self._report_stop(claim, before, STOPS[ending])
        elif ending == "learn":
            claim.attempt.remember(f"late-{claim.attempt.token[:6]}")
        elif ending == "beat":
            assert Attempt.objects.of_tokens([claim.attempt.token]).extend(self.now) == before.live
        elif ending == "take over":
            self._take_over(claim, before)
        else:
            self._complete(claim, before, follows=ending == "follow")

    @contextlib.contextmanager
    def _fenced(self, before: Before) -> Iterator[None]:
        """A claim that is no longer the live one changes nothing and is told so."""
        if before.live:
            yield
        else:
            with pytest.raises(Run.DoesNotExist if before.deleted else Stale):
                yield

    def _complete(self, claim: Claim, before: Before, *, follows: bool) -> None:
        result = Result(text="gone") if before.deleted else self.result_of(claim)
        following, next_holder = None, claims.Holder(self.local) if follows else None
        with self._fenced(before):
            following = outcomes.complete(claim, result, at=self.now, next_holder=next_holder)
        if following is not None:
            assert follows
            assert before.current
            assert following.invocation.sequence == claim.invocation.sequence + 1
            self.check_claim(following)
            self.held.append(following)
        if before.live:
            wanted = ("completed", "completed") if before.current else ("late", before.step)
            assert (self.outcome(claim), self.state(claim)) == wanted
            self.no_lap_too_many(claim)
        else:
            claim.attempt.record_late_result("Too late.", usd=0.5)

    def check_claim(self, taken: Claim) -> None:
        """What holds of every claim in the moment it is made."""
        self.made.append((taken.run.network_id, self.now))
        assert not self.halted
        assert Run.objects.get(pk=taken.run.pk).state == RunState.RUNNING
        assert not self._spent_before(taken)
        assert taken.attempt.idempotency_key not in self.settled
        assert (
            claims.claim_step(taken.invocation.pk, holder=claims.Holder("second"), at=self.now)
            is None
        )

    def _spent_before(self, taken: Claim) -> bool:
        """Whether there was no room for this call, leaving itself out of the count."""
        network = Network.objects.get(pk=taken.run.network_id)
        calls = network.budgets.get("calls_per_hour")
        return calls is not None and self.calls_lately(network) - 1 >= calls

    def no_lap_too_many(self, claim: Claim) -> None:
        run = Run.objects.select_related("network").get(pk=claim.run.pk)
        laps = run.network.budgets.get("laps_per_run")
        over = laps is not None and claim.invocation.sequence + 1 >= laps * len(run.ring)
        assert not (over and run.live)

    def _fail(self, claim: Claim, before: Before, error: PlatformError) -> None:
        substitute = None if before.deleted else self._placeholder(claim, error)
        with self._fenced(before):
            outcomes.fail(claim, error, at=self.now, substitute=substitute)
        if not before.live:
            return
        assert self.outcome(claim) == "failed"
        if not before.current:
            assert self.state(claim) == before.step
            return
        if isinstance(error, Refused) and self.state(claim) != "ready":  # not on to its fallback
            self.no_lap_too_many(claim)
        if error.settled:
            self.settled.add(claim.attempt.idempotency_key)
        self._check_retry(claim, error)

    def _placeholder(self, claim: Claim, error: PlatformError) -> Result | None:
        """As `outcomes.placeholder_for`, which would draw and store a picture every time."""
        declined = isinstance(error, Refused) and error.for_content
        wanted = declined and claim.run.network.refusal_policy == "substitute"
        return self.result_of(claim) if wanted else None

    def _check_retry(self, claim: Claim, error: PlatformError) -> None:
        step = Invocation.objects.get(pk=claim.invocation.pk)
        if step.state != "ready" or step.fallen_back:
            return
        same = step.idempotency_key == claim.attempt.idempotency_key
        assert same != error.settled
        assert step.reference == ("" if error.settled else claim.attempt.reference)
        wish = getattr(error, "retry_after", None) or 0
        assert step.due_at is None or step.due_at >= self.now + timedelta(seconds=wish)

    def _give_back(self, claim: Claim, before: Before, outcome: Outcome) -> None:
        losses = claim.invocation.losses
        with self._fenced(before):
            outcomes.requeue(claim.attempt, outcome, at=self.now, blamed=outcome == Outcome.LOST)
        if before.current:
            blamed = outcome == Outcome.LOST and not claim.attempt.reference
            poison = blamed and losses + 1 >= leases.MAX_LOSSES
            step = Invocation.objects.get(pk=claim.invocation.pk)
            assert step.state == ("failed" if poison else "ready")
            assert poison or step.reference == claim.attempt.reference
            assert step.idempotency_key == claim.attempt.idempotency_key

    def _report_stop(self, claim: Claim, before: Before, outcome: Outcome) -> None:
        with self._fenced(before):
            outcomes.cancelled(claim, outcome, at=self.now)
        if before.live:
            wanted = "ready" if before.current else before.step
            assert (self.outcome(claim), self.state(claim)) == (outcome, wanted)

    def _take_over(self, claim: Claim, before: Before) -> None:
        if not before.current:
            taken = claims.adopt_stopped_call(claim.attempt.token, worker=self.local, at=self.now)
            assert (taken is not None) == before.live
            self.hold(taken)
