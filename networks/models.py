"""The network: an ordered ring of models, who may use it, and how it behaves."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify

from accounts.models import User
from accounts.public_ids import ALPHABET, new_public_id
from platforms import registry
from platforms.keyring import Keyring

from . import pacing, rings
from .addresses import OldSlug
from .chosen import ChosenKey
from .drafts import Draft
from .shares import Share
from .terminal_tokens import TerminalToken

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ChosenKey",
    "Draft",
    "Network",
    "OldSlug",
    "Person",
    "RefusalPolicy",
    "Share",
    "TerminalToken",
]

Person = User | AnonymousUser


class RefusalPolicy(models.TextChoices):
    """What happens when a model declines its input for its content."""

    SUBSTITUTE = "substitute", "go on with a harmless stand-in"
    SKIP = "skip", "skip the step"
    STOP = "stop", "stop the run"


class NetworkQuerySet(models.QuerySet["Network"]):
    def visible_to(self, person: Person) -> NetworkQuerySet:
        """One's own, those shared with one, and public ones; all for an admin."""
        if not isinstance(person, User) or not person.is_active:
            return self.filter(public=True)
        if person.is_admin:
            return self
        # Not a join: that would need DISTINCT, which reads and compares all there is.
        return self.filter(
            models.Q(public=True) | models.Q(owner=person) | models.Q(pk__in=_shared_with(person))
        )

    def shared_with(self, person: User) -> NetworkQuerySet:
        """Those of others on which the person helps."""
        return self.filter(pk__in=_shared_with(person)).exclude(owner=person)

    def of_curator(self, person: User) -> NetworkQuerySet:
        """One's own, and those of others on which one helps."""
        return self.filter(models.Q(owner=person) | models.Q(pk__in=_shared_with(person)))

    def listed(self) -> NetworkQuerySet:
        """Without those that were put away."""
        return self.filter(archived_at=None)

    def called(self, slug: str) -> Network | None:
        """The one of this address, or the one that had it before: two never share one."""
        return self.filter(slug=slug).first() or self.filter(old_slugs__slug=slug).first()

    def controlled_by(self, person: Person) -> NetworkQuerySet:
        """Where the person may start and stop: one's own and those shared with one; all for an
        admin."""
        if not isinstance(person, User) or not person.is_active:
            return self.none()
        if person.is_admin:
            return self
        return self.filter(models.Q(owner=person) | models.Q(collaborators=person)).distinct()

    def with_model(self, model_id: str) -> NetworkQuerySet:
        """In whose ring it stands, or waits as a fallback."""
        return self.filter(slots__icontains=f'"{model_id}"')

    def newest_first(self) -> NetworkQuerySet:
        return self.order_by("-created_at", "-id")


