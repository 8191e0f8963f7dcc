"""Contact sheets: some steps of a run, chosen on its film strip, under an address of their own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User

from .models import Invocation, Run, Sheet
from .models.sheet import STEPS_MOST
from .states import InvocationState

SEQUENCE_MOST = 2**31 - 1


class NothingChosen(Exception):
    """No step that gave anything; `str(error)` is for the person who chose."""


def make_sheet(
    *, run: Run, sequences: Iterable[int], made_by: User, at: datetime, title: str = ""
) -> Sheet:
    """Hang the chosen steps that gave something; raises NothingChosen where none did."""
    wanted = sorted({n for n in sequences if 0 <= n <= SEQUENCE_MOST})
    if len(wanted) > STEPS_MOST:
        raise NothingChosen(f"A contact sheet has room for {STEPS_MOST} steps; choose fewer.")
    done = run.invocations.filter(sequence__in=wanted, state=InvocationState.COMPLETED)
    found = list(done.in_order().values_list("sequence", flat=True))
    if not found:
        raise NothingChosen("Choose at least one step that gave something.")
    shown = "".join(sign for sign in title if sign.isprintable()).strip()[:100]
    return Sheet.objects.create(
        run=run, sequences=found, title=shown, made_by=made_by, created_at=at
    )


def steps_of(sheet: Sheet) -> list[Invocation]:
    steps = Invocation.objects.filter(run=sheet.run_id, sequence__in=sheet.sequences)
    return list(steps.select_related("input_asset", "output_asset").in_order())
