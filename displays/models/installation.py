"""Installations: named sets of displays on a network, the screens that wait to be claimed, and who
watches."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db import models, transaction
from django.db.models import Case, F, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from displays import layouts
from displays.events import (
    DisplayIdentified,
    InstallationChanged,
    InstallationClosed,
    InstallationOpened,
)
from films.models import Film
from invocations import closing
from invocations.wakeups import wake_worker
from lib.public_ids import ALPHABET, new_public_id
from networks.models import Network
from networks.opening_hours import OpeningHours
from realtime.events import publish, send
from studio.events import HoursChanged

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from networks.models import Person


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
    opening_hours = models.JSONField(
        default=list
    )  # [{days, opens, closes, zone}]; empty: always open
    closed_on = models.JSONField(default=list)  # dates on which it does not open
    dark = models.BooleanField(default=False)  # as the last event of it says; `hours` is the truth
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[InstallationQuerySet] = cast(
        "InstallationQuerySet", InstallationQuerySet.as_manager()
    )

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("installations:detail", args=[self.public_id])

    # Mutators: each inside the caller's transaction

    @classmethod
    def lock(cls, pk: int) -> Installation:
        """The installation, held until the transaction ends. Raises DoesNotExist."""
        found = cls.objects.select_for_update(of=("self",)).select_related("network__owner")
        return found.get(pk=pk)

    def change(self, **fields: object) -> None:
        """Set these, and tell the displays."""
        networks = {self.network_id}
        if fields:
            Installation.objects.filter(pk=self.pk).update(**fields)
            self.refresh_from_db()
        note_boards(networks | {self.network_id})
        if fields.keys() & {"network", "opening_hours", "closed_on"}:
            note_hours(networks | {self.network_id}, at=timezone.now())
        publish(self.topic, InstallationChanged(self.public_id))

    def add(self, name: str, kind: str, **fields: Any) -> Display:
        last = self.displays.aggregate(last=models.Max("position"))["last"]
        position = 0 if last is None else last + 1
        made = self.displays.create(name=name, kind=kind, position=position, **fields)
        if kind == DisplayKind.VESTABOARD:
            note_boards({self.network_id})
        return made

    def arrange(self, names: Sequence[str]) -> None:
        """Put the displays in this order."""
        for position, name in enumerate(names):
            self.displays.filter(name=name).update(position=position)

    def identify(self, display: str | None) -> None:
        """Have one display, or all of them, say for a moment which they are."""
        with transaction.atomic():
            publish(self.topic, DisplayIdentified(self.public_id, display))

    @classmethod
    def note_dark(cls, pk: int, *, at: datetime) -> bool:
        """Have its screens follow its hours, where no event says yet that it has opened or closed."""
        with transaction.atomic():
            found = cls.objects.filter(pk=pk).first()
            if found is None or found.dark is not found.hours.is_open(at):
                return False
            if not cls.objects.filter(pk=pk, dark=found.dark).update(dark=not found.dark):
                return False
            said = InstallationOpened if found.dark else InstallationClosed
            publish(found.topic, said(found.public_id))
        return True

    # Properties

    @property
    def topic(self) -> str:
        return f"installation:{self.public_id}"

    @property
    def hours(self) -> OpeningHours:
        return OpeningHours.from_json(self.opening_hours, self.closed_on)


def note_boards(networks: Collection[int]) -> None:
    """Have these networks know whether boards hang on them: the engine looks at nothing else."""
    boards = Display.objects.filter(kind=DisplayKind.VESTABOARD)
    hang = models.Exists(boards.filter(installation__network=models.OuterRef("pk")))
    Network.objects.filter(pk__in=networks).exclude(has_boards=hang).update(has_boards=hang)


def note_hours(networks: Collection[int], *, at: datetime) -> None:
    """Have these networks know when they are closed, which is while all their installations are: the
    engine looks at nothing else. Inside the transaction of the change."""
    # no_key: a step, which refers to the row, must not wait for us
    locked = Network.objects.select_for_update(of=("self",), no_key=True)
    for network in locked.filter(pk__in=networks).order_by("pk"):
        rows = network.installations.order_by("pk").values_list("opening_hours", "closed_on")
        hours = [
            [{**one, "closed_on": closed_on} for one in periods] for periods, closed_on in rows
        ]
        periods = [one for of_installation in hours for one in of_installation]
        found = periods if hours and all(hours) else None
        if found == network.opening_hours:
            continue
        before = network.hours
        network.set_opening_hours(found)
        if closing.release_held(network, before, at=at):
            wake_worker()
        transaction.on_commit(partial(send, network.topic, HoursChanged()))


CODE_LENGTH = 6


def new_code() -> str:
    """Short enough for a TV's remote: thirty bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


class DisplayKind(models.TextChoices):
    GRID = "grid"
    SINGLE = "single"
    VESTABOARD = "vestaboard"
    TRAJECTORY = "trajectory"
    FILM = "film"
    PAIR = "pair"


