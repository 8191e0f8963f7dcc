"""A data folder of each test's own: segments lie in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from networks.models import Network
from streams.models import Broadcast


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.RUN_DIR = tmp_path / "run"
    settings.STREAM_MUSIC_DIR = tmp_path / "music"
    settings.RUN_DIR.mkdir()
    return tmp_path


@pytest.fixture
def broadcast(network: Network) -> Broadcast:
    return Broadcast.objects.create(network=network, wanted=True, state="starting", holder="here")
