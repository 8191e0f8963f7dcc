"""A clip that somebody sends in pieces: announced, received, looked at, and then ready or refused.

The row says what was announced and what became of it. How much of it has come is the length of its file,
and nothing else: that is right after a cut line and after the end of any process. Once it is ready its
file lies in the storage of all media, where every machine finds it (`Upload.path`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from assets import blobs
from films.states import FilmState
from lib.public_ids import new_public_id

RETRYABLE = (FilmState.FAILED, FilmState.CANCELLED)
CHECK_LEASE = timedelta(minutes=10)  # after which another worker looks at it


class UploadState(models.TextChoices):
    RECEIVING = "receiving"
    RECEIVED = "received"  # all of it; nobody has looked at it yet
    READY = "ready"
    REFUSED = "refused"


class UploadQuerySet(models.QuerySet["Upload"]):
    # Queries

    def of_person(self, person: User) -> UploadQuerySet:
        return self.filter(owner=person)

    def stored(self) -> UploadQuerySet:
        """Those that have, or may have, bytes on the disk."""
        return self.exclude(state=UploadState.REFUSED)

    def due_for_check(self, at: datetime) -> UploadQuerySet:
        """Received, and looked at by nobody that is still alive."""
        free = Q(check_until=None) | Q(check_until__lt=at)
        return self.filter(free, state=UploadState.RECEIVED).order_by("pk")

    def expired(self, at: datetime) -> UploadQuerySet:
        """Those whose time is over, and of which no film is being made, or may be taken up again."""
        from .film import Film

        open_films = Film.objects.open()
        resumable = Film.objects.filter(bytes_used__gt=0, state__in=RETRYABLE)
        needed = (open_films | resumable).exclude(upload=None).values("upload")
        return self.filter(expires_at__lt=at).exclude(pk__in=needed)


class Upload(models.Model):
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200, blank=True)  # of the file, where it came from
    content_type = models.CharField(max_length=100, blank=True)  # as the sender said
    bytes = models.PositiveBigIntegerField()  # as announced
    state = models.CharField(
        max_length=10, choices=UploadState.choices, default=UploadState.RECEIVING
    )
    refusal = models.TextField(blank=True)  # a stored sentence (lib/stored_sentences.py)
    facts = models.JSONField(default=dict)  # what `probe` found
    check_until = models.DateTimeField(null=True, editable=False)  # who looks at it has so long
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    # From the last piece on; a ready clip of which nobody makes a film goes after this time too.
    KEPT = timedelta(hours=24)

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state=UploadState.RECEIVED), name="upload_received"
            ),
            models.Index(fields=["expires_at"], name="upload_expires"),
        ]

    def __str__(self) -> str:
        return self.public_id

    # Mutators

    def note_progress(self, at: datetime) -> None:
        """Bytes have come: it is kept for as long again."""
        later = Upload.objects.filter(pk=self.pk, state=UploadState.RECEIVING)
        later.update(expires_at=at + Upload.KEPT)
        self.expires_at = at + Upload.KEPT

    def note_received(self, at: datetime) -> bool:
        """All of it is there. False where that was known."""
        return self._move(
            UploadState.RECEIVING, state=UploadState.RECEIVED, expires_at=at + Upload.KEPT
        )

    def claim_check(self, at: datetime) -> bool:
        """Of several who want to look at it, one is told True."""
        due = Upload.objects.due_for_check(at).filter(pk=self.pk)
        return bool(due.update(check_until=at + CHECK_LEASE))

    def note_ready(self, facts: dict[str, Any], at: datetime) -> bool:
        return self._move(
            UploadState.RECEIVED, state=UploadState.READY, facts=facts, expires_at=at + Upload.KEPT
        )

    def note_refused(self, sentence: str, at: datetime) -> bool:
        """`sentence`: a stored one."""
        return self._move(
            UploadState.RECEIVED,
            state=UploadState.REFUSED,
            refusal=sentence,
            expires_at=at + Upload.KEPT,
        )

    def _move(self, old: UploadState, **fields: Any) -> bool:
        moved = Upload.objects.filter(pk=self.pk, state=old).update(check_until=None, **fields)
        if moved:
            self.refresh_from_db()
        return bool(moved)

    # Properties

    @property
    def stored_name(self) -> str:
        """Where the storage keeps it once it is ready."""
        return f"uploads/{self.public_id}"

    @property
    def part(self) -> Path:
        """Where it grows on the disk of this machine, until it is ready."""
        return parts_folder() / self.public_id

    @property
    def is_ready(self) -> bool:
        return self.state == UploadState.READY

    # Queries

    @contextmanager
    def path(self) -> Iterator[Path]:
        """A local file with the clip of a ready upload, to be read inside the block only and never changed.

        Raises FileNotFoundError where it has expired.
        """
        with blobs.local_path(self.stored_name) as path:
            yield path


def parts_folder() -> Path:
    return blobs.folder_beside_media(".uploads")
