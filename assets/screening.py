"""Checks of every picture and video before it is published, for an operator who wants one.

    def no_faces(shown: ScreenedMedia) -> str:
        return "There is a face in it." if faces_in(shown.path) else ""

PICTURE_CHECK names it ("package.module.no_faces"); or an app calls `install` when it is ready. An
empty answer lets the picture through, a sentence keeps it from everybody. A check that fails or takes
too long lets it through, or keeps it back where PICTURE_CHECK_FAILING says so; the log tells.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import connections
from django.utils.module_loading import import_string

from . import sentences
from .errors import Declined
from .kinds import MediaKind

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 20.0  # at most; the check of a picture holds up its run and nobody else's


@dataclass(frozen=True, slots=True)
class ScreenedMedia:
    """What is about to be published: whole, decoded to its end, and not to be changed or moved."""

    path: Path
    kind: MediaKind
    content_type: str


Check = Callable[[ScreenedMedia], str | None]
_installed: list[Check] = []
_slots = threading.BoundedSemaphore(2)


def install(check: Check) -> None:
    """From now on, in this process, `check` is asked as well; the first objection counts."""
    _installed.append(check)


@contextmanager
def installed_temporarily(check: Check) -> Iterator[None]:
    """For tests: `check` is asked inside the block and not after it."""
    install(check)
    try:
        yield
    finally:
        _installed.remove(check)


def screen(path: Path, kind: MediaKind, content_type: str) -> None:
    """Raises Declined where a check objects. Blocks for as long as the checks take."""
    if kind is MediaKind.AUDIO:
        return
    shown = ScreenedMedia(path, kind, content_type)
    for check in [*_checks_in_settings(), *_installed]:
        if objection := _objection_of(check, shown):
            raise Declined(sentences.KEPT_BACK % {"sentence": objection})


def _checks_in_settings() -> list[Check]:
    return [_import_check(settings.PICTURE_CHECK)] if settings.PICTURE_CHECK else []


@cache
def _import_check(name: str) -> Check:
    """The callable, or one that fails and says why."""
    try:
        check: Check = import_string(name)
    except ImportError as error:
        reason = error

        def check(shown: ScreenedMedia) -> str:
            raise reason

    return check


def _objection_of(check: Check, shown: ScreenedMedia) -> str:
    try:
        return (_run_with_timeout(check, shown) or "").strip()
    except Exception as error:  # a border: somebody else's code
        logger.exception("The check of pictures failed on %s.", shown.kind.phrase)
        if settings.PICTURE_CHECK_FAILING == "allow":
            return ""
        return sentences.CHECK_FAILED % {"error": type(error).__name__}


def _run_with_timeout(check: Check, shown: ScreenedMedia) -> str | None:
    """Raises TimeoutError. A check that hangs keeps one of two slots, but not the process from ending."""
    answer: Future[str | None] = Future()
    slots = _slots

    def work() -> None:
        try:
            answer.set_result(check(shown))
        except BaseException as error:
            answer.set_exception(error)
        finally:
            connections.close_all()  # this thread's, which ends: a check may have asked the database
            slots.release()

    if not slots.acquire(timeout=TIMEOUT_SECONDS):
        raise TimeoutError
    threading.Thread(target=work, name="screening", daemon=True).start()
    return answer.result(TIMEOUT_SECONDS)


@register("assets")
def can_be_imported(**_: object) -> list[CheckMessage]:
    """A check that cannot be imported is found at start, and not at the first picture."""
    name = settings.PICTURE_CHECK
    try:
        known = not name or callable(import_string(name))
    except ImportError as error:
        return [Error(f"PICTURE_CHECK cannot be imported: {error}", id="assets.E001")]
    return [] if known else [Error(f"PICTURE_CHECK ({name}) cannot be called.", id="assets.E001")]
