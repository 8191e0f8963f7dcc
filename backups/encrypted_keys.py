"""The keys of an installation on their way: encrypted with a passphrase, or not at all.

Without them a restored installation on another machine cannot read the stored keys to platforms, and the
links and codes that were given to people are good for nothing.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from lib import encryption

from .refusals import BackupRefused

# scrypt: 128 MB and some tenths of a second for each guess
COST, BLOCK_SIZE, PARALLEL = 2**17, 8, 1
_MAX_COST = 2**20  # of a file that somebody else may have made
SECRET_KEY_FILE = "secret_key"  # noqa: S105  a file's name
MIN_PASSPHRASE = 8


@dataclass(frozen=True, slots=True)
class InstallationKeys:
    credential_keys: Sequence[str]
    secret_key: str


def check_passphrase(passphrase: str) -> str:
    if passphrase and len(passphrase) < MIN_PASSPHRASE:
        raise BackupRefused(f"A passphrase needs at least {MIN_PASSPHRASE} characters.")
    return passphrase


def encrypt(passphrase: str) -> bytes:
    """This installation's keys."""
    plain = {"credential_keys": list(encryption.keys()), "secret_key": settings.SECRET_KEY}
    salt = secrets.token_bytes(16)
    fernet = _fernet(passphrase, salt, COST, BLOCK_SIZE, PARALLEL)
    encrypted = fernet.encrypt(json.dumps(plain).encode()).decode()
    encoded = base64.b64encode(salt).decode()
    return json.dumps(
        {
            "kdf": "scrypt",
            "n": COST,
            "r": BLOCK_SIZE,
            "p": PARALLEL,
            "salt": encoded,
            "keys": encrypted,
        }
    ).encode()


def decrypt(encrypted: bytes, passphrase: str) -> InstallationKeys:
    """Raises BackupRefused where the passphrase is another one."""
    from cryptography.fernet import InvalidToken

    try:
        given: dict[str, Any] = json.loads(encrypted)
        numbers = [int(given[name]) for name in ("n", "r", "p")]
        if given["kdf"] != "scrypt" or not (0 < numbers[0] <= _MAX_COST and max(numbers[1:]) <= 16):
            raise ValueError("an unknown way to make a key")
        fernet = _fernet(passphrase, base64.b64decode(given["salt"]), *numbers)
        plain = json.loads(fernet.decrypt(given["keys"].encode()))
        return InstallationKeys([str(one) for one in plain["credential_keys"]], plain["secret_key"])
    except InvalidToken:
        raise BackupRefused(
            "The passphrase is not the one that this backup was made with."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefused("The keys in this backup are damaged.") from error


def install(keys: InstallationKeys) -> list[str]:
    """Put them where this installation looks for keys; sentences about what the operator has to do."""
    todo = []
    if settings.CREDENTIAL_KEYS:
        if lacking := [one for one in keys.credential_keys if one not in settings.CREDENTIAL_KEYS]:
            path = Path(settings.DATA_DIR) / "credential_keys.restored"
            _write_private(path, "".join(f"{key}\n" for key in lacking))
            todo.append(
                f"CREDENTIAL_KEYS lacks {len(lacking)} of the backup's keys: they are in {path}. Append "
                "them to CREDENTIAL_KEYS, restart, and delete that file."
            )
    else:
        here = encryption.keys() if encryption.key_file().exists() else []
        encryption.write_keys(list(dict.fromkeys([*keys.credential_keys, *here])))
    if keys.secret_key != settings.SECRET_KEY:
        todo.append(_install_secret_key(keys.secret_key))
    return todo


def _install_secret_key(secret_key: str) -> str:
    path = Path(settings.DATA_DIR) / SECRET_KEY_FILE
    if not path.exists() or path.read_text().strip() != settings.SECRET_KEY:
        return (
            "SECRET_KEY is set and is not the one of the backup: links and codes given out before "
            "the backup lead nowhere, unless it is set to that one."
        )
    _write_private(path, secret_key)
    return "The key that signs links and codes was put back: restart `manage.py up` where it runs."


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _fernet(passphrase: str, salt: bytes, cost: int, block_size: int, parallel: int) -> Any:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    scrypt = Scrypt(salt=salt, length=32, n=cost, r=block_size, p=parallel)
    return Fernet(base64.urlsafe_b64encode(scrypt.derive(passphrase.encode())))
