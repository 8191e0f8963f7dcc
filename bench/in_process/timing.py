"""Times parts of the engine and pages in this process, without a server."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from bench.workloads import PROMPT
from invocations import runs
from invocations.engine import claims, outcomes, sweep
from invocations.models import Invocation
from invocations.states import InvocationState, Reason
from networks.models import Network

OK_STATUSES = {200, 503}  # 503: /readyz without a worker
_clients: dict[str, Client] = {}


def time_engine(what: str, slug: str, times: int) -> list[float]:
    """Milliseconds of each of `times` executions of a part of the engine, on the network's live run."""
    network = Network.objects.select_related("owner").get(slug=slug)
    return [PARTS[what](network) for _ in range(times)]


def _claim(network: Network) -> float:
    return _hop(network)[0]


def _finish(network: Network) -> float:
    return _hop(network)[1]


def _hop(network: Network) -> tuple[float, float]:
    step = Invocation.objects.get(network=network, state=InvocationState.READY)
    began = time.perf_counter()
    claim = claims.claim_step(step.pk, holder=claims.Holder("bench:1:a"), at=timezone.now())
    claimed = time.perf_counter()
    assert claim is not None
    outcomes.complete(claim, outcomes.Result(text=PROMPT), at=timezone.now())
    return (claimed - began) * 1000, (time.perf_counter() - claimed) * 1000


def _start(network: Network) -> float:
    """Supersedes the long run."""
    return _rolled_back(
        lambda: runs.start_run(
            network=network, prompt=PROMPT, at=timezone.now(), waive_lockout=True
        )
    )


def _stop(network: Network) -> float:
    run = network.runs.live().get()
    return _rolled_back(lambda: runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now()))


def _sweep(network: Network) -> float:
    return _timed(lambda: sweep.sweep(timezone.now()))


def _rolled_back(work: Callable[[], object]) -> float:
    """Timed without its commit, and rolled back."""
    with transaction.atomic():
        found = _timed(work)
        transaction.set_rollback(True)
    return found


PARTS = {"claim": _claim, "finish": _finish, "start": _start, "stop": _stop, "sweep": _sweep}


def time_page(path: str, times: int) -> list[float]:
    """Milliseconds of each of `times` requests for a page, as a signed-in admin."""
    client = admin_client()
    return [_timed(partial(_fetch, client, path)) for _ in range(times)]


def _fetch(client: Client, path: str) -> None:
    response: HttpResponse = client.get(path)  # type: ignore[assignment]
    b"".join(response)  # a streamed one too
    if response.status_code not in OK_STATUSES:
        raise RuntimeError(f"{path} answers {response.status_code}")


def sign_out() -> None:
    """Forget the session, as the database has changed."""
    _clients.clear()


def admin_client() -> Client:
    if "admin" not in _clients:
        admin = User.objects.first_admin()
        assert admin is not None
        _clients["admin"] = Client()
        _clients["admin"].force_login(admin)
    return _clients["admin"]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
