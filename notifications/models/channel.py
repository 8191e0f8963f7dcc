"""A channel: where somebody is told what happens, and of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from lib.encryption import EncryptedSecret, EncryptedTextField, Unreadable, encryption_transaction
from lib.public_ids import new_public_id
from networks.models import Network
from notifications.occasions import Occasion

from .delivery import LEASE, Delivery, DeliveryReport, DeliveryState
from .notification import Notification

if TYPE_CHECKING:
    from networks.models import Person

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
OWN_EMAIL = "own-email"  # the service of a channel without an address: its owner's mail
MAX_DIGEST_MINUTES = 24 * 60
DIGEST_MINUTES = 15
FAILING_LONG = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message that is ours to send. `address` is None where it cannot be decrypted."""

    delivery: Delivery
    address: str | None
    own_email: str  # of the owner, where the message goes there
    private_allowed: bool
    language: str
    uncertain_before: (
        datetime | None
    )  # when the last one went, of which nobody knows whether it arrived


class ChannelQuerySet(models.QuerySet["Channel"]):
    def known_to(self, person: Person) -> ChannelQuerySet:
        """One's own; all for an admin, who is not shown the addresses either."""
        if not isinstance(person, User) or not person.is_active:
            return self.none()
        return self if person.is_admin else self.filter(owner=person)

    def by_name(self) -> ChannelQuerySet:
        return self.order_by("name", "id")

    def listening(self, occasion: Occasion) -> ChannelQuerySet:
        """Switched on, and told of this."""
        return self.filter(
            enabled=True, owner__is_active=True, occasions__icontains=f'"{occasion}"'
        )

    def of_admins(self) -> ChannelQuerySet:
        return self.filter(everything=True, owner__is_superuser=True)

    def of_person_or_admins(self, person: User) -> ChannelQuerySet:
        """One's own, and of admins who want to hear of everything."""
        return self.filter(Q(owner=person) | Q(everything=True, owner__is_superuser=True))

    def about_network(self, network: Network) -> ChannelQuerySet:
        """Of those who look after it, and of admins who want to hear of everything."""
        helpers = Network.collaborators.through.objects.filter(network=network).values("user_id")
        theirs = Q(owner=network.owner_id) | Q(owner__in=helpers)
        return self.filter(theirs | Q(everything=True, owner__is_superuser=True))

    def due(self, at: datetime) -> ChannelQuerySet:
        """With something to send now, or whose worker is gone. What is said to happen much later was
        written before the clock was set back."""
        waiting = Notification.objects.waiting().filter(channel=OuterRef("pk"))
        under_way = Delivery.objects.filter(channel=OuterRef("pk"))
        quiet_over = _is_past("quiet_until", at, longest=timedelta(minutes=MAX_DIGEST_MINUTES))
        rested = _is_past("next_try_at", at, longest=LONGEST_PAUSE)
        ready = quiet_over & rested & Q(Exists(waiting))
        to_send = (ready | Q(Exists(waiting.tests()))) & Q(enabled=True, owner__is_active=True)
        free = ~Q(Exists(under_way.open()))
        return self.filter((to_send & free) | Q(Exists(under_way.expired(at)))).order_by("id")


def _is_past(field: str, at: datetime, *, longest: timedelta) -> Q:
    null, before = Q(**{f"{field}__isnull": True}), Q(**{f"{field}__lte": at})
    return null | before | Q(**{f"{field}__gt": at + longest})