class QrCorner(models.TextChoices):
    """Where on a screen the code of the network's page is."""

    NONE = "none", _("none")
    TOP_LEFT = "top-left", _("top left")
    TOP_RIGHT = "top-right", _("top right")
    BOTTOM_LEFT = "bottom-left", _("bottom left")
    BOTTOM_RIGHT = "bottom-right", _("bottom right")


class QrTarget(models.TextChoices):
    """Where the code in a corner leads."""

    PAGE = "page", _("to the network's page")
    TERMINAL = "terminal", _("to the terminal: whoever scans it may type for an hour")


class Display(models.Model):
    """One screen or board of an installation, and which steps it shows."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    installation = models.ForeignKey(
        Installation, on_delete=models.CASCADE, related_name="displays"
    )
    name = models.CharField(max_length=50)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=DisplayKind.choices)
    rows = models.PositiveSmallIntegerField(null=True)
    columns = models.PositiveSmallIntegerField(null=True)
    stride = models.PositiveIntegerField(null=True)
    offsets = models.JSONField(null=True)
    show_invoking = models.BooleanField(default=False)
    muted = models.BooleanField(default=False)
    vestaboard_name = models.CharField(max_length=50, null=True)  # noqa: DJ001 (NULL: no board)
    initial_prompt = models.BooleanField(default=False)
    qr_corner = models.CharField(max_length=12, choices=QrCorner.choices, default=QrCorner.NONE)
    qr_target = models.CharField(max_length=12, choices=QrTarget.choices, default=QrTarget.PAGE)
    panic_key = models.CharField(max_length=20, blank=True, default="")  # empty: none
    language = models.CharField(max_length=20, blank=True, default="")  # empty: the browser's
    film = models.ForeignKey(Film, null=True, on_delete=models.SET_NULL, related_name="+")

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
        return layouts.layout_from_fields(
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
    """A screen that shows a code and waits to be claimed as a display."""

    LIFETIME = timedelta(hours=12)  # after it was last seen
    SEEN_EVERY = timedelta(minutes=1)
    MAX_WAITING: ClassVar[int] = 2_000  # waiting at once; a stranger can make them

    code = models.CharField(max_length=12, unique=True, default=new_code)
    display = models.ForeignKey(Display, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # to within a minute

    def __str__(self) -> str:
        return self.code

    # Factories

    @classmethod
    def wait(cls, *, at: datetime) -> Kiosk:
        """A new code. Those that never asked again make room first, then the longest unseen."""
        waiting = cls.objects.filter(display=None)
        waiting.filter(seen_at__lt=at - cls.LIFETIME).delete()
        if (surplus := waiting.count() - cls.MAX_WAITING) > 0:
            asked_again = Case(When(seen_at=F("created_at"), then=0), default=1)
            oldest = waiting.order_by(asked_again, "seen_at", "id")
            waiting.filter(pk__in=list(oldest.values_list("pk", flat=True)[:surplus])).delete()
        return cls.objects.create(created_at=at, seen_at=at)

    # Mutators

    def note_seen(self, *, at: datetime) -> None:
        """A screen shows the code now; a code that is shown does not expire."""
        if self.seen_at == self.created_at or self.seen_at < at - self.SEEN_EVERY:
            Kiosk.objects.filter(pk=self.pk).update(seen_at=at)

    def lock(self) -> bool:
        """Hold the screen until the transaction ends. False where it was given another place since it
        was read, or is gone."""
        same = Kiosk.objects.select_for_update().filter(pk=self.pk, display=self.display_id)
        return same.first() is not None

    def show(self, display: Display) -> None:
        """Be this display from now on."""
        Kiosk.objects.filter(pk=self.pk).update(display=display)
        self.display = display

    # Queries

    @classmethod
    def find_by_code(cls, code: str, *, at: datetime) -> Kiosk | None:
        """The screen that shows this code, however it was typed, or has found its place by it."""
        code = code.strip().lower()
        if not (code.isascii() and code.isalnum()):
            return None
        valid = models.Q(seen_at__gte=at - cls.LIFETIME) | models.Q(display__isnull=False)
        found = cls.objects.filter(valid, code=code)
        return found.select_related("display__installation__network").first()

    @classmethod
    def still_waiting(cls, codes: Sequence[str], *, at: datetime) -> list[Kiosk]:
        """Those of these codes that are shown still and have no place, in the order of the codes."""
        alive = cls.objects.filter(seen_at__gte=at - cls.LIFETIME, display=None)
        found = {one.code: one for one in alive.filter(code__in=codes)}
        return [found[code] for code in codes if code in found]


class DisplayReceipt(models.Model):
    """A display that was to show a stop-all, and after how many milliseconds it did; NULL: not yet."""

    stop_all = models.CharField(max_length=20)  # a StopAll's public id
    display = models.ForeignKey(Display, on_delete=models.CASCADE, related_name="+")
    process = models.CharField(max_length=40)
    ms = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stop_all", "display", "process"], name="shown_once"),
        ]

    def __str__(self) -> str:
        return f"{self.stop_all} {self.ms}"


class ViewerCount(models.Model):
    """What one web process says is being watched through it: rewritten every few seconds, and not
    believed for longer, so that a crash leaves nobody behind."""

    VALID_FOR = timedelta(seconds=30)

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
