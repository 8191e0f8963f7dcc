"""What is known of any key to a platform: how it did when it was used and tested.

A key is recognised by its fingerprint, a random word that changes when the key is replaced; it says
nothing about the secret.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import models

USE_WRITTEN_EVERY = timedelta(minutes=1)
RETRIED_AFTER, RETRIED_WITHIN = timedelta(minutes=10), timedelta(days=1)


def new_fingerprint() -> str:
    return secrets.token_hex(6)


class Key(models.Model):
    """What `Credential` and `OperatorKey` have in common."""

    platform = models.CharField(max_length=40)
    fingerprint = models.CharField(
        max_length=12, unique=True, default=new_fingerprint, editable=False
    )
    last_used_at = models.DateTimeField(null=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    passed = models.BooleanField(null=True, editable=False)
    verdict = models.TextField(blank=True, editable=False)  # of the test, in a sentence
    refused_at = models.DateTimeField(null=True, editable=False)
    refusal = models.TextField(blank=True, editable=False)  # what the provider said, in a sentence

    class Meta:
        abstract = True

    # Mutators: each only while it is still this very key

    def note_use(self, at: datetime) -> None:
        """Written once a minute at most, so that not every call costs a write."""
        if self.last_used_at is None or at - self.last_used_at > USE_WRITTEN_EVERY:
            self._note(last_used_at=at)

    def note_test(self, verdict: str, *, passed: bool | None, refused: bool, at: datetime) -> None:
        """What the platform answered to a test. A passed test also clears an earlier refusal."""
        fields: dict[str, object] = {"tested_at": at, "passed": passed, "verdict": verdict}
        if passed:
            fields |= {"refused_at": None, "refusal": ""}
        elif refused:
            fields |= {"refused_at": self.refused_at or at, "refusal": verdict}
        self._note(**fields)

    def note_refusal(self, sentence: str, *, at: datetime) -> None:
        """The platform does not accept it: no call uses it until it is replaced or passes a test."""
        self._note(refused_at=at, refusal=sentence)

    def claim_retest(self, at: datetime) -> bool:
        """Whether the caller is to test it again; of several that ask, only one gets True."""
        if not self.is_due_for_retest(at):
            return False
        same = type(self)._default_manager.filter(pk=self.pk, fingerprint=self.fingerprint)
        return bool(same.filter(tested_at=self.tested_at).update(tested_at=at))

    def _note(self, **fields: object) -> None:
        type(self)._default_manager.filter(pk=self.pk, fingerprint=self.fingerprint).update(
            **fields
        )
        for name, value in fields.items():
            setattr(self, name, value)

    # Properties

    @property
    def refused(self) -> bool:
        return self.refused_at is not None

    def is_due_for_retest(self, at: datetime) -> bool:
        """Providers refuse good keys now and then, so a refused one is tested again: after ten
        minutes, then after as long as it has been refused, but at least once a day."""
        if self.refused_at is None:
            return False
        last = max(self.refused_at, self.tested_at or self.refused_at)
        wait = min(max(last - self.refused_at, RETRIED_AFTER), RETRIED_WITHIN)
        return at - last >= wait or last > at + RETRIED_WITHIN  # or the clock was set back
