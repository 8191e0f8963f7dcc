"""What the index of embeddings says of itself, and whether it is old; without numpy, as every sweep asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from .models import Embedding, OutputKind
from .models.embedding import EmbeddingQuerySet

EXACT = 4_000  # so many are compared one by one before an index is worth it
DESCRIPTION = "texts.json"


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """`before`: what was embedded until then is in it."""

    file: str
    count: int
    before: datetime


def folder() -> Path:
    return Path(settings.DATA_DIR) / "search"


def indexed() -> EmbeddingQuerySet:
    return Embedding.objects.usable(OutputKind.TEXT)


def read_description() -> IndexDescription | None:
    try:
        stored = json.loads((folder() / DESCRIPTION).read_text())
        before = datetime.fromisoformat(stored["before"])
        found = IndexDescription(stored["file"], stored["count"], before)
    except (OSError, ValueError, KeyError):
        return None
    return found if (folder() / found.file).exists() else None


def newer_than(known: IndexDescription | None) -> EmbeddingQuerySet:
    return indexed().filter(created_at__gte=known.before) if known else indexed()


def is_old() -> bool:
    """Whether so much came after the index that it is to be built anew."""
    newer = newer_than(read_description())
    return newer.values("pk")[EXACT : EXACT + 1].exists()
