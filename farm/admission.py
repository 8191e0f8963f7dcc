"""Which calls of workers the application hears of: who floods the API is refused by what this process remembers,
before a thread, a query or a body is spent on it.

Counted by the secret, and by the client's address where none is said:

- all calls but reading, a long body as several; being given new work gives turns back, so that who works much
  may call much;
- fruitless ones: refused with a 4xx, a claim that gives nothing new, a sign-on and a sign-off.

Secrets that this process does not know yet are counted by address (`unknown_secrets`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from accounts.models.api_token import digest
from lib.proxies import counted_address_of
from lib.token_buckets import Buckets

from . import unknown_secrets
from .unknown_secrets import TooManyUnknown

CALLS_PER_MINUTE, CALLS_AT_ONCE_SECONDS = 1_800, 20.0
FRUITLESS_PER_MINUTE = 120
BYTES_OF_A_CALL = 8_192
CALLS_OF_WORK = 20  # that one piece of work may take: its log, files, previews and outcome
MAX_REMEMBERED = 10_000  # callers whose last work is known
GIVEN = "panic.farm_work"  # in the scope of a request: tokens of what the worker was given
TOO_OFTEN = "This worker calls more often than there is anything to say. Wait a little."
_READING = frozenset({"GET", "HEAD"})
_NO_FAULT = frozenset({425, 429})
_NEVER_FRUITFUL = ("/claim", "/sign-on", "/sign-off")


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A call that is refused: why, and for how many seconds."""

    sentence: str
    seconds: float


class FarmCaller:
    """Who makes a call, as far as its head says."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        headers = dict(scope.get("headers", ()))
        self.secret = _secret(headers.get(b"authorization", b""))
        length = headers.get(b"content-length", b"")
        self.body_bytes = int(length) if length.isdigit() else 0
        client = scope.get("client")
        self.address = counted_address_of(client[0] if client else "")
        self._name = f"worker {digest(self.secret)}" if self.secret else ""

    @property
    def counted_as(self) -> str:
        """Empty for a secret that is not known to be a worker's."""
        if not self.secret:
            return f"address {self.address}"
        return self._name if unknown_secrets.unknown_secrets.is_known(self.secret) else ""

    @property
    def paced_as(self) -> str:
        """Whose refusals wait for each other."""
        return self.counted_as or f"address {self.address}"


class CallAdmission:
    """Of one process."""

    def __init__(self, calls: Buckets | None = None, fruitless: Buckets | None = None) -> None:
        self._calls = calls or Buckets(holds_seconds=CALLS_AT_ONCE_SECONDS)
        self._fruitless = fruitless or Buckets()
        self._given: dict[str, frozenset[str]] = {}  # to each caller, when it was last given work

    def held_back(self, caller: FarmCaller, method: str) -> HeldBack | None:
        """None: the application may hear of it."""
        try:
            unknown_secrets.unknown_secrets.check(caller.secret, caller.address)
        except TooManyUnknown as error:
            return HeldBack(str(error), error.seconds)
        if not (who := caller.counted_as):
            return None
        left = self._fruitless.wait(who, FRUITLESS_PER_MINUTE)
        if not left and method not in _READING:
            calls = 1 if method == "PUT" else 1 + caller.body_bytes // BYTES_OF_A_CALL
            left = self._calls.take(who, CALLS_PER_MINUTE, calls)
        return HeldBack(TOO_OFTEN, left) if left else None

    def note(self, caller: FarmCaller, scope: Mapping[str, Any], status: int) -> None:
        """What became of a call, once the application has answered."""
        if not (who := caller.counted_as):
            return
        if (given := scope.get(GIVEN)) and self._is_new(who, given):
            self._calls.give_back(who, CALLS_PER_MINUTE, CALLS_OF_WORK)
            self._fruitless.give_back(who, FRUITLESS_PER_MINUTE, 1)
        elif _is_fruitless(scope, status):
            self._fruitless.take(who, FRUITLESS_PER_MINUTE)

    def _is_new(self, who: str, given: Collection[str]) -> bool:
        """Whether something is among it that the caller was not given the last time."""
        before = self._given.get(who, frozenset())
        if len(self._given) >= MAX_REMEMBERED and who not in self._given:
            self._given.clear()
        self._given[who] = frozenset(given)
        return not before.issuperset(given)


def tell_given(request: HttpRequest, tokens: list[str]) -> None:
    """What the worker holds by this call."""
    getattr(request, "scope", {})[GIVEN] = tokens


def _is_fruitless(scope: Mapping[str, Any], status: int) -> bool:
    if scope["method"] in _READING:
        return False
    if 200 <= status < 300:
        return bool(scope["path"].endswith(_NEVER_FRUITFUL))
    return 400 <= status < 500 and status not in _NO_FAULT


def _secret(authorization: bytes) -> str:
    scheme, _, rest = authorization.decode("latin-1").strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else ""
