"""What a worker wrote while it had a step: line by line, by level and by words, from some place on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from invocations.models import Invocation

from .models import Assignment

MAX_LINES = 3000  # of one answer: the last ones
_LOOKED_AT = 120  # characters of a line, in which its level is looked for


class LogLevel(StrEnum):
    """In ascending order."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_WORDS = {
    "debug": LogLevel.DEBUG,
    "trace": LogLevel.DEBUG,
    "info": LogLevel.INFO,
    "notice": LogLevel.INFO,
    "warn": LogLevel.WARNING,
    "warning": LogLevel.WARNING,
    "error": LogLevel.ERROR,
    "critical": LogLevel.ERROR,
    "fatal": LogLevel.ERROR,
    "traceback": LogLevel.ERROR,
}
_LEVEL = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)
_ORDER = list(LogLevel)


@dataclass(frozen=True, slots=True)
class LogLine:
    """`at`: how many characters of the whole log there are up to its end."""

    at: int
    level: LogLevel
    text: str


@dataclass(frozen=True, slots=True)
class LogPart:
    """`next`: from where to ask on; `live`: there may be more; `skipped`: lines before the first that did not fit
    into the answer; `left_out`: characters that were not kept."""

    assignment: Assignment
    lines: list[LogLine]
    next: int
    live: bool
    skipped: int
    left_out: int


def logs_of_step(step: Invocation, *, whole_batches: bool) -> list[Assignment]:
    """Of all its attempts by workers, the newest first. One query. `whole_batches`: those too that were done in one go
    with steps of other networks, of which the log tells as well: for admins."""
    found = Assignment.objects.filter(attempt__invocation=step).order_by("-attempt_id")
    if not whole_batches:
        found = found.filter(batch_size=1)
    return list(found.select_related("worker", "attempt")[:50])


def find_log(logs: list[Assignment], number: str) -> Assignment | None:
    """That of the attempt of this number, else the newest."""
    named = [one for one in logs if str(one.attempt.number) == number]
    return next(iter(named or logs), None)


def read(
    assignment: Assignment, *, after: int = 0, level: LogLevel | str = "", words: str = ""
) -> LogPart:
    """The whole lines after a place, of this level or above, in which these words are."""
    live = not assignment.attempt.outcome
    known = [line for line in _lines(assignment, live=live) if line.at > after]
    least = _ORDER.index(LogLevel(level)) if level in set(LogLevel) else 0
    wanted = words.casefold()
    found = [
        line
        for line in known
        if _ORDER.index(line.level) >= least and wanted in line.text.casefold()
    ]
    return LogPart(
        assignment,
        found[-MAX_LINES:],
        known[-1].at if known else after,
        live,
        max(0, len(found) - MAX_LINES),
        assignment.left_out,
    )


def _lines(assignment: Assignment, *, live: bool) -> Iterator[LogLine]:
    """A line without a level of its own belongs to the one before where it is indented, or that is an error, which goes
    on over many lines. The last one, which may go on, only once
    the attempt has ended."""
    level, length = LogLevel.INFO, assignment.log_length
    for at, text in _pieces(assignment):
        if live and at == length and not text.endswith("\n"):
            return
        if match := _LEVEL.search(text[:_LOOKED_AT]):
            level = _WORDS[match[1].lower()]
        elif level != LogLevel.ERROR and not text[:1].isspace():
            level = LogLevel.INFO
        yield LogLine(at, level, text.rstrip("\r\n"))
    at = length
    for text in assignment.error_detail.splitlines(keepends=True):
        at += len(text)
        yield LogLine(at, LogLevel.ERROR, text.rstrip("\r\n"))


def _pieces(assignment: Assignment) -> Iterator[tuple[int, str]]:
    at = 0
    for text in assignment.log_head.splitlines(keepends=True):
        at += len(text)
        yield at, text
    at = assignment.log_length - len(assignment.log_tail)
    if assignment.left_out:
        words = _("… %(count)d characters were left out here …") % {"count": assignment.left_out}
        yield at, f"{words}\n"
    for text in assignment.log_tail.splitlines(keepends=True):
        at += len(text)
        yield at, text
