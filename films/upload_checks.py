"""Looking at a received clip before any task is made of it: in a process of its own, with limits.

What cannot be used is refused in a sentence, and its bytes are removed. What can be used moves into the storage.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.utils import timezone

from assets import blobs
from assets.errors import AssetError
from assets.kinds import LIMITS, MediaKind
from operations.backend_process import OperationLimits
from operations.errors import BadInput, NoBackend, NoRoom, OperationError
from operations.runner import run

from . import sentences
from .models import Upload

# Hardly nice: somebody waits for the answer, and it is over in a second
CHECK_LIMITS = OperationLimits(stall_seconds=60, seconds=300, nice=1)
MAX_MINUTES = int(LIMITS[MediaKind.VIDEO].seconds / 60)  # a film of more would not be kept

logger = logging.getLogger(__name__)


class DatabaseThreads(Protocol):
    """Where a coroutine asks the database (invocations/engine/threads.py)."""

    async def in_database(self, work: Any) -> Any: ...


async def check_upload(pk: int, threads: DatabaseThreads) -> None:
    """Look at an upload, if nobody else does."""

    def take() -> Upload | None:
        found = Upload.objects.due_for_check(timezone.now()).filter(pk=pk).first()
        return found if found and found.claim_check(timezone.now()) else None

    upload = await threads.in_database(take)
    if upload is None:
        return
    facts, refusal = await asyncio.to_thread(_looked_at, upload)
    await threads.in_database(lambda: _record(upload, facts, refusal, timezone.now()))


def check_now(upload: Upload) -> None:
    """The same, for whoever waits for it."""
    if upload.claim_check(timezone.now()):
        facts, refusal = _looked_at(upload)
        _record(upload, facts, refusal, timezone.now())


def inspect(path: Path) -> dict[str, Any]:
    """What a clip is, as `probe` says. Raises OperationError with the sentence why it is not taken."""
    with tempfile.TemporaryDirectory(prefix="panic-clip-") as folder:
        try:
            limit = {"minutes": MAX_MINUTES}
            return run("probe", [path], limit, Path(folder), limits=CHECK_LIMITS).details
        except NoBackend as error:
            raise BadInput(sentences.NOT_INSPECTED) from error


def _looked_at(upload: Upload) -> tuple[dict[str, Any], str]:
    """Facts, or the sentence why not; neither where it is to be looked at again later."""
    if not upload.part.exists():
        return _moved_before(upload)
    try:
        facts = inspect(upload.part)
        blobs.publish({upload.stored_name: upload.part}, replace={upload.stored_name})
    except (NoRoom, AssetError, OSError):
        logger.warning("upload %s cannot be looked at now", upload, exc_info=True)
        return {}, ""
    except OperationError as error:
        return {}, str(error)
    return facts, ""


def _moved_before(upload: Upload) -> tuple[dict[str, Any], str]:
    """By a process that ended before it could say so; or its bytes are on another machine, or gone."""
    try:
        with upload.path() as path:
            return inspect(path), ""
    except (OSError, AssetError):
        return {}, sentences.CLIP_GONE
    except OperationError as error:
        return {}, str(error)


def _record(upload: Upload, facts: dict[str, Any], refusal: str, at: datetime) -> None:
    if facts:
        upload.note_ready(facts, at)
    elif refusal:
        upload.note_refused(refusal, at)
    if facts or refusal:
        upload.part.unlink(missing_ok=True)  # in a bucket it is a copy
