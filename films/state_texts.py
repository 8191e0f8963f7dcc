"""What the states of films, their tasks and their operations are called when a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from films.states import FilmState, TaskState

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

FILM_STATES: Mapping[str, StrPromise] = {
    FilmState.QUEUED: pgettext_lazy("film", "queued"),
    FilmState.RUNNING: pgettext_lazy("film", "running"),
    FilmState.PAUSED: pgettext_lazy("film", "paused"),
    FilmState.WAITING_APPROVAL: pgettext_lazy("film", "waiting for approval"),
    FilmState.COMPLETED: pgettext_lazy("film", "completed"),
    FilmState.FAILED: pgettext_lazy("film", "failed"),
    FilmState.CANCELLED: pgettext_lazy("film", "cancelled"),
}

TASK_STATES: Mapping[str, StrPromise] = {
    TaskState.WAITING: pgettext_lazy("task", "waiting for others"),
    TaskState.READY: pgettext_lazy("task", "waiting for its turn"),
    TaskState.RUNNING: pgettext_lazy("task", "running"),
    TaskState.COMPLETED: pgettext_lazy("task", "completed"),
    TaskState.FAILED: pgettext_lazy("task", "failed"),
    TaskState.CANCELLED: pgettext_lazy("task", "cancelled"),
}

# By the names of `operations/`
OPERATIONS: Mapping[str, StrPromise] = {
    "probe": _("looking at the clip"),
    "split": _("splitting the clip"),
    "extract": _("taking out the sound"),
    "interpolate": _("making pictures in between"),
    "upscale": _("enlarging"),
    "caption": _("writing the words"),
    "loudness": _("adjusting the loudness"),
    "crossfade": _("leading from picture to picture"),
    "concat": _("joining the parts"),
    "mux": _("writing the film"),
}
