"""Encrypting every stored secret with a new key, whichever app stores it. Safe to interrupt and repeat.

The new key is put in front of the old ones first, so that every process encrypts with it and
decrypts with either. The old ones are removed only when nothing is left that needs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from lib import encryption
from lib.encryption import EncryptedSecret, EncryptedTextField, Unreadable

from .server_stamp import server_stamp

BATCH = 200


@dataclass(slots=True)
class Rotation:
    """How many secrets were encrypted anew, and which could not be decrypted."""

    encrypted: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate() -> Rotation:
    """Encrypt everything with a new key; with the first of CREDENTIAL_KEYS, where they are set.

    An interrupted rotation is continued with the key that it had made.
    """
    kept = encryption.keys()
    if not settings.CREDENTIAL_KEYS and len(kept) == 1:
        encryption.write_keys([encryption.new_key(), *kept])
    found = _encrypt_all()
    server_stamp.announce_again()  # processes hold them as they were encrypted before
    with _no_encryption_elsewhere():
        late = _encrypt_all()  # what somebody was about to store while we went through
        if not settings.CREDENTIAL_KEYS:
            encryption.write_keys(encryption.keys()[:1])
    server_stamp.announce_again()
    return Rotation(found.encrypted + late.encrypted, late.unreadable)


def unreadable() -> list[str]:
    """What is stored and cannot be decrypted with the keys that are here, in words."""
    return [
        str(row) for row, name in _encrypted_rows() if _decrypt_or_none(getattr(row, name)) is None
    ]


def unfinished() -> bool:
    """Whether a rotation was interrupted."""
    return not settings.CREDENTIAL_KEYS and len(encryption.keys()) > 1


def _encrypt_all() -> Rotation:
    found = Rotation()
    for row, name in _encrypted_rows():
        old: EncryptedSecret = getattr(row, name)
        if old.is_of_newest_key:
            continue
        if (plain := _decrypt_or_none(old)) is None:
            found.unreadable.append(str(row))
            continue
        # Unless somebody stored another one meanwhile, which is of the newest key then.
        same = type(row)._default_manager.filter(**{"pk": row.pk, name: old})
        found.encrypted += same.update(**{name: EncryptedSecret.encrypt(plain)})
    return found


def _encrypted_rows() -> Iterator[tuple[models.Model, str]]:
    """Every row that holds a secret, and the name of the field."""
    for model in apps.get_models():
        for one in model._meta.concrete_fields:
            if isinstance(one, EncryptedTextField):
                rows = model._default_manager.exclude(**{one.name: ""}).order_by("pk")
                for row in rows.iterator(chunk_size=BATCH):
                    yield row, one.name


def _decrypt_or_none(secret: EncryptedSecret) -> str | None:
    try:
        return secret.decrypt()
    except Unreadable:
        return None


@contextmanager
def _no_encryption_elsewhere() -> Iterator[None]:
    """A transaction that waits for those within `encryption_transaction`, and has the coming ones wait."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [encryption.ROTATION_LOCK])
        yield
