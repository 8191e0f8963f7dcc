"""What people do with their own keys: store, change, lend and delete them.

Only its owner does anything with a key. The audit log says who did what, and to which key by its
name; the secret is nowhere in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext

from accounts.models import AuditEntry, User
from credentials.models import Credential, Loan
from lib.validation import Invalid, is_legible, raise_invalid
from platforms import registry
from platforms.base import Platform

MAX_KEYS = 50  # of one person
MAX_LOANS = 100
MAX_SECRET_LENGTH = 1_000  # characters


def store(*, owner: User, platform: str, name: str, secret: str) -> Credential:
    """A new key of theirs. Raises Invalid."""
    found = platform_with_keys(platform)
    errors = {
        "platform": "" if found else gettext("There is no such platform, or it takes no keys."),
        "name": _name_problem(name),
        "secret": _secret_problem(found, secret) if found else "",
    }
    raise_invalid(errors)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # two at a time are counted one by one
        if Credential.objects.filter(owner=owner).count() >= MAX_KEYS:
            sentence = gettext("You have %(count)d keys; delete one first.")
            raise Invalid({"name": sentence % {"count": MAX_KEYS}})
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
    errors = {"name": "" if name is None else _name_problem(name)}
    if secret is not None:
        platform = platform_with_keys(key.platform)
        gone = gettext("This platform takes no keys any more.")
        errors["secret"] = _secret_problem(platform, secret) if platform else gone
    raise_invalid(errors)
    with transaction.atomic():
        if lent_to is not None:
            _lend_to_only(key, lent_to)
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
        if loans.count() >= MAX_LOANS:
            raise Invalid({"email": _too_many_loans()})
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


def platforms_with_keys() -> list[Platform]:
    """Those for which a person can store a key."""
    return [platform for platform in registry.all_platforms() if platform.key_name]


def _lend_to_only(key: Credential, emails: Iterable[str]) -> None:
    try:
        wanted = {_address(key, email) for email in emails}
    except Invalid as wrong:
        raise Invalid({"lent_to": wrong.errors["email"]}) from None
    if len(wanted) > MAX_LOANS:
        raise Invalid({"lent_to": _too_many_loans()})
    for loan in key.loans.exclude(email__in=wanted):
        take_back(key=key, loan=loan)
    for address in sorted(wanted):
        lend(key=key, email=address)


def platform_with_keys(slug: str) -> Platform | None:
    try:
        found = registry.get_platform(slug)
    except registry.UnknownModel:
        return None
    return found if found.key_name else None


def _name_problem(name: str) -> str:
    if not name.strip():
        return gettext("Give it a name, so that you know it again.")
    if len(name.strip()) > 100 or not is_legible(name) or len(name.strip().splitlines()) > 1:
        return gettext("A name is one line of at most 100 characters.")
    return ""


def _secret_problem(platform: Platform, secret: str) -> str:
    if len(secret.strip()) > MAX_SECRET_LENGTH:
        most = number_format(MAX_SECRET_LENGTH, force_grouping=True)
        return gettext("A key has at most %(most)s characters.") % {"most": most}
    return platform.key_problem(secret.strip())


def _too_many_loans() -> str:
    return gettext("A key is lent to %(most)d addresses at most.") % {"most": MAX_LOANS}


def _address(key: Credential, email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address[:255])
    except ValidationError:
        raise Invalid({"email": gettext("This is no e-mail address.")}) from None
    if len(address) > 254:
        raise Invalid({"email": gettext("This is no e-mail address.")})
    if address == key.owner.email.lower():
        raise Invalid({"email": gettext("The key is theirs already.")})
    return address
