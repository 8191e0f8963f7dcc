"""Backups over HTTP, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Router, Status
from pydantic import BaseModel

from accounts.api import permissions
from accounts.api.auth import ApiRequest
from backups import schedule, stored
from backups.models import AlreadyRunning, BackupState, ScheduledBackup
from backups.stored import StoredBackup
from lib.problems import answers, refuses, register_codes
from lib.schemas import example
from lib.scopes import Scope, requires_scope

routes = Router(tags=["backups"])
TAR = {"schema": {"type": "string", "format": "binary"}}

register_codes(backup_running="A backup is being made already")
answers(AlreadyRunning, 409, "backup_running")


class BackupOut(BaseModel):
    """`media` and `keys`: whether they are in it; null where the file cannot be read."""

    model_config = example(
        {
            "name": "panic-20261128T030000000Z-scheduled.tar",
            "kind": "scheduled",
            "created_at": "2026-11-28T03:00:00Z",
            "bytes": 48230400,
            "media": True,
            "keys": False,
            "version": "0.1.0",
        }
    )

    name: str
    kind: str
    created_at: datetime
    bytes: int
    media: bool | None
    keys: bool | None
    version: str | None

    @classmethod
    def from_stored(cls, one: StoredBackup) -> BackupOut:
        manifest = one.manifest
        return cls(
            name=one.name,
            kind=one.kind,
            created_at=one.created_at,
            bytes=one.bytes,
            media=manifest.media if manifest else None,
            keys=manifest.keys if manifest else None,
            version=manifest.product if manifest else None,
        )


class BackupsOut(BaseModel):
    """`state`: of one that waits or is being made; `problem`: why the last one failed, if it did; `next_at`:
    when the schedule makes one. `next` is always null."""

    model_config = example(
        {"items": [], "next": None, "state": None, "problem": "", "next_at": "2026-11-29T03:00:00Z"}
    )

    items: list[BackupOut]
    next: str | None
    state: str | None
    problem: str
    next_at: datetime | None


@routes.get("/backups", response=BackupsOut)
@requires_scope(Scope.ADMIN)
def list_backups(request: ApiRequest) -> BackupsOut:
    """Those on the machine that answers, the newest first, at most a hundred."""
    permissions.check_admin(request.auth)
    return _show()


@routes.post("/backups", response={202: BackupsOut})
@requires_scope(Scope.ADMIN)
@refuses({409: "`backup_running`"})
def make_backup(request: ApiRequest) -> Status[Any]:
    """Has one made beside everything else; it is in the list when it is whole."""
    permissions.check_admin(request.auth)
    stored.ask_for_one(permissions.require_user(request.auth), at=timezone.now())
    return Status(202, _show())


@routes.get(
    "/backups/{str:backup}",
    response={200: None},
    openapi_extra={
        "responses": {200: {"description": "The file.", "content": {"application/x-tar": TAR}}}
    },
)
@requires_scope(Scope.ADMIN)
def download_backup(request: HttpRequest, backup: str) -> HttpResponseBase:
    """The file. Who took it is in the log."""
    caller = request.auth  # type: ignore[attr-defined]
    permissions.check_admin(caller)
    file = stored.find(backup)
    if file is None:
        raise Http404(gettext("There is no such backup."))
    return stored.download(request, file, by=permissions.require_user(caller))


def _show() -> BackupsOut:
    current = ScheduledBackup.current()
    failed = ScheduledBackup.latest(BackupState.FAILED)
    done = ScheduledBackup.latest(BackupState.DONE)
    failing = failed is not None and (done is None or failed.asked_at > done.asked_at)
    return BackupsOut(
        items=[BackupOut.from_stored(one) for one in stored.stored_backups()],
        next=None,
        state=current.state if current else None,
        problem=failed.sentence if failed and failing else "",
        next_at=schedule.next_at(timezone.now()),
    )
