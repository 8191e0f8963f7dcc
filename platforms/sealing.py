"""Secrets at rest: sealed with a key that lies beside the database and never in it.

    secret = Secret.seal("sk-...")     # ciphertext from here on
    secret.reveal()                    # the one way back

A model keeps one in an `EncryptedTextField`; `rotate_credentials` finds every such field by itself.
The keys come from CREDENTIAL_KEYS, else from a file that is made at the first need.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models, transaction

from . import discretion

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet

    _TextField = models.TextField["Secret | str", "Secret"]  # generic for the type checker only
else:
    _TextField = models.TextField

ROTATION_LOCK = 0x50414E4943  # what Postgres knows the lock of `sealing_holds` by


class Unreadable(Exception):
    """What was sealed cannot be opened with the keys of this house."""


class Secret:
    """A sealed text. However it is printed, logged or compared, it shows dots; empty is false."""

    __slots__ = ("sealed",)

    def __init__(self, sealed: str = "") -> None:
        self.sealed = sealed

    @classmethod
    def seal(cls, plain: str) -> Secret:
        """`plain`, sealed with the newest key."""
        return cls(_ring().encrypt(plain.encode()).decode()) if plain else cls()

    def reveal(self) -> str:
        """The text itself: for the request it is sent with, and for nothing that is kept.

        Raises Unreadable.
        """
        if not self.sealed:
            return ""
        plain = self._opened(_ring())
        discretion.remember(plain)
        return plain

    @property
    def is_of_newest_key(self) -> bool:
        from cryptography.fernet import Fernet

        try:
            self._opened(Fernet(keys()[0]))
        except Unreadable:
            return not self.sealed
        return True

    def _opened(self, ring: Fernet | MultiFernet) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return ring.decrypt(self.sealed.encode()).decode()
        except InvalidToken:
            raise Unreadable("It was sealed with a key that is not here.") from None

    def __bool__(self) -> bool:
        return bool(self.sealed)

    def __repr__(self) -> str:
        return discretion.HIDDEN if self.sealed else ""

    __str__ = __repr__


class EncryptedTextField(_TextField):
    """A column of sealed text. Takes a Secret, or "" for none; in no form and on no admin page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: object) -> Secret:
        return Secret(value or "")

    def to_python(self, value: Any) -> Secret:
        """From a fixture; what is in there is sealed."""
        return value if isinstance(value, Secret) else Secret(value or "")

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Secret):
            return value.sealed
        if value:
            raise TypeError("Seal it first: Secret.seal(text).")
        return ""

    def value_to_string(self, obj: models.Model) -> str:
        """For `dumpdata`: as it is in the database."""
        return self.get_prep_value(self.value_from_object(obj))


# Keys


_read: tuple[object, tuple[str, ...]] = (None, ())  # the file's content, and as of when


def keys() -> Sequence[str]:
    """The newest first: it seals, all of them open. Made once where there is none."""
    if settings.CREDENTIAL_KEYS:
        return settings.CREDENTIAL_KEYS
    return _kept() or _made()


def key_file() -> Path:
    return Path(settings.CREDENTIAL_KEY_FILE)


def write_keys(content: Sequence[str]) -> None:
    """Put these keys into the file, whole or not at all."""
    _draft(content).replace(key_file())


def new_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


@contextmanager
def sealing_holds() -> Iterator[None]:
    """A transaction during which no key is thrown away: what is sealed in it can be opened later.

    On SQLite the transaction itself sees to that, being the only writer.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ROTATION_LOCK])
        yield


def _ring() -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(key) for key in keys()])


def _kept() -> tuple[str, ...]:
    """What the file says now; another process may have written it since."""
    global _read
    try:
        state = key_file().stat()
        stamp = (str(key_file()), state.st_ino, state.st_mtime_ns, state.st_size)
        if _read[0] != stamp:
            _read = (stamp, tuple(key_file().read_text().split()))
    except FileNotFoundError:
        return ()
    return _read[1]


def _made() -> Sequence[str]:
    """The first key; where two processes make one at a time, both go by the same."""
    draft = _draft([new_key()])
    try:
        with suppress(FileExistsError):
            os.link(draft, key_file())
    finally:
        draft.unlink()
    return _kept()


def _draft(content: Sequence[str]) -> Path:
    """A private file beside the real one, safely on the disk."""
    path = key_file().with_name(f"{key_file().name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{key}\n" for key in content))
        file.flush()
        os.fsync(file.fileno())
    return path
