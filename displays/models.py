"""Installations, their displays, screens that wait to be claimed, and who watches what."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.public_ids import ALPHABET, new_public_id
from networks.models import Network

from . import events, layouts
from .board import Board as Board

if TYPE_CHECKING:
    from collections.abc import Sequence

    from networks.models import Person

CODE_LENGTH = 6


def new_code() -> str:
    """Short enough for a TV's remote: thirty bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


class InstallationQuerySet(models.QuerySet["Installation"]):
    def known_to(self, person: Person) -> InstallationQuerySet:
        """Those on networks that the person looks after; all for an admin."""
        if not isinstance(person, User) or not person.is_active:
            return self.none()
        if person.is_admin:
            return self
        mine = models.Q(network__owner=person) | models.Q(network__collaborators=person)
        return self.filter(mine).distinct()


class Installation(models.Model):
    """A named set of displays on a network."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="installations")
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[InstallationQuerySet] = cast(
        "InstallationQuerySet", InstallationQuerySet.as_manager()
    )

    def __str__(self) -> str:
        return self.public_id

    # Mutators: each inside the caller's transaction

    @classmethod
    def lock(cls, pk: int) -> Installation:
        """The installation, held until the transaction ends."""
        found = cls.objects.select_for_update(of=("self",)).select_related("network__owner")
        return found.get(pk=pk)

    def change(self, **fields: object) -> None:
        """Set these, and tell the displays."""
        if fields:
            Installation.objects.filter(pk=self.pk).update(**fields)
            self.refresh_from_db()
        events.changed(self)

    def add(self, name: str, kind: str, **fields: Any) -> Display:
        last = self.displays.aggregate(last=models.Max("position"))["last"]
        position = 0 if last is None else last + 1
        return self.displays.create(name=name, kind=kind, position=position, **fields)

    def arrange(self, names: Sequence[str]) -> None:
        """Put the displays in this order."""
        for position, name in enumerate(names):
            self.displays.filter(name=name).update(position=position)

    def identify(self, display: str | None) -> None:
        """Have one display, or all of them, say for a moment which they are."""
        with transaction.atomic():
            events.identified(self, display)

    # Properties

    @property
    def topic(self) -> str:
        return f"installation:{self.public_id}"


class Kind(models.TextChoices):
    GRID = "grid"
    SINGLE = "single"
    VESTABOARD = "vestaboard"


class Display(models.Model):
    """One screen or board of an installation, and which steps it shows."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    installation = models.ForeignKey(
        Installation, on_delete=models.CASCADE, related_name="displays"
    )
    name = models.CharField(max_length=50)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    rows = models.PositiveSmallIntegerField(null=True)
    columns = models.PositiveSmallIntegerField(null=True)
    stride = models.PositiveIntegerField(null=True)
    offsets = models.JSONField(null=True)
    show_invoking = models.BooleanField(default=False)
    muted = models.BooleanField(default=False)
    vestaboard_name = models.CharField(max_length=50, null=True)  # noqa: DJ001 (NULL: no board)
    initial_prompt = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["installation", "name"], name="display_name"),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("display", args=[self.installation.public_id, self.name])

    # Properties

    @property
    def layout(self) -> layouts.Layout:
        return layouts.of(
            self.kind,
            rows=self.rows or 1,
            columns=self.columns or 1,
            stride=self.stride or 1,
            offsets=self.offsets or (),
            show_invoking=self.show_invoking,
        )

    @property
    def feed_key(self) -> str:
        return f"display:{self.public_id}"


class Kiosk(models.Model):
    """A screen that shows a code and waits to be told which display it is."""

    LIFETIME = timedelta(hours=12)
    MOST: ClassVar[int] = 2_000  # waiting at once; a stranger can make them

    code = models.CharField(max_length=12, unique=True, default=new_code)
    display = models.ForeignKey(Display, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.code

    # Factories

    @classmethod
    def wait(cls, *, at: datetime) -> Kiosk:
        """A new code. The oldest make room."""
        waiting = cls.objects.filter(display=None)
        waiting.filter(created_at__lt=at - cls.LIFETIME).delete()
        for pk in waiting.order_by("-id").values_list("pk", flat=True)[cls.MOST : cls.MOST + 1]:
            waiting.filter(pk__lte=pk).delete()
        return cls.objects.create(created_at=at)

    # Queries

    @classmethod
    def of_code(cls, code: str, *, at: datetime) -> Kiosk | None:
        """The screen that shows this code, however it was typed, or has found its place by it."""
        valid = models.Q(created_at__gte=at - cls.LIFETIME) | models.Q(display__isnull=False)
        found = cls.objects.filter(valid, code=code.strip().lower())
        return found.select_related("display__installation").first()


class Watch(models.Model):
    """What one web process says is being watched through it: rewritten every few seconds, and not
    believed for longer, so that a crash leaves nobody behind."""

    BELIEVED = timedelta(seconds=30)

    process = models.CharField(max_length=40)
    key = models.CharField(max_length=120)  # of a feed
    who = models.CharField(max_length=254, blank=True)  # an e-mail address; empty: strangers
    count = models.PositiveIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["process", "key", "who"], name="watch_once"),
        ]
        indexes = [models.Index(fields=["key"], name="watch_key")]

    def __str__(self) -> str:
        return f"{self.count} at {self.key}"


class Shown(models.Model):
    """That a display was told of a press of the red button, and how long it took to show it."""

    press = models.CharField(max_length=20)  # a StopAll's public id
    display = models.ForeignKey(Display, on_delete=models.CASCADE, related_name="+")
    process = models.CharField(max_length=40)
    ms = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["press", "display", "process"], name="shown_once"),
        ]

    def __str__(self) -> str:
        return f"{self.press} {self.ms}"
