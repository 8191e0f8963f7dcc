"""A split-flap board, and the one message that waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from displays import vestaboard
from displays.vestaboard import BoardSize
from lib.encryption import EncryptedSecret, EncryptedTextField, Unreadable, encryption_transaction
from lib.public_ids import new_public_id

if TYPE_CHECKING:
    from networks.models import Person

PAUSE = timedelta(seconds=15)  # what comes sooner after the last request may be dropped unseen
LEASE = timedelta(seconds=40)  # for a request; longer than it may take
MAX_PAUSE = timedelta(minutes=5)
MAX_TRIES = 12  # some forty minutes


STATES = {
    "drawn only": _("drawn only"),
    "waiting": _("waiting"),
    "in trouble": _("in trouble"),
    "quiet": _("quiet"),
}
_NOTHING_WAITS: Mapping[str, object] = {
    "waiting": "",
    "waiting_run": "",
    "due_at": None,
    "tries": 0,
}


class CannotBeShown(ValueError):
    """No flap has anything of this text."""

    def __init__(self) -> None:
        super().__init__("A board has no flap for anything in this text.")


@dataclass(frozen=True, slots=True)
class Message:
    """A text taken to be sent; `number` tells it from a newer one. `run`: its public id, where the text
    is of one."""

    board: int
    number: int
    text: str
    run: str
    key: str
    tries: int
    size: BoardSize
    by_cloud_api: bool

    @property
    def codes(self) -> list[list[int]]:
        return vestaboard.codes(vestaboard.fit(self.text, self.size), self.size)


class BoardQuerySet(models.QuerySet["Board"]):
    def due(self, at: datetime) -> BoardQuerySet:
        """Those with something to show, not being sent, and their pause over; the longest waiting
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

    def hold(self) -> BoardQuerySet:
        """Until the transaction ends; in one order, whoever else holds some of them."""
        return self.select_for_update().order_by("id")


class Board(models.Model):
    """A Vestaboard, or several Notes as one, of somebody's. Its queue has one place: the newest message
    wins. One without a key is drawn in browsers alone."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="boards")
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=50)
    key = EncryptedTextField()
    has_key = models.BooleanField(default=True, editable=False)
    row_count = models.PositiveSmallIntegerField(default=vestaboard.FLAGSHIP.rows)
    column_count = models.PositiveSmallIntegerField(default=vestaboard.FLAGSHIP.columns)
    # Which of the maker's interfaces last took the key; the other one is tried where it does not.
    by_cloud_api = models.BooleanField(default=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    waiting = models.TextField(blank=True, editable=False)
    waiting_run = models.CharField(max_length=20, blank=True, editable=False)
    number = models.PositiveBigIntegerField(default=0, editable=False)  # of messages put so far
    due_at = models.DateTimeField(null=True, db_index=True, editable=False)  # NULL: nothing waits
    held_until = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    shown = models.TextField(blank=True, editable=False)
    shown_run = models.CharField(max_length=20, blank=True, editable=False)
    shown_at = models.DateTimeField(null=True, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)

    objects: ClassVar[BoardQuerySet] = cast("BoardQuerySet", BoardQuerySet.as_manager())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="board_name")]

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def add(
        cls, owner: User, *, name: str, key: str, size: BoardSize = vestaboard.FLAGSHIP
    ) -> Board:
        """Raises IntegrityError where the owner has one of this name. `key`: empty where there is no
        device."""
        with encryption_transaction():
            return cls.objects.create(
                owner=owner,
                name=name,
                key=EncryptedSecret.encrypt(key) if key else "",
                has_key=bool(key),
                row_count=size.rows,
                column_count=size.columns,
            )

    # Mutators

    def change(
        self,
        *,
        name: str | None = None,
        key: str | None = None,
        size: BoardSize | None = None,
    ) -> None:
        """With another key or size what went wrong is forgotten, and what waits is tried at once."""
        fields: dict[str, object] = {} if name is None else {"name": name}
        if size is not None and size != self.size:
            fields |= {"row_count": size.rows, "column_count": size.columns}
            fields |= {"problem": "", "tries": 0}
        with encryption_transaction():
            if key is not None:
                fields |= {"key": EncryptedSecret.encrypt(key), "has_key": True}
                fields |= {"problem": "", "tries": 0}
            type(self).objects.filter(pk=self.pk).update(**fields)
        self.refresh_from_db()

    def put(self, text: str, *, at: datetime, run: str = "") -> None:
        """Have it show this text soon, instead of whatever waits. Raises CannotBeShown."""
        if vestaboard.is_blank(vestaboard.fit(text, self.size)):
            raise CannotBeShown
        self._put(waiting=text, waiting_run=run, due_at=at)

    def drop(self) -> None:
        """What waits is not sent any more."""
        self._put(waiting="", waiting_run="", due_at=None)

    def _put(self, **fields: object) -> None:
        mine = type(self).objects.filter(pk=self.pk)
        mine.update(number=F("number") + 1, tries=0, **fields)
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
        return Message(
            pk,
            board.number,
            board.waiting,
            board.waiting_run,
            board._plain_key(),
            board.tries + 1,
            board.size,
            board.by_cloud_api,
        )

    @classmethod
    def note_shown(cls, message: Message, *, by_cloud_api: bool, at: datetime) -> None:
        """It is on the board."""
        done = {"shown": message.text, "shown_run": message.run, "shown_at": at}
        cls._release(message, {**done, "problem": "", "by_cloud_api": by_cloud_api}, _NOTHING_WAITS)

    @classmethod
    def note_refused(cls, message: Message, problem: str) -> None:
        """It will never be; said on the board's page."""
        cls._release(message, {"problem": problem[:300]}, _NOTHING_WAITS)

    @classmethod
    def note_later(cls, message: Message, problem: str, *, seconds: float, at: datetime) -> None:
        """Not now: again after some seconds, ever less often, and given up in the end."""
        if message.tries >= MAX_TRIES:
            cls.note_refused(message, f"{problem} Given up after {message.tries} tries.")
            return
        wait = min(MAX_PAUSE, PAUSE * 2 ** (message.tries - 1))
        wait = max(wait, min(timedelta(seconds=seconds), MAX_PAUSE))
        cls._release(message, {"problem": problem[:300]}, {"due_at": at + wait})

    @classmethod
    def _release(
        cls, message: Message, always: Mapping[str, object], if_newest: Mapping[str, object]
    ) -> None:
        """A newer message that came meanwhile waits on: it is not changed."""
        board = cls.objects.filter(pk=message.board)
        with transaction.atomic():
            board.update(held_until=None, **always)
            board.filter(number=message.number).update(**if_newest)

    # Properties

    @property
    def size(self) -> BoardSize:
        return BoardSize(self.row_count, self.column_count)

    @property
    def newest(self) -> str:
        """The text that it shows, or will when its turn has come."""
        return self.waiting or self.shown

    @property
    def newest_run(self) -> str:
        """The public id of the run that this text is of; empty where it is of none."""
        return self.waiting_run if self.waiting else self.shown_run

    @property
    def preview(self) -> list[str]:
        """The rows of that text."""
        return vestaboard.fit(self.newest, self.size)

    @property
    def state(self) -> str:
        """As in the API; `state_text` is the same for people."""
        if not self.has_key:
            return "drawn only"
        if self.due_at is not None:
            return "waiting"
        return "in trouble" if self.problem else "quiet"

    @property
    def state_text(self) -> str:
        return str(STATES[self.state])

    def _plain_key(self) -> str:
        try:
            return self.key.decrypt()
        except Unreadable:
            return ""
