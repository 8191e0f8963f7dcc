"""Sealing everything that is sealed with a new key, whoever keeps it: safe to interrupt, and to repeat.

The new key is put in front of the old ones first, so that every process seals with it and opens what
either of them sealed. The old ones go only when nothing is left that needs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from . import sealing, servers
from .sealing import EncryptedTextField, Secret, Unreadable

BATCH = 200


@dataclass(slots=True)
class Rotated:
    """How many secrets were sealed anew, and which could not be opened."""

    sealed: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate() -> Rotated:
    """Seal everything with a new key; with the first of CREDENTIAL_KEYS, where they are set.

    An interrupted rotation is carried on with the key that it had made.
    """
    kept = sealing.keys()
    if not settings.CREDENTIAL_KEYS and len(kept) == 1:
        sealing.write_keys([sealing.new_key(), *kept])
    found = _seal_all()
    servers.announce_again()  # they are held as they were sealed before
    with _nobody_seals():
        late = _seal_all()  # what somebody was about to store while we went through
        if not settings.CREDENTIAL_KEYS:
            sealing.write_keys(sealing.keys()[:1])
    servers.announce_again()
    return Rotated(found.sealed + late.sealed, late.unreadable)


def unreadable() -> list[str]:
    """What is stored and cannot be opened with the keys that are here, in words."""
    return [str(row) for row, name in _sealed_rows() if _plain(getattr(row, name)) is None]


def unfinished() -> bool:
    """Whether a rotation was interrupted."""
    return not settings.CREDENTIAL_KEYS and len(sealing.keys()) > 1


def _seal_all() -> Rotated:
    found = Rotated()
    for row, name in _sealed_rows():
        old: Secret = getattr(row, name)
        if old.is_of_newest_key:
            continue
        if (plain := _plain(old)) is None:
            found.unreadable.append(str(row))
            continue
        # Unless somebody stored another one meanwhile, which is of the newest key then.
        same = type(row)._default_manager.filter(**{"pk": row.pk, name: old})
        found.sealed += same.update(**{name: Secret.seal(plain)})
    return found


def _sealed_rows() -> Iterator[tuple[models.Model, str]]:
    """Every row that holds a secret, and the name of the field."""
    for model in apps.get_models():
        for one in model._meta.concrete_fields:
            if isinstance(one, EncryptedTextField):
                rows = model._default_manager.exclude(**{one.name: ""}).order_by("pk")
                for row in rows.iterator(chunk_size=BATCH):
                    yield row, one.name


def _plain(secret: Secret) -> str | None:
    try:
        return secret.reveal()
    except Unreadable:
        return None


@contextmanager
def _nobody_seals() -> Iterator[None]:
    """A transaction that waits for those within `sealing_holds`, and has the coming ones wait."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.ROTATION_LOCK])
        yield
