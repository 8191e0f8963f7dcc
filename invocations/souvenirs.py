"""What a visitor takes home: a page about their run under an address of its own, and the right to
take the words back.

Both are sealed with the house's key and kept nowhere: nothing is written when a run starts, and the
database holds nothing with which a run could be withdrawn.
"""

from __future__ import annotations

import base64
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from . import events, tiles
from .models import Run
from .runs import end
from .states import InvocationState, Reason
from .tiles import Look, Tile

ID_LENGTH, SEAL_LENGTH = 20, 24
HIGHLIGHTS = 12


class NotTheirs(Exception):
    """Whoever asks does not hold the visitor's own address."""


def address(run: Run) -> str:
    """The page, for whoever it is shown to."""
    return reverse("souvenir", args=[_key(run)])


def own_address(run: Run) -> str:
    """The same with the visitor's right in it, for the visitor alone."""
    return f"{address(run)}?mine={right(run)}"


def right(run: Run) -> str:
    """What the visitor shows to take the run back."""
    return _seal("right", run.public_id)


def of_key(key: str) -> Run | None:
    """The run that this address is about; one that was performed elsewhere has none."""
    public_id, seal = key[:ID_LENGTH], key[ID_LENGTH:]
    if not constant_time_compare(seal, _seal("key", public_id)):
        return None
    found = Run.objects.select_related("network").filter(public_id=public_id, imported=False)
    return found.first()


def holds(run: Run, shown: str) -> bool:
    return constant_time_compare(shown, right(run))


def highlights(run: Run) -> list[Tile]:
    """Some of its steps, evenly from the first to the newest; what they cost is nobody's business."""
    newest = run.invocations.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    most = min(HIGHLIGHTS - 1, newest)
    wanted = {round(n * newest / most) for n in range(most + 1)} if most else {0}
    steps = run.invocations.select_related("input_asset", "output_asset").in_order()
    shown = steps.filter(sequence__in=wanted, state=InvocationState.COMPLETED).defer("usd")
    look = Look(linked=False, lazy=True, priced=False)
    return [tiles.of_step(step, look=look) for step in shown]


def withdraw(*, run: Run, shown: str, at: datetime) -> None:
    """Take the words back, and those of every run that went on from this one: they stop, and only
    who looks after the network sees them from now on. Raises NotTheirs."""
    if not holds(run, shown):
        raise NotTheirs("This can only be done with the address that was given to its visitor.")
    withdrawn = {run.pk}
    coming = [run.pk]
    while coming:
        for pk in coming:
            _withdraw(pk, at)
        branches = Run.objects.filter(branched_from__run__in=coming).exclude(pk__in=withdrawn)
        coming = list(branches.values_list("pk", flat=True))
        withdrawn |= set(coming)


def _withdraw(pk: int, at: datetime) -> None:
    with transaction.atomic():
        run = Run.lock(pk)
        if run.withdrawn_at is not None:
            return
        news = end(run, Reason.WITHDRAWN, at=at).news if run.live else []
        run.withdraw(at=at)
        events.publish(run.network, *news, events.of_run(run, "run.withdrawn"))


def _key(run: Run) -> str:
    return run.public_id + _seal("key", run.public_id)


def _seal(purpose: str, public_id: str) -> str:
    digest = salted_hmac(f"invocations.souvenirs.{purpose}", public_id, algorithm="sha256").digest()
    return base64.b32encode(digest[:15]).decode().lower()
