"""Farm workers, over HTTP, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from accounts.models import User
from farm import work_logs, workers
from farm.models import BlockedWorker, FarmWorker
from farm.work_logs import LogPart
from farm.workers import MAX_TAGS, MAX_WINDOWS
from invocations.api import steps
from lib.paging import Page, Paging, newest_first
from lib.problems import first_or_404
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from networks import access

routes = Router(tags=["farm"])
_ONE = "/workers/{slug:worker_id}"
OfferName = Annotated[str, Field(max_length=60)]


class SleepWindow(StrictSchema):
    """While it is to sleep: from `opens` to `closes`, on the next day where that is not later."""

    model_config = example({"days": ["mon"], "opens": "22:00", "closes": "08:00", "zone": "UTC"})

    days: list[str] = Field(max_length=7)
    opens: str = Field(max_length=5)
    closes: str = Field(max_length=5)
    zone: str = Field(max_length=60)


class WorkerChange(StrictSchema):
    """What is given is changed. `lazy`: what it has begun is finished before."""

    model_config = example({"requested_status": "asleep", "lazy": True})

    name: str = Field("", min_length=1, max_length=60)
    tags: list[str] = Field([], max_length=MAX_TAGS)
    sleep_windows: list[SleepWindow] = Field([], max_length=MAX_WINDOWS)
    batch_limits: dict[OfferName, Annotated[int, Field(ge=1, le=1000)]] = Field(
        {}, max_length=200, description="Steps at once, by the name of the offer; all of them anew."
    )
    requested_status: str = Field("", max_length=10)
    lazy: bool = False


class BlockedInOut(BaseModel):
    """A run that goes on in which the worker is not given steps of `model` any more."""

    id: str
    run: str
    model: str
    created_at: datetime

    @classmethod
    def from_entry(cls, entry: BlockedWorker) -> BlockedInOut:
        return cls(
            id=entry.public_id,
            run=entry.run.public_id,
            model=entry.model,
            created_at=entry.created_at,
        )


class WorkerOut(BaseModel):
    """`status` is what it says of itself, or `offline` where it is silent; `trouble`: why it is in error, as it says;
    `requested_status`: what it was
    asked to be and has not confirmed. `work`: the steps it holds. `blocklist`: what it is not given any more."""

    model_config = example(
        {
            "id": "5f0c1b7e9a2d4c6688aa",
            "name": "Back room",
            "platform": "linux",
            "version": "1.0",
            "status": "awake",
            "trouble": None,
            "requested_status": None,
            "lazy": False,
            "can_restart": True,
            "tags": [],
            "slots": 1,
            "specs": {},
            "offers": [{"name": "shout", "title": "Shout", "input": "text", "output": "text"}],
            "sleep_windows": [],
            "batch_limits": {},
            "serves_tag": None,
            "serves_person": None,
            "work": ["9a2d4c6688aa5f0c1b7e"],
            "operations": [],
            "self_test": {"ok": True, "checks": []},
            "blocklist": [],
            "last_seen_at": "2026-11-28T19:30:00Z",
            "created_at": "2026-11-28T19:00:00Z",
            "archived_at": None,
        }
    )

    id: str
    name: str
    platform: str
    version: str
    status: str
    trouble: str | None
    requested_status: str | None
    lazy: bool
    can_restart: bool
    tags: list[str]
    slots: int
    specs: dict[str, Any]
    offers: list[dict[str, Any]]
    sleep_windows: list[dict[str, Any]]
    batch_limits: dict[str, int]
    serves_tag: str | None
    serves_person: str | None
    work: list[str]
    operations: list[str]
    self_test: dict[str, Any]
    blocklist: list[BlockedInOut]
    last_seen_at: datetime | None
    created_at: datetime
    archived_at: datetime | None

    @classmethod
    def from_workers(cls, rows: list[FarmWorker]) -> list[WorkerOut]:
        at, held = timezone.now(), workers.work_under_way(rows)
        blocked = workers.blocked_in_runs(rows)
        people = User.objects.filter(pk__in={one.serves_person_id for one in rows})
        whose = dict(people.values_list("pk", "public_id"))
        return [
            cls(
                id=one.public_id,
                name=one.name,
                platform=one.platform,
                version=one.version,
                status=one.shown_status(at),
                trouble=one.trouble or None,
                requested_status=one.requested_status or None,
                lazy=one.lazy,
                can_restart=one.can_restart,
                tags=one.tags,
                slots=one.slots,
                specs=one.specs,
                offers=one.offers,
                sleep_windows=one.sleep_windows,
                batch_limits=one.most_in_batch,
                serves_tag=one.serves_tag or None,
                serves_person=whose.get(one.serves_person_id or 0),
                work=[attempt.invocation.public_id for attempt in held.get(one.public_id, [])],
                operations=one.operations,
                self_test=one.self_test,
                blocklist=[BlockedInOut.from_entry(entry) for entry in blocked.get(one.pk, [])],
                last_seen_at=one.last_seen_at,
                created_at=one.created_at,
                archived_at=one.archived_at,
            )
            for one in rows
        ]


class SecretOut(BaseModel):
    """The secret is shown this once."""

    model_config = example({"secret": "worker_pK1n0hqYb5"})

    secret: str


class LogLineOut(BaseModel):
    """`at`: how many characters of the whole log there are up to its end."""

    at: int
    level: str
    text: str


class WorkLog(BaseModel):
    """What the worker of an attempt wrote, of the newest attempt where none is named. `log`: all that is kept, with a
    line where something was left out; `lines`: those that were asked for; `next`: from where to ask on; `live`: there
    may be more; `skipped`: lines that did not fit; `left_out`: characters that were not kept."""

    model_config = example(
        {
            "worker": "5f0c1b7e9a2d4c6688aa",
            "attempt": 1,
            "log": "loading\ndrawing\n",
            "lines": [{"at": 8, "level": "info", "text": "loading"}],
            "next": 16,
            "live": True,
            "skipped": 0,
            "left_out": 0,
        }
    )

    worker: str
    attempt: int
    log: str
    lines: list[LogLineOut]
    next: int
    live: bool
    skipped: int
    left_out: int

    @classmethod
    def from_part(cls, part: LogPart, *, whole: bool) -> WorkLog:
        return cls(
            worker=part.assignment.worker.public_id,
            attempt=part.assignment.attempt.number,
            log=part.assignment.log if whole else "",
            lines=[LogLineOut(at=one.at, level=one.level, text=one.text) for one in part.lines],
            next=part.next,
            live=part.live,
            skipped=part.skipped,
            left_out=part.left_out,
        )


class LogQuery(BaseModel):
    """Which lines. `after`: from where on; then `log` is empty."""

    attempt: str = Field("", max_length=10)
    after: int | None = Field(None, ge=0)
    level: str = Field("", max_length=10, description="debug, info, warning, error: at least.")
    q: str = Field("", max_length=200, description="Words in them.")


@routes.get("/workers", response=Page[WorkerOut])
@requires_scope(Scope.ADMIN)
def list_workers(request: ApiRequest, paging: Query[Paging]) -> Page[WorkerOut]:
    """The farm's, archived ones too; the newest first."""
    permissions.check_admin(request.auth)
    page, following = newest_first(FarmWorker.objects.all(), paging)
    return Page[WorkerOut](items=WorkerOut.from_workers(list(page)), next=following)


