"""Secrets at rest: encrypted with a key that lies beside the database and never in it.

    secret = EncryptedSecret.encrypt("sk-...")
    secret.decrypt()  # the only way to the text

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

from . import redaction

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet

    _TextField = models.TextField[
        "EncryptedSecret | str", "EncryptedSecret"
    ]  # generic for the type checker only
else:
    _TextField = models.TextField

ROTATION_LOCK = 0x50414E4943  # the advisory lock of `encryption_transaction` on Postgres


class Unreadable(Exception):
    """The secret cannot be decrypted with the keys of this machine."""


class EncryptedSecret:
    """An encrypted text. Printed or logged, it shows dots; an empty one is false."""

    __slots__ = ("ciphertext",)

    def __init__(self, ciphertext: str = "") -> None:
        self.ciphertext = ciphertext

    @classmethod
    def encrypt(cls, plain: str) -> EncryptedSecret:
        """With the newest key."""
        return cls(_fernet().encrypt(plain.encode()).decode()) if plain else cls()

    def decrypt(self) -> str:
        """The text itself: for the request it is sent with, and for nothing that is kept.

        Raises Unreadable.
        """
        if not self.ciphertext:
            return ""
        plain = self._decrypt_with(_fernet())
        redaction.remember(plain)
        return plain

    @property
    def is_of_newest_key(self) -> bool:
        from cryptography.fernet import Fernet

        try:
            self._decrypt_with(Fernet(keys()[0]))
        except Unreadable:
            return not self.ciphertext
        return True

    def _decrypt_with(self, fernet: Fernet | MultiFernet) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return fernet.decrypt(self.ciphertext.encode()).decode()
        except InvalidToken:
            raise Unreadable("It was encrypted with a key that is not here.") from None

    def __bool__(self) -> bool:
        return bool(self.ciphertext)

    def __repr__(self) -> str:
        return redaction.HIDDEN if self.ciphertext else ""

    __str__ = __repr__


class EncryptedTextField(_TextField):
    """A column of encrypted text. Takes a EncryptedSecret, or "" for none; in no form and on no admin page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: object) -> EncryptedSecret:
        return EncryptedSecret(value or "")

    def to_python(self, value: Any) -> EncryptedSecret:
        """From a fixture, where it is encrypted."""
        return value if isinstance(value, EncryptedSecret) else EncryptedSecret(value or "")

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, EncryptedSecret):
            return value.ciphertext
        if value:
            raise TypeError("Encrypt it first: EncryptedSecret.encrypt(text).")
        return ""

    def value_to_string(self, obj: models.Model) -> str:
        """For `dumpdata`: as it is in the database."""
        return self.get_prep_value(self.value_from_object(obj))


# Keys


_read: tuple[object, tuple[str, ...]] = (None, ())  # the file's content, and as of when


def keys() -> Sequence[str]:
    """The newest first: it encrypts, all of them decrypt. Made once where there is none."""
    if settings.CREDENTIAL_KEYS:
        return settings.CREDENTIAL_KEYS
    return _read_keys() or _make_key()


def key_file() -> Path:
    return Path(settings.CREDENTIAL_KEY_FILE)


def write_keys(content: Sequence[str]) -> None:
    """Put these keys into the file, whole or not at all."""
    _draft(content).replace(key_file())


def new_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


@contextmanager
def encryption_transaction() -> Iterator[None]:
    """A transaction during which no key is thrown away, so that what it encrypts stays readable.

    On SQLite the transaction alone suffices: there is only one writer.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ROTATION_LOCK])
        yield


def _fernet() -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(key) for key in keys()])


def _read_keys() -> tuple[str, ...]:
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


def _make_key() -> Sequence[str]:
    """The first key; where two processes make one at a time, both go by the same."""
    draft = _draft([new_key()])
    try:
        with suppress(FileExistsError):
            os.link(draft, key_file())
    finally:
        draft.unlink()
    return _read_keys()


def _draft(content: Sequence[str]) -> Path:
    """A private file beside the real one, safely on the disk."""
    path = key_file().with_name(f"{key_file().name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{key}\n" for key in content))
        file.flush()
        os.fsync(file.fileno())
    return path
