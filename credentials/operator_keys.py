"""The operator's keys: they come from the environment, for admins and whom an admin lets use them.

The database holds only what is known of them, by fingerprint.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.db import transaction

from accounts.models import AuditEntry, User
from platforms import registry
from platforms.base import Platform

from .models import OperatorKey


def operator_keys() -> list[OperatorKey]:
    """One for each platform whose key is in the environment, with what is known of it."""
    found = [key for platform in registry.all_platforms() if (key := key_in_environment(platform))]
    known = OperatorKey.objects.in_bulk(
        [key.fingerprint for key in found], field_name="fingerprint"
    )
    return [known.get(key.fingerprint, key) for key in found]


def operator_key(slug: str) -> OperatorKey | None:
    """The operator's key to this platform, with what is known of it; None where there is none."""
    return next((key for key in operator_keys() if key.platform == slug), None)


def key_in_environment(platform: Platform) -> OperatorKey | None:
    """The operator's key to this platform, as it is before anything is known of it."""
    values = platform.operator_keys()
    if not values or not all(values.values()):
        return None
    secret = "\n".join([platform.slug, *values.values()])
    digest = hmac.new(settings.SECRET_KEY.encode(), secret.encode(), hashlib.sha256)
    return OperatorKey(platform=platform.slug, fingerprint=digest.hexdigest()[:12])


def is_in_environment(key: OperatorKey) -> bool:
    """False of a row that is only history."""
    try:
        present = key_in_environment(registry.get_platform(key.platform))
    except registry.UnknownModel:
        return False
    return present is not None and present.fingerprint == key.fingerprint


def allow_operator_keys(*, person: User, allowed: bool, by: User) -> None:
    """Whether networks of this curator may spend on the operator's keys."""
    with transaction.atomic():
        person.may_use_house_keys = allowed
        person.save(update_fields=["may_use_house_keys"])
        action = "house_keys.granted" if allowed else "house_keys.withdrawn"
        AuditEntry.record(by, action, person)
