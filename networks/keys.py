"""Keys to platforms, seen from the networks that spend on them: which one pays, and who would miss it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models.functions import Lower

from accounts.models import User
from platforms import keyring, registry
from platforms.base import Platform
from platforms.keyring import Grant, Keyring
from platforms.models import Credential, HouseKey, Loan

from .models import ChosenKey, Network


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays for what a network does at one platform, and who else could."""

    platform: Platform
    grant: Grant
    chosen: Credential | None
    choices: Sequence[Credential]
    person: int

    @property
    def source(self) -> str:
        """`own`, `lent` or `house`; empty where nobody pays."""
        key = self.grant.key
        if key is None:
            return ""
        if isinstance(key, HouseKey):
            return "house"
        return "own" if key.owner_id == self.person else "lent"

    @property
    def name(self) -> str:
        """What the key is called by its owner; empty for the house's."""
        return self.grant.key.name if isinstance(self.grant.key, Credential) else ""


@dataclass(frozen=True, slots=True)
class Loss:
    """A network that spends on a key, and what it would do without."""

    name: str
    url: str  # empty where it is not for the key's owner to see
    instead: str
    stops: bool = False  # it could not run any more


def payers(network: Network) -> list[Payer]:
    """One for each platform of the ring that takes a key."""
    held = list(Credential.objects.usable_by(network.owner_id).order_by("-created_at", "-pk"))
    chosen = set(network.chosen_keys.values_list("credential", flat=True))
    found = []
    for platform in _keyed(network):
        choices = [key for key in held if key.platform == platform.slug]
        picked = next((key for key in choices if key.pk in chosen), None)
        grant = network.keyring.grant(platform.slug)
        found.append(Payer(platform, grant, picked, choices, network.owner_id))
    return found


def hand_out(networks: Iterable[Network]) -> None:
    """Read the keys of all these networks at once, where their rings need any."""
    rows = [network for network in networks if _keyed(network)]
    if not rows:
        return
    owners = {network.owner_id: network.owner for network in rows}
    held = _held_by(owners.values())
    chosen = defaultdict(list)
    picks = ChosenKey.objects.filter(network__in=rows)
    for network_id, key in picks.values_list("network_id", "credential_id"):
        chosen[network_id].append(key)
    known = {key.mark: key for key in keyring.house_keys() if key.pk}
    for network in rows:
        network.__dict__["keyring"] = _ring(network, chosen[network.pk], held, known)


def losses(key: Credential) -> list[Loss]:
    """The networks that spend on this key now, by name, and what becomes of them without it."""
    written = User.objects.annotate(written=Lower("email"))
    borrowers = written.filter(written__in=key.loans.values("email"))
    holders = [key.owner_id, *borrowers.values_list("pk", flat=True)]
    networks = [
        network
        for network in Network.objects.filter(owner__in=holders).select_related("owner")
        if any(platform.slug == key.platform for platform in _keyed(network))
    ]
    hand_out(networks)
    visible = set(Network.objects.visible_to(key.owner).values_list("pk", flat=True))
    return [
        _loss(network, key, visible=network.pk in visible)
        for network in sorted(networks, key=lambda one: one.name.casefold())
        if _pays(network, key)
    ]


def platforms_with_keys() -> list[Platform]:
    """Those for which a person can store a key."""
    return [platform for platform in registry.all_platforms() if platform.key_name]


def _pays(network: Network, key: Credential) -> bool:
    found = network.keyring.grant(key.platform).key
    return isinstance(found, Credential) and found.pk == key.pk


def _loss(network: Network, key: Credential, *, visible: bool) -> Loss:
    left = network.keyring.without(key).grant(key.platform)
    if left.problem:
        instead = "cannot run without it"
    elif isinstance(left.key, Credential):
        instead = f"goes on with the key “{left.key.name}”" if visible else "goes on without it"
    else:
        instead = "goes on with the house's key" if left.key else "goes on without a key"
    if not visible:
        return Loss(f"a network of {network.owner}", "", instead, bool(left.problem))
    return Loss(network.name, network.get_absolute_url(), instead, bool(left.problem))


def _held_by(owners: Iterable[User]) -> dict[int, list[Credential]]:
    """The keys each of them may use. Two queries."""
    people = list(owners)
    found: dict[int, list[Credential]] = {person.pk: [] for person in people}
    for key in Credential.objects.filter(owner__in=people):
        found[key.owner_id].append(key)
    by_address = {person.email.lower(): person.pk for person in people}
    lent = Loan.objects.filter(email__in=by_address, credential__owner__is_active=True)
    for loan in lent.select_related("credential"):
        if loan.credential.owner_id != by_address[loan.email]:
            found[by_address[loan.email]].append(loan.credential)
    return found


def _ring(
    network: Network,
    chosen: Collection[int],
    held: dict[int, list[Credential]],
    known: dict[str, HouseKey],
) -> Keyring:
    return Keyring(
        network.owner_id,
        house=network.owner.on_house_keys,
        chosen=lambda: chosen,
        held=held[network.owner_id],
        known=known,
    )


def _keyed(network: Network) -> list[Platform]:
    """The platforms of its ring that take keys, fallbacks included."""
    slugs = {
        model.partition(":")[0]
        for slot in network.ring
        for model in (slot.model, slot.fallback)
        if model
    }
    return [
        platform
        for platform in registry.all_platforms()
        if platform.slug in slugs and (platform.key_name or platform.key_settings)
    ]
