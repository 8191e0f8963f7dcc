"""What a backup says of itself, as its first entry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from . import databases
from .refusals import BackupRefused

FORMAT = 1
DATABASES = {"sqlite": "SQLite", "postgresql": "Postgres"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """`migrations`: those the database has. `tables`: how many rows each has. `database_bytes` and
    `database_sha256`: of the SQLite file that is in it compressed."""

    product: str
    created_at: datetime
    vendor: str
    migrations: Sequence[Sequence[str]]
    tables: Mapping[str, int]
    database_bytes: int
    database_sha256: str
    media: bool
    media_files: int
    media_bytes: int
    keys: bool
    format: int = field(default=FORMAT)

    def to_json(self) -> bytes:
        fields = {**asdict(self), "created_at": self.created_at.isoformat()}
        return json.dumps(fields, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Raises BackupRefused for what is none, or of a newer version of the product."""
        try:
            fields: dict[str, Any] = json.loads(text)
            if int(fields["format"]) > FORMAT:
                raise BackupRefused(
                    f"This backup was made by a newer version ({fields.get('product')}) of PANIC!, "
                    "in a format that this one does not know. Install that version first."
                )
            return cls(**{**fields, "created_at": datetime.fromisoformat(fields["created_at"])})
        except (ValueError, KeyError, TypeError) as error:
            raise BackupRefused("This is no backup of PANIC!: its manifest is damaged.") from error

    def check_version(self) -> None:
        """Raises BackupRefused where the database is ahead of this version's migrations."""
        nodes = [(str(app), str(name)) for app, name in self.migrations]
        if newer := databases.of_newer_version(nodes):
            raise BackupRefused(
                f"This backup was made by a newer version of PANIC! ({self.product}): its database has "
                f"{len(newer)} migrations that this version does not know, such as "
                f"{'.'.join(newer[0])}. Install that version or a later one first."
            )
