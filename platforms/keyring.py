"""Which key a call is made with, and what to say where there is none.

A network spends on the keys of its owner: the one that was picked for it, else the newest of the
owner's own that works, else the newest that somebody lends them, else the house's, which come from
the environment and are for admins and for those whom an admin lets use them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from . import registry
from .base import Availability, Model, Platform
from .discretion import fit_for_people
from .models import Credential, HouseKey
from .sealing import Unreadable

WHERE = "Account, Keys"
MOST_TRIED = 100
GONE = (
    "The key this step was begun with has been replaced or taken away since: what {label} made of "
    "it cannot be collected, and may have been charged."
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one call may be made with: a key, none where none is needed, or why there is none."""

    platform: str
    key: Credential | HouseKey | None = None
    problem: str = ""

    @property
    def mark(self) -> str:
        """Which key it is, without a trace of the secret; another one as soon as it is replaced."""
        return self.key.mark if self.key else ""

    def credentials(self) -> Mapping[str, str]:
        """The secrets by the names adapters know them by. Raises Unreadable."""
        platform = registry.get_platform(self.platform)
        if isinstance(self.key, Credential):
            return {platform.key_name: self.key.secret.reveal()}
        return platform.house_keys() if self.key else {}

    def in_words(self, sentence: str) -> str:
        """What a provider or an adapter said, fit for those who run the network: it calls the key
        by the name its owner gave it, and repeats no secret."""
        if self.key is None:
            return sentence
        try:
            told = fit_for_people(sentence, self.credentials().values())
        except Unreadable:
            told = sentence
        if isinstance(self.key, Credential):
            name = registry.get_platform(self.platform).key_name
            told = told.replace(name, f"the key “{self.key.name}”")
        return told