class Channel(models.Model):
    """Its address is encrypted and written only; its service is what is shown of it."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="channels")
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=60)
    address = EncryptedTextField(blank=True)  # "" where it is its owner's e-mail
    service = models.CharField(max_length=30)  # OWN_EMAIL, or of `notifications.addresses.SERVICES`
    occasions = models.JSONField(default=list)  # codes of Occasion
    everything = models.BooleanField(default=False)  # of an admin: all networks, all installations
    private_allowed = models.BooleanField(default=False)  # by an admin, for this address
    enabled = models.BooleanField(default=True)
    digest_minutes = models.PositiveSmallIntegerField(default=DIGEST_MINUTES)
    language = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    quiet_until = models.DateTimeField(null=True, editable=False)
    next_try_at = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[ChannelQuerySet] = cast("ChannelQuerySet", ChannelQuerySet.as_manager())

    def __str__(self) -> str:
        return self.public_id

    # Factories

    @classmethod
    def add(cls, owner: User, *, address: str, **fields: object) -> Channel:
        with encryption_transaction():
            return cls.objects.create(
                owner=owner, address=EncryptedSecret.encrypt(address), **fields
            )

    # Mutators

    def change(self, *, address: str | None = None, **fields: object) -> None:
        """With another address or pause, what waits is tried at once; what waits for a channel that
        is switched off is forgotten."""
        with encryption_transaction():
            if address is not None:
                fields |= {"address": EncryptedSecret.encrypt(address), "failing_since": None}
            if address is not None or "digest_minutes" in fields or fields.get("enabled"):
                fields |= {"quiet_until": None, "next_try_at": None, "tries": 0}
            if fields:
                Channel.objects.filter(pk=self.pk).update(**fields)
            if fields.get("enabled") is False:
                self.notifications.waiting().delete()
        self.refresh_from_db()

    def put(self, occasion: Occasion, *, at: datetime) -> None:
        """Have it tell this."""
        self.notifications.create(occasion=occasion, created_at=at)

    @classmethod
    def claim_message(cls, pk: int, *, at: datetime) -> PendingMessage | None:
        """All that waits, as one message, for the one who is first to ask; None: there is nothing to
        send now. What a dead worker had begun is closed first."""
        with transaction.atomic():
            held = cls.objects.select_for_update(of=("self",)).filter(pk=pk)
            channel = held.select_related("owner").first()
            if channel is None:
                return None
            for lost in channel.deliveries.expired(at):
                channel._close_lost(lost, at=at)
            if not cls.objects.due(at).filter(pk=pk).exists():
                return None
            return channel._claim(at)

    def _claim(self, at: datetime) -> PendingMessage:
        waiting, only_tests = self.notifications.waiting(), not self._is_ready(at)
        if only_tests:
            waiting = waiting.tests()
        before = self.deliveries.newest_first().first()
        delivery = self.deliveries.create(began_at=at, lease_until=at + LEASE)
        delivery.count = waiting.update(delivery=delivery)
        delivery.is_test = not delivery.notifications.exclude(occasion=Occasion.TEST).exists()
        delivery.save(update_fields=["count", "is_test"])
        hidden = before is not None and before.state == DeliveryState.UNCERTAIN
        return PendingMessage(
            delivery,
            self._plain_address(),
            self.owner.email if self.service == OWN_EMAIL else "",
            self.private_allowed,
            self.language,
            before.began_at if before and hidden else None,
        )

    def _is_ready(self, at: datetime) -> bool:
        """Whether its pause is over, and it is not waiting for the next try."""
        longest = timedelta(minutes=MAX_DIGEST_MINUTES)
        quiet = self.quiet_until is not None and at < self.quiet_until <= at + longest
        tried = self.next_try_at is not None and at < self.next_try_at <= at + LONGEST_PAUSE
        return not quiet and not tried

    def _close_lost(self, delivery: Delivery, *, at: datetime) -> None:
        """Its worker is gone. What had not begun to be sent is sent again."""
        if delivery.state == DeliveryState.CLAIMED:
            if delivery.close(DeliveryState.FAILED, at=at, problem="died"):
                delivery.notifications.update(delivery=None)
        elif delivery.close(DeliveryState.UNCERTAIN, at=at, problem="hidden"):
            self._note_gone(delivery, at=at)

    @classmethod
    def note_report(cls, delivery: Delivery, report: DeliveryReport, *, at: datetime) -> bool:
        """What became of a message. False: it is somebody else's now, and nothing is changed."""
        with transaction.atomic():
            held = cls.objects.select_for_update().filter(pk=delivery.channel_id).first()
            fields = {"problem": report.problem, "status": report.status}
            delivery.refresh_from_db(fields=["state"])
            if held is None or not delivery.close(report.state, at=at, **fields):
                return False
            if report.state == DeliveryState.FAILED:
                held._note_failed(delivery, at=at)
            else:
                held._note_gone(delivery, at=at, heard=report.state == DeliveryState.SENT)
        return True

    def _note_gone(self, delivery: Delivery, *, at: datetime, heard: bool = False) -> None:
        fields: dict[str, object] = {}
        if heard:
            fields |= {"tries": 0, "next_try_at": None, "failing_since": None}
        if not delivery.is_test:
            fields |= {"quiet_until": at + timedelta(minutes=self.digest_minutes)}
        if fields:
            Channel.objects.filter(pk=self.pk).update(**fields)

    def _note_failed(self, delivery: Delivery, *, at: datetime) -> None:
        """What was in it waits again, and is in the next message; a test is not repeated."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.tries, 10))
        fields: dict[str, object] = {"failing_since": self.failing_since or at}
        if not delivery.is_test:
            fields |= {"tries": F("tries") + 1, "next_try_at": at + pause}
        Channel.objects.filter(pk=self.pk).update(**fields)
        delivery.notifications.exclude(occasion=Occasion.TEST).update(delivery=None)

    # Properties

    def is_failing_long(self, at: datetime) -> bool:
        return self.failing_since is not None and at - self.failing_since >= FAILING_LONG

    def _plain_address(self) -> str | None:
        try:
            return self.address.decrypt()
        except Unreadable:
            return None

    # Queries

    @classmethod
    def due_for_message(cls, at: datetime, *, most: int = 16) -> Sequence[int]:
        return list(cls.objects.due(at).values_list("pk", flat=True)[:most])
