"""Why no farm worker takes a step that is due, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invocations.models import Invocation
from lib.stored_sentences import translate_stored
from platforms import sentences

from . import workers
from .eligibility import Candidate, Eligibility, Obstacle
from .failures import NOBODY_IS_LEFT
from .models import WorkerStatus

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

MAX_NAMES = 5  # of workers, in a sentence
WORDS: Mapping[Obstacle, StrPromise] = {
    Obstacle.NOT_FOR_IT: _("%(worker)s is not for this network"),
    Obstacle.SILENT: _("%(worker)s is silent"),
    Obstacle.FAILED: _("%(worker)s has failed this step"),
    Obstacle.BLOCKED: _("%(worker)s is blocked for it in this run"),
    Obstacle.ASLEEP: _("%(worker)s is asleep"),
    Obstacle.WINDOW: _("%(worker)s is in one of its sleep windows"),
    Obstacle.NOT_AWAKE: _("%(worker)s is not ready"),
}
IN_ERROR = _("%(worker)s is in error (%(trouble)s)")
BUSY = _("%(worker)s is busy")


def why_no_worker(step: Invocation, at: datetime) -> str:
    """Five queries at most. In the reader's language."""
    eligibility = Eligibility([step], at)
    candidates, name = eligibility.candidates(step), step.model.partition(":")[2]
    if not candidates:
        return translate_stored(sentences.NOT_OFFERED % {"model": name})
    if eligibility.nobody_is_left(step):
        return translate_stored(NOBODY_IS_LEFT % {"model": name})
    free = [one for one in candidates if one.obstacle is None]
    able = [one.worker for one in free]
    held, tasks = workers.work_under_way(able), workers.tasks_under_way(able)
    for one in free:
        public_id = one.worker.public_id
        taken = len(held.get(public_id, ())) + len(tasks.get(public_id, ()))
        if taken < one.worker.slots:
            said = gettext("It is due, and %(worker)s is given it when it asks next.")
            return said % {"worker": one.worker.name}
    return _nobody_can(candidates)


def _nobody_can(candidates: list[Candidate]) -> str:
    said = [_words(one) for one in candidates[:MAX_NAMES]]
    if (more := len(candidates) - MAX_NAMES) > 0:
        said.append(gettext("%(count)d more cannot either") % {"count": more})
    listed = "; ".join(said)
    return gettext("No worker of the farm can take it now: %(reasons)s.") % {"reasons": listed}


def _words(candidate: Candidate) -> str:
    worker = candidate.worker
    words = {"worker": worker.name, "trouble": worker.trouble}
    if candidate.obstacle == Obstacle.NOT_AWAKE and worker.status == WorkerStatus.ERROR:
        return str(IN_ERROR if worker.trouble else WORDS[Obstacle.NOT_AWAKE]) % words
    return str(WORDS[candidate.obstacle] if candidate.obstacle else BUSY) % words
