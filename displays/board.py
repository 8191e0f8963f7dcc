"""A split-flap board, and the one message that waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.public_ids import new_public_id
from platforms.sealing import EncryptedTextField, Secret, Unreadable, sealing_holds

from . import vestaboard

if TYPE_CHECKING:
    from networks.models import Person

PAUSE = timedelta(seconds=15)  # what comes sooner after the last request may be dropped unseen
LEASE = timedelta(seconds=40)  # for a request; longer than it may take
LONGEST_PAUSE = timedelta(minutes=5)
MOST_TRIES = 12  # some forty minutes


class CannotBeShown(ValueError):
    """No flap has anything of this text."""

    def __init__(self) -> None:
        super().__init__("A board has no flap for anything in this text.")


@dataclass(frozen=True, slots=True)
class Message:
    """A text taken to be sent; `number` tells it from a newer one."""

    board: int
    number: int
    text: str
    key: str
    tries: int

    @property
    def rows(self) -> list[str]:
        return vestaboard.fit(self.text)


class BoardQuerySet(models.QuerySet["Board"]):
    def due(self, at: datetime) -> BoardQuerySet:
        """Those with something to show, nobody at it, and their pause over; the longest waiting
        first. What happened after now did so before the clock was set back."""
        free = models.Q(held_until__isnull=True) | models.Q(held_until__lte=at)
        free |= models.Q(held_until__gt=at + 2 * LEASE)
        rested = models.Q(asked_at__isnull=True) | models.Q(asked_at__lte=at - PAUSE)
        rested |= models.Q(asked_at__gt=at + PAUSE)
        return self.filter(free, rested, due_at__lte=at).order_by("due_at", "id")

    def known_to(self, person: Person) -> BoardQuerySet:
        """One's own; all for an admin."""
        if not isinstance(person, User) or not person.is_active:
            return self.none()
        return self if person.is_admin else self.filter(owner=person)

    def by_name(self) -> BoardQuerySet:
        return self.order_by("name", "id")


class Board(models.Model):
    """A Vestaboard of somebody's. Its queue has one place: the newest message wins."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="boards")
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=50)
    key = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    waiting = models.TextField(blank=True, editable=False)
    number = models.PositiveBigIntegerField(default=0, editable=False)  # of messages put so far
    due_at = models.DateTimeField(null=True, db_index=True, editable=False)  # NULL: nothing waits
    held_until = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    shown = models.TextField(blank=True, editable=False)
    shown_at = models.DateTimeField(null=True, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)

    objects: ClassVar[BoardQuerySet] = cast("BoardQuerySet", BoardQuerySet.as_manager())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="board_name")]

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def add(cls, owner: User, *, name: str, key: str) -> Board:
        """Raises IntegrityError where the owner has one of this name."""
        with sealing_holds():
            return cls.objects.create(owner=owner, name=name, key=Secret.seal(key))

    # Mutators

    def change(self, *, name: str | None = None, key: str | None = None) -> None:
        """With another key what went wrong is forgotten, and what waits is tried at once."""
        fields: dict[str, object] = {} if name is None else {"name": name}
        with sealing_holds():
            if key is not None:
                fields |= {"key": Secret.seal(key), "problem": "", "tries": 0}
            type(self).objects.filter(pk=self.pk).update(**fields)
        self.refresh_from_db()

    def put(self, text: str, *, at: datetime) -> None:
        """Have it show this text soon, instead of whatever waits. Raises CannotBeShown."""
        if vestaboard.is_blank(vestaboard.fit(text)):
            raise CannotBeShown
        mine = type(self).objects.filter(pk=self.pk)
        mine.update(waiting=text, number=F("number") + 1, tries=0, due_at=at)
        self.refresh_from_db()

    @classmethod
    def take(cls, pk: int, *, at: datetime) -> Message | None:
        """What to send now, for the one who is first to ask. The request counts from here on."""
        board = cls.objects.due(at).filter(pk=pk).first()
        if board is None:
            return None
        same = cls.objects.due(at).filter(pk=pk, number=board.number)
        taken = same.update(held_until=at + LEASE, asked_at=at, tries=F("tries") + 1)
        if not taken:
            return None
        return Message(pk, board.number, board.waiting, board._plain_key(), board.tries + 1)

    @classmethod
    def note_shown(cls, message: Message, *, at: datetime) -> None:
        """It is on the board."""
        done = {"shown": message.text, "shown_at": at, "problem": ""}
        cls._let_go(message, done, {"waiting": "", "due_at": None, "tries": 0})

    @classmethod
    def note_refused(cls, message: Message, problem: str) -> None:
        """It will never be; said on the board's page."""
        cls._let_go(
            message, {"problem": problem[:300]}, {"waiting": "", "due_at": None, "tries": 0}
        )

    @classmethod
    def note_later(cls, message: Message, problem: str, *, seconds: float, at: datetime) -> None:
        """Not now: again after some seconds, ever less often, and given up in the end."""
        if message.tries >= MOST_TRIES:
            cls.note_refused(message, f"{problem} Given up after {message.tries} tries.")
            return
        wait = min(LONGEST_PAUSE, PAUSE * 2 ** (message.tries - 1))
        wait = max(wait, min(timedelta(seconds=seconds), LONGEST_PAUSE))
        cls._let_go(message, {"problem": problem[:300]}, {"due_at": at + wait})

    @classmethod
    def _let_go(
        cls, message: Message, always: dict[str, object], if_newest: dict[str, object]
    ) -> None:
        """A newer message that came meanwhile waits on: it is none of this one's business."""
        board = cls.objects.filter(pk=message.board)
        with transaction.atomic():
            board.update(held_until=None, **always)
            board.filter(number=message.number).update(**if_newest)

    # Properties

    @property
    def state(self) -> str:
        if self.due_at is not None:
            return "waiting"
        return "in trouble" if self.problem else "quiet"

    def _plain_key(self) -> str:
        try:
            return self.key.reveal()
        except Unreadable:
            return ""