class Keyring:
    """The keys that networks of one person may spend on. Reads them at the first need, once."""

    def __init__(
        self,
        person: int | None,
        *,
        house: bool,
        chosen: Callable[[], Collection[int]] = lambda: (),
        held: Iterable[Credential] | None = None,
        known: Mapping[str, HouseKey] | None = None,
    ) -> None:
        """`held`, and what is `known` of the house's keys by mark, where that was read already."""
        self._person, self._house, self._chosen = person, house, chosen
        self._held = None if held is None else sorted(held, key=self._order)
        self._known = known
        self._granted: dict[str, Grant] = {}
        self._opened: dict[str, Mapping[str, str]] = {}

    # Queries

    def grant(self, slug: str) -> Grant:
        """What a call to this platform may be made with now."""
        if slug not in self._granted:
            self._granted[slug] = self._find(registry.get_platform(slug))
        return self._granted[slug]

    def grant_again(self, slug: str, mark: str, *, begun: bool) -> Grant:
        """The key that an earlier try used, and no other: what it paid for is known to it alone.

        Where the provider has `begun`, it is also used after it was taken back or refused.
        """
        platform = registry.get_platform(slug)
        key: Credential | HouseKey | None
        if begun:
            key = Credential.objects.filter(platform=slug, mark=mark).first()
        else:
            key = next((key for key in self._keys_to(slug) if key.mark == mark), None)
        house = self._house_key(platform) if begun or self._house else None
        if key is None and house and house.mark == mark:
            key = house
        if key is None:
            return Grant(slug, None, GONE.format(label=platform.label))
        return Grant(slug, key, "" if begun else self._trouble(platform, key))

    def availability(self, model: Model) -> Availability:
        """Whether `model` could be asked now, known without a call."""
        granted = self.grant(model.platform)
        if granted.problem:
            return Availability(False, granted.problem)
        if model.platform not in self._opened:  # a catalogue asks for each of its models
            self._opened[model.platform] = granted.credentials()
        platform = registry.get_platform(model.platform)
        return platform.availability(model, self._opened[model.platform])

    def without(self, key: Credential) -> Keyring:
        """As it would be if that key were gone."""
        chosen = [pk for pk in self._chosen() if pk != key.pk]
        held = [one for one in self._mine() if one.pk != key.pk]
        return Keyring(
            self._person, house=self._house, chosen=lambda: chosen, held=held, known=self._known
        )

    # Finding

    def _find(self, platform: Platform) -> Grant:
        slug = platform.slug
        if not platform.key_name and not platform.key_settings:
            return Grant(slug)
        mine = self._keys_to(slug)
        chosen = self._chosen() if mine else ()
        if picked := [key for key in mine if key.pk in chosen]:
            return self._granted_by(platform, picked[0])
        house = self._house_key(platform) if self._house else None
        keys: list[Credential | HouseKey] = [*mine, *([house] if house else [])]
        for key in keys:
            if not (found := self._granted_by(platform, key)).problem:
                return found
        if keys:
            return self._granted_by(platform, keys[0])
        return Grant(slug, None, self._missing(platform) if platform.key_settings else "")

    def _granted_by(self, platform: Platform, key: Credential | HouseKey) -> Grant:
        return Grant(platform.slug, key, self._trouble(platform, key))

    def _keys_to(self, slug: str) -> list[Credential]:
        return [key for key in self._mine() if key.platform == slug]

    def _mine(self) -> list[Credential]:
        if self._held is None:
            held = Credential.objects.usable_by(self._person) if self._person else ()
            self._held = sorted(held, key=self._order)
        return self._held

    def _order(self, key: Credential) -> tuple[bool, float, int]:
        """One's own before lent ones, the newest first."""
        made_at = key.replaced_at or key.created_at
        return key.owner_id != self._person, -made_at.timestamp(), -key.pk

    # Saying why not

    def _trouble(self, platform: Platform, key: Credential | HouseKey) -> str:
        if isinstance(key, HouseKey):
            names = " and ".join(platform.house_keys())
            refused = (
                f"{platform.label} refused the house's key: an admin has to replace {names}, or "
                "test it again."
            )
            return refused if key.refused else ""
        if key.refused:
            return f"{platform.label} refused the key: replace it, or test it again, under {WHERE}."
        if not key.readable:
            return (
                f"The key for {platform.label} cannot be decrypted on this machine: type it in "
                f"again under {WHERE}."
            )
        return ""

    def _house_key(self, platform: Platform) -> HouseKey | None:
        """With what is known of it; None where the environment has none."""
        if (key := house_key(platform)) is None:
            return None
        if self._known is not None:
            return self._known.get(key.mark, key)
        return HouseKey.objects.filter(mark=key.mark).first() or key

    def _missing(self, platform: Platform) -> str:
        names = " and ".join(platform.key_settings)
        if not platform.key_name or self._person is None:
            return f"{platform.label} needs {names} to be set."
        if self._house:
            return f"{platform.label} needs a key: add one under {WHERE}, or set {names}."
        return f"{platform.label} needs a key ({names}): add one under {WHERE}."


def house_keys() -> list[HouseKey]:
    """One for each platform whose key is in the environment, with what is known of it."""
    found = [key for platform in registry.all_platforms() if (key := house_key(platform))]
    known = HouseKey.objects.in_bulk([key.mark for key in found], field_name="mark")
    return [known.get(key.mark, key) for key in found]


def keys_to_try(kind: type[Credential] | type[HouseKey], at: datetime) -> list[int]:
    """Refused keys that are to be tried again now, by their rows' keys."""
    refused = kind.objects.filter(refused_at__isnull=False)[:MOST_TRIED]
    return [key.pk for key in refused if _is_in_use(key) and key.is_to_be_tried(at)]


def _is_in_use(key: Credential | HouseKey) -> bool:
    """What is known of a key that the environment has no more is only history."""
    if isinstance(key, Credential):
        return True
    try:
        present = house_key(registry.get_platform(key.platform))
    except registry.UnknownModel:
        return False
    return present is not None and present.mark == key.mark


def house_key(platform: Platform) -> HouseKey | None:
    """The house's key to this platform, as it is before anything is known of it."""
    values = platform.house_keys()
    if not values or not all(values.values()):
        return None
    secret = "\n".join([platform.slug, *values.values()])
    digest = hmac.new(settings.SECRET_KEY.encode(), secret.encode(), hashlib.sha256)
    return HouseKey(platform=platform.slug, mark=digest.hexdigest()[:12])
