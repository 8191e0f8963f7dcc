"""What the pages of the farm follow: the workers, and one worker. For admins.

The farm's own events say what workers are; which steps they have in hand is told by the events of the
networks, so that a step of the farm writes no more than any other. They follow all topics for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.template.loader import render_to_string
from django.utils import timezone

from invocations.events import (
    InvocationCancelled,
    InvocationCompleted,
    InvocationFailed,
    InvocationProgressed,
    InvocationRetried,
    InvocationStarted,
)
from invocations.models import Attempt
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, NOT_SIGNED_IN, Denied, Feed, Frame, Scope
from realtime.models import Event
from studio.events import WorkerBlocked, WorkerUnblocked

from . import worker_list
from .events import FARM, FarmWorkerChanged, FilmWorkChanged, WorkBatched, WorkPreviewed
from .models import FarmWorker

HTML = Mapping[str, str]
_ENDS = frozenset(
    one.type
    for one in (InvocationCompleted, InvocationFailed, InvocationRetried, InvocationCancelled)
)
_BLOCKS = frozenset(one.type for one in (WorkerBlocked, WorkerUnblocked))
_CHANGES_WORK = frozenset(one.type for one in (WorkPreviewed, FilmWorkChanged))
_MODELS = "farm:"
MAX_ROWS_OF_EVENT = 10  # of more workers the whole table is drawn
MAX_DIGITS = 6  # of the number of a page


class WorkerHands:
    """Which steps are with which workers, as far as the events of one feed say."""

    def __init__(self) -> None:
        self._holders: dict[str, str] = {}  # public id of a step -> public id of its worker

    def note(self, held: Mapping[str, str]) -> None:
        """As the rows say."""
        self._holders |= held

    def has(self, step: object, worker: str) -> bool:
        """Whether the step is with this worker."""
        return self._holders.get(str(step)) == worker

    def worker_of_event(self, event: Event) -> str:
        """The worker whose work has changed; empty where none has."""
        step = str(event.data.get("invocation", ""))
        if event.type in _ENDS:
            return self._holders.pop(step, "")
        if event.type != InvocationStarted.type or not _is_of_farm(event):
            return ""
        if "farm worker" not in event.notes:
            event.notes["farm worker"] = _holder_of_step(step)
        worker = str(event.notes["farm worker"])
        if worker:
            self._holders[step] = worker
        return worker


class FarmFeed(Feed):
    """`/ws/farm/?page=`: every worker, a page of them."""

    all_topics = True

    def __init__(self, number: int = 1) -> None:
        self._number = number
        self.key = f"farm:page {number}"
        self._hands = WorkerHands()

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        check_admin(scope)
        query = parse_qs(scope.get("query_string", b"").decode("latin1"))
        number = query.get("page", ["1"])[0]
        return cls(int(number) if number.isdecimal() and len(number) <= MAX_DIGITS else 1)

    def snapshot(self) -> HTML:
        context = worker_list.list_context(timezone.now(), self._number)
        rows: list[worker_list.WorkerRow] = context["rows"]
        self._hands.note({step: row.worker.public_id for row in rows for step in row.steps})
        return {"farm-workers": render_to_string("farm/_workers.html", context), **_saved()}

    def redraw_key(self, event: Event) -> str:
        """Only the present is shown: of what came at once about the same, the last is enough."""
        return f"{event.type} {event.data}" if event.topic.name == FARM else ""

    def render(self, event: Event) -> Frame | None:
        if event.topic.name == FARM:
            return Frame(html=self._changed_workers(event))
        worker = self._hands.worker_of_event(event)
        return Frame(html=self._rows([worker])) if worker else None

    def render_progress(self, progress: Progress) -> HTML:
        if progress.type == FilmWorkChanged.type:
            return self._rows([str(progress.data["worker"])])
        return _saved() if progress.type == WorkBatched.type else {}

    def _changed_workers(self, event: Event) -> HTML:
        named = event.data.get("workers")
        few = named is not None and len(named) <= MAX_ROWS_OF_EVENT
        if few and event.type == FarmWorkerChanged.type:
            return self._rows(named)
        # Not in the snapshot, which is kept: to make a token is no event.
        tokens = worker_list.tokens_context(timezone.now())
        return {
            **self.snapshot(),
            "farm-tokens": render_to_string("farm/_tokens.html", tokens),
            "farm-former": render_to_string("farm/_former.html", worker_list.former_context()),
        }

    def _rows(self, public_ids: list[str]) -> HTML:
        rows = worker_list.worker_rows(timezone.now(), public_ids)
        return {
            f"farm-worker-{row.worker.public_id}": render_to_string(
                "farm/_worker.html", {"row": row}
            )
            for row in rows
        }


class FarmWorkerFeed(Feed):
    """`/ws/farm/<worker>/`: one of them, with its work."""

    all_topics = True

    def __init__(self, worker: FarmWorker) -> None:
        self.worker = worker
        self.key = f"farm:{worker.public_id}"
        self._hands = WorkerHands()

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        check_admin(scope)
        public_id = scope["url_route"]["kwargs"]["worker"]
        found = FarmWorker.objects.filter(public_id=public_id)
        worker = await database_sync_to_async(found.first)()
        if worker is None:
            raise Denied(NOT_FOUND)
        return cls(worker)

    def snapshot(self) -> HTML:
        self.worker.refresh_from_db()
        context = worker_list.page_of_worker(self.worker, timezone.now())
        row: worker_list.WorkerRow = context["row"]
        self._hands.note(dict.fromkeys(row.steps, self.worker.public_id))
        return {
            "worker-facts": render_to_string("farm/_facts.html", context),
            "worker-offers": render_to_string("farm/_offers.html", context),
            "worker-blocked": render_to_string("farm/_blocked.html", context),
            "worker-work": render_to_string("farm/_work.html", context),
        }

    def redraw_key(self, event: Event) -> str:
        return self.key if event.topic.name == FARM else ""

    def render(self, event: Event) -> Frame | None:
        if event.topic.name == FARM:
            named = event.data.get("workers")
            mine = named is None or self.worker.public_id in named
        elif event.type in _BLOCKS:
            mine = event.data.get("worker") == self.worker.public_id
        else:
            mine = self._hands.worker_of_event(event) == self.worker.public_id
        return Frame(html=self.snapshot()) if mine else None

    def render_progress(self, progress: Progress) -> HTML:
        if progress.type == InvocationProgressed.type:
            mine = self._hands.has(progress.data.get("invocation"), self.worker.public_id)
        else:
            mine = progress.data.get("worker") == self.worker.public_id
            mine = mine and progress.type in _CHANGES_WORK
        return {"worker-work": self.snapshot()["worker-work"]} if mine else {}


def _saved() -> HTML:
    context = worker_list.saved_context(timezone.now())
    return {"farm-saved": render_to_string("farm/_saved.html", context)}


def check_admin(scope: Scope) -> None:
    if not getattr(scope.get("user"), "is_admin", False):
        raise Denied(NOT_SIGNED_IN)


def _is_of_farm(event: Event) -> bool:
    return str(event.data.get("model", "")).startswith(_MODELS)


def _holder_of_step(public_id: str) -> str:
    found = Attempt.objects.filter(invocation__public_id=public_id).order_by("-number")
    holder = found.values_list("worker", flat=True).first() or ""
    return holder.removeprefix(_MODELS) if holder.startswith(_MODELS) else ""