@routes.get(_ONE, response=WorkerOut)
@requires_scope(Scope.ADMIN)
def get_worker(request: ApiRequest, worker_id: str) -> WorkerOut:
    (found,) = WorkerOut.from_workers([_worker(request, worker_id)])
    return found


@routes.patch(_ONE, response=WorkerOut)
@requires_scope(Scope.ADMIN)
def change_worker(request: ApiRequest, worker_id: str, body: WorkerChange) -> WorkerOut:
    """A requested status is real once the worker has confirmed it."""
    worker = _worker(request, worker_id)
    given = body.model_dump(exclude_unset=True)
    workers.change(worker, by=permissions.require_admin(request.auth), **given)
    (found,) = WorkerOut.from_workers([worker])
    return found


@routes.delete(_ONE, response={204: None})
@requires_scope(Scope.ADMIN)
def archive_worker(request: ApiRequest, worker_id: str) -> Status[None]:
    """Its secret is worth nothing any more; its history stays."""
    worker = _worker(request, worker_id)
    workers.archive(worker, by=permissions.require_admin(request.auth), at=timezone.now())
    return Status(204, None)


@routes.post(_ONE + "/secret", response=SecretOut)
@requires_scope(Scope.ADMIN)
def rotate_worker_secret(request: ApiRequest, worker_id: str) -> SecretOut:
    """A new secret; the old one is worth nothing from now on."""
    worker = _worker(request, worker_id)
    return SecretOut(
        secret=workers.rotate_secret(worker, by=permissions.require_admin(request.auth))
    )


@routes.get("/invocations/{slug:invocation_id}/log", response=WorkLog)
@requires_scope(Scope.READ)
def get_work_log(request: ApiRequest, invocation_id: str, asked: Query[LogQuery]) -> WorkLog:
    """For those who control the network of the step; what was done together with steps of others, for admins."""
    step = steps.find(request.auth, invocation_id)
    access.check_control(request.auth, step.network)
    person = request.auth.user
    logs = work_logs.logs_of_step(step, whole_batches=person is not None and person.is_admin)
    found = work_logs.find_log(logs, asked.attempt)
    if found is None:
        raise Http404(gettext("There is no such log."))
    part = work_logs.read(found, after=asked.after or 0, level=asked.level, words=asked.q)
    return WorkLog.from_part(part, whole=asked.after is None)


def _worker(request: ApiRequest, public_id: str) -> FarmWorker:
    permissions.check_admin(request.auth)
    return first_or_404(
        FarmWorker.objects.filter(public_id=public_id), gettext("There is no such worker.")
    )
