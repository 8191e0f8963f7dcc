"""A numbered sequence of events."""

from __future__ import annotations

import secrets

from django.db import models

from realtime.cursors import Cursor


def new_epoch() -> str:
    return secrets.token_hex(6)


class Topic(models.Model):
    """One numbered sequence of events. Its row lock is what makes number order commit order."""

    name = models.CharField(max_length=100, unique=True)
    epoch = models.CharField(max_length=32, default=new_epoch)
    last_seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    @property
    def position(self) -> Cursor:
        return Cursor(self.epoch, self.last_seq)
