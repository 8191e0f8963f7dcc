"""An installation with a little of everything in it, in folders of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from pytest_django import Settings

from assets.ingest import store
from assets.models import Asset
from backups import creation
from backups.creation import BackupRequest, FinishedBackup
from tests.assets import samples

Create = Callable[..., FinishedBackup]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    settings.RUN_DIR = tmp_path / "data" / "run"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.CREDENTIAL_KEY_FILE = tmp_path / "data" / "credential_keys"
    settings.RUN_DIR.mkdir(parents=True)
    return tmp_path


@pytest.fixture
def second_database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy of a database that is no SQLite file; tests may only open what they have named before."""
    guarded = BaseDatabaseWrapper.ensure_connection

    def ensure_connection(self: BaseDatabaseWrapper) -> None:
        if self.connection is None and self.alias.startswith("other_"):
            self.connect()
        else:
            guarded(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", ensure_connection)


@pytest.fixture
def picture(transactional_db: None) -> Asset:
    return store(samples.image(size=(300, 200)), kind="image")


@pytest.fixture
def create(folders: Path, second_database: None) -> Create:
    """Makes a backup in a folder of its own."""

    def made(**fields: object) -> FinishedBackup:
        return creation.create(folders / "made", BackupRequest(**fields), at=timezone.now())  # type: ignore[arg-type]

    return made
