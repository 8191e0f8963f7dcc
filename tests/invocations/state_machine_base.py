"""What the state machine plays on: networks, a clock of its own, workers, and the claims they hold.

Every example lives in a transaction that is rolled back, so thousands of them leave nothing behind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine

from accounts.models import User
from assets.models import Asset
from invocations.engine import worker_locks
from invocations.engine.claims import Claim
from invocations.engine.outcomes import Result
from invocations.models import Attempt, Halt, Invocation, Run
from invocations.states import LIVE_RUNS
from networks.models import Network
from platforms.registry import registered_temporarily

from .changing_platform import CAPTION, PICTURE, WORDS, Shelf
from .conftest import NOON, ring

DUMMY = "dummy:text-to-text"
RINGS = [
    ring({"model": WORDS.id, "fallback": DUMMY}, DUMMY),
    ring(PICTURE.id, CAPTION.id),
    ring(DUMMY, DUMMY),
    ring(WORDS.id, PICTURE.id, CAPTION.id),
    [],
]
MANNERS: list[dict[str, object]] = [
    {"refusal_policy": "substitute", "budgets": {"calls_per_hour": 5}},
    {"refusal_policy": "skip"},
    {"refusal_policy": "stop", "budgets": {"laps_per_run": 1}},
]
FAR = ("another-host~0:1:a", "another-host~0:2:b")  # judged by their leases alone
GIVES_PICTURES = {PICTURE.id}
TAKES_PICTURES = {CAPTION.id}


@dataclass(frozen=True, slots=True)
class Before:
    """How a claim stood before something came of it."""

    deleted: bool
    live: bool
    step: str  # the step's state

    @property
    def current(self) -> bool:
        return self.live and self.step == "invoking"


class Stage(RuleBasedStateMachine):
    """No rules, no checks: what both work on."""

    def __init__(self) -> None:
        super().__init__()
        self.exits = contextlib.ExitStack()
        self.exits.enter_context(_rolled_back())
        self.shelf = Shelf()
        self.exits.enter_context(registered_temporarily(self.shelf))
        self.now = NOON
        self.turns = 0  # since everybody was last seen to go on
        self.held: list[Claim] = []
        self.made: list[tuple[int, datetime]] = []  # network and moment of each claim
        self.settled: set[str] = set()  # keys of requests that a provider is done with
        self.locks: dict[int, datetime] = {}  # by run: until when its network is locked
        self.local, self.lock_file = worker_locks.register_worker()
        self.exits.callback(lambda: self.lock_file.close())
        self._set()

    def _set(self) -> None:
        alice = User.objects.create_user("alice@example.org")
        self.networks = [
            Network.create(
                alice,
                name=f"Ring {number}",
                slots=RINGS[number],
                pacing=[{"until_seconds": None, "delay_seconds": number}],
                lockout_seconds=30,
                **manners,
            ).pk
            for number, manners in enumerate(MANNERS)
        ]
        self.picture = Asset.objects.create(
            sha256="a" * 64, kind="image", content_type="image/png", extension="png", bytes=1
        )

    def everything_holds(self) -> None:
        """What is checked after every rule; rules of several acts check in between as well."""

    def teardown(self) -> None:
        self.exits.close()

    # Looking

    def network(self, number: int) -> Network:
        return Network.objects.get(pk=self.networks[number])

    def newest_run(self, number: int) -> Run | None:
        return Run.objects.filter(network=self.networks[number]).newest_first().first()

    def live_run(self, number: int) -> Run | None:
        return Run.objects.filter(network=self.networks[number], state__in=LIVE_RUNS).first()

    @property
    def halted(self) -> bool:
        return Halt.current() is not None

    def before(self, claim: Claim) -> Before:
        attempt = Attempt.objects.filter(pk=claim.attempt.pk).select_related("invocation").first()
        if attempt is None:
            return Before(deleted=True, live=False, step="")
        return Before(deleted=False, live=not attempt.outcome, step=attempt.invocation.state)

    def outcome(self, claim: Claim) -> str:
        return Attempt.objects.get(pk=claim.attempt.pk).outcome

    def state(self, claim: Claim) -> str:
        return Invocation.objects.get(pk=claim.invocation.pk).state

    def result_of(self, claim: Claim) -> Result:
        """An output of the modality that the claimed model gives."""
        if Invocation.objects.get(pk=claim.invocation.pk).model in GIVES_PICTURES:
            return Result(asset=self.picture, usd=0.5)
        return Result(text=f"text {claim.attempt.token[:4]}")

    def spent(self, network: Network) -> bool:
        """Whether the network's limits leave no room for another call."""
        calls = network.budgets.get("calls_per_hour")
        return calls is not None and self.calls_lately(network) >= calls

    def calls_lately(self, network: Network) -> int:
        """Of the last hour, and of the five minutes of the clock in which it began; counted by
        hand, whatever was deleted since."""
        hour_ago = self.now - timedelta(hours=1)
        mine = [at for pk, at in self.made if pk == network.pk]
        return sum(_five_minutes(at) + timedelta(minutes=5) > hour_ago for at in mine)

    # Acting

    def hold(self, claim: Claim | None) -> None:
        if claim is not None:
            self.held.append(claim)

    def kill_local(self) -> None:
        """What the kernel does when a process is gone; another one takes its place."""
        self.lock_file.close()
        self.local, self.lock_file = worker_locks.register_worker()


@contextlib.contextmanager
def _rolled_back() -> Iterator[None]:
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def _five_minutes(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0)
