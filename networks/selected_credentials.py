"""Which keys a network spends on, who selects them, and what would become of it without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext

from accounts.models import AuditEntry, User
from credentials.hooks import CredentialUse
from credentials.models import Credential, Loan, OperatorKey
from credentials.operator_keys import operator_keys
from credentials.resolution import CredentialResolver, ResolvedCredential
from credentials.stored_keys import platform_with_keys
from lib.validation import is_legible, raise_invalid
from platforms import registry
from platforms.base import Platform

from .models import Network, SelectedCredential


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays for what a network does at one platform, and who else could."""

    platform: Platform
    credential: ResolvedCredential
    selected: Credential | None
    choices: Sequence[Credential]
    person: int

    @property
    def source(self) -> str:
        """`own`, `lent` or `house`; empty where nobody pays."""
        key = self.credential.key
        if key is None:
            return ""
        if isinstance(key, OperatorKey):
            return "house"
        return "own" if key.owner_id == self.person else "lent"

    @property
    def name(self) -> str:
        """What the key is called by its owner; empty for the operator's."""
        return self.credential.key.name if isinstance(self.credential.key, Credential) else ""


def payers_of_network(network: Network) -> list[Payer]:
    """One for each platform of the ring that takes a key."""
    held = list(Credential.objects.usable_by(network.owner_id).order_by("-created_at", "-pk"))
    chosen = set(network.selected_credentials.values_list("credential", flat=True))
    found = []
    for platform in _platforms_with_keys(network):
        choices = [key for key in held if key.platform == platform.slug]
        picked = next((key for key in choices if key.pk in chosen), None)
        resolved = network.credential_resolver.resolve(platform.slug)
        found.append(Payer(platform, resolved, picked, choices, network.owner_id))
    return found


def preload_credentials(networks: Iterable[Network]) -> None:
    """Read the keys of all these networks at once, where their rings need any."""
    rows = [network for network in networks if _platforms_with_keys(network)]
    if not rows:
        return
    held = _usable_by({network.owner for network in rows})
    chosen: dict[int, list[int]] = defaultdict(list)
    picks = SelectedCredential.objects.filter(network__in=rows)
    for network_id, key in picks.values_list("network_id", "credential_id"):
        chosen[network_id].append(key)
    known = {key.fingerprint: key for key in operator_keys() if key.pk}
    for network in rows:
        network.__dict__["credential_resolver"] = CredentialResolver(
            network.owner_id,
            operator_keys=network.owner.may_use_operator_keys,
            selected=partial(chosen.__getitem__, network.pk),
            usable=held[network.owner_id],
            known=known,
            farm_tag=partial(getattr, network, "farm_tag"),
        )


def uses_of_credential(key: Credential) -> list[CredentialUse]:
    """The networks that spend on this key now, by name, and what becomes of them without it."""
    written = User.objects.annotate(written=Lower("email"))
    borrowers = written.filter(written__in=key.loans.values("email"))
    holders = [key.owner_id, *borrowers.values_list("pk", flat=True)]
    networks = [
        network
        for network in Network.objects.filter(owner__in=holders).select_related("owner")
        if any(platform.slug == key.platform for platform in _platforms_with_keys(network))
    ]
    preload_credentials(networks)
    visible = set(Network.objects.visible_to(key.owner).values_list("pk", flat=True))
    return [
        _use(network, key, visible=network.pk in visible)
        for network in sorted(networks, key=lambda one: one.name.casefold())
        if network.credential_resolver.resolve(key.platform).key == key
    ]


def select_credentials(
    *, network: Network, picks: Mapping[str, str | None], by: User | None
) -> None:
    """Have the network spend on these keys, by platform; None: on whichever is the best.

    All or nothing. Raises Invalid.
    """
    usable = Credential.objects.usable_by(network.owner_id)
    named = [key_id for key_id in picks.values() if key_id and is_legible(key_id)]
    found = {one.public_id: one for one in usable.filter(public_id__in=named)}
    errors, selected = {}, {}
    for slug, key_id in picks.items():
        key = found.get(key_id or "")
        if platform_with_keys(slug) is None:
            errors[slug] = gettext("There is no such platform, or it takes no keys.")
        elif key_id and (key is None or key.platform != slug):
            errors[slug] = gettext("The owner of the network has no such key to this platform.")
        else:
            selected[slug] = key
    raise_invalid(errors)
    if not selected:
        return
    with transaction.atomic():
        Network.objects.select_for_update().get(pk=network.pk)
        SelectedCredential.objects.filter(network=network, platform__in=selected).delete()
        SelectedCredential.objects.bulk_create(
            SelectedCredential(network=network, platform=slug, credential=key)
            for slug, key in selected.items()
            if key is not None
        )
        summary = ", ".join(
            f"{slug}: {key.name if key else 'the best'}" for slug, key in selected.items()
        )
        AuditEntry.record(by, "network.keys_picked", f"{network} ({summary})")
    network.__dict__.pop("credential_resolver", None)


def _use(network: Network, key: Credential, *, visible: bool) -> CredentialUse:
    left = network.credential_resolver.without(key).resolve(key.platform)
    if left.problem:
        without_it = gettext("cannot run without it")
    elif isinstance(left.key, Credential):
        sentence = gettext("goes on with the key “%(key)s”")
        without_it = sentence % {"key": left.key.name} if visible else gettext("goes on without it")
    elif left.key:
        without_it = gettext("goes on with the operator's key")
    else:
        without_it = gettext("goes on without a key")
    name, url = network.name, network.get_absolute_url()
    if not visible:
        name, url = gettext("a network of %(owner)s") % {"owner": network.owner}, ""
    return CredentialUse(name, url, without_it, bool(left.problem))


def _usable_by(owners: Collection[User]) -> dict[int, list[Credential]]:
    """The keys each of them may use. Two queries."""
    found: dict[int, list[Credential]] = defaultdict(list)
    for key in Credential.objects.filter(owner__in=owners):
        found[key.owner_id].append(key)
    by_address = {person.email.lower(): person.pk for person in owners}
    lent = Loan.objects.filter(email__in=by_address, credential__owner__is_active=True)
    for loan in lent.select_related("credential"):
        if loan.credential.owner_id != by_address[loan.email]:
            found[by_address[loan.email]].append(loan.credential)
    return found


def _platforms_with_keys(network: Network) -> list[Platform]:
    """The platforms of its ring that take keys, fallbacks included."""
    models = {model for slot in network.ring for model in (slot.model, slot.fallback)}
    slugs = {model.partition(":")[0] for model in models}
    return [
        platform
        for platform in registry.all_platforms()
        if platform.slug in slugs and (platform.key_name or platform.key_settings)
    ]
