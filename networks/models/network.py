"""The network: an ordered ring of models, who may use it, and how it behaves."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar, cast

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_noop

from accounts.models import User
from credentials.resolution import CredentialResolver
from lib.public_ids import ALPHABET, new_public_id
from lib.validation import is_legible
from networks import pacing, rings
from networks.opening_hours import OpeningHours
from platforms import registry

from .old_slug import OldSlug
from .policies import PerturbationPolicy, RefusalPolicy
from .selected_credential import SelectedCredential
from .terminal_token import TerminalToken

MAX_WORDS = 12  # of a search; more are left out
Person = User | AnonymousUser


def has_model_called(word: str, ring: str) -> models.Q:
    """One of the models in the JSON column `ring` has the word in its name or id."""
    found = models.Q(pk__in=())
    for model_id in registry.ids_with_word(word):
        found |= models.Q(**{f"{ring}__icontains": f'"{model_id}"'})
    return found


class NetworkQuerySet(models.QuerySet["Network"]):
    def visible_to(self, person: Person) -> NetworkQuerySet:
        """One's own, those shared with one, and public ones; all for an admin."""
        if not isinstance(person, User) or not person.is_active:
            return self.filter(public=True)
        if person.is_admin:
            return self
        return self.filter(public=True) | self.curated_by(person)

    def shared_with(self, person: User) -> NetworkQuerySet:
        """Those of others on which the person helps."""
        return self.filter(pk__in=_shared_with(person)).exclude(owner=person)

    def curated_by(self, person: User) -> NetworkQuerySet:
        """One's own, and those of others on which one helps."""
        # Not a join: that would need DISTINCT, which reads and compares all there is.
        return self.filter(models.Q(owner=person) | models.Q(pk__in=_shared_with(person)))

    def attended_by(self, person: Person) -> NetworkQuerySet:
        """Where the person is an attendant."""
        if not isinstance(person, User) or not person.is_active:
            return self.none()
        return self.not_archived().filter(attendants=person)

    def not_archived(self) -> NetworkQuerySet:
        return self.filter(archived_at=None)

    def find_by_slug(self, slug: str) -> Network | None:
        """The one of this address, or the one that had it before: two never share one."""
        if not is_legible(slug):  # it may have been typed, and no database looks that up
            return None
        return self.filter(slug=slug).first() or self.filter(old_slugs__slug=slug).first()

    def controlled_by(self, person: Person) -> NetworkQuerySet:
        """Where the person may start and stop: one's own and those shared with one; all for an
        admin."""
        if not isinstance(person, User) or not person.is_active:
            return self.none()
        return self if person.is_admin else self.curated_by(person)

    def with_model(self, model_id: str) -> NetworkQuerySet:
        """In whose ring it stands, or waits as a fallback."""
        return self.filter(slots__icontains=f'"{model_id}"')

    def with_words(self, words: str) -> NetworkQuerySet:
        """Each of them is in the name, in the description, or in what one of the models is called."""
        found = self
        for word in words.split()[:MAX_WORDS]:
            named = models.Q(name__icontains=word) | models.Q(description__icontains=word)
            found = found.filter(named | has_model_called(word, "slots"))
        return found

    def newest_first(self) -> NetworkQuerySet:
        return self.order_by("-created_at", "-id")

    def with_hours(self) -> NetworkQuerySet:
        """Those that opening hours close."""
        return self.filter(opening_hours__isnull=False)


