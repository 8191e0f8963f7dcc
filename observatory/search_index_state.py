"""What the index of embeddings says of itself, and whether it is old; without numpy, as every sweep asks."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from .models import Embedding, OutputKind
from .models.embedding import EmbeddingQuerySet

EXACT = 4_000  # so many are compared one by one before an index is worth it
DESCRIPTION, TRIED = "texts.json", "tried"
# What a transaction wrote before an index was begun may only be there after it: it is compared one by one besides.
LATE = timedelta(seconds=10)
RETRY_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """`size`: of the file, in bytes. `begun`: what had been embedded by then is in it."""

    file: str
    size: int
    count: int
    begun: datetime

    def as_json(self) -> str:
        stored = {"file": self.file, "bytes": self.size, "count": self.count}
        return json.dumps(stored | {"begun": self.begun.isoformat()})


def folder() -> Path:
    return Path(settings.DATA_DIR) / "search"


def indexed() -> EmbeddingQuerySet:
    return Embedding.objects.usable(OutputKind.TEXT)


def read_description() -> IndexDescription | None:
    """None too where its file is gone or cut short: reading that as a whole would end the process."""
    try:
        stored = json.loads((folder() / DESCRIPTION).read_text())
        begun = datetime.fromisoformat(stored["begun"])
        found = IndexDescription(stored["file"], stored["bytes"], stored["count"], begun)
        return found if (folder() / found.file).stat().st_size == found.size else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget() -> None:
    """What is described cannot be read: it is built anew."""
    (folder() / DESCRIPTION).unlink(missing_ok=True)


def newer_than(known: IndexDescription | None) -> EmbeddingQuerySet:
    """What is compared one by one, beside the index."""
    return indexed().filter(created_at__gte=known.begun - LATE) if known else indexed()


def is_partial() -> bool:
    """Whether more is to be compared one by one than is: an index is being built, or could not be."""
    newer = newer_than(read_description())
    return newer.values("pk")[2 * EXACT : 2 * EXACT + 1].exists()


def is_old() -> bool:
    """Whether so much came after the index that it is to be built anew."""
    known = read_description()
    newer = indexed().filter(created_at__gte=known.begun) if known else indexed()
    return newer.values("pk")[EXACT : EXACT + 1].exists()


def note_try() -> None:
    (folder() / TRIED).touch()


def was_tried_lately() -> bool:
    """A process that was ended for the memory it takes would only be so again."""
    try:
        return time.time() - (folder() / TRIED).stat().st_mtime < RETRY_SECONDS
    except OSError:
        return False


def note_success() -> None:
    (folder() / TRIED).unlink(missing_ok=True)
