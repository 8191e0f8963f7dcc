"""Search over text outputs by what they mean, within what one may see."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, Queue
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from invocations.engine.threads import Threads
from invocations.models import Invocation

from . import model_host, search_index_state
from .models.embedding import embeddable

if TYPE_CHECKING:
    from networks.models import Person

logger = logging.getLogger(__name__)

MAX_QUERY = 1_000
LOOKED_AT = (200, 2_000)  # nearest ones: more where one may see too few of them
PRIORITY = 15
PATIENCE_SECONDS = 5.0
_questions = BoundedSemaphore(16)  # of this process, at once


class SearchUnavailable(Exception):
    """`str(error)` says why, for whoever asked."""


@dataclass(frozen=True, slots=True)
class Match:
    step: Invocation
    distance: float


def search_by_meaning(words: str, *, person: Person, count: int) -> list[Match]:
    """The nearest first. Raises SearchUnavailable."""
    from . import search_index  # numpy, which a web process may never need

    if not model_host.has_weights():
        raise SearchUnavailable(_("Search by meaning needs its weights: run `make weights`."))
    (vector,) = search_index.stacked([_vector_of(words[:MAX_QUERY])])
    found: list[Match] = []
    for looked_at in LOOKED_AT:
        near = dict(search_index.nearest(vector, looked_at))
        found = _visible(near, person)
        if len(found) >= count or len(near) < looked_at:
            break
    return found[:count]


def _vector_of(words: str) -> bytes:
    """Waits for a moment only: at its first use the model has to be loaded, which goes on meanwhile, so that whoever
    asks again is answered. Raises SearchUnavailable."""
    answer: Queue[bytes | Exception] = Queue()
    if not _questions.acquire(blocking=False):
        raise SearchUnavailable(_("Search by meaning does not answer just now."))
    Thread(target=_ask, args=(words, answer), daemon=True, name="search").start()
    try:
        found = answer.get(timeout=PATIENCE_SECONDS)
    except Empty:
        raise SearchUnavailable(
            _("Search by meaning is being loaded. Ask again in a moment, or search by words.")
        ) from None
    if isinstance(found, Exception):
        raise SearchUnavailable(_("Search by meaning does not answer just now.")) from found
    return found


def _ask(words: str, answer: Queue[bytes | Exception]) -> None:
    try:
        answer.put(asyncio.run(model_host.embed_words(words)))
    except Exception as error:  # a border: whoever waits for it is to know
        answer.put(error)
    finally:
        _questions.release()


def _visible(near: dict[int, float], person: Person) -> list[Match]:
    """Those that are still there, and that the person may see."""
    seen = Invocation.objects.visible_to(person)
    rows = seen.filter(embeddable(), pk__in=list(near), embedding__isnull=False)
    steps = rows.select_related("run", "network", "output_asset")
    return sorted((Match(step, near[step.pk]) for step in steps), key=lambda one: one.distance)


def is_partial() -> bool:
    """Whether only the newest texts are searched, because an index is being built."""
    return search_index_state.is_partial()


def due_index(at: datetime) -> Sequence[int]:
    due = search_index_state.is_old() and not search_index_state.was_tried_lately()
    return [1] if due else ()


async def rebuild_index(threads: Threads) -> None:
    """In a process of its own, behind everything else, which gives its memory back."""
    manage = os.fspath(settings.BASE_DIR / "manage.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, manage, "build_search_index", preexec_fn=lambda: os.nice(PRIORITY)
    )
    if ended := await process.wait():
        logger.warning("the index for search was not built, the process ended with %s", ended)
