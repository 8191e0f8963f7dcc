"""Farm workers that are enrolled, and rings of their models."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from bench.workloads import PROMPT
from farm import catalogue
from farm.models import EnrolmentToken, FarmWorker
from invocations import runs
from local_models.loaders import loader
from local_models.protocol import HostRequest

from . import chains


def enrol_workers(count: int) -> list[str]:
    """The secrets of so many new workers."""
    at = timezone.now()
    return [
        FarmWorker.enrol(name=f"Idle {number}", platform="linux", version="1", at=at)[1]
        for number in range(count)
    ]


def issue_token() -> str:
    """To enrol one machine with."""
    owner = User.objects.first_admin() or User.objects.create_superuser("bench@example.org")
    return EnrolmentToken.issue(owner, at=timezone.now())[1]


def is_offered(model: str) -> bool:
    """By a worker that is awake."""
    found = catalogue.read_models().get(model)
    return found is not None and not found.problem


def start_chain(models: list[str], hops: int) -> int:
    """A run of a ring of these models that ends after so many steps."""
    laps = {"laps_per_run": hops // len(models)}
    made = chains.create_network(slots=[{"model": one} for one in models], budgets=laps)
    return runs.start_run(network=made, prompt=PROMPT, at=timezone.now()).run.pk


def call_models(models: list[str], times: int) -> float:
    """Milliseconds that one call takes in this process, on average: each gets what the last one made."""
    load = loader(Path(settings.DATA_DIR) / "weights")
    found = [(model, load(model)) for model in models]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "output"
        text = PROMPT
        began = time.perf_counter()
        for number in range(times):
            model, ask = found[number % len(found)]
            given = str(path) if path.exists() else ""
            reply = ask(HostRequest(model=model, text=text, path=given, key=str(number)))
            path.unlink(missing_ok=True)
            text = reply.text or ""
            if reply.data:
                path.write_bytes(reply.data)
        return (time.perf_counter() - began) * 1000 / times
