"""Which key a call is made with, and what to say where there is none.

A network spends on the keys of its owner: the one that was selected for it, else the newest of the
owner's own that works, else the newest that somebody lends them, else the operator's, which come
from the environment and are for admins and for those whom an admin lets use them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from lib import redaction
from lib.encryption import Unreadable
from lib.stored_sentences import stored_sentence, translate_stored
from platforms import registry
from platforms.audience import OfferAudience
from platforms.base import Availability, Model, Platform

from .models import Credential, OperatorKey
from .operator_keys import key_in_environment

KEY_IS_GONE = stored_sentence(
    "The key this step was begun with has been replaced or taken away since: what %(platform)s "
    "made of it cannot be collected, and may have been charged."
)
OPERATOR_KEY_REFUSED = stored_sentence(
    "%(platform)s refused the operator's key: an admin has to replace %(names)s, or test it again."
)
KEY_REFUSED = stored_sentence(
    "%(platform)s refused the key: replace it, or test it again, under Account, Keys."
)
KEY_UNREADABLE = stored_sentence(
    "The key for %(platform)s cannot be decrypted on this machine: type it in "
    "again under Account, Keys."
)
SETTING_MISSING = stored_sentence("%(platform)s needs %(names)s to be set.")
KEY_MISSING = stored_sentence("%(platform)s needs a key (%(names)s): add one under Account, Keys.")
KEY_OR_SETTING_MISSING = stored_sentence(
    "%(platform)s needs a key: add one under Account, Keys, or set %(names)s."
)

NOT_FOR_THEM = stored_sentence("No worker of the farm that offers %(model)s is for this network.")
NOT_AWAKE = stored_sentence(
    "No worker of the farm that offers %(model)s and is for this network is awake."
)


@dataclass(frozen=True, slots=True)
class ResolvedCredential:
    """The key one call is made with; none where none is needed, or `problem` says why there is
    none, in a stored sentence."""

    platform: str
    key: Credential | OperatorKey | None = None
    problem: str = ""

    @property
    def fingerprint(self) -> str:
        """Which key it is; another value as soon as it is replaced. Says nothing about the secret."""
        return self.key.fingerprint if self.key else ""

    def secrets(self) -> Mapping[str, str]:
        """By the names adapters know them by. Raises Unreadable."""
        platform = registry.get_platform(self.platform)
        if isinstance(self.key, Credential):
            return {platform.key_name: self.key.secret.decrypt()}
        return platform.operator_keys() if self.key else {}

    def redact(self, sentence: str) -> str:
        """What a provider or an adapter said, for those who run the network: without any secret, and
        with the key called by the name that its owner gave it."""
        if self.key is None:
            return sentence
        try:
            shown = redaction.redact_provider_text(sentence, self.secrets().values())
        except Unreadable:
            shown = sentence
        if isinstance(self.key, Credential):
            name = registry.get_platform(self.platform).key_name
            shown = shown.replace(name, f"the key “{self.key.name}”")
        return shown


class CredentialResolver:
    """The keys that networks of one person may spend on: read once, when first needed."""

    def __init__(
        self,
        person: int | None,
        *,
        operator_keys: bool,
        selected: Callable[[], Collection[int]] = lambda: (),
        usable: Iterable[Credential] | None = None,
        known: Mapping[str, OperatorKey] | None = None,
        farm_tag: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`operator_keys`: whether it may also use those. `usable`, and what is `known` of the
        operator's keys by fingerprint, are given where they have been read already. `farm_tag`: of the
        network; None where it is about no network in particular."""
        self._farm_tag = farm_tag
        self._person, self._operator_keys, self._selected = person, operator_keys, selected
        self._usable = None if usable is None else sorted(usable, key=self._order)
        self._known = known
        self._resolved: dict[str, ResolvedCredential] = {}
        self._secrets: dict[str, Mapping[str, str]] = {}

    # Queries

    def resolve(self, slug: str) -> ResolvedCredential:
        """What a call to this platform may be made with now."""
        if slug not in self._resolved:
            self._resolved[slug] = self._find(registry.get_platform(slug))
        return self._resolved[slug]

    def resolve_earlier(self, slug: str, fingerprint: str, *, begun: bool) -> ResolvedCredential:
        """The key that an earlier try used, and no other: what it paid for is known to it alone.

        Where the provider has `begun`, it is also used after it was taken back or refused.
        """
        platform = registry.get_platform(slug)
        key: Credential | OperatorKey | None
        if begun:
            key = Credential.objects.filter(platform=slug, fingerprint=fingerprint).first()
        else:
            key = next((key for key in self._keys_to(slug) if key.fingerprint == fingerprint), None)
        operator_key = self._operator_key(platform) if begun or self._operator_keys else None
        if key is None and operator_key and operator_key.fingerprint == fingerprint:
            key = operator_key
        if key is None:
            return ResolvedCredential(slug, None, KEY_IS_GONE % {"platform": platform.label})
        return ResolvedCredential(slug, key, "" if begun else self._problem_of(platform, key))

    def availability(self, model: Model) -> Availability:
        """Whether `model` could be asked now, known without a call; the reason in the reader's language."""
        found = self.resolve(model.platform)
        if not self.may_use(model):
            return Availability(False, translate_stored(NOT_FOR_THEM % {"model": model.name}))
        if found.problem:
            return Availability(False, translate_stored(found.problem))
        if model.platform not in self._secrets:  # a catalogue asks for each of its models
            self._secrets[model.platform] = found.secrets()
        platform = registry.get_platform(model.platform)
        state = platform.availability(model, self._secrets[model.platform])
        if state.available and model.audiences and not self._is_offered_now(model):
            state = Availability(False, NOT_AWAKE % {"model": model.name})
        return Availability(state.available, translate_stored(state.reason))

    def may_use(self, model: Model) -> bool:
        """Whether it is offered to this person's networks at all, now or at another time."""
        return not model.audiences or bool(self._audiences(model))

    def _is_offered_now(self, model: Model) -> bool:
        return any(one.awake for one in self._audiences(model))

    def _audiences(self, model: Model) -> list[OfferAudience]:
        """Those of the model that this person's networks belong to."""
        tag = self._farm_tag() if model.audiences else None
        return [one for one in model.audiences if one.includes(self._person, tag)]

    def without(self, key: Credential) -> CredentialResolver:
        """As it would be if that key were gone."""
        selected = [pk for pk in self._selected() if pk != key.pk]
        usable = [one for one in self._usable_keys() if one.pk != key.pk]
        return CredentialResolver(
            self._person,
            operator_keys=self._operator_keys,
            selected=lambda: selected,
            usable=usable,
            known=self._known,
            farm_tag=self._farm_tag,
        )

    # Finding

    def _find(self, platform: Platform) -> ResolvedCredential:
        slug = platform.slug
        if not platform.key_name and not platform.key_settings:
            return ResolvedCredential(slug)
        mine = self._keys_to(slug)
        selected = self._selected() if mine else ()
        if picked := [key for key in mine if key.pk in selected]:
            return self._resolved_with(platform, picked[0])
        operator_key = self._operator_key(platform) if self._operator_keys else None
        keys: list[Credential | OperatorKey] = [*mine, *([operator_key] if operator_key else [])]
        for key in keys:
            if not (found := self._resolved_with(platform, key)).problem:
                return found
        if keys:
            return self._resolved_with(platform, keys[0])
        return ResolvedCredential(
            slug, None, self._missing(platform) if platform.key_settings else ""
        )

    def _resolved_with(
        self, platform: Platform, key: Credential | OperatorKey
    ) -> ResolvedCredential:
        return ResolvedCredential(platform.slug, key, self._problem_of(platform, key))

    def _keys_to(self, slug: str) -> list[Credential]:
        return [key for key in self._usable_keys() if key.platform == slug]

    def _usable_keys(self) -> list[Credential]:
        if self._usable is None:
            usable = Credential.objects.usable_by(self._person) if self._person else ()
            self._usable = sorted(usable, key=self._order)
        return self._usable

    def _order(self, key: Credential) -> tuple[bool, float, int]:
        """One's own before lent ones, the newest first."""
        made_at = key.replaced_at or key.created_at
        return key.owner_id != self._person, -made_at.timestamp(), -key.pk

    # Saying why not

    def _problem_of(self, platform: Platform, key: Credential | OperatorKey) -> str:
        if isinstance(key, OperatorKey):
            names = " and ".join(platform.operator_keys())
            refused = OPERATOR_KEY_REFUSED % {"platform": platform.label, "names": names}
            return refused if key.refused else ""
        if key.refused:
            return KEY_REFUSED % {"platform": platform.label}
        return "" if key.readable else KEY_UNREADABLE % {"platform": platform.label}

    def _operator_key(self, platform: Platform) -> OperatorKey | None:
        """With what is known of it; None where the environment has none."""
        if (key := key_in_environment(platform)) is None:
            return None
        if self._known is not None:
            return self._known.get(key.fingerprint, key)
        return OperatorKey.objects.filter(fingerprint=key.fingerprint).first() or key

    def _missing(self, platform: Platform) -> str:
        words = {"platform": platform.label, "names": " and ".join(platform.key_settings)}
        if not platform.key_name or self._person is None:
            return SETTING_MISSING % words
        return (KEY_OR_SETTING_MISSING if self._operator_keys else KEY_MISSING) % words
