"""What the server keeps of a piece of work in a worker's hands: its answer and its log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from django.db import models

from .machine_hardware import MachineHardware

LOG_PART_BYTES = 64_000  # characters kept of the beginning, and as many of the end


class LogGap(Exception):
    """The piece does not follow what is there; `expected` is the offset that would."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"the log goes on at {expected}")
        self.expected = expected


class WorkRecord(models.Model):
    """`batch`: the same for those that were given together; empty: it was given alone. `finish_digest`: of the answer by which the work was, or is to be, ended. `error_detail`: what that said for
    those who repair the worker; it ends the log. `hardware`: of the machine when the work was given to it; none of what
    was given before that was kept."""

    hardware = models.ForeignKey(MachineHardware, null=True, on_delete=models.SET_NULL)
    batch = models.CharField(max_length=20, blank=True)
    batch_size = models.PositiveSmallIntegerField(default=1)
    finish_digest = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)
    error_detail = models.TextField(blank=True)
    log_head = models.TextField(blank=True)
    log_tail = models.TextField(blank=True)
    log_length = models.PositiveBigIntegerField(default=0)  # characters received

    class Meta:
        abstract = True

    # Mutators

    @classmethod
    def note_batch(cls, together: Sequence[Self], batch: str) -> None:
        """They were given together."""
        for one in together:
            one.batch, one.batch_size = batch, len(together)
        rows: Any = cls._default_manager.filter(pk__in=[one.pk for one in together])
        rows.update(batch=batch, batch_size=len(together))

    def note_answer(self, digest: str, **fields: object) -> bool:
        """Whether this is the answer that counts: the first one, or the same again."""
        rows: Any = type(self)._default_manager.filter(pk=self.pk, finish_digest__in=("", digest))
        return bool(rows.update(finish_digest=digest, **fields))

    def append_log(self, offset: int, text: str) -> int:
        """Add a piece that begins at `offset`; what is there already is passed over. Returns how
        much is there now. Raises LogGap. Within a transaction that holds the row."""
        if offset > self.log_length:
            raise LogGap(self.log_length)
        fresh = text[self.log_length - offset :]
        room = max(0, LOG_PART_BYTES - len(self.log_head))
        self.log_head += fresh[:room]
        self.log_tail = (self.log_tail + fresh[room:])[-LOG_PART_BYTES:]
        self.log_length += len(fresh)
        self.save(update_fields=["log_head", "log_tail", "log_length"])
        return self.log_length

    # Properties

    @property
    def log(self) -> str:
        """What is kept, with a line where something was left out, and the detail of an error."""
        between = f"\n[{self.left_out} characters left out]\n" if self.left_out else ""
        written = self.log_head + between + self.log_tail
        gap = "\n" if self.error_detail and written and not written.endswith("\n") else ""
        return written + gap + self.error_detail

    @property
    def left_out(self) -> int:
        """Characters of the log that were not kept."""
        return self.log_length - len(self.log_head) - len(self.log_tail)