class Network(models.Model):
    """A ring of models, owned by a curator."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="networks")
    collaborators = models.ManyToManyField(User, related_name="shared_networks", blank=True)
    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(max_length=10_000, blank=True)
    public = models.BooleanField(default=False)
    featured = models.BooleanField(default=False, help_text="The home page's button leads here.")
    open_terminal = models.BooleanField(
        default=False, help_text="While it is public, anybody may type: no code, no sign-in."
    )
    slots = models.JSONField(default=list, blank=True)
    lockout_seconds = models.PositiveIntegerField(default=30)
    pacing = models.JSONField(default=pacing.default, blank=True)
    budgets = models.JSONField(default=dict, blank=True)
    refusal_policy = models.CharField(
        max_length=12, choices=RefusalPolicy.choices, default=RefusalPolicy.SUBSTITUTE
    )
    replay = models.BooleanField(default=True)
    prompt_max = models.PositiveIntegerField(default=2_000)
    attract_prompts = models.JSONField(default=list, blank=True)
    banned_words = models.JSONField(default=list, blank=True)
    language_hint = models.CharField(max_length=100, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[NetworkQuerySet] = cast("NetworkQuerySet", NetworkQuerySet.as_manager())

    class Meta:
        indexes = [models.Index(fields=["public", "-created_at"], name="network_public")]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("networks:detail", args=[self.slug])

    def get_terminal_url(self) -> str:
        return reverse("networks:terminal", args=[self.slug])

    # Factories

    @classmethod
    def create(cls, owner: User, *, name: str, **fields: object) -> Network:
        """A new network with an address made from its name."""
        slug = cls.free_slug(name, owner)
        return cls.objects.create(owner=owner, name=name, slug=slug, **fields)

    @classmethod
    def free_slug(cls, name: str, owner: User | None = None) -> str:
        slug = slugify(name)[:50] or "network"
        if cls.is_free(slug, owner):
            return slug
        # A count ("-2") would tell strangers about private networks of the same name.
        return f"{slug}-{''.join(secrets.choice(ALPHABET) for _ in range(6))}"

    # Mutators: each inside the caller's transaction

    def move_to(self, slug: str) -> None:
        """Take another address; the old one leads here from now on."""
        OldSlug.objects.filter(slug=slug).delete()
        self._leave_address(self)
        self.slug = slug
        self.save(update_fields=["slug"])

    def put_away(self, at: datetime | None) -> None:
        """Hide it from lists and let nothing run on it, since `at`; None: take it out again."""
        Network.objects.filter(pk=self.pk).update(archived_at=at)
        self.archived_at = at

    def forget(self) -> None:
        """Delete it with everything on it; its addresses lead nowhere, and to nobody else."""
        self._leave_address(None)
        self.delete()

    def _leave_address(self, network: Network | None) -> None:
        now_there = {"network": network, "owner": self.owner}
        OldSlug.objects.update_or_create(slug=self.slug, defaults=now_there)

    # Queries

    @classmethod
    def is_free(cls, slug: str, owner: User | None, network: Network | None = None) -> bool:
        """Whether a network of `owner` (or this one) may have this address."""
        if slug in RESERVED_SLUGS or cls.objects.filter(slug=slug).exists():
            return False
        old = OldSlug.objects.filter(slug=slug).first()
        if old is None or (network is not None and old.network_id == network.pk):
            return True
        return old.network_id is None and owner is not None and old.owner_id == owner.pk

    def may_edit(self, person: Person) -> bool:
        """Owner and admin: change, delete, share."""
        return isinstance(person, User) and (person.is_admin or self.owner_id == person.pk)

    def may_control(self, person: Person) -> bool:
        """Owner, collaborator and admin: start, stop, pause, resume."""
        return self.may_edit(person) or (
            isinstance(person, User)
            and person.is_active
            and self.collaborators.filter(pk=person.pk).exists()
        )

    def may_type(self, person: Person, token: str, *, at: datetime) -> bool:
        """Who may start a run at the terminal: whoever controls, whoever holds a token, or
        anybody where the terminal is open."""
        return (
            (self.public and self.open_terminal)
            or self.may_control(person)
            or TerminalToken.opens(self, token, at=at)
        )

    def problems(self) -> list[str]:
        """Why this ring cannot run now, in words; empty when it can."""
        if self.archived:
            return [ARCHIVED]
        ring = self.ring
        found = rings.problems(ring, registry.get_model)
        return found or self._unavailable(ring)

    def _unavailable(self, ring: Sequence[rings.Slot]) -> list[str]:
        found = []
        for position, slot in enumerate(ring):
            state = self.keyring.availability(registry.get_model(slot.model))
            if not state.available:
                found.append(f"Slot {position}: {state.reason}")
        return found

    # Properties

    @property
    def topic(self) -> str:
        return f"network:{self.public_id}"

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    @property
    def ring(self) -> list[rings.Slot]:
        return [rings.Slot.from_json(slot) for slot in self.slots]

    @cached_property
    def keyring(self) -> Keyring:
        """The keys this network spends on: its owner's, whoever starts its runs."""
        picks = ChosenKey.objects.filter(network_id=self.pk)
        chosen = picks.values_list("credential", flat=True)
        return Keyring(self.owner_id, house=self.owner.on_house_keys, chosen=lambda: list(chosen))


RESERVED_SLUGS = frozenset({"new"})
ARCHIVED = "This network is in the archive: take it out before anything can run on it."


def _shared_with(person: User) -> models.QuerySet[Any, Any]:
    return Network.collaborators.through.objects.filter(user=person).values_list("network_id")
