"""The address of a visitor's page about their run, and the right to withdraw the run.

Both are signed with SECRET_KEY and stored nowhere: nothing is written when a run starts, and the
database holds nothing with which a run could be withdrawn.
"""

from __future__ import annotations

import base64
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from . import events
from .hooks import hooks
from .models import Run
from .runs import end
from .states import Reason

ID_LENGTH = 20


class NotTheVisitor(Exception):
    """Whoever asks does not hold the visitor's own address."""


def url_path(run: Run) -> str:
    """The path of the page, without the token: for anybody it is shown to."""
    return reverse("visitor-page", args=[_key(run)])


def private_url_path(run: Run) -> str:
    """The same with the withdrawal token, for the visitor alone."""
    return f"{url_path(run)}?mine={withdrawal_token(run)}"


def withdrawal_token(run: Run) -> str:
    """The token with which the visitor can withdraw the run."""
    return _signature("right", run.public_id)


def run_of_key(key: str) -> Run | None:
    """The run whose page has this key in its path; None for a forged key and for an imported run."""
    public_id, signature = key[:ID_LENGTH], key[ID_LENGTH:]
    if not constant_time_compare(signature, _signature("key", public_id)):
        return None
    found = Run.objects.select_related("network").filter(public_id=public_id, imported=False)
    return found.first()


def is_withdrawal_token(run: Run, shown: str) -> bool:
    """Whether the token shown is that of this run. Compared in constant time."""
    return constant_time_compare(shown, withdrawal_token(run))


def withdraw(*, run: Run, shown: str, at: datetime) -> None:
    """Withdraw the run and every run that was branched from it or began beside it: they stop, and from now on only those
    who control the network see them. `shown`: the withdrawal token. Raises NotTheVisitor."""
    if not is_withdrawal_token(run, shown):
        raise NotTheVisitor(
            _("This can only be done with the address that was given to its visitor.")
        )
    withdrawn = {run.pk}
    coming = [run.pk]
    while coming:
        for pk in coming:
            _withdraw(pk, at)
        branches = Run.objects.filter(branched_from__run__in=coming).exclude(pk__in=withdrawn)
        beside = set(hooks.companions_of(coming)) - withdrawn
        coming = [*set(branches.values_list("pk", flat=True)) | beside]
        withdrawn |= set(coming)


def _withdraw(pk: int, at: datetime) -> None:
    with transaction.atomic():
        run = Run.lock(pk)
        if run.withdrawn_at is not None:
            return
        unpublished = end(run, Reason.WITHDRAWN, at=at).unpublished if run.live else []
        run.withdraw(at=at)
        hooks.withdraw(run, at)
        events.publish(run.network, *unpublished, events.RunWithdrawn.from_run(run))


def _key(run: Run) -> str:
    return run.public_id + _signature("key", run.public_id)


def _signature(purpose: str, public_id: str) -> str:
    digest = salted_hmac(f"invocations.souvenirs.{purpose}", public_id, algorithm="sha256").digest()
    return base64.b32encode(digest[:15]).decode().lower()
