"""What people do with keys to platforms: store, name, replace, lend, delete, and pick for a network.

Only its owner does anything with a key. The log for admins says who did what, and to which key by its
name; the secret is nowhere in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEntry, User
from platforms import registry
from platforms.base import Platform
from platforms.models import Credential, Loan

from .fields import Invalid, is_legible
from .models import ChosenKey, Network

KEYS_MOST = 50  # of one person
LOANS_MOST = 100
SECRET_MOST = 1_000  # characters


def store(*, owner: User, platform: str, name: str, secret: str) -> Credential:
    """A new key of theirs. Raises Invalid."""
    found = _platform(platform)
    errors = {
        "platform": "" if found else "There is no such platform, or it takes no keys.",
        "name": _wrong_name(name),
        "secret": _wrong_secret(found, secret) if found else "",
    }
    _check(errors)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # two at a time are counted one by one
        if Credential.objects.filter(owner=owner).count() >= KEYS_MOST:
            raise Invalid({"name": f"You have {KEYS_MOST} keys; delete one first."})
        made = Credential.store(
            owner=owner, platform=platform, name=name.strip(), plain=secret.strip()
        )
        AuditEntry.record(owner, "key.stored", made)
    return made


def change(
    *,
    key: Credential,
    name: str | None = None,
    secret: str | None = None,
    lent_to: Iterable[str] | None = None,
) -> None:
    """All that is given, or, where anything of it is wrong, nothing. Another secret is another key:
    what was known of the old one is forgotten. `lent_to`: these and no others. Raises Invalid."""
    errors = {"name": "" if name is None else _wrong_name(name)}
    if secret is not None:
        platform = _platform(key.platform)
        gone = "This platform takes no keys any more."
        errors["secret"] = _wrong_secret(platform, secret) if platform else gone
    _check(errors)
    with transaction.atomic():
        if lent_to is not None:
            _lend_to_just(key, lent_to)
        if name is not None:
            key.rename(name.strip())
        if secret is not None:
            key.replace(secret.strip(), at=timezone.now())
            AuditEntry.record(key.owner, "key.replaced", key)


def lend(*, key: Credential, email: str) -> Loan:
    """Whoever has this address, now or later, may use the key. Raises Invalid."""
    address = _address(key, email)
    with transaction.atomic():
        loans = Credential.objects.select_for_update().get(pk=key.pk).loans
        if (known := loans.filter(email=address).first()) is not None:
            return known
        if loans.count() >= LOANS_MOST:
            raise Invalid({"email": f"A key is lent to {LOANS_MOST} addresses at most."})
        made: Loan = loans.create(email=address)
        AuditEntry.record(key.owner, "key.lent", f"{key} to {address}")
    return made


def take_back(*, key: Credential, loan: Loan) -> None:
    """Their next step uses another key, or fails and says why."""
    with transaction.atomic():
        loan.delete()
        AuditEntry.record(key.owner, "key.taken_back", f"{key} from {loan.email}")


def delete(*, key: Credential) -> None:
    with transaction.atomic():
        AuditEntry.record(key.owner, "key.deleted", key)
        key.delete()


def pick(*, network: Network, picks: Mapping[str, str | None], by: User | None) -> None:
    """Have the network spend on these keys, by platform; None: on whichever is the best.

    All or nothing. Raises Invalid.
    """
    usable = Credential.objects.usable_by(network.owner_id)
    found = {
        one.public_id: one for one in usable.filter(public_id__in=filter(None, picks.values()))
    }
    errors, chosen = {}, {}
    for slug, key_id in picks.items():
        key = found.get(key_id or "")
        if _platform(slug) is None:
            errors[slug] = "There is no such platform, or it takes no keys."
        elif key_id and (key is None or key.platform != slug):
            errors[slug] = "The owner of the network has no such key to this platform."
        else:
            chosen[slug] = key
    _check(errors)
    if not chosen:
        return
    with transaction.atomic():
        Network.objects.select_for_update().get(pk=network.pk)
        ChosenKey.objects.filter(network=network, platform__in=chosen).delete()
        ChosenKey.objects.bulk_create(
            ChosenKey(network=network, platform=slug, credential=key)
            for slug, key in chosen.items()
            if key is not None
        )
        told = ", ".join(
            f"{slug}: {key.name if key else 'the best'}" for slug, key in chosen.items()
        )
        AuditEntry.record(by, "network.keys_picked", f"{network} ({told})")
    network.__dict__.pop("keyring", None)


def let_use_house_keys(*, person: User, may: bool, by: User) -> None:
    """Whether networks of this curator may spend on the keys of the environment."""
    with transaction.atomic():
        person.may_use_house_keys = may
        person.save(update_fields=["may_use_house_keys"])
        AuditEntry.record(by, "house_keys.granted" if may else "house_keys.withdrawn", person)


def _lend_to_just(key: Credential, emails: Iterable[str]) -> None:
    try:
        wanted = {_address(key, email) for email in emails}
    except Invalid as wrong:
        raise Invalid({"lent_to": wrong.errors["email"]}) from None
    if len(wanted) > LOANS_MOST:
        raise Invalid({"lent_to": f"A key is lent to {LOANS_MOST} addresses at most."})
    for loan in key.loans.exclude(email__in=wanted):
        take_back(key=key, loan=loan)
    for address in sorted(wanted):
        lend(key=key, email=address)


def _platform(slug: str) -> Platform | None:
    try:
        found = registry.get_platform(slug)
    except registry.UnknownModel:
        return None
    return found if found.key_name else None


def _check(errors: Mapping[str, str]) -> None:
    if wrong := {name: sentence for name, sentence in errors.items() if sentence}:
        raise Invalid(wrong)


def _wrong_name(name: str) -> str:
    if not name.strip():
        return "Give it a name, so that you know it again."
    if len(name.strip()) > 100 or not is_legible(name) or len(name.strip().splitlines()) > 1:
        return "A name is one line of at most 100 characters."
    return ""


def _wrong_secret(platform: Platform, secret: str) -> str:
    if len(secret.strip()) > SECRET_MOST:
        return f"A key has at most {SECRET_MOST:,} characters."
    return platform.key_problem(secret.strip())


def _address(key: Credential, email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address[:255])
    except ValidationError:
        raise Invalid({"email": "This is no e-mail address."}) from None
    if len(address) > 254:
        raise Invalid({"email": "This is no e-mail address."})
    if address == key.owner.email.lower():
        raise Invalid({"email": "The key is theirs already."})
    return address
