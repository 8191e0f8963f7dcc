"""With whom a network is shared: adding and removing people, leaving, and who signs up later."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext

from accounts.models import AuditEntry, User
from lib.validation import Invalid

from .models import Network, Share, ShareRole

MAX_SHARES = 100


def share(
    *, network: Network, email: str, by: User | None, role: str = ShareRole.COLLABORATOR
) -> Share:
    """Put an address on the list, or give it another role; whoever has it is, or will be, what `role`
    says. The answer is the same either way. Raises Invalid."""
    address = email.strip().lower()
    _check(network, address, role)
    with transaction.atomic():
        shares = Network.objects.select_for_update(no_key=True).get(pk=network.pk).shares
        found = shares.filter(email=address).first()
        if found is not None and found.role == role:
            return found
        if found is None and shares.count() >= MAX_SHARES:
            sentence = gettext("A network is shared with %(most)d people at most.")
            raise Invalid({"email": sentence % {"most": MAX_SHARES}})
        made, _is_new = shares.update_or_create(email=address, defaults={"role": role})
        for person in User.objects.filter(email__iexact=address):
            _give_role(network, person, role)
        AuditEntry.record(by, "network.shared", f"{network} with {address}, {role}")
    return made


def unshare(*, network: Network, share: Share, by: User | None) -> None:
    """From this moment on they see and do what everybody may."""
    with transaction.atomic():
        for person in User.objects.filter(email__iexact=share.email):
            _take_roles(network, person)
        share.delete()
        AuditEntry.record(by, "network.unshared", f"{network} with {share.email}")


def leave(*, network: Network, person: User) -> None:
    """Stop being a collaborator. Raises PermissionDenied where they are none."""
    if not network.collaborators.filter(pk=person.pk).exists():
        raise PermissionDenied(gettext("Only a collaborator can leave."))
    with transaction.atomic():
        network.collaborators.remove(person)
        network.shares.filter(email=person.email.lower()).delete()
        AuditEntry.record(person, "network.left", network)


def add_to_shared_networks(user: User) -> None:
    """For a new account: share with it what was shared with its e-mail address."""
    for one in Share.objects.filter(email=user.email.lower()).select_related("network"):
        _give_role(one.network, user, one.role)


def _check(network: Network, address: str, role: str) -> None:
    """Raises Invalid."""
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid({"email": gettext("This is no e-mail address.")}) from None
    if address == network.owner.email.lower():
        raise Invalid({"email": gettext("The network is theirs already.")})
    if role not in ShareRole.values:
        raise Invalid(
            {
                "role": gettext("The role is one of these: {roles}.").format(
                    roles=", ".join(ShareRole.values)
                )
            }
        )


def _give_role(network: Network, person: User, role: str) -> None:
    """And no other one."""
    _take_roles(network, person)
    attends = role == ShareRole.ATTENDANT
    (network.attendants if attends else network.collaborators).add(person)


def _take_roles(network: Network, person: User) -> None:
    network.collaborators.remove(person)
    network.attendants.remove(person)
