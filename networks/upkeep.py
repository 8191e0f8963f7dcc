"""What owners do with a network beside letting it run: rename, copy, put away, share."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import AuditEntry, User

from .fields import Invalid
from .models import Network, Share

SHARES_MOST = 100
# Of a copy; how it is shown to others begins anew, and so does whoever helps with it.
COPIED = (
    *("description", "slots", "lockout_seconds", "pacing", "budgets", "refusal_policy"),
    *("replay", "prompt_max", "attract_prompts", "banned_words", "language_hint"),
)
NOT_FREE = "This address is not free. Choose another one."


def rename(*, network: Network, slug: str, by: User | None) -> None:
    """Give the network another address; the old one leads to it from now on. Raises Invalid."""
    if slug == network.slug:
        return
    if not slug or len(slug) > 60 or slugify(slug) != slug:
        sentence = "An address is made of small letters, digits and hyphens, at most 60 of them."
        raise Invalid({"slug": sentence})
    old = network.slug
    try:
        with transaction.atomic():
            if not Network.is_free(slug, network.owner, network):
                raise Invalid({"slug": NOT_FREE})
            network.move_to(slug)
            AuditEntry.record(by, "network.renamed", f"{old} is {slug} now")
    except IntegrityError:  # somebody took it in this very moment
        network.slug = old
        raise Invalid({"slug": NOT_FREE}) from None


def duplicate(*, network: Network, owner: User, name: str = "") -> Network:
    """A copy of one's own of a network that one sees: private, and nothing has run on it. What only
    those who control it know (its banned words) goes to them alone."""
    told = network.may_control(owner)
    fields = {field: getattr(network, field) for field in COPIED if told or field != "banned_words"}
    return create(owner=owner, name=name or f"Copy of {network.name}"[:100], fields=fields)


def create(*, owner: User, name: str, fields: dict[str, object]) -> Network:
    """Two who choose the same name at the same moment both get an address."""
    for _ in range(3):
        try:
            with transaction.atomic():
                return Network.create(owner, name=name, **fields)
        except IntegrityError:
            continue
    return Network.create(owner, name=name, **fields)


def unarchive(*, network: Network, by: User | None) -> None:
    with transaction.atomic():
        network.put_away(None)
        AuditEntry.record(by, "network.unarchived", network)


def share(*, network: Network, email: str, by: User | None) -> Share:
    """Put an address on the list; whoever has it is, or will be, a collaborator. The answer is the
    same either way. Raises Invalid."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid({"email": "This is no e-mail address."}) from None
    if address == network.owner.email.lower():
        raise Invalid({"email": "The network is theirs already."})
    with transaction.atomic():
        shares = Network.objects.select_for_update(no_key=True).get(pk=network.pk).shares
        found = shares.filter(email=address).first()
        if found is not None:
            return found
        if shares.count() >= SHARES_MOST:
            raise Invalid({"email": f"A network is shared with {SHARES_MOST} people at most."})
        made: Share = shares.create(email=address)
        network.collaborators.add(*User.objects.filter(email__iexact=address))
        AuditEntry.record(by, "network.shared", f"{network} with {address}")
    return made


def unshare(*, network: Network, share: Share, by: User | None) -> None:
    """From this moment on they see and do what everybody may."""
    with transaction.atomic():
        network.collaborators.remove(*User.objects.filter(email__iexact=share.email))
        share.delete()
        AuditEntry.record(by, "network.unshared", f"{network} with {share.email}")


def leave(*, network: Network, person: User) -> None:
    """Help no more with it."""
    with transaction.atomic():
        network.collaborators.remove(person)
        network.shares.filter(email=person.email.lower()).delete()
        AuditEntry.record(person, "network.left", network)


def welcome(user: User) -> None:
    """Somebody has an account from now on: what was shared with their address is shared with them."""
    for one in Share.objects.filter(email=user.email.lower()).select_related("network"):
        one.network.collaborators.add(user)
