"""Which runs may go, and removing them.

Never one that is live, that somebody keeps, of which a contact sheet, a film that is being made or a redraw test
under way needs the steps, or that a redraw test has drawn. A twin or variant goes with the run that it began beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Sum

from accounts.models import User
from archive.bundles.writing import write_bundle
from archive.models import ContactSheet
from assets.models import Asset
from films.models import Film
from invocations import removal
from invocations.models import Invocation, Run
from invocations.models.run import RunQuerySet
from invocations.states import LIVE_RUNS
from observatory.models import Redraw

Before = Callable[[Run], object]


def expired_runs(at: datetime) -> RunQuerySet:
    """Those whose time is over then, RUNS_KEPT_DAYS after their end; the oldest first."""
    if not settings.RUNS_KEPT_DAYS:
        return Run.objects.none()
    return removable_runs(ended_before=at - timedelta(days=settings.RUNS_KEPT_DAYS))


def removable_runs(*, ended_before: datetime) -> RunQuerySet:
    """That nobody keeps and nothing needs; the oldest first."""
    mine = {"run": OuterRef("pk")}
    held = Q(pair__companion__state__in=LIVE_RUNS) | Q(pair__companion__kept_at__isnull=False)
    return (
        Run.objects.nobody_keeps(ended_before=ended_before)
        .filter(pair_as_companion__isnull=True, redraws__isnull=True)
        .exclude(held)
        .exclude(Exists(ContactSheet.objects.filter(**mine)))
        .exclude(Exists(Film.objects.open().filter(**mine)))
        .exclude(Exists(Redraw.objects.under_way().filter(invocation__run=OuterRef("pk"))))
        .order_by("ended_at", "pk")
    )


def bytes_of_runs(runs: RunQuerySet) -> int:
    """Of their outputs: at most so much comes free, for others may show the same."""
    shown = Invocation.objects.filter(run__in=runs.order_by(), output_asset__isnull=False)
    found = Asset.objects.filter(pk__in=shown.order_by().values("output_asset"))
    return found.aggregate(size=Sum("bytes"))["size"] or 0


def remove_runs(
    runs: RunQuerySet, *, at: datetime, by: User | None = None, before: Before = lambda run: None
) -> Iterator[tuple[int, int]]:
    """Remove one after the other, each if it still may go; 1 and the bytes of the outputs of each. `before`: what is done
    with a run before it goes; where that raises, it stays."""
    for pk in list(runs.values_list("pk", flat=True)):
        run = runs.select_related("network__owner").filter(pk=pk).first()
        if run is None:
            continue
        size = bytes_of_runs(Run.objects.filter(pk=pk))
        before(run)
        if removal.delete_run(run=run, at=at, by=by):
            yield 1, size


def bundles_into(folder: Path, *, at: datetime) -> Before:
    """Write each run as a bundle into this folder, whole or not at all; one that is there stays."""

    def write(run: Run) -> None:
        path = folder / f"panic-{run.public_id}.zip"
        part = path.with_suffix(".part")
        if path.exists():
            return
        with part.open("wb") as file:
            for piece in write_bundle(run, run.network.owner, at=at, costs=True):
                file.write(piece)
        part.replace(path)

    return write
