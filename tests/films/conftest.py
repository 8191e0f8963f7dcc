from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from films import uploads
from films.models import Upload
from tests.operations.clips import moving_sprite, write_clip

from .film_fixtures import *  # noqa: F403  its fixtures

Sent = Callable[[Path | bytes], Upload]


@pytest.fixture(autouse=True)
def own_storage(settings: LazySettings, tmp_path: Path) -> None:
    """Media and uploads of each test in a folder of its own; its disk is large enough."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DISK_FLOOR_MB = 0


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of twelve pictures."""
    return write_clip(tmp_path_factory.mktemp("clip") / "sprite.mp4", moving_sprite(12))


@pytest.fixture
def send(alice: User) -> Sent:
    """Sends a whole file of Alice's; nobody has looked at it yet."""

    def sent(source: Path | bytes) -> Upload:
        data = source if isinstance(source, bytes) else source.read_bytes()
        at = timezone.now()
        name = "clip.mp4" if isinstance(source, bytes) else source.name
        upload = uploads.announce(owner=alice, size=len(data), name=name, at=at)
        uploads.add(upload, [data], offset=0, at=at)
        return upload

    return sent