class Network(models.Model):
    """A ring of models, owned by a curator."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="networks")
    collaborators = models.ManyToManyField(User, related_name="shared_networks", blank=True)
    attendants = models.ManyToManyField(User, related_name="attended_networks", blank=True)
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
    caption = models.BooleanField(default=True)
    prompt_max = models.PositiveIntegerField(default=2_000)
    attract_prompts = models.JSONField(default=list, blank=True)
    banned_words = models.JSONField(default=list, blank=True)
    language_hint = models.CharField(max_length=100, blank=True)
    # Kept by displays: most steps are of networks without boards, and none of those asks for any.
    has_boards = models.BooleanField(default=False, editable=False)
    terminal_language = models.CharField(max_length=20, blank=True)  # empty: the browser's
    # Those of its installations, kept by displays; NULL: no hours keep it closed.
    opening_hours = models.JSONField(null=True, editable=False)
    pace_to_closing = models.BooleanField(default=False)
    start_at_opening = models.BooleanField(default=False)
    warm_up_minutes = models.PositiveSmallIntegerField(default=5)
    # The opening for which its models were loaded, and that for which a run began
    warmed_for = models.DateTimeField(null=True, editable=False)
    started_for = models.DateTimeField(null=True, editable=False)
    panic_key = models.CharField(max_length=20, blank=True)  # a key's name; empty: none
    farm_tag = models.CharField(max_length=40, blank=True)  # of the farm workers it is for
    farm_patience_seconds = models.PositiveIntegerField(default=60)
    farm_priority = models.PositiveSmallIntegerField(default=50)  # 0 to 100, the highest first
    perturbation = models.CharField(
        max_length=9, choices=PerturbationPolicy.choices, default=PerturbationPolicy.NEVER
    )
    perturbation_sentences = models.JSONField(default=list, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[NetworkQuerySet] = cast("NetworkQuerySet", NetworkQuerySet.as_manager())

    class Meta:
        indexes = [
            models.Index(fields=["public", "-created_at"], name="network_public"),
            models.Index(
                fields=["id"],
                condition=models.Q(opening_hours__isnull=False),
                name="network_with_hours",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("networks:detail", args=[self.slug])

    def get_terminal_url(self) -> str:
        return reverse("networks:terminal", args=[self.slug])

    def get_wall_url(self) -> str:
        return reverse("networks:wall", args=[self.slug])

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

    def change_slug(self, slug: str) -> None:
        """Take another address; the old one leads here from now on."""
        OldSlug.objects.filter(slug=slug).delete()
        self._leave_address(self)
        self.slug = slug
        self.save(update_fields=["slug"])

    def set_archived(self, at: datetime | None) -> bool:
        """Archive it since `at`: off all lists, and nothing runs on it. None undoes it. False: it was
        so already, and stays as it is."""
        before = Network.objects.filter(pk=self.pk, archived_at__isnull=at is not None)
        changed = before.update(archived_at=at)
        self.refresh_from_db(fields=["archived_at"])
        return bool(changed)

    def set_opening_hours(self, periods: list[dict[str, Any]] | None) -> None:
        """The periods of all its installations; None: no hours keep it closed."""
        Network.objects.filter(pk=self.pk).update(opening_hours=periods)
        self.opening_hours = periods

    def note_opening(self, column: str, opening: datetime) -> bool:
        """That it was made ready (`warmed_for`) or begun (`started_for`) for this opening; False where
        that is on record already."""
        others = Network.objects.filter(pk=self.pk).exclude(**{column: opening})
        return bool(others.update(**{column: opening}))

    def delete_and_reserve_slugs(self) -> None:
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

    def may_attend(self, person: Person) -> bool:
        """An attendant, and whoever controls: pause, stop, start attract prompts, take outputs down."""
        return self.may_control(person) or (
            isinstance(person, User)
            and person.is_active
            and self.attendants.filter(pk=person.pk).exists()
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
            return [gettext(ARCHIVED)]
        return rings.order_problems(self.ring) or [
            rings.sentence_about_slot(one.position, one.availability.reason)
            for one in self.slot_statuses
            if not one.is_usable
        ]

    # Properties

    @property
    def topic(self) -> str:
        return f"network:{self.public_id}"

    @property
    def hours(self) -> OpeningHours:
        """When any of its installations is open; always, where one of them has no hours."""
        return OpeningHours.from_json(self.opening_hours)

    def money_day_began(self, at: datetime) -> datetime | None:
        """Since when what is spent counts as this day's; None: for 24 hours. A day that is to last
        until closing begins anew each day."""
        if not self.pace_to_closing or self.opening_hours is None:
            return None
        return self.hours.day_began(at)

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    @property
    def ring(self) -> list[rings.Slot]:
        return [rings.Slot.from_json(slot) for slot in self.slots]

    @property
    def slot_statuses(self) -> list[rings.SlotStatus]:
        return rings.slot_statuses(self.ring, self.credential_resolver)

    @cached_property
    def credential_resolver(self) -> CredentialResolver:
        """The keys this network spends on: its owner's, whoever starts its runs."""

        def selected() -> list[int]:
            picks = SelectedCredential.objects.filter(network_id=self.pk)
            return list(picks.values_list("credential", flat=True))

        return CredentialResolver(
            self.owner_id,
            operator_keys=self.owner.may_use_operator_keys,
            selected=selected,
            farm_tag=lambda: self.farm_tag,
        )


RESERVED_SLUGS = frozenset({"new"})
ARCHIVED = gettext_noop(
    "This network is in the archive: take it out before anything can run on it."
)


def _shared_with(person: User) -> models.QuerySet[Any, Any]:
    return Network.collaborators.through.objects.filter(user=person).values_list("network_id")
